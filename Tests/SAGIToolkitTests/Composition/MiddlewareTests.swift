import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Middleware together")
struct MiddlewareTests {
    struct Letter: Middleware {
        let letter: String

        func handle(_ exchange: Exchange, next: some Application) async throws {
            var exchange = exchange
            exchange.request?.path += letter
            try await next.handle(exchange)
        }
    }

    static let tell = Handler { $0.path }

    @Test("is written outermost first, some of it only if", arguments: [true, false])
    func builder(isOn: Bool) async throws {
        let app = Self.tell.wrapped {
            Letter(letter: "1")
            if isOn { Letter(letter: "2") }
            if isOn { Letter(letter: "3") } else { Letter(letter: "4") }
            for letter in ["5", "6"] { Letter(letter: letter) }
        }
        try await TestClient.run(app) { client async throws in
            #expect(try await client.get("/").text == (isOn ? "/12356" : "/1456"))
        }
    }

    @Test("is passed by where its condition does not hold", arguments: modes)
    func conditional(mode: TestMode) async throws {
        let app = Self.tell.wrapped(by: Letter(letter: "x").enabled { $0.path.hasPrefix("/a") })
        try await TestClient.run(app, in: mode) { client async throws in
            #expect(try await client.get("/a").text == "/ax")
            #expect(try await client.get("/b").text == "/b")
        }
    }
}
