import HTTPSemantics
import Testing

@Suite("Output buffer") struct OutputBufferTests {
    private func text(_ buffer: OutputBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

    @Test("It grows and keeps what it has", arguments: [1, 16, 100])
    func growth(_ capacity: Int) {
        let buffer = OutputBuffer(capacity: capacity)
        var expected: [UInt8] = []
        for index in 0..<500 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index % 37)
            buffer.append(piece)
            expected += piece
        }
        #expect(Array(buffer.bytes) == expected)
        #expect(buffer.count == expected.count)
        #expect(buffer.capacity >= buffer.count)
    }

    @Test("One large piece fits at once")
    func large() {
        let buffer = OutputBuffer(capacity: 16)
        buffer.append("head")
        buffer.append([UInt8](repeating: 7, count: 1 << 20))
        #expect(buffer.count == 4 + (1 << 20))
        #expect(Array(buffer.bytes.prefix(5)) == Array("head".utf8) + [7])
        #expect(buffer.bytes.last == 7)
    }

    @Test("It takes texts of every kind")
    func kinds() {
        let buffer = OutputBuffer(capacity: 1)
        let long = String(repeating: "é", count: 100)
        buffer.append("static")
        buffer.append(string: "short")
        buffer.append(string: long)
        [UInt8(1), 2].withUnsafeBytes { buffer.append($0) }
        buffer.append([])
        buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(text(buffer) == "staticshort" + long + "\u{1}\u{2}")
    }

    @Test("It gives its memory away, and takes other")
    func memory() throws {
        let buffer = OutputBuffer(capacity: 0)
        #expect(buffer.capacity == 0 && buffer.isEmpty && buffer.surrender() == nil)
        buffer.append("grown")
        let memory = try #require(buffer.surrender())
        #expect(buffer.capacity == 0 && buffer.isEmpty)
        buffer.adopt(memory)
        #expect(buffer.capacity == memory.count && buffer.isEmpty)
        buffer.append("again")
        #expect(text(buffer) == "again")
    }

    @Test("It is emptied, and cut back")
    func emptied() {
        let buffer = OutputBuffer(capacity: 8)
        #expect(buffer.isEmpty)
        buffer.append("0123456789")
        let capacity = buffer.capacity
        buffer.count = 4
        #expect(text(buffer) == "0123")
        buffer.removeAll()
        #expect(buffer.isEmpty && buffer.bytes.isEmpty && buffer.capacity == capacity)
        buffer.append("ab")
        #expect(text(buffer) == "ab")
    }

    @Test(
        "Numbers are written as Swift writes them",
        arguments: [
            0, 1, 9, 10, 11, 15, 16, 17, 99, 100, 255, 256, 999, 1000, 4095, 4096, 65535, 65536, 1 << 31, 1 << 32,
            .max - 1, .max,
        ])
    func numbers(_ number: Int) {
        let buffer = OutputBuffer(capacity: 1)
        buffer.append(decimal: number)
        buffer.append(" ")
        buffer.append(hexadecimal: number)
        #expect(text(buffer) == "\(number) \(String(number, radix: 16))")
    }
}
