import SAGI
import Synchronization

extension ServerExchange {
    /// What the application leaves of a response when it has returned or thrown.
    enum Outcome {
        /// It is whole, or its end is all that is missing.
        case whole
        /// There is none: the server answers 500.
        case nothing
        /// It is not whole, and the client has to see that.
        case cutOff
    }

    /// The application has returned, or thrown `failure`.
    func returned(_ failure: (any Error)?) -> Outcome {
        if failure == nil, rules.returned(endsContent: endsOnReturn) { return .whole }
        if rules.phase == .idle {
            self.failure =
                failure == nil
                ? "The application returned without a response." : "The application threw before its response."
            status = 500
            started.store(true, ordering: .relaxed)
            return .nothing
        }
        // An error that came after the response changes nothing of it.
        if failure != nil, rules.phase == .complete { return .whole }
        self.failure =
            failure == nil
            ? "The application returned before its response was complete."
            : "The application threw before its response was complete."
        return .cutOff
    }

    /// Makes an exchange and its box ready for another request. When the application still holds one of them, both are
    /// its own from now on, and new ones take their place.
    static func makeReady(
        _ exchange: inout ServerExchange, _ storage: inout RequestScope.Storage, _ link: RequestScope.Link
    ) {
        if isKnownUniquelyReferenced(&storage) {
            storage.contents.pointee.connection = nil
            if isKnownUniquelyReferenced(&exchange) {
                Unmanaged.passUnretained(exchange)._withUnsafeGuaranteedRef { $0.reset() }
                Unmanaged.passUnretained(storage)._withUnsafeGuaranteedRef { $0.reset() }
                return
            }
            storage.contents.pointee.connection = exchange
        }
        exchange = ServerExchange(loop: exchange.loop)
        storage = RequestScope.Storage(link: link, connection: nil)
    }
}
