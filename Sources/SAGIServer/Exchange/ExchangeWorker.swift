import CPlatform
import SAGI

/// What a worker serves: the exchange of one stream of a connection that has many.
protocol WorkedStream: AnyObject {
    /// The exchange to begin with.
    func begin(_ worker: ExchangeWorker) -> Exchange
    /// The request as plain HTTP, when the application does not serve what it asks for.
    func plainInstead() -> Exchange?
    /// The application has returned, or thrown.
    func applicationReturned(_ failure: (any Error)?)
}

/// A task that calls the application for one stream after another, and is parked in between.
///
/// A task is not made for each request: that would cost more than all the rest of a small one. One that was cancelled
/// stays cancelled, and is not used again.
///
/// `@unchecked Sendable`: used on its event loop only.
final class ExchangeWorker: @unchecked Sendable {
    private let server: ServerCore
    private let loop: LoopContext
    private(set) var identity: UnsafeRawPointer?
    @exclusivity(unchecked) private var stream: (any WorkedStream)?
    @exclusivity(unchecked) private var task: Task<Void, Never>?
    @exclusivity(unchecked) private var parked: UnsafeContinuation<Void, Never>?

    init(server: ServerCore, loop: LoopContext) {
        self.server = server
        self.loop = loop
    }

    /// Serves a stream, beginning in this turn.
    func serve(_ stream: any WorkedStream) {
        self.stream = stream
        if let parked {
            self.parked = nil
            parked.resume()
        } else {
            task = Task.immediate(executorPreference: loop) { await self.run() }
        }
    }

    func cancel() { task?.cancel() }

    /// Ends the parked task: nothing more is served.
    func dismiss() {
        parked?.resume()
        parked = nil
    }

    private func run() async {
        identity = sagi_current_task()
        while let stream {
            var failure: (any Error)?
            do {
                // Not held any longer than the application works: then the stream can use its parts again.
                var exchange = stream.begin(self)
                while true {
                    do {
                        if server.runsApplicationOnLoop {
                            try await server.application.handle(exchange)
                        } else {
                            try await offLoop { [server, exchange] in try await server.application.handle(exchange) }
                        }
                    } catch {
                        if error is Unsupported, let plain = stream.plainInstead() {
                            exchange = plain
                            continue
                        }
                        failure = error
                    }
                    break
                }
            }
            self.stream = nil
            stream.applicationReturned(failure)
            guard !Task.isCancelled, loop.park(self) else { break }
            await withUnsafeContinuation { parked = $0 }
        }
        task = nil
    }
}
