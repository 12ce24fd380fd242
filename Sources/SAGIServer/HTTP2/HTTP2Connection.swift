import HPACK
import HTTP2
import HTTPSemantics
import HTTPTypes
import Logging
import NIOCore
import SAGI
import Synchronization
import WebSocketProtocol

/// One connection of HTTP/2: bytes of the transport to streams, and streams to bytes.
///
/// `@unchecked Sendable`: used on its event loop only.
final class HTTP2Connection: @unchecked Sendable {
    let server: ServerCore
    let loop: LoopContext
    let transport: any ByteTransport
    let link: RequestScope.Link
    /// What is sent in this turn gathers here. Between turns it has no memory.
    let output = OutputBuffer(capacity: 0)

    /// Behind a pointer: a property would be copied whole wherever one of its methods only reads.
    let session: UnsafeMutablePointer<HTTP2Session>
    let encoder: HPACKEncoder
    @exclusivity(unchecked) var heads = HeadBlocks()
    @exclusivity(unchecked) private var input = ByteBuffer()
    @exclusivity(unchecked) var state = State.open
    /// Where the next request's head is read to.
    @exclusivity(unchecked) private var spare: HTTP2Stream
    /// Streams whose response is whole and whose request is not, and until when the rest of it is awaited.
    @exclusivity(unchecked) private var answered: [(slot: Int, time: NIODeadline)] = []
    /// The streams by their slots.
    @exclusivity(unchecked) var streams: [HTTP2Stream?] = []
    @exclusivity(unchecked) private(set) var openStreams = 0
    @exclusivity(unchecked) private var requestCount = 0

    // Sending.
    @exclusivity(unchecked) var sendQueue = SendQueue()
    /// Streams whose head waits for the turn's end.
    @exclusivity(unchecked) var held: [HTTP2Stream] = []
    /// Streams whose last byte has been written, and where in the output that was.
    @exclusivity(unchecked) var finishing: [(stream: HTTP2Stream, end: Int)] = []
    /// Bytes that were given to the transport.
    @exclusivity(unchecked) var sentBytes = 0
    @exclusivity(unchecked) var sentInTurn = 0
    @exclusivity(unchecked) var isYielding = false
    @exclusivity(unchecked) var isTurnEndRequested = false

    // Time.
    @exclusivity(unchecked) var wakeTime = NIODeadline.distantFuture
    @exclusivity(unchecked) var idleSince: NIODeadline
    /// When anything arrived, and when the peer was asked whether it is there and has not answered.
    @exclusivity(unchecked) var heard: NIODeadline
    @exclusivity(unchecked) var pinged: NIODeadline?
    @exclusivity(unchecked) var lingerEnd: NIODeadline?
    @exclusivity(unchecked) var drainEnd: NIODeadline?
    @exclusivity(unchecked) var stallStart: NIODeadline?
    @exclusivity(unchecked) var progressAtStall = 0
    @exclusivity(unchecked) private var forgiveTime: NIODeadline
    let beginning: NIODeadline

    enum State {
        case open
        /// No more streams are opened; those that are there are served.
        case finishing
        /// The last byte is on its way; what still arrives is thrown away until the peer closes.
        case lingering(left: Int)
        case closed
    }

    init(server: ServerCore, loop: LoopContext, transport: any ByteTransport, link: RequestScope.Link) {
        self.server = server
        self.loop = loop
        self.transport = transport
        self.link = link
        session = .allocate(capacity: 1)
        session.initialize(to: HTTP2Session(settings: server.http2Settings, limits: server.http2Limits))
        encoder = session.pointee.fieldEncoder
        spare = loop.takeStream()
        beginning = loop.now
        idleSince = loop.now
        heard = loop.now
        forgiveTime = loop.now
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
    }

    /// Begins to serve.
    func start() {
        loop.add(self)
        session.pointee.start(outputBuffer())
        updateWakeTime()
        if let grace = loop.drainGrace { drain(grace: grace) }
    }

    /// Begins with the request of an HTTP/1.1 connection as the first stream. False, and nothing was sent, when the
    /// settings that came with it are no good.
    func start(upgrading head: RequestHead, _ settings: [UInt8]) -> Bool {
        guard let slot = try? settings.withUnsafeBytes({ try session.pointee.upgrade($0) }) else { return false }
        outputBuffer().append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        start()
        var head = head
        head.becomeHTTP2()
        spare.storage.contents.pointee.head = head
        take(.request(slot: slot, end: true))
        return true
    }

    // MARK: Reading

    func read(_ bytes: ByteBuffer) {
        heard = loop.now
        pinged = nil
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
        readFrames()
    }

    func readFrames() {
        if loop.now >= forgiveTime {
            session.pointee.forgive()
            forgiveTime = loop.now + .seconds(1)
        }
        do throws(HTTP2Error) {
            while isServing {
                // Whoever takes no answers is not asked for more questions.
                guard transport.isWritable else { return transport.setReading(false) }
                let event = try session.pointee.next(
                    &input, into: &spare.storage.contents.pointee.head, outputBuffer())
                guard let event else { break }
                take(event)
            }
        } catch {
            fail(error)
        }
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    var isServing: Bool {
        switch state {
        case .open, .finishing: true
        case .lingering, .closed: false
        }
    }

    private func take(_ event: HTTP2Event) {
        switch event {
        case .request(let slot, let end):
            let stream = openStream(slot, end: end)
            if let refusal = refusal(of: stream) {
                stream.refuse(refusal)
            } else {
                stream.serve()
            }
            if requestCount >= server.limits.requestsPerConnection ?? .max { finishSoon() }
        case .refused(let slot, let status, let end):
            let sentence =
                switch status {
                case 431: "The request has more header fields than allowed."
                case 501: "The method is not implemented."
                default: "The expectation cannot be met."
                }
            openStream(slot, end: end).refuse(ServerCore.Refusal(status: status, sentence: sentence))
        case .data(let slot, let bytes, let end):
            if let stream = streams[slot] { return stream.receive(bytes, end: end) }
            session.pointee.giveBack(bytes.readableBytes, outputBuffer())
            if end { releaseAnswered(slot) }
        case .trailers(let slot, let trailers):
            if let stream = streams[slot] { stream.receive(trailers: trailers) } else { releaseAnswered(slot) }
        case .trailersTooLarge(let slot):
            if let stream = streams[slot] { stream.refuseTrailers() } else { releaseAnswered(slot) }
        case .reset(let slot, _, let byPeer):
            if let stream = streams[slot] {
                stream.ended(byPeer ? .clientClosed : .protocolError)
            } else {
                releaseAnswered(slot)
            }
        case .windowGrew(let slot?):
            if let stream = streams[slot], stream.hasPending { queue(stream) }
        case .windowGrew(nil):
            for case let stream? in streams where stream.hasPending { queue(stream) }
        case .goAway:
            // The peer opens no more streams; those that are there are served.
            if openStreams == 0 { close() } else { state = .finishing }
        case .reprioritized, .pong, .acknowledged:
            break
        }
    }

    private func openStream(_ slot: Int, end: Bool) -> HTTP2Stream {
        let stream = spare
        spare = loop.takeStream()
        while streams.count <= slot { streams.append(nil) }
        streams[slot] = stream
        openStreams += 1
        requestCount += 1
        if openStreams == 1, let time = server.http2Ping.interval { wake(at: loop.now + time) }
        stream.open(self, slot: slot, end: end)
        return stream
    }

    /// Why a request is not served, whatever the application would say.
    private func refusal(of stream: HTTP2Stream) -> ServerCore.Refusal? {
        let head = stream.storage.contents
        if let names = server.serverNames, !names.contains(RequestScope(storage: stream.storage).authority ?? "") {
            // RFC 9110 §15.5.20.
            return .init(status: 421, sentence: "This host is not served here.")
        }
        if let limit = server.limits.body, let length = head.pointee.head.contentLength, length > limit {
            return .init(status: 413, sentence: "The content is too large.")
        }
        guard head.pointee.head.knownMethod == .connect else { return nil }
        return refusal(ofConnect: head.pointee.head, stream)
    }

    private func refusal(ofConnect head: RequestHead, _ stream: HTTP2Stream) -> ServerCore.Refusal? {
        guard head.isEqual(head.connectProtocol, to: "websocket") else {
            // RFC 9110 §9.3.6: this server is no proxy; RFC 8441 §4: and knows no other protocol.
            return .init(status: 501, sentence: "CONNECT is not implemented.")
        }
        do throws(WebSocketHandshake.Refusal) {
            _ = try WebSocketHandshake(fieldsOf: head)
        } catch {
            return ServerCore.answer(to: error)
        }
        if let refusal = server.refusesWebSocket(head) { return refusal }
        stream.facts.insert(.webSocket)
        return nil
    }

    /// A rule of the connection was broken.
    func fail(_ error: HTTP2Error) {
        server.logger.debug(
            "Ended a connection: \(error.sentence)", metadata: ["client": "\(link.peerName)"])
        endStreams(.protocolError)
        session.pointee.goAway(error.code, sentence: error.sentence, outputBuffer())
        linger()
    }

    func endStreams(_ reason: DisconnectReason) {
        for case let stream? in streams { stream.ended(reason) }
    }

    // MARK: Streams

    func consumed(_ stream: HTTP2Stream, _ count: Int) {
        guard count > 0, isServing else { return }
        session.pointee.consumed(stream.slot, count, outputBuffer())
    }

    func reset(_ stream: HTTP2Stream, _ code: ErrorCode) {
        guard isServing else { return }
        session.pointee.reset(stream.slot, code, outputBuffer())
    }

    /// The stream has been served.
    func released(_ stream: HTTP2Stream) {
        let slot = stream.slot
        sendQueue.remove(stream)
        streams[slot] = nil
        openStreams -= 1
        if isServing, stream.content.bytes > 0 { session.pointee.giveBack(stream.content.bytes, outputBuffer()) }
        if isServing, !session.pointee.isRemoteEnded(slot), !session.pointee.isReset(slot) {
            // RFC 9113 §8.1: the response is whole, and the rest of the request is not wanted. A little of it is thrown
            // away, as over HTTP/1.1: the client need not be stopped when it has all but said it.
            let isLong = session.pointee.remainingContent(slot).map { $0 > server.limits.drain } ?? false
            answered.append((slot, isLong ? loop.now : loop.now + Self.restTime))
            if isLong { endAnswered(loop.now) } else { wake(at: loop.now + Self.restTime) }
        } else {
            session.pointee.release(slot)
        }
        guard openStreams == 0 else { return }
        idleSince = loop.now
        if case .finishing = state { requestTurnEnd() }
    }

    private static let restTime = TimeAmount.seconds(1)

    var hasAnswered: Bool { !answered.isEmpty }

    /// Asks the clients of requests that were answered a while ago to send no more of them.
    func endAnswered(_ now: NIODeadline) {
        for (slot, time) in answered where time <= now {
            session.pointee.reset(slot, .noError, outputBuffer())
            session.pointee.release(slot)
        }
        answered.removeAll { $0.time <= now }
    }

    private func releaseAnswered(_ slot: Int) {
        answered.removeAll { $0.slot == slot }
        session.pointee.release(slot)
    }
}
