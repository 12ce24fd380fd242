/// Something that is fed inputs at random.
protocol FuzzTarget {
    /// Inputs to start from.
    static var corpus: [String] { get }
    /// Pieces that mean something to it.
    static var tokens: [String] { get }

    /// Feeds `input` in a way chosen at random.
    ///
    /// - Returns: a mark of what it did with it. An input with a mark that is new is kept, to be changed further.
    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64

    /// Feeds `input` in every way there is.
    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation)
}

/// A rule that does not hold for an input.
struct Violation: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

/// The bytes of a text whose characters are all below U+0100.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// Mixes bytes into a mark (FNV-1a).
struct Digest: Equatable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    @inline(__always)
    mutating func add(_ number: Int) {
        value = (value ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01B3
        value ^= value >> 29
    }

    @inline(__always)
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { add(byte) }
    }

    /// Bytes and their number, so that what is joined differs from what is not.
    @inline(__always)
    mutating func addCounted(_ bytes: UnsafeRawBufferPointer) {
        add(bytes.count)
        add(bytes)
    }

    @inline(__always)
    mutating func addCounted(_ text: String) {
        add(text.utf8.count)
        for byte in text.utf8 { add(byte) }
    }
}
