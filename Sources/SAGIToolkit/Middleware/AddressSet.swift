import HTTPSemantics
import SAGI

/// Addresses and ranges of addresses, as options name them.
struct AddressSet: Sendable {
    private let ranges: [AddressRange]
    /// Whether all addresses, and those who have none, are in it.
    let isEverybody: Bool

    /// - Parameter texts: addresses, ranges such as `10.0.0.0/8`, and `*`.
    /// - Throws: ``InvalidOption`` that names what is neither.
    init(_ texts: [String]) throws {
        isEverybody = texts.contains("*")
        ranges = try texts.filter { $0 != "*" }.map { text in
            guard let range = AddressRange(text) else {
                throw InvalidOption("\"\(text)\" is neither an IP address nor a range such as 10.0.0.0/8 or fd00::/8.")
            }
            return range
        }
    }

    func contains(_ address: IPAddress) -> Bool { isEverybody || ranges.contains { $0.contains(address) } }

    func contains(_ peer: PeerAddress?) -> Bool { isEverybody || peer?.address.map(contains) ?? false }
}

extension PeerAddress {
    /// The IP address as a number, without its zone; `nil` for a Unix socket.
    var address: IPAddress? { host.flatMap { IPAddress($0.prefix { $0 != "%" }) } }
}
