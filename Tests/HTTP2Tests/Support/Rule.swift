import HTTP2
import HTTPSemantics
import Testing

/// One row of the table: what a client says, and what a server must make of it.
struct Rule: Sendable, CustomTestStringConvertible {
    let section: String
    let name: String
    let steps: [Step]
    let verdict: Verdict
    var settings = HTTP2Settings()
    var limits = HTTP2Limits()

    enum Step: Sendable {
        case says([Frame])
        case sends([UInt8])
        /// The server answers a request without content.
        case answers(UInt32)
        case resets(UInt32, ErrorCode)
        case goesAway
    }

    enum Verdict: Sendable {
        /// The connection ends for exactly this reason, and with this code.
        case connection(HTTP2Error, ErrorCode)
        /// The stream, and nothing else, ends with this code.
        case stream(UInt32, ErrorCode)
        /// Nothing ends, and so much is true.
        case fine([Want])
    }

    /// What a client says after its preface.
    init(
        _ section: String, _ name: String, _ frames: [Frame], _ verdict: Verdict,
        _ change: (inout HTTP2Settings, inout HTTP2Limits) -> Void = { _, _ in }
    ) {
        self.init(section, name, [.says(frames)], verdict, change)
    }

    init(
        _ section: String, _ name: String, _ steps: [Step], _ verdict: Verdict,
        _ change: (inout HTTP2Settings, inout HTTP2Limits) -> Void = { _, _ in }
    ) {
        self.init(
            section, name, whole: [.sends(Conversation.preface), .says([.settings(), .acknowledgement])] + steps,
            verdict, change)
    }

    /// All that a client says, from the first byte on.
    init(
        _ section: String, _ name: String, whole steps: [Step], _ verdict: Verdict,
        _ change: (inout HTTP2Settings, inout HTTP2Limits) -> Void = { _, _ in }
    ) {
        self.section = section
        self.name = name
        self.steps = steps
        self.verdict = verdict
        settings.concurrentStreams = 10
        change(&settings, &limits)
    }

    var testDescription: String { "\(section): \(name)" }

    /// Has the conversation, with what the client sends cut into pieces.
    private func talk(_ cut: ([UInt8]) -> [[UInt8]]) -> Conversation {
        var conversation = Conversation(settings, limits)
        conversation.session.start(conversation.output)
        for step in steps + [.says([.ping()])] {
            switch step {
            case .says(let frames): for piece in cut(frames.flatMap(\.bytes)) { conversation.feed(piece) }
            case .sends(let bytes): for piece in cut(bytes) { conversation.feed(piece) }
            case .answers(let stream): conversation.respond(stream)
            case .resets(let stream, let code): conversation.reset(stream, code)
            case .goesAway: conversation.session.goAway(.noError, conversation.output)
            }
        }
        return conversation
    }

    func check() {
        let whole = talk { [$0] }
        #expect(whole.isHeadClean && whole.isWritingWhole, "\(testDescription)")
        let longest = steps.map { $0.count }.max() ?? 0
        for index in longest > 2000 ? Array(stride(from: 1, to: longest, by: 97)) : Array(1..<max(2, longest)) {
            expect(talk { [Array($0.prefix(index)), Array($0.dropFirst(index))] }, whole, "split at \(index)")
        }
        expect(talk { $0.map { [$0] } }, whole, "byte by byte")
        switch verdict {
        case .connection(let error, let code):
            #expect(whole.error == error && whole.error?.code == code, "\(testDescription)")
        case .stream(let stream, let code):
            #expect(whole.error == nil, "\(testDescription)")
            #expect(whole.resets == [.reset(stream, code.rawValue)], "\(testDescription)")
            #expect(whole.frames.last == .ping(acknowledgement: true), "\(testDescription)")
            #expect(whole.slots[stream] == nil, "\(testDescription)")
        case .fine(let wants):
            #expect(whole.error == nil, "\(testDescription)")
            #expect(whole.resets.isEmpty || wants.contains(.resets), "\(testDescription)")
            #expect(whole.frames.last == .ping(acknowledgement: true), "\(testDescription)")
            for want in wants { want.check(whole, testDescription) }
        }
    }

    private func expect(_ other: Conversation, _ whole: Conversation, _ how: String) {
        #expect(
            other.events == whole.events && other.error == whole.error
                && Array(other.output.bytes) == Array(whole.output.bytes), "\(testDescription): \(how)")
    }
}

extension Rule.Step {
    /// Bytes that the client sends.
    var count: Int {
        switch self {
        case .says(let frames): frames.reduce(0) { $0 + 9 + $1.payload.count }
        case .sends(let bytes): bytes.count
        case .answers, .resets, .goesAway: 0
        }
    }
}

/// Something that must be true of a conversation that went well.
enum Want: Sendable, Equatable {
    /// These are all events but what settings and windows say.
    case events([Event])
    case requests([UInt32])
    case method(String)
    case path(String)
    case query(String?)
    case authority(String)
    case scheme(String)
    case fields([String])
    case length(Int?)
    case content(UInt32, String)
    case trailers(UInt32, [String])
    case trailersTooLarge(UInt32)
    case priority(Priority)
    case has(RequestHead.Facts)
    case lacks(RequestHead.Facts)
    case connectProtocol(String)
    case refused(UInt32, Int)
    case wrote(Frame)
    case wroteNo(UInt8)
    /// Streams that the server reset do not matter.
    case resets

    func check(_ whole: Conversation, _ name: String) {
        let messages: [(stream: UInt32, message: Message)] = whole.events.compactMap {
            if case .request(let stream, let message, _) = $0 { (stream, message) } else { nil }
        }
        let message = messages.last?.message
        switch self {
        case .events(let events):
            #expect(whole.events.filter { $0 != .acknowledged && $0.isOfStream } == events, "\(name)")
        case .requests(let streams): #expect(messages.map(\.stream) == streams, "\(name)")
        case .method(let method): #expect(message?.method == method, "\(name)")
        case .path(let path): #expect(message?.path == path, "\(name)")
        case .query(let query): #expect(message != nil && message?.query == query, "\(name)")
        case .authority(let authority): #expect(message?.authority == authority, "\(name)")
        case .scheme(let scheme): #expect(message?.scheme == scheme, "\(name)")
        case .fields(let fields): #expect(message?.fields == fields, "\(name)")
        case .length(let length): #expect(message != nil && message?.contentLength == length, "\(name)")
        case .priority(let priority): #expect(message?.priority == priority, "\(name)")
        case .has(let facts): #expect(message?.facts.isSuperset(of: facts) == true, "\(name)")
        case .lacks(let facts): #expect(message?.facts.isDisjoint(with: facts) == true, "\(name)")
        case .connectProtocol(let text): #expect(message?.connectProtocol == text, "\(name)")
        case .content(let stream, let text):
            let parts = whole.events.compactMap { event -> [UInt8]? in
                if case .data(stream, let bytes, _) = event { bytes } else { nil }
            }
            #expect(parts.flatMap { $0 } == latin(text), "\(name)")
        case .trailers(let stream, let fields):
            #expect(whole.events.contains(.trailers(stream, fields)), "\(name)")
        case .trailersTooLarge(let stream):
            #expect(whole.events.contains(.trailersTooLarge(stream)), "\(name)")
        case .refused(let stream, let status):
            #expect(
                whole.events.contains { event in
                    if case .refused(stream, status, _) = event { true } else { false }
                }, "\(name)")
        case .wrote(let frame): #expect(whole.frames.contains(frame), "\(name)")
        case .wroteNo(let type): #expect(!whole.frames.contains { $0.type == type }, "\(name)")
        case .resets: break
        }
    }
}

extension Event {
    fileprivate var isOfStream: Bool { stream != nil }
}
