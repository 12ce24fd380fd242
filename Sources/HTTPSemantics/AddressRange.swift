/// Addresses that begin with the same bits, such as `10.0.0.0/8` or `fd00::/8` (RFC 4632 §3.1, RFC 4291 §2.3).
package struct AddressRange: Sendable, Hashable {
    /// The first address.
    package let base: IPAddress
    /// How many bits are the same, of 128; those of an IPv4 address are its last 32.
    package let bits: Int

    /// Reads an address, or an address, a slash and the number of bits; `nil` when it is neither. Bits of the address
    /// that do not count are ignored.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let hasColon = parts[0].utf8.contains(UInt8(ascii: ":"))
        var bits = 128
        if parts.count > 1 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(parts[1]),
                number <= (hasColon ? 128 : 32)
            else { return nil }
            bits = hasColon ? number : number + 96
        }
        self.init(base: address, bits: bits)
    }

    package init(base: IPAddress, bits: Int) {
        self.base = base.masked(bits)
        self.bits = bits
    }

    /// Whether the address is one of them. A short IPv6 range, such as `::/0`, has no IPv4 addresses.
    package func contains(_ address: IPAddress) -> Bool {
        (bits >= 96 || !address.isIPv4) && address.masked(bits) == base
    }
}
