import HTTPSemantics
import HTTPTypes
public import SAGI

/// Believes what trusted proxies tell of a request: who the client is, and which scheme and host it used.
///
/// ```swift
/// app.wrapped(by: try ProxyHeaders(trusting: ["10.0.0.0/8", "fd00::/8"]))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `trusting` | `127.0.0.0/8`, `::1` | the proxies: addresses and ranges, IPv4 and IPv6; `*` is everybody, for a server that only its proxies reach |
/// | `trustsUnixSockets` | `false` | whether whoever comes over a Unix socket is a proxy too |
/// | `reading` | ``Fields/xForwarded`` | which fields the proxies write |
/// | `taking` | ``Facts/client`` and ``Facts/scheme`` | what is believed of them |
/// | `maximumHops` | 8 | how many proxies may stand in a row. With `*`: how many there are |
/// | `refusesMalformed` | `false` | whether a field that cannot be read is answered 400, and not ignored |
///
/// Nothing is believed unless the connection's own peer is trusted. `X-Forwarded-For` and `Forwarded` are then read from
/// the right, where the nearest proxy writes: each address that is trusted is a proxy, and the first one that is not is
/// the client. What stands left of that, anybody may have written. An entry that cannot be read ends the search, and the
/// client is the last one that could be. The scheme and host are those that the outermost trusted proxy saw.
///
/// **Both `Forwarded` (RFC 7239) and `X-Forwarded-*`.** A proxy writes one kind and hands the other on as a client sent
/// it, so the kind must be chosen: the other is not looked at. With ``Fields/either``, the two must tell the same when
/// both are there; otherwise the request is answered 400.
///
/// **Host and prefix** are not taken unless you say so, for most proxies hand `X-Forwarded-Host` and
/// `X-Forwarded-Prefix` on as they come. Take them when yours sets or removes them, as it must `X-Forwarded-Proto`.
///
/// The fields stay in the request, and what the scope had before is in ``RequestScope/forwarding``. A client without an
/// address (`unknown`, or a name) is `nil`, and a port that is not told is 0. Put it outermost.
public struct ProxyHeaders: Middleware {
    /// Which fields proxies write.
    public enum Fields: Sendable {
        /// `X-Forwarded-For`, or without it `X-Real-IP`; `X-Forwarded-Proto`, `-Host`, `-Port` and `-Prefix`.
        case xForwarded
        /// `Forwarded` (RFC 7239). A prefix is still `X-Forwarded-Prefix`.
        case forwarded
        /// Either of them; when both are there, they must tell the same.
        case either
    }

    /// What is believed of proxies.
    public struct Facts: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) { self.rawValue = rawValue }

        /// The client's address: `RequestScope.client`.
        public static let client = Facts(rawValue: 1)
        /// http or https: `RequestScope.scheme`.
        public static let scheme = Facts(rawValue: 2)
        /// The host and port: `RequestScope.authority`.
        public static let host = Facts(rawValue: 4)
        /// The start of the path that a proxy takes away: `RequestScope.rootPath`.
        public static let prefix = Facts(rawValue: 8)
        /// All of them.
        public static let all: Facts = [.client, .scheme, .host, .prefix]
    }

    private let trusted: AddressSet
    private let trustsUnixSockets: Bool
    private let fields: Fields
    private let facts: Facts
    private let maximumHops: Int
    private let refusesMalformed: Bool

    /// - Throws: ``InvalidOption`` that names what is neither an address nor a range.
    public init(
        trusting: [String] = ["127.0.0.0/8", "::1"], trustsUnixSockets: Bool = false, reading: Fields = .xForwarded,
        taking: Facts = [.client, .scheme], maximumHops: Int = 8, refusesMalformed: Bool = false
    ) throws {
        trusted = try AddressSet(trusting)
        self.trustsUnixSockets = trustsUnixSockets
        fields = reading
        facts = taking
        self.maximumHops = max(1, maximumHops)
        self.refusesMalformed = refusesMalformed
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, isTrusted(scope) else { return try await next.handle(exchange) }
        let reader = ForwardedReader(scope: scope, trusted: trusted, facts: facts, maximumHops: maximumHops)
        let told: ForwardedFacts
        switch fields {
        case .xForwarded: told = reader.readXForwarded()
        case .forwarded: told = reader.readForwarded()
        case .either:
            let hasBoth = reader.hasForwarded && reader.hasXForwarded
            told = reader.hasForwarded ? reader.readForwarded() : reader.readXForwarded()
            if hasBoth, !told.agrees(with: reader.readXForwarded()) {
                let detail = "Forwarded and X-Forwarded-For tell different things."
                return try await Response.problem(.badRequest, detail, for: scope).handle(exchange)
            }
        }
        if refusesMalformed, told.isMalformed {
            let detail = "A field in which a proxy tells of the request cannot be read."
            return try await Response.problem(.badRequest, detail, for: scope).handle(exchange)
        }
        var exchange = exchange
        exchange.request = told.applied(to: scope)
        try await next.handle(exchange)
    }

    private func isTrusted(_ scope: RequestScope) -> Bool {
        // The client of a Unix socket has no address.
        let isUnix = scope.client.map { $0.host == nil } ?? (scope.server.map { $0.host == nil } ?? false)
        return isUnix && trustsUnixSockets || trusted.contains(scope.client)
    }
}
