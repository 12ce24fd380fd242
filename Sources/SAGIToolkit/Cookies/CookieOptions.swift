import SAGI

/// The cookie that a middleware sets by itself: ``Sessions``, ``CSRF``.
///
/// ```swift
/// Sessions(store, cookie: try CookieOptions(domain: "example.org"))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `name` | `nil` | the name; `nil` is one of the middleware's choice, after `__Host-` over https, or after `__Secure-` where a domain or path is given |
/// | `path` | `/` | the path for which, and below which, it is sent |
/// | `domain` | `nil` | the host that it is sent to with all below; `nil` is the request's host alone |
/// | `sameSite` | `.lax` | with which requests of other sites it comes; `.none` becomes `.lax` over http |
/// | `isSecure` | `nil` | whether it is sent over https only; `nil` is: when the request came over https |
/// | `isPartitioned` | `false` | whether it is one for each site that embeds this one; over https only |
///
/// Behind a proxy that ends TLS, put ``ProxyHeaders`` outside, or set `isSecure`. Scripts never see the cookie.
public struct CookieOptions: Sendable {
    private var name: String?
    private var path = "/"
    private var domain: String?
    private var sameSite = Cookie.SameSite.lax
    private var isSecure: Bool?
    private var isPartitioned = false

    /// The defaults.
    public init() {}

    /// - Throws: ``CookieError`` when there can be no such cookie.
    public init(
        name: String? = nil, path: String = "/", domain: String? = nil, sameSite: Cookie.SameSite = .lax,
        isSecure: Bool? = nil, isPartitioned: Bool = false
    ) throws(CookieError) {
        self.name = name
        self.path = path
        self.domain = domain
        self.sameSite = sameSite
        self.isSecure = isSecure
        self.isPartitioned = isPartitioned
        if isSecure != true { _ = try cookie("a", "", isSecure: hasPrefix) }
        if isSecure != false { _ = try cookie("a", "", isSecure: true) }
        if isSecure == false {
            let full = name ?? "a"
            if sameSite == .none { throw .missing(full, needs: "isSecure", because: "its sameSite is .none") }
            if isPartitioned { throw .missing(full, needs: "isSecure", because: "it is partitioned") }
            if CookiePrefix(full) != nil {
                throw .missing(full, needs: "isSecure", because: "of the start of its name")
            }
        }
    }

    /// Whether the name is one that only secure cookies can have.
    private var hasPrefix: Bool { name.map { CookiePrefix($0) != nil } ?? false }

    /// Whether the cookie of a request is a secure one.
    func isSecure(for scope: RequestScope) -> Bool {
        // A name that can be had over https only is not made weaker over http: browsers refuse it there.
        if let isSecure { return isSecure }
        return scope.scheme == "https" || scope.scheme == "wss" || hasPrefix
    }

    /// The name, made of the middleware's choice.
    func name(_ base: String, isSecure: Bool) -> String {
        if let name { return name }
        guard isSecure else { return base }
        return (path == "/" && domain == nil ? "__Host-" : "__Secure-") + base
    }

    func cookie(
        _ base: String, _ value: String, isSecure: Bool, maxAge: Duration? = nil
    ) throws(CookieError) -> Cookie {
        try Cookie(
            name(base, isSecure: isSecure), value,
            .init(
                path: path, domain: domain, maxAge: maxAge, isSecure: isSecure, isHTTPOnly: true,
                sameSite: sameSite == .none && !isSecure ? .lax : sameSite, isPartitioned: isPartitioned && isSecure))
    }
}
