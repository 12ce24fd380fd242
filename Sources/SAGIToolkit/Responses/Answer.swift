import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// A whole response, ready to be sent.
struct Answer: Sendable {
    enum Piece: Sendable {
        case bytes(ByteBuffer)
        /// A part of the file that is open as ``Answer/file``.
        case range(Range<Int>)
    }

    var head: HTTPResponse
    var pieces: [Piece] = []
    var file: Descriptor?

    /// Sends it; without its content when the request's method is HEAD.
    nonisolated(nonsending) func send(to http: HTTPExchange) async throws {
        // The descriptor stays open until the last `send` has returned.
        defer { withExtendedLifetime(file) {} }
        try await http.send(.start(head))
        guard http.scope.method != .head, let last = pieces.indices.last else {
            return try await http.send(.body(ByteBuffer()))
        }
        for (index, piece) in pieces.enumerated() {
            switch (piece, file) {
            case (.bytes(let bytes), _):
                try await http.send(.body(bytes, more: index < last))
            case (.range(let range), let file?):
                let range = FileRange(.descriptor(file.raw), offset: range.lowerBound, length: range.count)
                try await http.send(.file(range, more: index < last))
            case (.range, nil):
                assertionFailure("a range without a file")
            }
        }
    }

    /// Sends it as the refusal of any exchange that began with a request.
    nonisolated(nonsending) func decline(_ exchange: Exchange) async throws {
        var body = ByteBuffer()
        for case .bytes(let bytes) in pieces { body.writeImmutableBuffer(bytes) }
        try await exchange.decline(with: head, body: body)
    }
}

extension Answer {
    /// Text as the whole content.
    static func text(
        _ text: String, type: String, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> Answer {
        let body = ByteBuffer(string: text)
        var head = HTTPResponse(status: status, headerFields: fields)
        head.headerFields[.contentType] = type
        head.headerFields[.contentLength] = String(body.readableBytes)
        return Answer(head: head, pieces: body.readableBytes > 0 ? [.bytes(body)] : [])
    }

    /// A page without scripts, images or anything else from elsewhere.
    static func page(_ html: String, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Answer {
        var fields = fields
        fields[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        fields[.xContentTypeOptions] = "nosniff"
        return text(html, type: "text/html; charset=utf-8", status: status, fields: fields)
    }

    /// A short answer that says what is wrong: HTML where `Accept` wants it more than plain text.
    static func failure(_ status: HTTPResponse.Status, for scope: RequestScope, fields: HTTPFields = [:]) -> Answer {
        var fields = fields
        fields[.vary] = "Accept"
        let accepted = QualityList(scope[.accept] ?? "")
        let title = "\(status.code) \(status.reasonPhrase)"
        guard accepted.quality(ofMediaType: "text/html") > accepted.quality(ofMediaType: "text/plain") else {
            return text("\(title)\n", type: "text/plain; charset=utf-8", status: status, fields: fields)
        }
        return page(HTML.page(title: title, body: "<h1>\(HTML.escape(title))</h1>"), status: status, fields: fields)
    }

    /// The answer to a method that is not one of `allowed`: to OPTIONS which ones are (RFC 9110 §9.3.7), to any
    /// other 405 (§15.5.6).
    static func methods(_ allowed: String, for scope: RequestScope) -> Answer {
        guard scope.method == .options else {
            return failure(.methodNotAllowed, for: scope, fields: [.allow: allowed])
        }
        return Answer(head: HTTPResponse(status: .noContent, headerFields: [.allow: allowed]))
    }
}
