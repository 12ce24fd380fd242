/// The Huffman code of HPACK and QPACK (RFC 7541 §5.2, Appendix B), as tables made when it is first used.
///
/// The code is canonical: of two codes the longer one is the larger one, and codes of one length are in the order of
/// their symbols. So it follows from the lengths alone.
package struct HuffmanCode {
    /// For each symbol its code, and in the lowest byte the code's length.
    let codes: UnsafePointer<UInt64>
    /// For each ten bits that a code of up to ten bits starts: its symbol, and in the high byte its length. Zero where
    /// a longer code starts.
    let short: UnsafePointer<UInt16>
    /// The lengths of more than ten bits, shortest first.
    let long: UnsafePointer<Length>
    /// The symbols in the order of their codes.
    let ordered: UnsafePointer<UInt16>

    static let shortBits = 10
    /// No code is longer.
    static let longest = 30
    /// No code is shorter.
    static let shortest = 5
    /// The symbol that ends a string, and must not be in it.
    static let end: UInt16 = 256

    /// The codes of one length.
    struct Length {
        var bits: Int
        /// The first code beyond those of this length, from the highest bit of a word on.
        var limit: UInt64
        /// What to add to a code of this length for its place in the order of all codes.
        var place: Int
    }

    /// Never freed, and never written again: every thread may read it.
    nonisolated(unsafe) package static let shared = HuffmanCode()

    /// The length of each symbol's code, from 0 to 255, then of the one that ends a string (RFC 7541 Appendix B).
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6,
        6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6,
        6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22,
        20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23,
        22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22,
        23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22,
        25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    private init() {
        let lengths = Self.lengths
        let codes = UnsafeMutablePointer<UInt64>.allocate(capacity: lengths.count)
        let ordered = UnsafeMutablePointer<UInt16>.allocate(capacity: lengths.count)
        let short = UnsafeMutablePointer<UInt16>.allocate(capacity: 1 << Self.shortBits)
        short.initialize(repeating: 0, count: 1 << Self.shortBits)
        var long: [Length] = []
        var code: UInt64 = 0
        var place = 0
        for bits in 1...Self.longest {
            code <<= 1
            let first = Int(code)
            let firstPlace = place
            for (symbol, length) in lengths.enumerated() where Int(length) == bits {
                (codes + symbol).initialize(to: code << 8 | UInt64(bits))
                (ordered + place).initialize(to: UInt16(symbol))
                if bits <= Self.shortBits {
                    let start = Int(code) << (Self.shortBits - bits)
                    for index in start..<start + 1 << (Self.shortBits - bits) {
                        short[index] = UInt16(bits) << 8 | UInt16(symbol)
                    }
                }
                code += 1
                place += 1
            }
            if bits > Self.shortBits, place > firstPlace {
                // The last code of all is followed by none.
                let limit = place == lengths.count ? .max : code << UInt64(64 - bits)
                long.append(Length(bits: bits, limit: limit, place: firstPlace - first))
            }
        }
        let longer = UnsafeMutablePointer<Length>.allocate(capacity: long.count)
        longer.initialize(from: long, count: long.count)
        self.codes = UnsafePointer(codes)
        self.ordered = UnsafePointer(ordered)
        self.short = UnsafePointer(short)
        self.long = UnsafePointer(longer)
    }
}
