// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGI

/// An application made of a function on HTTP exchanges. It declines the lifespan.
func app(
    _ body: nonisolated(nonsending) @escaping @Sendable (HTTPExchange) async throws -> Void
) -> ClosureApplication {
    ClosureApplication { exchange in
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        try await body(http)
    }
}

/// What an application throws when something goes wrong.
struct Mishap: Error, Equatable {}

extension HTTPExchange {
    /// Answers with text.
    func answer(
        _ text: String, status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:]
    ) async throws {
        var headerFields = headerFields
        headerFields[.contentType] = headerFields[.contentType] ?? "text/plain; charset=utf-8"
        try await send(.start(HTTPResponse(status: status, headerFields: headerFields)))
        try await send(.body(text))
    }

    /// Reads the whole content.
    func content() async throws -> (bytes: ByteBuffer, trailers: HTTPFields?) {
        var whole = ByteBuffer()
        while case .body(let bytes, let more) = try await receive() {
            whole.writeImmutableBuffer(bytes)
            if !more { break }
        }
        return (whole, nil)
    }
}

/// Answers with the content of the request, and tells its facts in fields.
let echo = app { http in
    let content = try await http.content().bytes
    let scope = http.scope
    try await http.send(
        .start(
            HTTPResponse(
                status: .ok,
                headerFields: [
                    .contentType: scope[.contentType] ?? "application/octet-stream",
                    HTTPField.Name("x-method")!: scope.method.rawValue,
                    HTTPField.Name("x-path")!: scope.path,
                    HTTPField.Name("x-query")!: scope.query ?? "none",
                    HTTPField.Name("x-length")!: scope[.contentLength] ?? "none",
                    HTTPField.Name("x-cookie")!: scope[.cookie] ?? "none",
                    HTTPField.Name("x-host")!: scope.authority ?? "none",
                ])))
    try await http.send(.body(content))
}

extension HTTPFields {
    /// A field by a name written out.
    subscript(text name: String) -> String? { self[HTTPField.Name(name)!] }
}
