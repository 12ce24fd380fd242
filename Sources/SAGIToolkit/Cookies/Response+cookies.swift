extension Response {
    /// Sets a cookie, in the place of one that this response has for the same name, domain and path.
    public mutating func setCookie(_ cookie: Cookie) { headerFields.setCookie(cookie) }

    /// Takes back a cookie that was set with those attributes: a browser deletes it only when path, domain and flags
    /// are the same. How long it was to be kept does not matter.
    ///
    /// ```swift
    /// try response.deleteCookie("theme", .init(domain: "example.org"))
    /// ```
    ///
    /// A name that starts with `__Secure-`, `__Host-` or `__Http-` makes the deletion secure by itself.
    ///
    /// - Throws: ``CookieError`` when there can be no such cookie.
    public mutating func deleteCookie(
        _ name: String, _ attributes: Cookie.Attributes = Cookie.Attributes()
    ) throws(CookieError) {
        var attributes = attributes
        if CookiePrefix(name) != nil { attributes.isSecure = true }
        setCookie(try Cookie(name, "", attributes).deletion)
    }
}
