// The content of a request, read as it comes: nothing is kept, so it may be of any size.
//
//     swift run RequestBody --limit-body off
//     curl -i --data-binary @/usr/share/dict/words -H 'Content-Type: text/plain' http://127.0.0.1:8000/
//     curl -i --data-binary @/bin/ls -H 'Content-Type: image/png' http://127.0.0.1:8000/        refused, unread
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand

@main
struct RequestBody: ServerApplication {
    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }

        // Before the first receive: a client that sent `Expect: 100-continue` keeps its content for itself then.
        guard http.scope[.contentType]?.hasPrefix("text/") ?? true else {
            return try await exchange.decline(
                with: HTTPResponse(status: .unsupportedMediaType, headerFields: [.contentType: "text/plain"]),
                body: ByteBuffer(string: "Only text can be counted here.\n"))
        }

        var bytes = 0
        var lines = 0
        var parts = 0
        var more = true
        while more {
            // While nobody receives, the server does not read from the socket, and the client has to wait.
            switch try await http.receive() {
            case .body(let part, let isMore):
                bytes += part.readableBytes
                lines += part.readableBytesView.count { $0 == UInt8(ascii: "\n") }
                parts += 1
                more = isMore
            case .trailers:
                continue
            case .disconnect:
                // The client has gone in the middle: there is nobody left to answer.
                return
            }
        }

        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        try await http.send(.body("\(bytes) bytes and \(lines) lines, in \(parts) parts\n"))
    }
}
