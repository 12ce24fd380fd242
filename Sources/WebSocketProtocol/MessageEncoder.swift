package import HTTPSemantics

/// The sending half of a WebSocket: messages and control frames to bytes (RFC 6455 §5).
package struct MessageEncoder {
    /// What a message is made of.
    package enum Kind: Sendable, Equatable {
        case text, binary

        var opcode: Opcode { self == .text ? .text : .binary }
    }

    private let role: WebSocketRole
    private let deflater: Deflater?
    /// Messages in one part that are shorter are not compressed.
    private let threshold: Int
    /// The message that has been begun, and whether it is compressed.
    private var open: (kind: Kind, isCompressed: Bool)?

    package init(role: WebSocketRole = .server, deflater: Deflater? = nil, threshold: Int = 0) {
        self.role = role
        self.deflater = deflater
        self.threshold = threshold
    }

    /// The kind of the message that has been begun with `more`, and not ended.
    package var openKind: Kind? { open?.kind }

    /// Whether the payload of the next frame goes out as it is: then ``writeHead(_:count:more:into:)`` and the payload
    /// itself, uncopied, will do.
    package func sendsPlain(_ count: Int, more: Bool) -> Bool {
        guard role == .server else { return false }
        return !(open?.isCompressed ?? compresses(count, more: more))
    }

    private func compresses(_ count: Int, more: Bool) -> Bool { deflater != nil && (more || count >= threshold) }

    /// Writes the head of a frame whose payload follows: see ``sendsPlain(_:more:)``.
    package mutating func writeHead(_ kind: Kind, count: Int, more: Bool, into output: OutputBuffer) {
        let head = FrameHead(
            isFinal: !more, isCompressed: false, opcode: open == nil ? kind.opcode : .continuation, length: count)
        output.count += head.write(to: output.reserve(FrameHead.longest))
        open = more ? (kind, false) : nil
    }

    /// Writes a message, or a part of one, as a frame.
    package mutating func write(
        _ kind: Kind, _ bytes: UnsafeRawBufferPointer, more: Bool, into output: OutputBuffer
    ) {
        let isCompressed = open?.isCompressed ?? compresses(bytes.count, more: more)
        guard isCompressed, let deflater else {
            writeFrame(open == nil ? kind.opcode : .continuation, bytes, isFinal: !more, into: output)
            open = more ? (kind, false) : nil
            return
        }
        // The length is known afterwards: the head is written after the payload, which then moves up to it.
        let start = output.count
        _ = output.reserve(FrameHead.longest)
        output.count += FrameHead.longest
        deflater.deflate(bytes, isLast: !more, into: output)
        var head = FrameHead(
            isFinal: !more, isCompressed: open == nil, opcode: open == nil ? kind.opcode : .continuation,
            length: output.count - start - FrameHead.longest)
        let base = output.reserve(0) - output.count
        let payload = UnsafeMutableRawBufferPointer(start: base + start + FrameHead.longest, count: head.length)
        mask(payload, &head)
        let size = head.write(to: base + start)
        if let source = payload.baseAddress {
            (base + start + size).copyMemory(from: source, byteCount: payload.count)
        }
        output.count = start + size + head.length
        open = more ? (kind, true) : nil
    }

    package func writePing(_ payload: UnsafeRawBufferPointer, into output: OutputBuffer) {
        writeFrame(.ping, payload, isFinal: true, into: output)
    }

    package func writePong(_ payload: UnsafeRawBufferPointer, into output: OutputBuffer) {
        writeFrame(.pong, payload, isFinal: true, into: output)
    }

    /// Writes a Close frame: `code` nil for none. A reason is cut at ``CloseCode/longestReason`` bytes, between two
    /// characters.
    package func writeClose(code: UInt16?, reason: String, into output: OutputBuffer) {
        var payload: [UInt8] = []
        if let code {
            payload = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
            for scalar in reason.unicodeScalars {
                let bytes = Array(String(scalar).utf8)
                guard payload.count + bytes.count <= CloseCode.longestReason + 2 else { break }
                payload += bytes
            }
        }
        payload.withUnsafeBytes { writeFrame(.close, $0, isFinal: true, into: output) }
    }

    @inline(__always)
    private func writeFrame(
        _ opcode: Opcode, _ bytes: UnsafeRawBufferPointer, isFinal: Bool, into output: OutputBuffer
    ) {
        var head = FrameHead(isFinal: isFinal, isCompressed: false, opcode: opcode, length: bytes.count)
        if role == .client { head.key = Self.freshKey() }
        let start = output.reserve(FrameHead.longest + bytes.count)
        let size = head.write(to: start)
        if var key = head.key {
            key.apply(from: bytes, to: start + size)
        } else if let source = bytes.baseAddress {
            (start + size).copyMemory(from: source, byteCount: bytes.count)
        }
        output.count += size + bytes.count
    }

    private func mask(_ payload: UnsafeMutableRawBufferPointer, _ head: inout FrameHead) {
        guard role == .client, let start = payload.baseAddress else { return }
        var key = Self.freshKey()
        head.key = key
        key.apply(from: UnsafeRawBufferPointer(payload), to: start)
    }

    /// RFC 6455 §5.3: unpredictable, and a new one for each frame.
    private static func freshKey() -> MaskingKey { MaskingKey(.random(in: .min ... .max)) }

    /// Gives back what the compression holds between messages. It begins anew with the next one, which needs no
    /// agreement: a compressor may refer to less than the peer keeps.
    package func releaseIdleMemory() {
        guard open == nil else { return }
        deflater?.release()
    }
}
