import HTTP2
import HTTPSemantics
import HTTPTypes
import Logging
import NIOCore
import SAGI
import Synchronization

/// One stream of HTTP/2: a request and its response.
///
/// It serves one request after another, on whatever connection of its loop.
///
/// `@unchecked Sendable`: used on its event loop only.
final class HTTP2Stream: @unchecked Sendable {
    let loop: LoopContext
    @exclusivity(unchecked) var connection: HTTP2Connection?
    /// What stands for the stream in the engine.
    @exclusivity(unchecked) var slot = -1
    @exclusivity(unchecked) private(set) var exchange: ServerExchange
    @exclusivity(unchecked) var storage: RequestScope.Storage
    @exclusivity(unchecked) private(set) var worker: ExchangeWorker?
    /// The application is at work.
    @exclusivity(unchecked) private(set) var isWorking = false
    /// Nothing more goes to the client: all has been handed over, or the stream was cut off.
    @exclusivity(unchecked) private(set) var isOver = false
    @exclusivity(unchecked) private var failure: (any Error)?

    // The request.
    @exclusivity(unchecked) var facts: RequestHead.Facts = []
    @exclusivity(unchecked) var content = BufferQueue()
    @exclusivity(unchecked) var contentCount = 0
    @exclusivity(unchecked) var hasWholeContent = false
    @exclusivity(unchecked) var trailerFields: [(name: String, value: String)] = []
    @exclusivity(unchecked) var bodyDelivered = false
    @exclusivity(unchecked) var bodyBegun = false
    @exclusivity(unchecked) var canHaveTrailers = false
    @exclusivity(unchecked) var isAwaitingBody = false
    @exclusivity(unchecked) var sentContinue = false
    @exclusivity(unchecked) var patience = ContentPatience(nil, rate: nil)

    // The response.
    @exclusivity(unchecked) var response = ResponseState()
    /// What has been sent by the application and has not been written to the connection.
    @exclusivity(unchecked) var pending = BufferQueue()
    @exclusivity(unchecked) var file: PendingFile?
    /// So much waits that the application has to.
    @exclusivity(unchecked) var isFull = false
    /// Waits for its turn to write; see ``SendQueue``.
    @exclusivity(unchecked) var isQueued = false
    @exclusivity(unchecked) var isHeld = false
    /// How much of the response had been written when that was looked at last, and when it was the same before.
    @exclusivity(unchecked) var written = 0
    @exclusivity(unchecked) var writtenBefore = 0
    @exclusivity(unchecked) var stallStart: NIODeadline?

    // Layers.
    @exclusivity(unchecked) var timer: NIODeadline?
    @exclusivity(unchecked) var tunnel: (any TunnelHandler)?
    @exclusivity(unchecked) var tunnelOutput = OutputBuffer(capacity: 0)
    @exclusivity(unchecked) var isTunnelRead = true

    /// Where the response stands.
    struct ResponseState {
        /// The head has been sent by the application, and waits for the first content.
        var isHeadHeld = false
        var status = 0
        var fields = HTTPFields()
        var facts = ResponseFacts()
        var hasContent = false
        /// The response to a HEAD that would have content: its length is told.
        var tellsLength = false
        var hasTrailers = false
        /// Everything has been sent by the application.
        var isWhole = false
        var trailers: HTTPFields?
    }

    /// A part of a file that is being sent.
    struct PendingFile {
        var file: OpenFile
        var more: Bool
        var isReading = false
        var completion: (FileFailure?) -> Void
    }

    init(loop: LoopContext) {
        self.loop = loop
        exchange = ServerExchange(loop: loop)
        storage = RequestScope.Storage(link: HTTP2Stream.noLink, connection: nil)
    }

    private static let noLink = RequestScope.Link(
        scheme: "http", client: nil, server: nil, state: State(), extensions: Extensions(), logger: .init(label: "sagi")
    )

    // MARK: A request

    /// Takes over a request, whose head is in the storage.
    func open(_ connection: HTTP2Connection, slot: Int, end: Bool) {
        self.connection = connection
        self.slot = slot
        storage.contents.pointee.link = connection.link
        storage.contents.pointee.connection = exchange
        facts = storage.contents.pointee.head.facts
        hasWholeContent = end
        canHaveTrailers = !end && storage.contents.pointee.head.contentLength == nil
        if !end { patience = connection.server.patience }
        exchange.stream = self
        exchange.isHead = facts.contains(.isHead)
        connection.server.exchangeBegan(exchange, loop)
    }

    /// Has a worker call the application.
    func serve() {
        guard let connection else { return }
        isWorking = true
        let worker = loop.takeWorker(connection.server)
        self.worker = worker
        worker.serve(self)
    }

    /// Nothing more is sent or received on the stream.
    func ended(_ reason: DisconnectReason) {
        dropOutput()
        if let tunnel {
            tunnel.closed(reason)
        } else if !exchange.hasEnded {
            exchange.disconnect(reason)
            cancelWork()
        }
        over()
    }

    /// Nothing more goes to the client. What the application still does changes nothing.
    func over() {
        // Let go of already, when the end of its tunnel was that of all: it is another request's, or nobody's.
        guard connection != nil else { return }
        isOver = true
        settle()
    }

    /// Lets go of the stream, when both sides have done with it.
    private func settle() {
        guard isOver, !isWorking, connection != nil else { return }
        exchange.complete()
        release()
    }

    /// Notes how much has been written, to see later whether the client takes enough.
    func noteProgress(_ now: NIODeadline) {
        stallStart = now
        writtenBefore = written
    }

    func cancelWork() {
        if isWorking, connection?.server.cancelsOnDisconnect ?? false { worker?.cancel() }
    }

    /// Whatever waited to be sent will not be.
    func dropOutput() {
        pending.removeAll()
        tunnelOutput.removeAll()
        loop.takeMemory(of: tunnelOutput)
        if let file {
            self.file = nil
            file.completion(.connectionClosed)
        }
    }

    /// Makes the stream ready for another request, of any connection.
    private func release() {
        guard let connection else { return }
        self.connection = nil
        if exchange.layer != nil { dropLayer(connection) }
        exchange.stream = nil
        if failure != nil || exchange.failure != nil || loop.accessLog != nil {
            connection.server.exchangeEnded(exchange, storage, loop, failure)
            failure = nil
        }
        connection.released(self)
        let link = connection.link
        worker = nil
        exchange.task = nil
        ServerExchange.makeReady(&exchange, &storage, link)
        reset()
        loop.keep(self)
    }

    private func reset() {
        slot = -1
        isOver = false
        content.removeAll()
        contentCount = 0
        if !trailerFields.isEmpty { trailerFields = [] }
        bodyDelivered = false
        bodyBegun = false
        isAwaitingBody = false
        sentContinue = false
        response = ResponseState()
        pending.removeAll()
        isFull = false
        isHeld = false
        written = 0
        writtenBefore = 0
        stallStart = nil
        timer = nil
        tunnel = nil
        isTunnelRead = true
    }
}

extension HTTP2Stream: WorkedStream {
    func begin(_ worker: ExchangeWorker) -> Exchange {
        exchange.task = worker.identity
        if facts.contains([.webSocket, .accept]), let layered = makeLayer() { return layered }
        return plainExchange
    }

    var plainExchange: Exchange {
        .http(HTTPExchange(scope: RequestScope(storage: storage), receive: Receive(exchange), send: Send(exchange)))
    }

    func applicationReturned(_ failure: (any Error)?) {
        isWorking = false
        worker = nil
        self.failure = failure
        if let tunnel {
            tunnel.applicationReturned(failure)
        } else if isUnservedWebSocket(failure) {
            self.failure = nil
            exchange.started.store(true, ordering: .relaxed)
            respond(status: 501, sentence: "There is no WebSocket here.")
        } else if !exchange.hasEnded, !isOver {
            switch exchange.returned(failure) {
            case .whole: if !response.isWhole { sendContent(ByteBuffer(), more: false) }
            case .nothing: respond(status: 500, sentence: "The server failed to answer this request.")
            case .cutOff: truncate()
            }
        }
        settle()
    }

    /// An extended CONNECT that the application does not serve. It cannot be asked for anything else (RFC 8441 §4).
    private func isUnservedWebSocket(_ failure: (any Error)?) -> Bool {
        failure is Unsupported && facts.contains(.webSocket) && exchange.rules.phase == .idle && !exchange.hasEnded
            && !isOver
    }
}
