import HTTPSemantics
import Testing

@Suite("Request head") struct RequestHeadTests {
    private func filled(_ size: Int) -> RequestHead {
        var head = RequestHead()
        head.method = head.append("HEAD".utf8)
        head.withMethodNoted()
        head.target = head.append("http://a/b?c".utf8)
        head.splitTarget(.init(Int(head.target.start) + 8, 4))
        head.scheme = .init(Int(head.target.start), 4)
        head.authority = .init(Int(head.target.start) + 7, 1)
        head.version = .http10
        head.facts.formUnion([.keepAlive, .hasBody, .authorityInTarget])
        head.contentLength = 5
        let name = head.append("Name".utf8)
        head.fields.append(.init(name: name, value: head.append(repeatElement(UInt8(ascii: "v"), count: size))))
        return head
    }

    @Test("A head that is reset is like a new one", arguments: [10, 100_000])
    func reset(_ size: Int) {
        var head = filled(size)
        head.reset()
        let fresh = RequestHead()
        #expect(head.bytes.isEmpty && head.fields.isEmpty)
        #expect(head.method == fresh.method && head.target == fresh.target && head.path == fresh.path)
        #expect(head.query == fresh.query && head.hasQuery == fresh.hasQuery)
        #expect(head.scheme == fresh.scheme && head.authority == fresh.authority)
        #expect(head.version == fresh.version && head.facts == fresh.facts)
        #expect(head.knownMethod == fresh.knownMethod && head.contentLength == nil)
        #expect(head.text(head.target) == "")
    }

    @Test("A reset keeps the memory of a small head, and gives back that of a large one")
    func memory() {
        var small = filled(1000)
        small.reset()
        #expect(small.bytes.capacity >= 1000)
        var large = filled(100_000)
        large.reset()
        #expect(large.bytes.capacity == 0)
    }

    @Test("The parts are found in the bytes")
    func parts() {
        let head = filled(2)
        #expect(head.text(head.path) == "/b")
        #expect(head.hasQuery && head.text(head.query) == "c")
        #expect(head.text(head.scheme) == "http")
        #expect(head.text(head.authority) == "a")
        #expect(head.isEqual(head.method, to: "HEAD"))
        #expect(!head.isEqual(head.method, to: "HEA") && !head.isEqual(head.method, to: "head"))
    }

    @Test(
        "A target is split at its first question mark",
        arguments: [
            ("/", "/", nil), ("/a", "/a", nil), ("/a?", "/a", ""), ("/a?b", "/a", "b"), ("/?a?b", "/", "a?b"),
            ("?a", "", "a"),
        ] as [(String, String, String?)])
    func split(_ target: String, _ path: String, _ query: String?) {
        var head = RequestHead()
        _ = head.append("before".utf8)
        head.splitTarget(head.append(target.utf8))
        #expect(head.text(head.path) == path)
        #expect((head.hasQuery ? head.text(head.query) : nil) == query)
    }

    @Test("The values of a name are found in any case and in order")
    func values() {
        var head = RequestHead()
        for (name, value) in [("A", "1"), ("b", "2"), ("a", "3"), ("AB", "4")] {
            let name = head.append(name.utf8)
            head.fields.append(.init(name: name, value: head.append(value.utf8)))
        }
        #expect(head.values(of: "a").map(head.text) == ["1", "3"])
        #expect(head.values(of: "A").map(head.text) == ["1", "3"])
        #expect(head.values(of: "c").isEmpty)
        var seen: [String] = []
        head.forEachValue(of: "a") { seen.append(String(decoding: $0, as: UTF8.self)) }
        #expect(seen == ["1", "3"])
    }

    @Test(
        "The methods that are told apart",
        arguments: [
            ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("get", .other), ("GETS", .other),
            ("PAT", .other),
            ("PATCH", .other), ("DELETE", .other), ("", .other),
        ] as [(String, RequestHead.KnownMethod)])
    func knownMethod(_ name: String, _ method: RequestHead.KnownMethod) {
        var head = RequestHead()
        name.withBytes { head.noteMethod($0) }
        #expect(head.knownMethod == method)
        #expect(head.facts.contains(.isHead) == (method == .head))
    }

    @Test("A version is written as it is on the wire")
    func version() {
        #expect(
            [HTTPVersion.http10, .http11, .http2, .http3].map(\.description) == [
                "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3",
            ])
    }
}

extension RequestHead {
    fileprivate mutating func withMethodNoted() { "HEAD".withBytes { noteMethod($0) } }
}
