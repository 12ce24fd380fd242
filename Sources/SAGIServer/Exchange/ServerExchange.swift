import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// One HTTP exchange as the server sees it: it checks the rules, moves events between the application and the
/// stream that carries them, and knows how it ended. The same for every version of HTTP.
///
/// It serves another request once nobody else holds it.
///
/// `@unchecked Sendable`: everything is used on the event loop, but for the atomics and what is behind the
/// lock; `offer`, `poll`, `send` and `next` come to the loop before they touch anything.
final class ServerExchange: @unchecked Sendable {
    let loop: LoopContext
    /// Set while the application is at work, when the task of the stream holds the stream: no reference is counted.
    @exclusivity(unchecked) unowned(unsafe) var stream: (any MessageStream)?
    @exclusivity(unchecked) var task: UnsafeRawPointer?

    // The response.
    @exclusivity(unchecked) var rules = ResponseRules()
    @exclusivity(unchecked) var status = 0
    @exclusivity(unchecked) var contentBytes = 0
    @exclusivity(unchecked) var isHead = false
    /// The fields of the response, when the access log wants them.
    @exclusivity(unchecked) var keepsResponseFields = false
    @exclusivity(unchecked) var responseFields: HTTPFields?
    @exclusivity(unchecked) var isSendingFile = false
    /// Returning ends the content, as it does that of an event stream.
    @exclusivity(unchecked) var endsOnReturn = false
    @exclusivity(unchecked) var pendingSends: [PendingSend<HTTPResponseEvent>] = []

    // The request.
    @exclusivity(unchecked) var receiver: PendingReceive<HTTPRequestEvent>?
    @exclusivity(unchecked) var startTime = NIODeadline.uptimeNanoseconds(0)

    /// What stands between this and the application; nil for HTTP.
    @exclusivity(unchecked) var layer: (any ExchangeLayer)?

    // How it ended.
    let ending = Atomic<UInt8>(Ending.open)
    let started = Atomic<Bool>(false)
    let waitingBytes = Atomic<Int>(0)
    @exclusivity(unchecked) var reason: DisconnectReason?
    /// The application has received the end.
    @exclusivity(unchecked) var toldEnd = false
    /// What the application did wrong, for the log.
    @exclusivity(unchecked) var failure: String?
    let observers = Mutex(Observers())
    /// Whether `observers` holds anything.
    let touched = Atomic<Bool>(false)

    enum Ending {
        static let open: UInt8 = 0
        static let completed: UInt8 = 1
        static let disconnected: UInt8 = 2
    }

    init(loop: LoopContext) { self.loop = loop }

    /// Forgets the last request.
    func reset() {
        rules.reset()
        status = 0
        contentBytes = 0
        isHead = false
        isSendingFile = false
        endsOnReturn = false
        toldEnd = false
        // To release nothing costs a call.
        if reason != nil { reason = nil }
        if responseFields != nil { responseFields = nil }
        if failure != nil { failure = nil }
        if layer != nil { layer = nil }
        ending.store(Ending.open, ordering: .relaxed)
        started.store(false, ordering: .relaxed)
        waitingBytes.store(0, ordering: .relaxed)
        if touched.load(ordering: .relaxed) {
            touched.store(false, ordering: .relaxed)
            observers.withLock { $0 = Observers() }
        }
    }

    // MARK: The end

    /// The response is whole, and handed over.
    func complete() {
        guard !hasEnded else { return }
        ending.store(Ending.completed, ordering: .sequentiallyConsistent)
        if receiver != nil || !pendingSends.isEmpty { finish(.disconnect(.completed)) }
        // Whoever registers from now on sees the end; whoever did before has touched the observers.
        guard touched.load(ordering: .sequentiallyConsistent) else { return }
        for body in takeObservers(reason: nil).complete { body() }
    }

    /// The exchange ended before its response was whole.
    func disconnect(_ reason: DisconnectReason) {
        guard !hasEnded else { return }
        self.reason = reason
        let observers = takeObservers(reason: reason)
        ending.store(Ending.disconnected, ordering: .sequentiallyConsistent)
        layer?.disconnected(reason)
        finish(.disconnect(reason))
        for body in observers.disconnect { body(reason) }
    }

    private func finish(_ event: HTTPRequestEvent) {
        if let receiver {
            self.receiver = nil
            receiver.continuation.resume(returning: event)
        }
        let pending = pendingSends
        pendingSends = []
        for send in pending { send.continuation.resume() }
    }

    private func takeObservers(reason: DisconnectReason?) -> Observers {
        observers.withLock { observers in
            let taken = observers
            observers = Observers()
            observers.reason = reason
            touched.store(true, ordering: .relaxed)
            return taken
        }
    }

    var hasEnded: Bool { ending.load(ordering: .relaxed) != Ending.open }
    var isDisconnected: Bool { ending.load(ordering: .relaxed) == Ending.disconnected }
}
