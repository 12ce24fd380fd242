import SeededRandom
import Testing

@testable import HTTP2

@Suite("Table of streams") struct StreamTableTests {
    private func stream(_ number: UInt32) -> StreamState {
        StreamState(number, sendWindow: 0, receiveWindow: 0, remoteEnded: false)
    }

    @Test("It finds what a dictionary finds, whatever is added, forgotten and released", arguments: 0..<20)
    func model(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var table = StreamTable()
        var found: [UInt32: Int] = [:]
        var used: [Int: UInt32] = [:]
        var last: UInt32 = 1
        // Numbers that share a home, and such that do not.
        let strides: [UInt32] = [2, 2, 2, 32, 64, 1 << 20]
        var peak = 0
        let most = [4, 40, 400][seed % 3]
        for _ in 0..<5000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0,
                1 where used.count < most:
                last &+= strides[Int.random(in: 0..<strides.count, using: &random)]
                last &= 0x7FFF_FFFF
                guard found[last] == nil else { continue }
                let slot = table.add(stream(last))
                #expect(used[slot] == nil)
                found[last] = slot
                used[slot] = last
            case 2:
                guard let (number, slot) = found.randomElement(using: &random) else { continue }
                table.forget(slot)
                found[number] = nil
            case 3:
                guard let (slot, number) = used.randomElement(using: &random) else { continue }
                table.release(slot)
                if found[number] == slot { found[number] = nil }
                used[slot] = nil
            default:
                guard let (slot, number) = used.randomElement(using: &random) else { continue }
                #expect(table[slot].number == number && table[slot].isFound == (found[number] == slot))
            }
            #expect(table.used == used.count && table.found == found.count)
            peak = max(peak, used.count)
            #expect(table.slots.count == peak)
            for number in [last, last &- 2, last &- 64, UInt32.random(in: 0...last, using: &random)] {
                #expect(table.find(number) == found[number])
            }
        }
        for (number, slot) in found { #expect(table.find(number) == slot) }
    }

    @Test("A slot that was forgotten twice is forgotten once")
    func forgottenTwice() {
        var table = StreamTable()
        let first = table.add(stream(1))
        let second = table.add(stream(3))
        table.forget(first)
        table.forget(first)
        #expect(table.found == 1 && table.used == 2)
        #expect(table.find(1) == nil && table.find(3) == second)
        table.release(first)
        #expect(table.found == 1 && table.used == 1)
        #expect(table.add(stream(5)) == first)
    }
}
