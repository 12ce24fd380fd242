// The smallest application: one response to every request.
//
//     swift run Hello --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/
//
// `swift run Hello --help` shows what else can be set.
import HTTPTypes
import SAGI
import SAGIServerCommand

@main
struct Hello: ServerApplication {
    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        try await http.send(.body("Hello, world!\n"))
    }
}
