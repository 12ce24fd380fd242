import SAGIServer

/// Where to listen, as `--bind` says it: an address, and after commas what holds for this listener alone.
struct Binding: Sendable, Equatable {
    var address: ListenAddress
    var proxyProtocol: Bool?
    var unixMode: UInt16?
    var ipv6Only: Bool?
    var versions = HTTPVersions.all

    init(_ address: ListenAddress) { self.address = address }

    /// - Throws: ``ConfigurationError`` with a sentence about what is wrong.
    init(parsing text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        address = try ListenAddress(parsing: parts[0])
        for part in parts.dropFirst() {
            switch part {
            case "http1": versions = .http1
            case "http2": versions = .http2
            case "proxy-protocol": proxyProtocol = true
            case "no-proxy-protocol": proxyProtocol = false
            case "ipv6-only", "dual-stack":
                guard case .tcp = address else {
                    throw ConfigurationError("\"\(part)\" is for an address with a host and a port.")
                }
                ipv6Only = part == "ipv6-only"
            case _ where part.hasPrefix("mode="):
                guard case .unix = address else { throw ConfigurationError("\"mode\" is for an address unix:PATH.") }
                guard let mode = try ValueFormat.fileMode.parse(String(part.dropFirst(5))) else {
                    throw ConfigurationError("\"mode\" takes \(ValueFormat.fileMode.accepted).")
                }
                unixMode = mode
            default:
                throw ConfigurationError(
                    "After the address, \"\(part)\" is none of http1, http2, proxy-protocol, no-proxy-protocol, "
                        + "mode=MODE, ipv6-only and dual-stack.")
            }
        }
    }
}

extension ValueFormat<Binding> {
    static let binding = ValueFormat(
        metavar: "ADDRESS", accepted: "an address HOST:PORT, [v6]:PORT, unix:PATH or fd:N",
        parse: { try Binding(parsing: $0) }, format: { $0.address.description })
}
