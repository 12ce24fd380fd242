import HTTPSemantics
public import HTTPTypes
import NIOCore
public import SAGI

extension Response {
    /// The response to an error: problem details (RFC 9457) as JSON, or the same as a page or as text, as `Accept`
    /// says. Of an error that does not know its status only "500 Internal Server Error" is told.
    public static func problem(_ error: any Error, for scope: RequestScope) -> Response {
        guard let known = error as? any HTTPStatusError else { return problem(.internalServerError, for: scope) }
        return problem(known.status, known.detail, headerFields: known.headerFields, for: scope)
    }

    /// A response that says what is wrong: problem details (RFC 9457) as JSON, or the same as a page or as text, as
    /// `Accept` says; inside an ``ErrorHandler`` with a page for the status, that page.
    ///
    /// - Parameters:
    ///   - status: the status, whose phrase is the title.
    ///   - detail: a sentence for the client; `nil` for none.
    ///   - headerFields: further fields.
    ///   - scope: the request.
    public static func problem(
        _ status: HTTPResponse.Status, _ detail: String? = nil, headerFields: HTTPFields = [:], for scope: RequestScope
    ) -> Response {
        if let handling = scope.values[ErrorHandlingKey.self],
            let page = handling.page(for: HTTPError(status, detail, headerFields: headerFields), scope)
        {
            return page
        }
        let title = status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase
        let accepted = QualityList(scope[.accept] ?? "")
        func quality(_ types: String...) -> Int { types.map { accepted.quality(ofMediaType: $0) }.max() ?? 0 }
        let html = quality("text/html")
        let json = quality("application/problem+json", "application/json")
        var response: Response
        if json > 0, json >= html, json >= quality("text/plain") {
            let details = ProblemDetails(status: status.code, title: title, detail: detail)
            response = (try? .json(details)) ?? .empty(status)
            response[.contentType] = "application/problem+json"
        } else if html > quality("text/plain") {
            let heading = "<h1>\(status.code) \(HTML.escape(title))</h1>"
            let paragraph = detail.map { "\n<p>\(HTML.escape($0))</p>" } ?? ""
            response = .page(HTML.page(title: "\(status.code) \(title)", body: heading + paragraph))
        } else {
            response = .text("\(status.code) \(title)\n" + (detail.map { "\($0)\n" } ?? ""))
        }
        response.status = HTTPResponse.Status(code: status.code, reasonPhrase: title)
        for field in headerFields { response.headerFields.append(field) }
        response.headerFields.addVary(.accept)
        return response
    }

    /// The response to a method that is not one of `allowed`: to OPTIONS which ones are (RFC 9110 §9.3.7), to any
    /// other 405 (§15.5.6).
    static func methods(_ allowed: String, for scope: RequestScope) -> Response {
        let fields: HTTPFields = [.allow: allowed]
        guard scope.method == .options else { return problem(.methodNotAllowed, headerFields: fields, for: scope) }
        return Response(status: .noContent, headerFields: fields)
    }

    /// A page without scripts, images or anything else from elsewhere.
    static func page(_ markup: String, headerFields: HTTPFields = [:]) -> Response {
        var response = Response.html(markup)
        for field in headerFields { response.headerFields.append(field) }
        response[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        response[.xContentTypeOptions] = "nosniff"
        return response
    }
}

/// RFC 9457 §3.1. The type is "about:blank", which means that the title is that of the status.
private struct ProblemDetails: Encodable {
    var status: Int
    var title: String
    var detail: String?
}
