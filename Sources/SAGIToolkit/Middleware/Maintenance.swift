import HTTPTypes
public import SAGI

/// Answers 503 while the site is being worked on.
///
/// ```swift
/// app.wrapped(by: try Maintenance(retryAfter: .seconds(600), except: ["10.0.0.0/8"]) { flags.isDown })
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `isOn` | | asked for each request |
/// | `detail` | "The site is being worked on." | a sentence for the client |
/// | `retryAfter` | `nil` | when it is worth another try: `Retry-After` |
/// | `except` | none | clients that are served: addresses and ranges, IPv4 and IPv6 |
/// | `exempt` | none | paths, with all that is below them, that are served, such as that of a health check |
///
/// Put it inside ``ProxyHeaders``, which knows the clients.
public struct Maintenance: Middleware {
    private let isOn: nonisolated(nonsending) @Sendable () async throws -> Bool
    private let detail: String
    private let retryAfter: Duration?
    private let except: AddressSet
    private let exempt: PathSet

    /// - Throws: ``InvalidOption`` that names what is neither an address nor a range.
    public init(
        detail: String = "The site is being worked on.", retryAfter: Duration? = nil, except: [String] = [],
        exempt: [String] = [],
        isOn: nonisolated(nonsending) @escaping @Sendable () async throws -> Bool
    ) throws {
        self.isOn = isOn
        self.detail = detail
        self.retryAfter = retryAfter
        self.except = try AddressSet(except)
        self.exempt = PathSet(exempt)
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, try await isOn(), !except.contains(scope.client), !exempt.contains(scope)
        else { return try await next.handle(exchange) }
        var response = Response.problem(.serviceUnavailable, detail, for: scope)
        response[.retryAfter] = retryAfter.map { String(max(0, $0.wholeSeconds)) }
        response[.cacheControl] = "no-store"
        try await response.handle(exchange)
    }
}
