public import HTTPTypes
public import SAGI

/// Lets a form, or a client that can send nothing but GET and POST, use another method: a POST request names it.
///
/// ```swift
/// app.wrapped(by: MethodOverride())
/// // <form method="post"><input type="hidden" name="_method" value="delete">
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `header` | `X-HTTP-Method-Override` | a field with the method; `nil` for none |
/// | `query` | `_method` | a parameter of the query; `nil` for none |
/// | `formField` | `_method` | a field of the form (`application/x-www-form-urlencoded`); `nil` leaves the content alone |
/// | `formLimit` | 64 KiB | how much of a form is looked at. The field must come before that: put it first |
/// | `allowed` | PUT, PATCH, DELETE | methods that can be named. Any other name is ignored |
///
/// The first of them that is there decides, in this order, whatever it says. The content stays for the application, all
/// of it. ``RequestScope/originalMethod`` is what the client sent. Other methods than POST are never changed, so
/// WebSockets and WebTransport sessions are not.
///
/// Put it outside the router and whatever asks for the method.
public struct MethodOverride: Middleware {
    private let header: HTTPField.Name?
    private let query: String?
    private let formField: String?
    private let formLimit: Int
    private let allowed: Set<HTTPRequest.Method>

    public init(
        header: String? = "X-HTTP-Method-Override", query: String? = "_method", formField: String? = "_method",
        formLimit: Int = 1 << 16, allowed: Set<HTTPRequest.Method> = [.put, .patch, .delete]
    ) {
        self.header = header.map { HTTPField.Name($0) ?? .xHTTPMethodOverride }
        self.query = query
        self.formField = formField
        self.formLimit = formLimit
        self.allowed = allowed
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, scope.method == .post else { return try await next.handle(exchange) }
        var exchange = exchange
        var name = header.flatMap { scope[$0] }
        if name == nil, let query { name = scope.query.flatMap { Parameters(query: $0)[query] } }
        if name == nil, let formField { name = try await FormStart(formLimit).value(of: formField, &exchange) }
        if let name, let method = HTTPRequest.Method(name.uppercased()), allowed.contains(method) {
            exchange.request?.method = method
            exchange.request?.values[OriginalMethodKey.self] = scope.method
        }
        try await next.handle(exchange)
    }
}

private enum OriginalMethodKey: ValueKey { typealias Value = HTTPRequest.Method }

extension RequestScope {
    /// The method as the client sent it, where `MethodOverride` has changed it; else ``method``.
    public var originalMethod: HTTPRequest.Method { values[OriginalMethodKey.self] ?? method }
}
