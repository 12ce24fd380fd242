/// What browsers are told with `Strict-Transport-Security` (RFC 6797): to use https alone for this host.
public struct StrictTransportSecurity: Sendable, Hashable {
    /// How long it holds, in whole seconds. Zero takes it back.
    public var maxAge: Duration
    /// Whether it holds for all hosts below this one.
    public var includesSubdomains: Bool
    /// Whether the host may be built into browsers (hstspreload.org). Hard to take back.
    public var preload: Bool

    /// - Parameters:
    ///   - maxAge: one year by default.
    ///   - includesSubdomains: false by default.
    ///   - preload: false by default. Lists want a year and all subdomains with it.
    public init(
        maxAge: Duration = .seconds(31_536_000), includesSubdomains: Bool = false, preload: Bool = false
    ) {
        self.maxAge = maxAge
        self.includesSubdomains = includesSubdomains
        self.preload = preload
    }

    /// The value of the field.
    var value: String {
        "max-age=\(max(0, maxAge.wholeSeconds))" + (includesSubdomains ? "; includeSubDomains" : "")
            + (preload ? "; preload" : "")
    }
}
