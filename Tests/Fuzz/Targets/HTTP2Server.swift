import HPACK
import HTTP2
import HTTPSemantics
import NIOCore

/// A server whose behaviour depends on nothing but what it hears, and that checks what an engine tells it.
struct HTTP2Server {
    /// What is known of a stream.
    struct Stream {
        var number: UInt32
        var announced: Int?
        var received = 0
        var hasEnded: Bool
        /// Bytes of the response that wait for the window, when one has begun.
        var waiting: Int?
        /// Content that was not taken.
        var untaken = 0

        var habit: UInt32 { (number >> 1) % 8 }
    }

    private var session: HTTP2Session
    private let settings: HTTP2Settings
    private let limits: HTTP2Limits
    let output = OutputBuffer(capacity: 512)
    private(set) var log = Digest()
    /// A rough mark of what came about.
    private(set) var mark = Digest()
    private(set) var error: HTTP2Error?

    private var input = ByteBuffer()
    private var head = RequestHead()
    private var streams: [Int: Stream] = [:]
    private var lastStream: UInt32 = 0
    private var hasSaidGoodbye = false
    /// All that came.
    private var heard: [UInt8] = []
    /// Bytes that the server wrote of its own accord.
    private var written = 0
    private var events = 0

    init(_ settings: HTTP2Settings, _ limits: HTTP2Limits) {
        self.settings = settings
        self.limits = limits
        session = HTTP2Session(settings: settings, limits: limits)
        session.start(output)
    }

    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(Violation) {
        input.writeBytes(bytes)
        heard += bytes
        while let event = next() {
            guard error == nil else { throw Violation("\(event) after \(String(describing: error))") }
            events += 1
            try note(event)
            let limit = settings.concurrentStreams ?? .max
            guard session.usedStreams == streams.count, streams.count <= 2 * limit else {
                throw Violation("\(session.usedStreams) slots in use, \(streams.count) known")
            }
        }
        guard head.bytes.isEmpty, head.fields.isEmpty, head.facts == [], head.contentLength == nil else {
            throw Violation("a head is left: \(head.text(head.method)) \(head.text(head.target))")
        }
    }

    private mutating func next() -> HTTP2Event? {
        do throws(HTTP2Error) {
            return try session.next(&input, into: &head, output)
        } catch {
            self.error = error
            mark.add(error.hashMark)
            return nil
        }
    }

    // MARK: Events

    private mutating func note(_ event: HTTP2Event) throws(Violation) {
        switch event {
        case .request(let slot, let end): try open(slot, end, 0)
        case .refused(let slot, let status, let end): try open(slot, end, status)
        case .data(let slot, let bytes, let end):
            note(3, slot, end ? 1 : 0)
            bytes.withUnsafeReadableBytes { log.addCounted($0) }
            try receive(slot, bytes.readableBytes, end)
        case .trailers(let slot, let fields):
            note(4, slot, fields.count)
            for field in fields {
                log.addCounted(field.name)
                log.addCounted(field.value)
                try HTTP2Rules.checkField(latinOrUTF8(field.name), latinOrUTF8(field.value))
            }
            try receive(slot, 0, true)
        case .trailersTooLarge(let slot):
            note(11, slot, 0)
            try receive(slot, 0, true)
        case .reset(let slot, let code, let byPeer):
            note(5, slot, Int(code.rawValue) << 1 | (byPeer ? 1 : 0))
            guard streams[slot] != nil, session.isReset(slot) else { throw Violation("a reset of slot \(slot)") }
            release(slot)
        case .windowGrew(let slot):
            note(6, slot ?? -1, 0)
            if let slot, streams[slot] == nil { throw Violation("a window of slot \(slot)") }
            for slot in streams.keys.sorted() { try send(slot) }
        case .reprioritized(let slot):
            note(7, slot, Int(session.priority(slot).urgency))
            guard streams[slot] != nil, session.priority(slot).urgency < 8 else {
                throw Violation("a priority of slot \(slot)")
            }
        case .goAway(let code): note(8, -1, Int(code.rawValue))
        case .pong(let number): note(9, -1, Int(truncatingIfNeeded: number))
        case .acknowledged: note(10, -1, 0)
        }
    }

    private mutating func note(_ kind: Int, _ slot: Int, _ detail: Int) {
        log.add(kind)
        log.add(streams[slot].map { Int($0.number) } ?? -1)
        log.add(detail)
        guard events < 12 else { return }
        mark.add(kind)
        mark.add(min(detail, 16))
    }

    private mutating func open(_ slot: Int, _ end: Bool, _ status: Int) throws(Violation) {
        let number = session.number(slot)
        guard streams[slot] == nil, number > lastStream, number & 1 == 1, number == session.lastStream,
            session.isRemoteEnded(slot) == end, !session.isLocalEnded(slot), !session.isReset(slot)
        else { throw Violation("stream \(number) in slot \(slot)") }
        guard !hasSaidGoodbye else { throw Violation("stream \(number) after GOAWAY") }
        lastStream = number
        streams[slot] = Stream(number: number, announced: head.contentLength, hasEnded: end)
        note(status == 0 ? 1 : 2, slot, status << 1 | (end ? 1 : 0))
        head.bytes.withUnsafeBytes { log.addCounted($0) }
        log.add(head.fields.count)
        mark.add(head.fields.count)
        if status == 0 { try HTTP2Rules.check(head, end: end, allowsProtocol: settings.connectProtocol) }
        head.reset()
        try react(slot)
    }

    private mutating func receive(_ slot: Int, _ count: Int, _ end: Bool) throws(Violation) {
        guard var stream = streams[slot], !stream.hasEnded else { throw Violation("content of slot \(slot)") }
        stream.received += count
        stream.untaken += count
        stream.hasEnded = end
        if let announced = stream.announced {
            guard end ? stream.received == announced : stream.received <= announced else {
                throw Violation("\(stream.received) bytes of \(announced)")
            }
        }
        // Some take what comes, some wait for all of it.
        if stream.habit != 7 || end {
            session.consumed(slot, stream.untaken, output)
            stream.untaken = 0
        }
        streams[slot] = stream
        if stream.habit == 5 {
            session.reset(slot, .noError, output)
            release(slot)
        } else {
            try react(slot)
        }
    }

    // MARK: Responses

    private mutating func react(_ slot: Int) throws(Violation) {
        guard let stream = streams[slot], stream.waiting == nil else { return try send(slot) }
        switch stream.habit {
        case 2: if stream.hasEnded && stream.number > 100 { try respond(slot, 0) }
        case 3:
            session.reset(slot, .cancel, output)
            release(slot)
        case 4, 7: if stream.hasEnded { try respond(slot, 10) }
        case 6:
            hasSaidGoodbye = true
            session.goAway(.noError, output)
            written += FrameSize.header + 8
            try respond(slot, 300)
        case 0: try respond(slot, 0)
        default: try respond(slot, 70_000)
        }
    }

    private mutating func respond(_ slot: Int, _ count: Int) throws(Violation) {
        let before = output.count
        let start = session.beginHeaders(output)
        session.fieldEncoder.encode(status: 200, into: output)
        session.endHeaders(slot, from: start, end: count == 0, output)
        written += output.count - before
        streams[slot]?.waiting = count
        if count == 0 { finish(slot) } else { try send(slot) }
    }

    private mutating func send(_ slot: Int) throws(Violation) {
        guard var waiting = streams[slot]?.waiting, waiting > 0 else { return finish(slot) }
        while waiting > 0 {
            let count = min(waiting, session.sendable(slot))
            guard count >= 0, count <= session.peer.frameSize else { throw Violation("\(count) bytes can be sent") }
            guard count > 0 else { break }
            session.writeDataHead(slot, count, end: count == waiting, output)
            output.reserve(count).initializeMemory(as: UInt8.self, repeating: 0, count: count)
            output.count += count
            written += FrameSize.header + count
            waiting -= count
        }
        streams[slot]?.waiting = waiting
        if waiting == 0 { finish(slot) }
    }

    private mutating func finish(_ slot: Int) {
        guard streams[slot] != nil, session.isLocalEnded(slot), session.isRemoteEnded(slot) else { return }
        release(slot)
    }

    private mutating func release(_ slot: Int) {
        if let untaken = streams[slot]?.untaken, untaken > 0 { session.giveBack(untaken, output) }
        streams[slot] = nil
        session.release(slot)
    }

    // MARK: The end

    /// What must be true of all that was read and written.
    mutating func finish() throws(Violation) {
        if error != nil {
            guard next() == nil else { throw Violation("an event after \(String(describing: error))") }
        }
        let isWhole = try HTTP2Rules.checkOutput(
            Array(output.bytes), of: settings, connectionWindow: limits.connectionWindow,
            input: error == nil ? heard : [])
        guard isWhole else { throw Violation("frames that are not whole") }
        // A frame of nine bytes may be answered by one of thirteen, one of ten by two.
        guard output.count - written <= 3 * heard.count + 200 else {
            throw Violation("\(output.count - written) bytes for \(heard.count)")
        }
        for slot in Array(streams.keys) { release(slot) }
        guard session.usedStreams == 0 else { throw Violation("\(session.usedStreams) slots are not released") }
    }
}

/// The bytes of a text that was made of bytes.
private func latinOrUTF8(_ text: String) -> [UInt8] { Array(text.utf8) }

extension HTTP2Error {
    /// A number for the error.
    fileprivate var hashMark: Int { sentence.utf8.reduce(7) { $0 &* 31 &+ Int($1) } }
}

enum FrameSize {
    static let header = 9
}
