import CPlatform
import HTTP1
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import WebSocketProtocol

/// One connection of HTTP/1.1: bytes of the transport to exchanges, and exchanges to bytes.
///
/// One task lives as long as the connection. It serves one request after another and is parked in between.
///
/// `@unchecked Sendable`: used on its event loop only.
final class HTTP1Connection: @unchecked Sendable {
    let server: ServerCore
    let loop: LoopContext
    let transport: any ByteTransport
    let link: RequestScope.Link
    let versions: HTTPVersions
    /// What is sent in this turn gathers here. Between turns it has no memory.
    let output = OutputBuffer(capacity: 0)

    @exclusivity(unchecked) var decoder: RequestDecoder
    @exclusivity(unchecked) var input = ByteBuffer()
    @exclusivity(unchecked) var state = State.idle
    /// The exchange and its box serve one request after another, as long as nobody else holds on to them.
    @exclusivity(unchecked) private(set) var exchange: ServerExchange
    @exclusivity(unchecked) private var storage: RequestScope.Storage
    @exclusivity(unchecked) var task: Task<Void, Never>?
    @exclusivity(unchecked) private var taskIdentity: UnsafeRawPointer?
    @exclusivity(unchecked) private var parked: UnsafeContinuation<Void, Never>?
    @exclusivity(unchecked) private var isTurnEndRequested = false

    // The request being served.
    @exclusivity(unchecked) var keepAlive = false
    @exclusivity(unchecked) var facts: RequestHead.Facts = []
    @exclusivity(unchecked) var version = HTTPVersion.http11
    @exclusivity(unchecked) var bodyDelivered = false
    /// The application has received some of the content.
    @exclusivity(unchecked) var bodyBegun = false
    /// A trailer section, which may be empty, is still to be delivered.
    @exclusivity(unchecked) var canHaveTrailers = false
    @exclusivity(unchecked) var isAwaitingBody = false
    /// A request has been handed to the application and is not over.
    @exclusivity(unchecked) private(set) var hasExchange = false
    /// What the application threw.
    @exclusivity(unchecked) private var failure: (any Error)?
    @exclusivity(unchecked) var inputError: HTTP1Error?
    /// The request that is refused before it gets an exchange is a HEAD.
    @exclusivity(unchecked) private(set) var refusesHead = false
    @exclusivity(unchecked) var response = ResponseState()
    @exclusivity(unchecked) var sentInTurn = 0
    @exclusivity(unchecked) var isYielding = false

    @exclusivity(unchecked) var patience = ContentPatience(nil, rate: nil)

    // The connection.
    @exclusivity(unchecked) var requestCount = 0
    @exclusivity(unchecked) var inputEnded = false
    @exclusivity(unchecked) var isDraining = false
    @exclusivity(unchecked) var progressAtStall = 0
    @exclusivity(unchecked) var readDeadline: NIODeadline?
    /// The deadline is that of a head which has begun, and does not move.
    @exclusivity(unchecked) private var hasHeadDeadline = false
    @exclusivity(unchecked) var writeDeadline: NIODeadline?
    /// What a WebSocket or an event stream waits for.
    @exclusivity(unchecked) var timerDeadline: NIODeadline?
    /// What the request has asked for in place of a response.
    @exclusivity(unchecked) var handshake: WebSocketHandshake?
    @exclusivity(unchecked) var tunnelHandler: (any TunnelHandler)?
    let ageDeadline: NIODeadline?

    enum State {
        /// Between requests: nothing of the next one has arrived, or not its whole head.
        case idle
        /// The application is at work.
        case serving
        /// The connection carries bytes both ways, and no more requests.
        case tunnelling
        /// The response is done, and the rest of the request's content is thrown away.
        case draining(left: Int)
        /// The last response is on its way; what still arrives is thrown away until the peer closes.
        case lingering(left: Int)
        case closed
    }

    init(
        server: ServerCore, loop: LoopContext, transport: any ByteTransport, link: RequestScope.Link,
        versions: HTTPVersions = .all
    ) {
        self.versions = versions
        self.server = server
        self.loop = loop
        self.transport = transport
        self.link = link
        exchange = ServerExchange(loop: loop)
        storage = RequestScope.Storage(link: link, connection: nil)
        decoder = RequestDecoder(limits: server.http1Limits)
        ageDeadline = server.timeouts.connectionAge.map { loop.now + $0 }
    }

    /// Begins to serve. The task runs on the loop, now and always.
    func start() {
        loop.add(self)
        // The first request has this time from the start, whether or not anything of it comes.
        hasHeadDeadline = true
        readDeadline = server.timeouts.requestHeader.map { loop.now + $0 }
        updateDeadline()
        if let grace = loop.drainGrace { drain(grace: grace) }
        task = Task.immediate(executorPreference: loop) { await self.run() }
    }

    /// Refuses the connection, because there are too many.
    func turnAway() {
        loop.add(self)
        respondAndClose(status: 503, sentence: "The server has too many connections.", fields: [.retryAfter: "5"])
    }

    // MARK: The task

    /// Serves one request after another. Everything but the application and the waiting is done without a
    /// suspension, for each of them costs as much as parsing a small request.
    private func run() async {
        taskIdentity = sagi_current_task()
        while true {
            switch nextStep() {
            case .serve(var exchange):
                var failure: (any Error)?
                while true {
                    do {
                        if server.runsApplicationOnLoop {
                            try await server.application.handle(exchange)
                        } else {
                            try await offLoop { [server, exchange] in try await server.application.handle(exchange) }
                        }
                    } catch {
                        if error is Unsupported, let plain = plainInstead() {
                            exchange = plain
                            continue
                        }
                        failure = error
                    }
                    break
                }
                applicationReturned(failure)
            case .wait:
                await withUnsafeContinuation { parked = $0 }
            case .end:
                return
            }
        }
    }

    private enum Step {
        case serve(Exchange)
        case wait
        case end
    }

    private func nextStep() -> Step {
        switch state {
        case .closed:
            endExchange()
            return .end
        case .serving:
            // The application has returned. A slow client must have taken the response before it is complete.
            if mustWaitUntilDrained() { return .wait }
            finish()
            return nextStep()
        case .idle:
            guard readHead() else {
                switch state {
                case .idle: return parkWhenIdle()
                case .closed: return .end
                case .serving, .tunnelling, .draining, .lingering: return .wait
                }
            }
            if facts.contains([.upgrade, .accept]), let layered = makeLayer(RequestScope(storage: storage)) {
                return .serve(layered)
            }
            return .serve(plainExchange)
        case .draining, .lingering, .tunnelling:
            return .wait
        }
    }

    var plainExchange: Exchange {
        .http(HTTPExchange(scope: RequestScope(storage: storage), receive: Receive(exchange), send: Send(exchange)))
    }

    private func applicationReturned(_ failure: (any Error)?) {
        self.failure = failure
        if case .serving = state { return }
        if case .tunnelling = state {
            tunnelHandler?.applicationReturned(failure)
            return
        }
        // The connection ended, or answered for the application, while it was at work.
        endExchange()
    }

    private func finish() {
        finishResponse(failure)
        endExchange()
        finishRequest()
    }

    private func endExchange() {
        guard hasExchange else { return }
        hasExchange = false
        if exchange.layer != nil { dropLayer() }
        exchange.stream = nil
        if failure != nil || exchange.failure != nil || loop.accessLog != nil {
            server.exchangeEnded(exchange, storage, loop, failure)
            failure = nil
        }
        ServerExchange.makeReady(&exchange, &storage, link)
    }

    private func mustWaitUntilDrained() -> Bool {
        guard exchange.rules.phase == .complete, !exchange.hasEnded else { return false }
        if exchange.isObserved { flush() }
        return !transport.isDrained
    }

    func unpark() {
        guard let parked else { return }
        self.parked = nil
        parked.resume()
    }

    /// Reads the head of the next request. False when it has not arrived, or was refused.
    private func readHead() -> Bool {
        guard input.readableBytes > 0 else { return false }
        do throws(HTTP1Error) {
            guard try decoder.nextHead(&input, into: &storage.contents.pointee.head) else { return false }
        } catch {
            // Most often it is not the request line that is wrong, and the method is known.
            let method = storage.contents.pointee.head.method
            let bytes = input.readableBytesView.dropFirst(Int(method.start)).prefix(Int(method.count))
            refusesHead = bytes.elementsEqual("HEAD".utf8)
            storage.contents.pointee.head.reset()
            refuse(error)
            return false
        }
        if versions == .http2 { return turnDown(505, "Only HTTP/2 is served here.") }
        if let names = server.serverNames, !names.contains(RequestScope(storage: storage).authority ?? "") {
            // RFC 9110 §15.5.20.
            return turnDown(421, "This host is not served here.")
        }
        // RFC 9110 §9.3.6: this server is no proxy.
        if storage.contents.pointee.head.knownMethod == .connect {
            return turnDown(501, "CONNECT is not implemented.")
        }
        if storage.contents.pointee.head.facts.contains(.upgrade) {
            let head = storage.contents.pointee.head
            refusesHead = head.facts.contains(.isHead)
            guard !upgradesToHTTP2(head), readHandshake(head) else {
                storage.reset()
                return false
            }
        }
        begin()
        return true
    }

    /// Refuses a request whose head is whole. Always false.
    private func turnDown(_ status: Int, _ sentence: String) -> Bool {
        let head = storage.contents.pointee.head
        refusesHead = head.facts.contains(.isHead)
        storage.reset()
        respondAndClose(status: status, sentence: sentence, head: head)
        return false
    }

    /// Notes what the connection has to know of a request, and hands it to an exchange.
    private func begin() {
        state = .serving
        requestCount &+= 1
        facts = storage.contents.pointee.head.facts
        version = storage.contents.pointee.head.version
        keepAlive =
            facts.contains(.keepAlive) && !isDraining && requestCount < server.limits.requestsPerConnection ?? .max
            && !isTooOld
        bodyDelivered = false
        bodyBegun = false
        canHaveTrailers = facts.contains(.hasBody) && storage.contents.pointee.head.contentLength == nil
        inputError = nil
        patience = server.patience
        response = ResponseState()
        readDeadline = nil
        hasHeadDeadline = false
        hasExchange = true
        storage.contents.pointee.connection = exchange
        exchange.stream = self
        exchange.task = taskIdentity
        exchange.isHead = facts.contains(.isHead)
        server.exchangeBegan(exchange, loop)
    }

    // MARK: Between requests

    /// Gives back what an idle connection does not need, and gives a head that has begun its time.
    private func parkWhenIdle() -> Step {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if !hasHeadDeadline {
            hasHeadDeadline = true
            readDeadline = server.timeouts.requestHeader.map { loop.now + $0 }
            updateDeadline()
        }
        return .wait
    }

    var isTooOld: Bool { ageDeadline.map { $0 <= loop.now } ?? false }

    /// The response has been finished. Goes on to the next request, or closes.
    private func finishRequest() {
        guard case .serving = state else { return }
        guard keepAlive, inputError == nil else { return linger() }
        if facts.contains(.hasBody), decoder.isReadingBody {
            // RFC 9112 §9.3: the rest of the content must be read before the next request can be.
            guard let left = server.drainable(decoder.remainingBody) else { return linger() }
            state = .draining(left: left)
            readDeadline = server.timeouts.bodyStall.map { loop.now + $0 }
            drainContent()
        } else {
            becomeIdle()
        }
    }

    func becomeIdle() {
        state = .idle
        if isDraining, input.readableBytes == 0 { return linger() }
        if inputEnded, input.readableBytes == 0 { return close() }
        transport.setReading(true)
        guard input.readableBytes == 0 else { return }
        readDeadline = server.timeouts.keepAlive.map { loop.now + $0 }
        updateDeadline()
    }

    /// Throws away what arrives of the content that nobody wants.
    func drainContent() {
        guard case .draining(var left) = state else { return }
        do throws(HTTP1Error) {
            while let part = try decoder.nextBody(&input) {
                left -= part.bytes.readableBytes
                guard part.more else {
                    becomeIdle()
                    return unpark()
                }
                guard left > 0 else { return linger() }
            }
            state = .draining(left: left)
            if inputEnded { return linger() }
            transport.setReading(true)
            updateDeadline()
        } catch {
            linger()
        }
    }

    // MARK: Turns

    /// Has what has gathered sent at the end of the turn.
    func requestFlush() {
        guard !isTurnEndRequested else { return }
        isTurnEndRequested = true
        loop.atTurnEnd(self)
    }
}

extension HTTP1Connection: TurnEndHandler {
    func turnEnded() {
        isTurnEndRequested = false
        sentInTurn = 0
        flush()
    }
}
