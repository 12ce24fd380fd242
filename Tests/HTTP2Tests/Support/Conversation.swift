import HPACK
import HTTP2
import HTTPSemantics
import NIOCore

/// A client, an engine, and a server on top of it that takes content at once.
struct Conversation {
    var session: HTTP2Session
    let output = OutputBuffer(capacity: 0)
    private var input = ByteBuffer()
    private var head = RequestHead()
    private(set) var events: [Event] = []
    private(set) var error: HTTP2Error?
    /// The slots of the streams that are not released.
    private(set) var slots: [UInt32: Int] = [:]
    /// Whether content is given back as it comes.
    var consumes = true
    /// Whether a stream that was reset is released at once.
    var releases = true
    /// Whether the head was empty whenever it had to be.
    private(set) var isHeadClean = true

    static let preface = latin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    init(_ settings: HTTP2Settings = HTTP2Settings(), _ limits: HTTP2Limits = HTTP2Limits()) {
        session = HTTP2Session(settings: settings, limits: limits)
    }

    /// One that has begun: nothing is left to read of how.
    static func begun(
        _ settings: HTTP2Settings = HTTP2Settings(), _ limits: HTTP2Limits = HTTP2Limits()
    ) -> Conversation {
        var conversation = Conversation(settings, limits)
        conversation.session.start(conversation.output)
        conversation.feed(preface)
        conversation.feed(.settings(), .acknowledgement)
        conversation.clear()
        return conversation
    }

    /// Forgets what was said.
    mutating func clear() {
        output.removeAll()
        events = []
    }

    var frames: [Frame] { Frame.parse(Array(output.bytes)) ?? [] }
    var isWritingWhole: Bool { Frame.parse(Array(output.bytes)) != nil }

    /// The resets that were written.
    var resets: [Frame] { frames.filter { $0.type == 3 } }

    mutating func feed(_ frames: Frame...) { for frame in frames { feed(frame.bytes) } }

    mutating func feed(_ bytes: [UInt8]) {
        input.writeBytes(bytes)
        input.discardReadBytes()
        do throws(HTTP2Error) {
            while error == nil, let event = try session.next(&input, into: &head, output) { note(event) }
        } catch {
            self.error = error
        }
        if !head.bytes.isEmpty || !head.fields.isEmpty || head.facts != [] { isHeadClean = false }
    }

    private mutating func note(_ event: HTTP2Event) {
        let noted: Event
        switch event {
        case .request(let slot, let end):
            slots[session.number(slot)] = slot
            noted = .request(session.number(slot), Message(head, session.priority(slot)), end: end)
            head.reset()
        case .refused(let slot, let status, let end):
            slots[session.number(slot)] = slot
            noted = .refused(session.number(slot), status, end: end)
            head.reset()
        case .data(let slot, let bytes, let end):
            noted = .data(session.number(slot), Array(bytes.readableBytesView), end: end)
            if consumes { session.consumed(slot, bytes.readableBytes, output) }
        case .trailers(let slot, let fields):
            noted = .trailers(session.number(slot), fields.map { "\($0.name): \($0.value)" })
        case .trailersTooLarge(let slot): noted = .trailersTooLarge(session.number(slot))
        case .reset(let slot, let code, let byPeer):
            noted = .reset(session.number(slot), code, byPeer: byPeer)
            if releases { release(session.number(slot)) }
        case .windowGrew(let slot): noted = .windowGrew(slot.map { session.number($0) })
        case .reprioritized(let slot): noted = .reprioritized(session.number(slot), session.priority(slot))
        case .goAway(let code): noted = .goAway(code)
        case .pong(let number): noted = .pong(number)
        case .acknowledged: noted = .acknowledged
        }
        events.append(noted)
    }

    // MARK: The server

    mutating func release(_ stream: UInt32) {
        guard let slot = slots.removeValue(forKey: stream) else { return }
        session.release(slot)
    }

    mutating func reset(_ stream: UInt32, _ code: ErrorCode) {
        guard let slot = slots[stream] else { return }
        session.reset(slot, code, output)
        release(stream)
    }

    /// Writes the head of a response, and releases the stream when nothing more can come of it.
    mutating func respond(_ stream: UInt32, _ fields: [Field] = [], end: Bool = true) {
        guard let slot = slots[stream] else { return }
        let start = session.beginHeaders(output)
        session.fieldEncoder.encode(status: 200, into: output)
        for field in fields {
            latin(field.name).withUnsafeBytes { name in
                latin(field.value).withUnsafeBytes { value in
                    session.fieldEncoder.encode(name: name, value: value, indexing: .without, into: output)
                }
            }
        }
        session.endHeaders(slot, from: start, end: end, output)
        if end, session.isRemoteEnded(slot) { release(stream) }
    }

    /// Writes as much of `count` bytes as the windows allow.
    ///
    /// - Returns: how many were written.
    mutating func send(_ stream: UInt32, _ count: Int, end: Bool = false) -> Int {
        guard let slot = slots[stream] else { return 0 }
        var rest = count
        while true {
            let part = min(rest, session.sendable(slot))
            let isLast = end && part == rest
            guard part > 0 || isLast else { return count - rest }
            session.writeDataHead(slot, part, end: isLast, output)
            output.append(Array(repeating: UInt8(ascii: "x"), count: part))
            rest -= part
            guard !isLast else {
                if session.isRemoteEnded(slot) { release(stream) }
                return count
            }
        }
    }
}
