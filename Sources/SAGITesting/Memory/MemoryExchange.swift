import Foundation
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// One exchange in memory, with the rules of a server: the application's end of it and the client's.
final class MemoryExchange: Sendable {
    /// What the exchange has to know of its request and its client.
    struct Facts: Sendable {
        var isHead: Bool
        var version: HTTPVersion
        var acceptsTrailers: Bool
        var expectsContinue: Bool
        var hasBody: Bool
        /// Whether the length of the request's content is told with its head.
        var hasLength: Bool
        var disconnect: DisconnectPoint?
        /// Bytes of the request that wait for the application before the client has to wait.
        var inputBuffer: Int
        var cancelsOnDisconnect: Bool
        /// For the application to notice that its WebSocket was closed in good order.
        var closeTimeout: Duration
        /// What the client asks for when it opens a WebSocket.
        var webSocket: SocketOffer?
    }

    struct State: Sendable {
        var core: ConnectionCore
        /// What has to be called once the lock has been left.
        var actions: [Action] = []
        /// Ends whose actions have not all been called.
        var untoldEnds = 0
        /// Whether the caller, a task of the application, may see the end: not before it has been cancelled.
        var showsEnd: Bool { untoldEnds == 0 || Task.isCancelled }

        // The request.
        var incoming: [HTTPRequestEvent] = []
        var incomingBytes = 0
        var isReceiving = false
        var sentContinue = false
        var hasReceived = false

        // The response.
        var rules = ResponseRules()
        /// What the client has not taken.
        var outgoing: [ResponsePart] = []
        /// The start has been sent, and is held back until it is known how its content is framed.
        var isHeadOpen = false
        var hasLength = false
        var tellsLength = false
        var end: ResponseEnd?
        /// A file fell short of what it was to send: the response can never be whole.
        var isBroken = false
        var sendQueue: [UInt64] = []
        var nextSend: UInt64 = 0
        var eventCount = 0
        var contentBytes = 0
        /// Returning ends the content, as it does that of an event stream.
        var endsOnReturn = false

        var socket: MemorySocket

        // The application.
        var task: Task<Void, Never>?
        var hasReturned = false
        /// How it ended, as soon as that is known.
        var outcomeSoFar: ApplicationOutcome?
        /// The same, when everything that follows from it has happened.
        var outcome: ApplicationOutcome?
    }

    let facts: Facts
    let monitor: Monitor<State>
    private let actionLock = NSRecursiveLock()
    let executor: TurnExecutor

    init(_ facts: Facts, highWaterMark: Int, lowWaterMark: Int) {
        self.facts = facts
        let core = ConnectionCore(highWaterMark: highWaterMark, lowWaterMark: lowWaterMark)
        let monitor = Monitor(State(core: core, socket: MemorySocket(facts.webSocket)))
        self.monitor = monitor
        executor = TurnExecutor {
            guard monitor.withLock({ $0.isHeadOpen }) else { return }
            monitor.update { $0.closeHead() }
        }
        // A request without content has one empty part.
        if !facts.hasBody { monitor.withLock { $0.incoming = [.body(ByteBuffer(), more: false)] } }
    }

    /// Calls the application, in a task that knows what the caller's task knows.
    func start(_ application: any Application, _ scope: RequestScope) {
        if facts.disconnect?.place == .events(0) { disconnect(facts.disconnect?.reason ?? .clientClosed) }
        let task = Task(executorPreference: executor) {
            let plain = Exchange.http(HTTPExchange(scope: scope, receive: Receive(self), send: Send(self)))
            do {
                do {
                    try await application.handle(self.layer(scope) ?? plain)
                } catch is Unsupported where self.canComeAgain(scope) {
                    // `Upgrade` may be ignored (RFC 9110 §7.8), and `Accept` is a wish.
                    try await application.handle(plain)
                }
                self.returned(nil)
            } catch {
                self.returned(error)
            }
        }
        change { state in
            state.task = task
            if case .disconnected = state.core.ending, facts.cancelsOnDisconnect { task.cancel() }
        }
    }

    /// The exchange of a request that asks for a WebSocket or an event stream; nil for any other.
    private func layer(_ scope: RequestScope) -> Exchange? {
        if let offer = facts.webSocket {
            let socket = MemoryWebSocket(self)
            return .webSocket(
                WebSocketExchange(
                    scope: scope, subprotocols: offer.subprotocols, receive: Receive(socket), send: Send(socket)))
        }
        guard Accept.namesEventStream(scope.storage.contents.pointee.head) else { return nil }
        let stream = MemoryEventStream(self)
        return .eventStream(EventStreamExchange(scope: scope, receive: Receive(stream), send: Send(stream)))
    }

    /// Whether the request can come again as plain HTTP: it was more than that, and nothing was received or sent.
    private func canComeAgain(_ scope: RequestScope) -> Bool {
        guard layer(scope) != nil else { return false }
        return monitor.withLock { state in
            state.core.isOpen && state.rules.phase == .idle && !state.hasReceived && !state.socket.isAccepted
        }
    }

    /// Changes the state, wakes who waits, and calls what has to be called.
    @discardableResult
    func change<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try monitor.update(body)
        runActions()
        return result
    }

    /// In their order, whichever tasks they come from. An action may lead to more.
    func runActions() {
        actionLock.withLock {
            while let action = monitor.withLock({ $0.actions.isEmpty ? nil : $0.actions.removeFirst() }) { action() }
        }
    }

    // MARK: The end

    private func returned(_ error: (any Error)?) {
        change { state in
            state.hasReturned = true
            state.outcomeSoFar = ApplicationOutcome(error: error, startedResponse: state.core.responseStarted)
            if state.socket.isAccepted { return state.closeSocketBehind(error, self) }
            guard state.core.isOpen else { return }
            if state.rules.phase == .idle {
                state.answer500(facts)
            } else if !state.isBroken,
                error == nil
                    ? state.rules.returned(endsContent: state.endsOnReturn) : state.rules.phase == .complete
            {
                state.endContent(whole: 0)
            } else {
                // Never ended as if complete.
                state.closeHead()
                state.finish(.truncated())
                state.actions += state.core.disconnect(.serverError)
            }
            state.completeIfDrained()
        }
        // Not before everything above has been called: then whoever waits for this finds it done.
        change { $0.outcome = $0.outcomeSoFar }
    }

    /// Ends the exchange before its response is complete.
    func disconnect(_ reason: DisconnectReason) {
        end { state in
            if state.socket.isAccepted {
                state.endSocket(1006, reason.name, reason, self)
            } else {
                state.disconnect(reason, facts)
            }
        }
    }

    /// Makes a change that may end the exchange. Nobody sees the end before the task has been cancelled: neither who waits
    /// nor who asks in between.
    func end(_ body: (inout State) -> Void) {
        monitor.withLock { state in
            state.untoldEnds += 1
            body(&state)
        }
        runActions()
        monitor.update { $0.untoldEnds -= 1 }
    }
}

extension MemoryExchange.State {
    mutating func disconnect(_ reason: DisconnectReason, _ facts: MemoryExchange.Facts) {
        guard core.isOpen else { return }
        closeHead()
        if facts.cancelsOnDisconnect, let task { actions.insert({ task.cancel() }, at: 0) }
        finish(.disconnected)
        socket.ending = (1006, reason.name)
        actions += core.disconnect(reason)
    }

    /// Whether events still go through: until the exchange has ended or the application has returned.
    var takesEvents: Bool { core.isOpen && !hasReturned }

    /// Nothing of the response comes after this.
    mutating func finish(_ end: ResponseEnd) {
        guard self.end == nil else { return }
        self.end = end
        outgoing.append(.end(end))
    }

    /// The exchange is complete when the application has returned and the client has everything.
    mutating func completeIfDrained() {
        guard hasReturned, end == .complete, core.isOpen else { return }
        guard outgoing.allSatisfy({ if case .end = $0 { true } else { false } }) else { return }
        actions += core.complete()
    }

    fileprivate mutating func answer500(_ facts: MemoryExchange.Facts) {
        let sentence = ByteBuffer(string: "The server failed to answer this request.\n")
        let response = HTTPResponse(
            status: .internalServerError,
            headerFields: [
                .contentType: "text/plain; charset=utf-8", .contentLength: String(sentence.readableBytes),
            ])
        core.responseStarted = true
        outgoing.append(.head(response))
        if !facts.isHead {
            outgoing.append(.body(sentence))
            actions += core.fill(sentence.readableBytes)
        }
        finish(.complete)
    }
}

extension MemoryExchange: ConnectionState, TransportState {
    var isConnected: Bool { monitor.withLock { $0.core.isOpen } }
    var disconnectReason: DisconnectReason? { monitor.withLock { $0.core.reason } }
    var responseStarted: Bool { monitor.withLock { $0.core.responseStarted } }
    var responseComplete: Bool { monitor.withLock { $0.core.ending == .completed } }
    var bufferedBytes: Int { monitor.withLock { $0.core.bufferedBytes } }
    var highWaterMark: Int { monitor.withLock { $0.core.highWaterMark } }
    var lowWaterMark: Int { monitor.withLock { $0.core.lowWaterMark } }

    func onDisconnect(_ body: @escaping @Sendable (DisconnectReason) -> Void) {
        change { $0.actions += $0.core.onDisconnect(body) }
    }

    func onComplete(_ body: @escaping @Sendable () -> Void) { change { $0.actions += $0.core.onComplete(body) } }

    func onHighWater(_ body: @escaping @Sendable () -> Void) { change { $0.actions += $0.core.onHighWater(body) } }

    func onDrain(_ body: @escaping @Sendable () -> Void) { change { $0.core.onDrain(body) } }
}
