public import HTTPTypes
public import SAGI

/// Answers in the place of an application that does not begin its response in time.
///
/// ```swift
/// app.wrapped(by: Timeout(.seconds(30)))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `limit` | | the time until the response begins; of an event stream, a WebSocket or a WebTransport session, until it is accepted or refused |
/// | `status` | 504 | 503 suits an application that is overloaded |
/// | `wholeResponse` | `false` | whether a response must be complete by then: one that is not is cut off, so that the client sees it. For plain HTTP alone |
/// | `onTimeout` | nothing | called when the time is over |
/// | `clock` | `ContinuousClock()` | what measures |
///
/// The application is cancelled, and what it sends later is dropped. The client has its answer at once; the exchange
/// stays open until the application returns, so one that does not heed its cancellation keeps its connection. Time that
/// the client takes to send its content counts.
///
/// Put it inside ``ErrorHandler`` and whatever adds fields to responses.
public struct Timeout: Middleware {
    private let limit: Duration
    private let status: HTTPResponse.Status
    private let wholeResponse: Bool
    private let onTimeout: @Sendable (RequestScope) -> Void
    private let sleep: @Sendable (Duration) async throws -> Void

    public init<C: Clock<Duration>>(
        _ limit: Duration, status: HTTPResponse.Status = .gatewayTimeout, wholeResponse: Bool = false,
        clock: C = ContinuousClock(), onTimeout: @escaping @Sendable (RequestScope) -> Void = { _ in }
    ) {
        self.limit = limit
        self.status = status
        self.wholeResponse = wholeResponse
        self.onTimeout = onTimeout
        sleep = { try await clock.sleep(for: $0) }
    }

    private enum Event: Sendable {
        case returned
        case failed(any Error)
        case timeIsOver
        case stoppedWaiting
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let gate = ResponseGate()
        let inner = exchange.sending(through: gate)
        try await withTaskGroup(of: Event.self, returning: Result<Void, any Error>.self) { group in
            group.addTask {
                do {
                    try await next.handle(inner)
                    return .returned
                } catch {
                    return .failed(error)
                }
            }
            group.addTask { [sleep, limit] in
                do {
                    try await sleep(limit)
                    return .timeIsOver
                } catch {
                    return .stoppedWaiting
                }
            }
            var outcome: Result<Void, any Error>?
            while let event = await group.next() {
                switch event {
                case .stoppedWaiting: break
                case .returned, .failed:
                    group.cancelAll()
                    guard outcome == nil else { break }
                    if case .failed(let error) = event { outcome = .failure(error) } else { outcome = .success(()) }
                case .timeIsOver:
                    // The application has come to its end already, or has answered.
                    guard outcome == nil, let late = await answer(exchange, scope, gate) else { break }
                    group.cancelAll()
                    outcome = late
                }
            }
            return outcome ?? .success(())
        }.get()
    }

    /// Answers, if the application has not; `nil` when it has, and may go on.
    private nonisolated(nonsending) func answer(
        _ exchange: Exchange, _ scope: RequestScope, _ gate: ResponseGate
    ) async -> Result<Void, any Error>? {
        if gate.shutUnlessAnswered() {
            onTimeout(scope)
            do {
                return .success(try await Response.problem(status, for: scope).handle(exchange))
            } catch {
                return .failure(error)
            }
        }
        guard wholeResponse, case .http = exchange else { return nil }
        gate.shut()
        onTimeout(scope)
        return .failure(TimeoutError(limit: limit))
    }
}

/// A response was not complete in time; see ``Timeout``.
public struct TimeoutError: Error, Hashable, CustomStringConvertible {
    public let limit: Duration

    public var description: String { "The response was not complete within \(limit)." }
}
