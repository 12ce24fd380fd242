import HTTPSemantics
import HTTPTypes
import SAGI

/// What a developer sees of an error.
struct ErrorPage {
    let error: any Error
    let status: HTTPResponse.Status
    let scope: RequestScope

    /// Fields whose values do not get onto a screen.
    private static let secret: Set<HTTPField.Name> = [.authorization, .proxyAuthorization, .cookie]

    var response: Response {
        var response = Response.problem(status, summary, for: plainScope)
        if response[.contentType]?.hasPrefix("text/html") == true {
            response = .page(page)
            response.status = status
            response.headerFields.addVary(.accept)
        }
        response[.cacheControl] = "no-store"
        return response
    }

    /// The page for a status is for visitors.
    private var plainScope: RequestScope {
        var scope = scope
        scope.values[ErrorHandlingKey.self] = nil
        return scope
    }

    private var place: String? { (error as? any SourceLocated).map { "\($0.fileID):\($0.line)" } }

    private var summary: String { "\(type(of: error)): \(error)" + (place.map { " (\($0))" } ?? "") }

    private var page: String {
        let request: [(String, String)] = [
            ("Request", "\(scope.method) \(scope.rawPath)"), ("Query", scope.query ?? ""),
            ("Scheme and host", "\(scope.scheme) \(scope.authority ?? "")"), ("Mounted at", scope.rootPath),
            ("Client", scope.client.map { "\($0)" } ?? ""), ("Request ID", scope.requestID ?? ""),
        ].filter { !$0.1.isEmpty }
        let fields = scope.headerFields.map { field in
            (field.name.rawName, Self.secret.contains(field.name) ? "(not shown)" : field.value)
        }
        let body = """
            <h1>\(HTML.escape("\(type(of: error))"))</h1>
            <pre>\(HTML.escape("\(error)"))</pre>
            <p>\(HTML.escape(place.map { "Made at \($0)." } ?? "Where it was thrown is not known."))</p>
            <h2>Request</h2>
            \(table(request))
            <h2>Header fields</h2>
            \(table(fields))
            <p>You see this because <code>ErrorHandler(development: true)</code> is set. Visitors must not.</p>
            """
        let style = """
            body { max-width: 72rem }
            pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid; border-radius: .3rem }
            table { border-collapse: collapse }
            td { padding: .1rem 1rem .1rem 0; vertical-align: top; overflow-wrap: anywhere }

            """
        return HTML.page(title: "\(status.code) \(type(of: error))", style: style, body: body)
    }

    private func table(_ rows: [(String, String)]) -> String {
        let rows = rows.map { "<tr><td>\(HTML.escape($0))</td><td>\(HTML.escape($1))</td></tr>" }
        return "<table>\n\(rows.joined(separator: "\n"))\n</table>"
    }
}
