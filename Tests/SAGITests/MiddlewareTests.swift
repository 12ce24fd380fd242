import HTTPTypes
import NIOCore
import SAGI
import Testing

@Suite("Applications and middleware")
struct MiddlewareTests {
    /// Adds its letter to the path on the way in, so that the application sees the order.
    struct Letter: Middleware {
        let letter: String

        func handle(_ exchange: Exchange, next: some Application) async throws {
            var exchange = exchange
            exchange.request?.path += letter
            try await next.handle(exchange)
        }
    }

    struct Failure: Error, Equatable { let path: String? }

    let failing = ClosureApplication { throw Failure(path: $0.request?.path) }
    let exchanges = Exchanges()

    @Test("a closure is an application")
    func closure() async throws {
        let application = ClosureApplication { try await $0.decline(with: HTTPResponse(status: .accepted)) }
        try await application.handle(exchanges.webSocket)
        #expect(exchanges.sent.map(\.status) == [202])
    }

    @Test("the middleware added last sees an exchange first, and errors pass through all")
    func order() async {
        let wrapped = failing.wrapped(by: Letter(letter: "1")).wrapped(by: Letter(letter: "2"))
        await #expect(throws: Failure(path: "/a b21")) { try await wrapped.handle(exchanges.http) }
        await #expect(throws: Failure(path: nil)) { try await wrapped.handle(exchanges.lifespan) }
    }

    @Test("a middleware sees the events of both directions")
    func events() async throws {
        /// Answers with its own content, whatever the application sends.
        struct Replace: Middleware {
            func handle(_ exchange: Exchange, next: some Application) async throws {
                guard case .http(var http) = exchange else { return try await next.handle(exchange) }
                http.send = Send { [send = http.send] event in
                    guard case .body = event else { return try await send(event) }
                    try await send(.body("replaced"))
                }
                http.receive = Receive { .body(ByteBuffer(string: "fed"), more: false) }
                try await next.handle(.http(http))
            }
        }
        let application = ClosureApplication { exchange in
            guard case .http(let http) = exchange, case .body(let fed, _) = try await http.receive() else { return }
            #expect(String(buffer: fed) == "fed")
            try await exchange.decline(with: HTTPResponse(status: .ok))
        }
        try await application.wrapped(by: Replace()).handle(exchanges.http)
        #expect(exchanges.sent.map(\.body) == ["", "replaced"])
    }
}
