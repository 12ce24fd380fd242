import HTTPSemantics
import HTTPTypes
public import SAGI

/// Tells in each response how long it took until it began.
///
/// ```swift
/// app.wrapped(by: Runtime())      // X-Runtime: 0.001234
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `header` | `X-Runtime` | the field, in seconds; `nil` leaves it out |
/// | `serverTiming` | `nil` | the name of a metric in `Server-Timing`, in milliseconds, which browsers show; it is added to those that are there |
/// | `precision` | 6 | decimals, from 0 to 9, of the seconds; the milliseconds have three fewer |
/// | `clock` | `ContinuousClock()` | what measures |
///
/// It measures what is inside of it, so put it outermost. An own field of the application is replaced. Do not tell it
/// to everybody where the time says something about secrets.
public struct Runtime: Middleware {
    private let header: HTTPField.Name?
    private let serverTiming: String?
    private let precision: Int
    private let now: @Sendable () -> Duration

    public init<C: Clock<Duration>>(
        header: String? = "X-Runtime", serverTiming: String? = nil, precision: Int = 6, clock: C = ContinuousClock()
    ) {
        self.header = header.map { HTTPField.Name($0) ?? .xRuntime }
        // The name is a token.
        self.serverTiming = serverTiming.map { name in
            String(decoding: name.utf8.map { FieldSyntax.isTokenByte($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        }
        self.precision = min(max(precision, 0), 9)
        let start = clock.now
        now = { start.duration(to: clock.now) }
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard exchange.request != nil else { return try await next.handle(exchange) }
        let start = now()
        try await next.handle(exchange.changingResponse { [self] in add(now() - start, to: &$0.headerFields) })
    }

    private func add(_ time: Duration, to fields: inout HTTPFields) {
        if let header { fields[header] = time.text(in: .seconds(1), digits: precision) }
        guard let serverTiming else { return }
        let milliseconds = time.text(in: .milliseconds(1), digits: max(0, precision - 3))
        fields.append(HTTPField(name: .serverTiming, value: "\(serverTiming);dur=\(milliseconds)"))
    }
}
