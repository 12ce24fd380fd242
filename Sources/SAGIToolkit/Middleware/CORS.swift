import HTTPSemantics
public import HTTPTypes
public import SAGI

/// Tells browsers which other sites may use this one (cross-origin resource sharing, WHATWG Fetch §3.3).
///
/// ```swift
/// app.wrapped(by: try CORS(origins: ["https://app.example.org", "https://*.example.net"], credentials: true))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `origins` | ``CORSOrigins/any`` | the sites: exact ones, `https://*.example.org` for all hosts below that one, `http://localhost:*` for any port, or a function |
/// | `methods` | GET, HEAD, POST, PUT, PATCH, DELETE | what they may do |
/// | `headers` | `Content-Type`, `Authorization`, `X-Requested-With` | the fields that they may send; `nil` is whatever they ask for |
/// | `exposed` | none | the fields of responses that they may read |
/// | `credentials` | `false` | whether requests may have cookies. Not with any origin |
/// | `maxAge` | 10 minutes | how long a browser remembers the answer to a preflight; `nil` leaves that to it |
/// | `privateNetwork` | `false` | whether public sites may use this one in a private network |
/// | `checksSockets` | `true` | whether WebSocket and WebTransport handshakes from other sites that are not among `origins` are refused with 403: browsers let any site make them, with cookies. A request without `Origin` comes from no browser, and passes |
///
/// A preflight (OPTIONS with `Origin` and `Access-Control-Request-Method`) is answered here: 204, or 403 with the reason
/// when the origin, method or a field is not allowed. Any other OPTIONS goes to the application. A request from a site
/// that is not allowed is served, but the browser keeps the response from that site; to prevent that it does harm, use
/// ``CSRF``.
///
/// All responses have `Vary: Origin`, unless they are the same for all. Put it outside ``ErrorHandler`` and whatever
/// refuses requests, so that sites can read their responses too; the server's own 500 has no fields of this kind.
public struct CORS: Middleware {
    private let origins: CORSOrigins
    private let methods: Set<HTTPRequest.Method>
    private let methodList: String
    private let headers: Set<String>?
    private let headerList: String
    private let exposed: String?
    private let credentials: Bool
    private let maxAge: String?
    private let privateNetwork: Bool
    private let checksSockets: Bool

    /// - Throws: ``InvalidOption`` for any origin with credentials, which would let every site act for its visitors; and
    ///   for what is no origin.
    public init(
        origins: CORSOrigins = .any, methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete],
        headers: [HTTPField.Name]? = CORS.defaultHeaders, exposed: [HTTPField.Name] = [], credentials: Bool = false,
        maxAge: Duration? = .seconds(600), privateNetwork: Bool = false, checksSockets: Bool = true
    ) throws {
        try origins.validate(credentials: credentials)
        self.origins = origins
        self.methods = Set(methods)
        methodList = methods.map(\.rawValue).joined(separator: ", ")
        self.headers = headers.map { Set($0.map(\.canonicalName)) }
        headerList = (headers ?? []).map(\.rawName).joined(separator: ", ")
        self.exposed = exposed.isEmpty ? nil : exposed.map(\.rawName).joined(separator: ", ")
        self.credentials = credentials
        self.maxAge = maxAge.map { String(max(0, $0.wholeSeconds)) }
        self.privateNetwork = privateNetwork
        self.checksSockets = checksSockets
    }

    /// The fields that are allowed where nothing else is said.
    public static let defaultHeaders: [HTTPField.Name] = [
        .contentType, .authorization, .parsed("X-Requested-With"),
    ]

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let origin = scope[.origin]
        if let origin, scope.method == .options, let method = scope[.accessControlRequestMethod] {
            return try await preflight(origin, method, scope).handle(exchange)
        }
        let isAllowed = origin.map(origins.contains) ?? false
        let shared = exchange.changingResponse { response in
            // What a WebSocket or a session is accepted with is no response that a site reads.
            if response.status != .switchingProtocols { share(&response.headerFields, isAllowed ? origin : nil) }
        }
        if checksSockets, !exchange.followsRedirects, let origin, !isAllowed, !scope.isOwnOrigin(origin) {
            let detail = "This was asked for by a page of another site."
            return try await Response.problem(.forbidden, detail, for: scope).handle(shared)
        }
        try await next.handle(shared)
    }

    /// - Parameter origin: the origin that may read the response.
    private func share(_ fields: inout HTTPFields, _ origin: String?) {
        if !isForAll { fields.addVary(.origin) }
        guard let origin else { return }
        fields[.accessControlAllowOrigin] = isForAll ? "*" : origin
        if credentials { fields[.accessControlAllowCredentials] = "true" }
        if let exposed { fields[.accessControlExposeHeaders] = exposed }
    }

    private var isForAll: Bool { origins.isAny && !credentials }

    private func preflight(_ origin: String, _ method: String, _ scope: RequestScope) -> Response {
        guard origins.contains(origin) else { return refusal("The origin is not allowed.", scope) }
        guard HTTPRequest.Method(method).map(methods.contains) == true else {
            return refusal("The method is not allowed.", scope)
        }
        let asked = (scope[.accessControlRequestHeaders] ?? "").split(separator: ",")
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }.filter { !$0.isEmpty }
        guard asked.allSatisfy({ FieldSyntax.isToken($0.utf8) && headers?.contains($0) != false }) else {
            return refusal("A header field is not allowed.", scope)
        }
        var response = Response.empty()
        if !isForAll { response.headerFields.addVary(.origin) }
        response.headerFields.addVary(.accessControlRequestMethod)
        response.headerFields.addVary(.accessControlRequestHeaders)
        response[.accessControlAllowOrigin] = isForAll ? "*" : origin
        response[.accessControlAllowMethods] = methodList
        let allowed = headers == nil ? asked.joined(separator: ", ") : headerList
        if !allowed.isEmpty { response[.accessControlAllowHeaders] = allowed }
        if credentials { response[.accessControlAllowCredentials] = "true" }
        if let maxAge { response[.accessControlMaxAge] = maxAge }
        if privateNetwork, scope[.accessControlRequestPrivateNetwork] == "true" {
            response[.accessControlAllowPrivateNetwork] = "true"
        }
        return response
    }

    private func refusal(_ detail: String, _ scope: RequestScope) -> Response {
        var response = Response.problem(.forbidden, detail, for: scope)
        if !isForAll { response.headerFields.addVary(.origin) }
        return response
    }
}
