import HTTPTypes
import NIOCore
package import SAGI

/// What is served while there is no build that could serve.
package struct BuildPage: Application {
    let news: BuildNews

    package init(_ news: BuildNews) { self.news = news }

    package func handle(_ exchange: Exchange) async throws {
        guard exchange.request != nil else { throw Unsupported(exchange) }
        let state = news.state
        let sentence = state.phase == .failed ? "The build failed." : "The program is being built."
        guard case .http(let http) = exchange, Self.wantsPage(http.scope) else {
            return try await exchange.decline(
                with: HTTPResponse(
                    status: .serviceUnavailable,
                    headerFields: [.contentType: "text/plain; charset=utf-8", .retryAfter: "1"]),
                body: ByteBuffer(string: "\(sentence)\n\(state.text)"))
        }
        try await http.send(
            .start(
                HTTPResponse(
                    status: .serviceUnavailable,
                    headerFields: [
                        .contentType: "text/html; charset=utf-8", .retryAfter: "1", .cacheControl: "no-store",
                    ])))
        // The script shows what the compiler says.
        try await http.send(
            .body(
                "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>\(sentence)</title>"
                    + "<body><p>\(sentence)</p></body></html>\n"))
    }

    private static func wantsPage(_ scope: RequestScope) -> Bool {
        scope.headerFields[.accept]?.contains("text/html") == true
    }
}
