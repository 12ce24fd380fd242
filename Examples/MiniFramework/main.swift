// A framework of forty lines, on the interface alone: what a toolkit has to do, and how little that is.
//
//     swift run MiniFramework --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/hello?Ada
//     curl -i http://127.0.0.1:8000/upper -d 'shout'
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand

/// Routes by method and path; each function turns a request's scope and content into text.
struct Mini: Application {
    typealias Respond = @Sendable (RequestScope, String) async throws -> String

    let routes: [String: Respond]

    func handle(_ exchange: Exchange) async throws {
        // Whatever starts with a request can be declined: a WebSocket, too, gets an answer in its own form.
        guard let scope = exchange.request else { throw Unsupported(exchange) }
        guard case .http(let http) = exchange, let respond = routes["\(scope.method) \(scope.path)"] else {
            return try await exchange.decline(with: HTTPResponse(status: .notFound))
        }
        var content = ByteBuffer()
        while case .body(let bytes, let more) = try await http.receive() {
            guard content.readableBytes + bytes.readableBytes <= 1 << 20 else {
                return try await exchange.decline(with: HTTPResponse(status: .contentTooLarge))
            }
            content.writeImmutableBuffer(bytes)
            if !more { break }
        }
        let text = try await respond(scope, String(buffer: content))
        let fields: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: fields)))
        try await http.send(.body(text))
    }
}

let app = Mini(routes: [
    "GET /hello": { scope, _ in "Hello, \(scope.query ?? "world")!\n" },
    "POST /upper": { _, content in content.uppercased() + "\n" },
])
await ServerCommand(name: "MiniFramework").main(app)
