import HPACK
import Testing

@Suite("Integers") struct IntegerTests {
    @Test("RFC 7541 §5.1: every integer is read as it was written", arguments: 1...8)
    func roundTrip(_ prefix: Int) throws {
        for bit in 0..<32 {
            for value in [(1 << bit) - 1, 1 << bit, (1 << bit) + 1] where value < 1 << 32 {
                #expect(try read(integer(value, prefix: prefix, 0), prefix: prefix) == value)
            }
        }
    }

    @Test("RFC 9204 §4.1.1: QPACK's integers have 62 bits")
    func large() throws {
        let largest = (1 << 62) - 1
        #expect(try read(integer(largest, prefix: 5, 0), prefix: 5, bits: 62) == largest)
        #expect(throws: HPACKError.integerOverflow) { try read(integer(1 << 62, prefix: 5, 0), prefix: 5, bits: 62) }
    }

    @Test(
        "RFC 7541 §5.1: what exceeds 32 bits, or is longer than they can be, is refused",
        arguments: [
            // 2^32 - 1 + 1
            "1fe1ffffff0f", "1fffffffff1f", "1fffffffff7f", "1f8080808010", "1fffffffffffffffffff7f",
            // Zeros that go on and on.
            "1f808080808000", "1f80808080808080808080808080808000",
        ])
    func overflow(_ bytes: String) {
        #expect(throws: HPACKError.integerOverflow) { try read(hex(bytes), prefix: 5) }
    }

    @Test(
        "Zeros at the end are taken as long as they could mean something",
        arguments: ["1f00", "1f8000", "1f8080808000"])
    func zeros(_ bytes: String) throws {
        #expect(try read(hex(bytes), prefix: 5) == 31)
    }

    @Test("The largest integer is taken")
    func largest() throws {
        #expect(try read(hex("1fe0ffffff0f"), prefix: 5) == (1 << 32) - 1)
    }

    @Test("An integer that ends early is refused", arguments: ["", "1f", "1f80", "1fffffff"])
    func truncated(_ bytes: String) {
        #expect(throws: HPACKError.truncated) { try read(hex(bytes), prefix: 5) }
    }
}
