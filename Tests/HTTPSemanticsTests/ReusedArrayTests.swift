import HTTPSemantics
import SeededRandom
import Testing

@Suite("Reused array") struct ReusedArrayTests {
    @Test("It holds what an array holds, however often it is emptied", arguments: 0..<20 as Range<UInt64>)
    func agrees(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var reused = ReusedArray<UInt8>()
        var plain: [UInt8] = []
        for _ in 0..<200 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                reused.removeAll()
                plain.removeAll()
            case 1 where !plain.isEmpty:
                reused.removeLast()
                plain.removeLast()
            case 2...4:
                let byte = UInt8.random(in: .min ... .max, using: &random)
                reused.append(byte)
                plain.append(byte)
            default:
                let bytes = (0..<Int.random(in: 0..<700, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
                bytes.withUnsafeBytes { reused.append($0) }
                plain += bytes
            }
            #expect(reused.count == plain.count)
            #expect(reused.elementsEqual(plain))
            #expect(reused.withUnsafeBytes { Array($0) } == plain)
        }
    }

    @Test("A copy keeps what it holds when the other changes")
    func copies() {
        var array = ReusedArray<Int>()
        array.append(contentsOf: 0..<10)
        let copy = array
        array.removeAll()
        array.append(contentsOf: [7, 7])
        #expect(Array(array) == [7, 7])
        #expect(Array(copy) == Array(0..<10))
    }

    @Test("It keeps its memory when it is emptied")
    func memory() {
        var array = ReusedArray<UInt8>()
        array.append(contentsOf: repeatElement(1, count: 1000))
        array.removeAll()
        #expect(array.isEmpty && array.capacity >= 1000)
    }
}
