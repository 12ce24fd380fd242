public import HTTPTypes
public import SAGI

/// Refuses requests that another site has caused (cross-site request forgery): those that could change something must
/// show a token which only pages of this site know.
///
/// ```swift
/// let app = router.wrapped {
///     Sessions(MemoryStore())
///     try CSRF(keys)
/// }
/// // <input type="hidden" name="csrf_token" value="\(try request.csrfToken)">
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `keys` | | what tokens are made with |
/// | `header` | `X-CSRF-Token` | the field that a token is looked for in |
/// | `formField` | `csrf_token` | the name that it has in a form (`application/x-www-form-urlencoded`), where there is no such field; `nil` reads no forms |
/// | `formLimit` | 64 KiB | how much of a form is looked at. The token must come before that: put it first |
/// | `checksOrigin` | `true` | whether `Sec-Fetch-Site` and `Origin` are looked at too |
/// | `trustedOrigins` | none | other origins that may cause requests, such as `https://app.example.org` |
/// | `safeMethods` | GET, HEAD, OPTIONS, TRACE | methods that change nothing |
/// | `exempt` | none | paths, with all that is below them, that need no token: for webhooks, and for clients that send no cookies |
/// | `cookie` | `csrf`, after `__Host-` over https | what holds the secret where there is no session; see ``CookieOptions`` |
///
/// **Tokens.** ``Request/csrfToken`` is another text at each call, so that compression tells nothing of it (BREACH), and
/// all of them hold. With ``Sessions`` outside, a token is bound to the session: it holds until the session ends or is
/// regenerated. Without, it is bound to a signed cookie that is set when a page asks for a token; a host below the same
/// domain can then plant its own cookie, which `__Host-` prevents, so use https. A form of another type, such as
/// `multipart/form-data`, is not read: send the token in the field, or exempt the path and ask
/// ``Request/isValidCSRFToken(_:)``.
///
/// **Event streams** are treated as requests are. **WebSockets and WebTransport sessions** cannot show a token, and
/// browsers let any site ask for one: they are refused when `Origin` is another one, unless it is trusted, whatever
/// `checksOrigin` says. Clients that send no `Origin` are no browsers, and are let through.
///
/// What is refused gets 403. Put it inside ``Sessions`` and ``ProxyHeaders``.
public struct CSRF: Middleware {
    private let keys: CookieKeys
    private let header: HTTPField.Name
    private let formField: String?
    private let form: FormStart
    private let origins: OriginCheck
    private let checksOrigin: Bool
    private let safeMethods: Set<HTTPRequest.Method>
    private let exempt: [String]
    private let cookie: CookieOptions

    public init(
        _ keys: CookieKeys, header: String = "X-CSRF-Token", formField: String? = "csrf_token",
        formLimit: Int = 1 << 16, checksOrigin: Bool = true, trustedOrigins: [String] = [],
        safeMethods: Set<HTTPRequest.Method> = [.get, .head, .options, .trace], exempt: [String] = [],
        cookie: CookieOptions = CookieOptions()
    ) {
        self.keys = keys
        self.header = HTTPField.Name(header) ?? .xCSRFToken
        self.formField = formField
        form = FormStart(formLimit)
        origins = OriginCheck(trusted: trustedOrigins)
        self.checksOrigin = checksOrigin
        self.safeMethods = safeMethods
        self.exempt = exempt
        self.cookie = cookie
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let secret = CSRFSecret(keys, scope, cookie)
        var exchange = exchange
        exchange.request?.values[CSRFValueKey.self] = secret
        if !isExempt(scope.path), let reason = try await refusal(of: &exchange, scope, secret) {
            return try await Response.problem(.forbidden, reason, for: scope).handle(exchange)
        }
        try await next.handle(exchange.changingResponse { secret.addCookie(to: &$0.headerFields) })
    }

    /// Why the request is refused; `nil` when it is not.
    private nonisolated(nonsending) func refusal(
        of exchange: inout Exchange, _ scope: RequestScope, _ secret: CSRFSecret
    ) async throws -> String? {
        switch exchange {
        case .lifespan: return nil
        case .webSocket, .webTransport:
            return origins.isForeign(scope) ? "This was asked for by a page of another site." : nil
        case .http, .eventStream:
            if safeMethods.contains(scope.method) { return nil }
            if checksOrigin, origins.isForeign(scope) { return "This was asked for by a page of another site." }
            // A field that is there decides, whatever it says.
            var token = scope[header]
            if token == nil, let formField { token = try await form.value(of: formField, &exchange) }
            guard let token, !token.isEmpty else { return "The CSRF token is missing." }
            return secret.accepts(token) ? nil : "The CSRF token is not valid: load the page again."
        }
    }

    private func isExempt(_ path: String) -> Bool {
        guard !exempt.isEmpty else { return false }
        // What somebody further inside may understand as another path is not let through.
        let segments = path.split(separator: "/")
        guard !segments.contains("."), !segments.contains(".."), !path.contains("\\") else { return false }
        return exempt.contains { exempt in
            path == exempt || path.hasPrefix(exempt.hasSuffix("/") ? exempt : exempt + "/")
        }
    }
}

enum CSRFValueKey: ValueKey { typealias Value = CSRFSecret }

extension HTTPField.Name {
    static let xCSRFToken = parsed("X-CSRF-Token")
    static let secFetchSite = parsed("Sec-Fetch-Site")
}

/// There is no ``CSRF`` around the application.
public struct NoCSRFError: Error, CustomStringConvertible {
    public var description: String { "There is no CSRF token here: put CSRF around the application." }
}

extension Request {
    /// A token for a form or a script of a page that answers this request; see ``CSRF``. Ask for it before the response
    /// begins: a cookie may have to go with it.
    ///
    /// - Throws: ``NoCSRFError`` when there is no ``CSRF`` around the application.
    public var csrfToken: String {
        get throws {
            guard let secret = scope.values[CSRFValueKey.self] else { throw NoCSRFError() }
            return secret.makeToken()
        }
    }

    /// Whether a text is a token for this client: for content that ``CSRF`` does not read. False without ``CSRF``, and
    /// for `nil` and an empty text.
    public func isValidCSRFToken(_ token: String?) -> Bool {
        guard let token, let secret = scope.values[CSRFValueKey.self] else { return false }
        return secret.accepts(token)
    }
}
