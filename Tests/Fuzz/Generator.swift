/// Random numbers that are the same for the same seed (SplitMix64).
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    @inline(__always)
    mutating func word() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A number from 0 to `bound` - 1.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: word() >> 33) % bound }

    /// True once in `count` times.
    @inline(__always)
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    @inline(__always)
    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: word() >> 40) }
}
