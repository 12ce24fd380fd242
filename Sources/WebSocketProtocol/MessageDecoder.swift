import HTTPSemantics
package import NIOCore

/// The receiving half of a WebSocket: bytes in, messages and control frames out (RFC 6455 §5).
///
/// A payload is taken as it arrives: what is wrong with it is found at its first wrong byte, and a message beyond
/// ``WebSocketLimits/part`` is handed on in parts. The decoder keeps no more than one part, and nothing between
/// messages but what a compression with context takeover needs.
package struct MessageDecoder {
    private let role: WebSocketRole
    private let limits: WebSocketLimits
    /// Inflates compressed messages, when that was agreed on.
    private let inflater: Inflater?

    /// The data frame whose payload is being read, and how much of it is still to come.
    private var frame: FrameHead?
    private var left = 0
    /// The message being read.
    private var message: Message?
    /// A Close frame has arrived: nothing after it counts (§5.5.1).
    package private(set) var isClosed = false

    /// A message that has begun and has not been handed on whole.
    private struct Message {
        var isText: Bool
        var isCompressed: Bool
        var fragments = 0
        var size = 0
        var part = ByteBuffer()
        var validator = UTF8Validator()
    }

    /// Compressed bytes are inflated so many at a time: they become 1032 times as many at most.
    private static let inflateStep = 1024

    package init(role: WebSocketRole = .server, limits: WebSocketLimits = WebSocketLimits(), inflater: Inflater? = nil)
    {
        self.role = role
        self.limits = limits
        self.inflater = inflater
    }

    /// Whether a message has begun that has not ended.
    package var isInMessage: Bool { message != nil || frame != nil }

    /// The next event in `input`; nil when more bytes are needed, or the peer has closed.
    package mutating func next(_ input: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        while !isClosed {
            if frame != nil {
                if let event = try payload(&input) { return event }
                guard frame == nil else { return nil }
                continue
            }
            switch try step(input) {
            case .incomplete: return nil
            case .whole(let event, let size):
                input.moveReaderIndex(forwardBy: size)
                return event
            case .head(let head, let size) where head.opcode.isControl:
                // At most 125 bytes: they are waited for.
                guard input.readableBytes >= size + head.length else { return nil }
                input.moveReaderIndex(forwardBy: size)
                return try control(head, &input)
            case .head(let head, let size):
                input.moveReaderIndex(forwardBy: size)
                begin(head)
            }
        }
        return nil
    }

    /// What is at the start of the input, between frames.
    private enum Step {
        case incomplete
        case whole(WebSocketEvent, size: Int)
        case head(FrameHead, size: Int)
    }

    @inline(__always)
    private func step(_ input: ByteBuffer) throws(WebSocketError) -> Step {
        let result = input.withUnsafeReadableBytes { bytes in
            Result { () throws(WebSocketError) in
                let parsed = try FrameHead.parse(bytes, role: role, allowsCompression: inflater != nil)
                guard case .head(let head, let size) = parsed else { return Step.incomplete }
                guard !head.opcode.isControl else { return .head(head, size: size) }
                try check(head)
                if message == nil, let event = try whole(head, UnsafeRawBufferPointer(rebasing: bytes[size...])) {
                    return .whole(event, size: size + head.length)
                }
                return .head(head, size: size)
            }
        }
        return try result.get()
    }

    /// Checks a data frame against the message that it belongs to.
    @inline(__always)
    private func check(_ head: FrameHead) throws(WebSocketError) {
        // RFC 6455 §5.4.
        if head.opcode == .continuation {
            guard message != nil else { throw .unexpectedContinuation }
        } else {
            guard message == nil else { throw .unfinishedMessage }
        }
        guard head.length <= limits.frame else { throw .frameTooLarge }
        let isCompressed = message?.isCompressed ?? head.isCompressed
        guard isCompressed || (message?.size ?? 0) + head.length <= limits.message else { throw .messageTooLarge }
        guard (message?.fragments ?? 0) < limits.fragments else { throw .tooManyFragments }
    }

    // MARK: A message in one frame

    /// The common case: a short message, uncompressed and all there. It is made in one step.
    @inline(__always)
    private func whole(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer
    ) throws(WebSocketError) -> WebSocketEvent? {
        guard head.isFinal, !head.isCompressed, head.length <= limits.part, bytes.count >= head.length else {
            return nil
        }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[..<head.length])
        var key = head.key ?? MaskingKey(0)
        if head.opcode == .binary { return .bytes(Self.unmasked(payload, &key), more: false) }
        guard let text = Self.text(payload, &key) else { throw .invalidText }
        return .text(text, more: false)
    }

    private static func unmasked(_ bytes: UnsafeRawBufferPointer, _ key: inout MaskingKey) -> ByteBuffer {
        guard !bytes.isEmpty else { return ByteBuffer() }
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count) { space in
            if let start = space.baseAddress { key.apply(from: bytes, to: start) }
            return bytes.count
        }
        return buffer
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ key: inout MaskingKey) -> String? {
        var isValid = true
        let text = String(unsafeUninitializedCapacity: bytes.count) { space in
            guard let start = space.baseAddress else { return 0 }
            key.apply(from: bytes, to: UnsafeMutableRawPointer(start))
            var validator = UTF8Validator()
            isValid =
                validator.accept(UnsafeRawBufferPointer(start: start, count: bytes.count)) && validator.isComplete
            return isValid ? bytes.count : 0
        }
        return isValid ? text : nil
    }

    // MARK: A message in pieces

    private mutating func begin(_ head: FrameHead) {
        frame = head
        left = head.length
        var message =
            self.message ?? Message(isText: head.opcode == .text, isCompressed: head.isCompressed)
        message.fragments += 1
        self.message = message
    }

    /// Takes what is there of the payload of the frame.
    private mutating func payload(_ input: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent? {
        guard var head = frame, var message = self.message.take() else { return nil }
        defer { if frame != nil || !head.isFinal { self.message = message } }
        while left > 0, input.readableBytes > 0 {
            let room = max(1, limits.part - message.part.readableBytes)
            let count = min(left, input.readableBytes, message.isCompressed ? Self.inflateStep : room)
            try take(count, of: &input, &head, &message)
            left -= count
            if message.part.readableBytes >= limits.part, left > 0 || !head.isFinal {
                frame = head
                if let event = Self.part(&message) { return event }
            }
        }
        guard left == 0 else {
            frame = head
            return nil
        }
        frame = nil
        return head.isFinal ? try end(&message) : nil
    }

    /// Takes `count` bytes of payload to the part of the message.
    private func take(
        _ count: Int, of input: inout ByteBuffer, _ head: inout FrameHead, _ message: inout Message
    ) throws(WebSocketError) {
        let start = message.part.writerIndex
        var key = head.key ?? MaskingKey(0)
        if let inflater, message.isCompressed {
            let room = limits.message - message.size
            let result = withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { plain in
                Result { () throws(WebSocketError) in
                    input.withUnsafeReadableBytes { bytes in
                        guard let target = plain.baseAddress else { return }
                        key.apply(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: target)
                    }
                    return try inflater.inflate(UnsafeRawBufferPointer(plain), into: &message.part, limit: room)
                }
            }
            message.size += try result.get()
        } else {
            if message.part.capacity == 0 {
                message.part = ByteBufferAllocator().buffer(capacity: min(left, limits.part))
            }
            message.part.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                input.withUnsafeReadableBytes { bytes in
                    guard let target = space.baseAddress else { return }
                    key.apply(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: target)
                }
                return count
            }
            message.size += count
        }
        input.moveReaderIndex(forwardBy: count)
        head.key = head.key == nil ? nil : key
        try Self.validate(from: start, &message)
    }

    /// Fails at the first byte that is no UTF-8 (RFC 6455 §8.1).
    private static func validate(from start: Int, _ message: inout Message) throws(WebSocketError) {
        guard message.isText else { return }
        let part = message.part
        let isValid = part.withUnsafeReadableBytes { bytes in
            message.validator.accept(UnsafeRawBufferPointer(rebasing: bytes[(start - part.readerIndex)...]))
        }
        guard isValid else { throw .invalidText }
    }

    /// The part that has gathered, but for a character that is cut off at its end.
    private static func part(_ message: inout Message) -> WebSocketEvent? {
        guard message.isText else {
            defer { message.part = ByteBuffer() }
            return .bytes(message.part, more: true)
        }
        let rest = message.validator.begun
        let count = message.part.readableBytes - rest
        guard count > 0 else { return nil }
        let text = message.part.readString(length: count) ?? ""
        message.part = ByteBuffer(buffer: message.part)
        return .text(text, more: true)
    }

    /// The message is over.
    private mutating func end(_ message: inout Message) throws(WebSocketError) -> WebSocketEvent {
        if let inflater, message.isCompressed {
            let start = message.part.writerIndex
            message.size += try inflater.finish(into: &message.part, limit: limits.message - message.size)
            try Self.validate(from: start, &message)
        }
        self.message = nil
        guard message.isText else { return .bytes(message.part, more: false) }
        guard message.validator.isComplete else { throw .invalidText }
        return .text(String(buffer: message.part), more: false)
    }

    // MARK: Control frames

    private mutating func control(_ head: FrameHead, _ input: inout ByteBuffer) throws(WebSocketError) -> WebSocketEvent
    {
        var key = head.key ?? MaskingKey(0)
        var payload = input.withUnsafeReadableBytes { bytes in
            Self.unmasked(UnsafeRawBufferPointer(rebasing: bytes[..<head.length]), &key)
        }
        input.moveReaderIndex(forwardBy: head.length)
        switch head.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: break
        }
        isClosed = true
        guard payload.readableBytes > 0 else { return .close(code: nil, reason: "") }
        // RFC 6455 §5.5.1 and §7.4.
        guard let code = payload.readInteger(as: UInt16.self) else { throw .malformedClose }
        guard CloseCode.isSendable(code) else { throw .invalidCloseCode }
        var validator = UTF8Validator()
        let isValid = payload.withUnsafeReadableBytes { validator.accept($0) && validator.isComplete }
        guard isValid else { throw .invalidCloseReason }
        return .close(code: code, reason: String(buffer: payload))
    }

    // MARK: Idle

    /// Gives back what the decompression holds, but for the window that the next message may refer to.
    package func releaseIdleMemory() {
        guard !isInMessage else { return }
        inflater?.release()
    }
}
