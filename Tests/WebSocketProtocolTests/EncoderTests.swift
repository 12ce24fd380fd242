import HTTPSemantics
import NIOCore
import Testing

@testable import WebSocketProtocol

@Suite struct EncoderTests {
    /// What the other side makes of what `body` writes.
    private func read(
        role: WebSocketRole = .server, _ body: (inout MessageEncoder, OutputBuffer) -> Void
    ) -> (bytes: [UInt8], outcome: Outcome) {
        var encoder = MessageEncoder(role: role)
        let output = OutputBuffer()
        body(&encoder, output)
        let bytes = output.array
        return (bytes, Outcome.of(bytes) { MessageDecoder(role: role == .server ? .client : .server) })
    }

    @Test func `frames are those of RFC 6455 section 5_7`() {
        #expect(read { $0.write(.text, "Hello", more: false, into: $1) }.bytes == [0x81, 0x05] + Array("Hello".utf8))
        let fragments = read {
            $0.write(.text, "Hel", more: true, into: $1)
            $0.write(.text, "lo", more: false, into: $1)
        }
        #expect(fragments.bytes == [0x01, 0x03] + Array("Hel".utf8) + [0x80, 0x02] + Array("lo".utf8))
        #expect(
            read { encoder, output in Array("Hello".utf8).withUnsafeBytes { encoder.writePing($0, into: output) } }
                .bytes == [0x89, 0x05] + Array("Hello".utf8))
    }

    @Test(arguments: [0, 1, 125, 126, 65535, 65536, 100_000])
    func `a message of any length can be read by the other side`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for role in [WebSocketRole.server, .client] {
            let result = read(role: role) { encoder, output in
                payload.withUnsafeBytes { encoder.write(.binary, $0, more: false, into: output) }
            }
            #expect(result.outcome.events == [.bytes(ByteBuffer(bytes: payload), more: false)])
        }
        let uncopied = read { encoder, output in
            encoder.writeHead(.binary, count: count, more: false, into: output)
            output.append(payload)
        }
        #expect(uncopied.outcome.events == [.bytes(ByteBuffer(bytes: payload), more: false)])
    }

    @Test func `a close reason is cut between two characters`() {
        let result = read { $0.writeClose(code: 1000, reason: String(repeating: "€", count: 100), into: $1) }
        #expect(result.outcome.events == [.close(code: 1000, reason: String(repeating: "€", count: 41))])
        #expect(
            read { $0.writeClose(code: nil, reason: "lost", into: $1) }.outcome.events == [
                .close(code: nil, reason: "")
            ])
    }

    @Test func `a client masks each frame with another key`() {
        let result = read(role: .client) {
            $0.write(.text, "same", more: false, into: $1)
            $0.write(.text, "same", more: false, into: $1)
        }
        #expect(result.bytes[2..<6] != result.bytes[12..<16])
        #expect(result.outcome.events == [.text("same", more: false), .text("same", more: false)])
    }
}

extension MessageEncoder {
    fileprivate mutating func write(_ kind: Kind, _ text: String, more: Bool, into output: OutputBuffer) {
        Array(text.utf8).withUnsafeBytes { write(kind, $0, more: more, into: output) }
    }
}
