// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Parameters.decode")
struct DecodeTests {
    struct Item: Codable, Equatable {
        var name: String
        var price: Double?
    }
    struct Everything: Decodable, Equatable {
        enum Color: String, Decodable { case red, green }
        var text: String?
        var number: Int?
        var isOn: Bool?
        var color: Color?
        var id: UUID?
        var day: Date?
        var link: URL?
        var amount: Decimal?
        var tags: [String]
        var numbers: Set<Int>
        var item: Item?
        var items: [Item]
        var matrix: [[Int]]?
        var counts: [String: Int]?
        var lists: [String: [String]]?
    }

    private func decode(_ query: String) throws -> Everything { try Parameters(query: query).decode() }

    private func expect(
        _ query: String, sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Everything) -> Void
    ) throws {
        var expected = Everything(tags: [], numbers: [], items: [])
        change(&expected)
        #expect(try decode(query) == expected, sourceLocation: sourceLocation)
    }

    @Test("reads single values")
    func scalars() throws {
        try expect("") { _ in }
        try expect("unknown=1&text=a+b&number=-5&isOn=on&color=green") {
            ($0.text, $0.number, $0.isOn, $0.color) = ("a b", -5, true, .green)
        }
        let id = UUID()
        try expect("id=\(id)&link=https://a.b/c?d&amount=1.10") {
            ($0.id, $0.link, $0.amount) = (id, URL(string: "https://a.b/c?d"), Decimal(string: "1.10"))
        }
        try expect("day=2024-02-29") { $0.day = Date(timeIntervalSince1970: 1_709_164_800) }
        try expect("day=2024-02-29T01:00:00Z") { $0.day = Date(timeIntervalSince1970: 1_709_168_400) }
        try expect("day=2024-02-29T01:00:00.5%2B01:00") { $0.day = Date(timeIntervalSince1970: 1_709_164_800.5) }
    }

    @Test("takes an empty value for none, but for a string")
    func empty() throws {
        try expect("text=&number=&isOn=&color=&id=&day=&link=&amount=&item=&matrix=") { $0.text = "" }
    }

    @Test("takes the last of several values, and all of them for a list")
    func several() throws {
        try expect("isOn=0&isOn=1&tags=a&tags=b&numbers=1&numbers=1&numbers=2") {
            ($0.isOn, $0.tags, $0.numbers) = (true, ["a", "b"], [1, 2])
        }
        try expect("tags[]=a&tags[]=b") { $0.tags = ["a", "b"] }
        try expect("tags=") { $0.tags = [""] }
    }

    @Test("puts numbered elements in the order of their numbers, without holes")
    func numbered() throws {
        try expect("tags[5]=b&tags[2]=a&tags[]=c") { $0.tags = ["a", "b", "c"] }
        try expect("tags.1=b&tags.0=a&tags.1=B") { $0.tags = ["a", "B"] }
        try expect("tags=a&tags[0]=b") { $0.tags = ["a", "b"] }
        try expect("tags[999999999]=b&tags[999999998]=a") { $0.tags = ["a", "b"] }
        try expect("items[1].name=b&items[0][name]=a&items[0].price=2") {
            $0.items = [Item(name: "a", price: 2), Item(name: "b")]
        }
        try expect("matrix[0][]=1&matrix[0][]=2&matrix[1]=3") { $0.matrix = [[1, 2], [3]] }
    }

    @Test("reads groups by dots and brackets")
    func groups() throws {
        for query in ["item.name=a&item.price=2", "item[name]=a&item[price]=2", "item[name]=a&item.price=2"] {
            try expect(query) { $0.item = Item(name: "a", price: 2) }
        }
        try expect("counts.a=1&counts[b.c]=2&lists[x]=1&lists[x]=2&lists.y[]=3") {
            ($0.counts, $0.lists) = (["a": 1, "b.c": 2], ["x": ["1", "2"], "y": ["3"]])
        }
    }

    @Test("takes a name whose marks do not fit together for itself")
    func literal() throws {
        for name in ["a[b", "a]b", "[a]", ".a", "a.", "a..b", "a[[b]]", "a[b]c", "a[b].", "]", "[", "a[b][c"] {
            let encoded = Parameters([.init(name: name, value: "1")]).encoded
            #expect(try Parameters(query: encoded).decode([String: Int].self) == [name: 1], "\(name)")
        }
    }

    @Test(
        "names the parameter that is missing or not valid",
        arguments: [
            ("number=x", "\"number\" is no valid Int"), ("number=99999999999999999999", "\"number\" is no valid Int"),
            ("isOn=maybe", "\"isOn\" is no valid Bool"), ("color=blue", "\"color\" is not valid"),
            ("id=1", "\"id\" is no"), ("day=yesterday", "\"day\" is no valid date"), ("amount=x", "\"amount\" is no"),
            ("item.price=2", "\"item.name\" is missing"), ("item.name=a&item.price=x", "\"item.price\" is no valid"),
            ("items[3].price=1", "\"items[3].name\" is missing"), ("numbers=1&numbers=x", "\"numbers[1]\" is no valid"),
            ("counts[a]=x", "\"counts.a\" is no valid Int"), ("matrix[0][7]=x", "\"matrix[0][7]\" is no valid Int"),
            // Clashes of kinds.
            ("number=1&number.x=2", "\"number\" must be one value"), ("number.x=2", "\"number\" must be one value"),
            ("item=1&item.name=2", "\"item\" has parts"), ("item=x", "\"item\" has parts"),
            ("tags.x=1", "\"tags\" is no list"), ("tags[1]=a&tags[x]=b", "\"tags\" is no list"),
            ("tags[-1]=a", "\"tags\" is no list"), ("tags[01]=a", "\"tags\" is no list"),
            ("tags[1000000000]=a", "\"tags\" is no list"), ("tags[99999999999999999999999]=a", "\"tags\" is no list"),
            ("items=x", "\"items[0]\" has parts"), ("tags[0].x=1", "\"tags[0]\" must be one value"),
            ("text[]=a", "\"text\" must be one value"),
        ])
    func errors(query: String, sentence: String) async throws {
        let problem = await refusal { _ = try decode(query) }
        #expect(problem?.status == 400)
        #expect(problem?.detail.contains(sentence) == true, "\(problem?.detail ?? "nothing")")
    }

    @Test("does not care for clashes among what is not asked for")
    func passedOver() throws { try expect("z=1&z.b=2&z[]=3&z[x]=4") { _ in } }

    @Test("goes sixteen deep, and no deeper")
    func depth() async throws {
        let deep = "a" + String(repeating: "[a]", count: 15)
        _ = try decode("\(deep)=1")
        let problem = await refusal { _ = try decode("\(deep)[a]=1") }
        #expect(problem?.status == 400)
        #expect(problem?.detail.contains("16 deep") == true)
        let deepest = await refusal { _ = try decode("a" + String(repeating: ".a", count: 100_000) + "=1") }
        #expect(deepest?.status == 400)
        #expect((deepest?.detail.utf8.count ?? 0) < 200)
    }

    @Test("asks for what has no default")
    func missing() async throws {
        let problem = await refusal { _ = try Parameters(query: "price=1").decode(Item.self) }
        #expect(problem?.detail == "The parameter \"name\" is missing.")
        let whole = await refusal { _ = try Parameters(query: "price=1").decode([Int].self) }
        #expect(whole?.status == 400)
        let value = await refusal { _ = try Parameters(query: "price=1").decode(Int.self) }
        #expect(value?.status == 400)
    }

    class Base: Decodable { var x: Int }
    final class Derived: Base {
        var y: Int
        enum CodingKeys: CodingKey { case y }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            y = try container.decode(Int.self, forKey: .y)
            try super.init(from: container.superDecoder())
        }
    }

    @Test("reads a class and its superclass of the same names")
    func classes() throws {
        let value = try Parameters(query: "x=1&y=2").decode(Derived.self)
        #expect((value.x, value.y) == (1, 2))
    }

    @Test("works for queries and forms of requests", arguments: modes)
    func requests(mode: TestMode) async throws {
        let app = Handler { request in
            try await JSON(request.method == .post ? request.form(as: Item.self) : request.query.decode(Item.self))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/?name=a&price=1").json(as: Item.self) == Item(name: "a", price: 1))
            let posted = try await client.post("/", body: .form(["name": "b", "price": ""]))
            #expect(try posted.json(as: Item.self) == Item(name: "b"))
            let wrong = try await client.post("/", body: .form(["name": "b", "price": "x"]))
            #expect(wrong.status == .badRequest)
            #expect(wrong.text.contains("price"))
            #expect(try await client.post("/", body: "name=a").status == .unsupportedMediaType)
        }
    }
}
