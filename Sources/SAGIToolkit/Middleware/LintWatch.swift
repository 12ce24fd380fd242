import SAGI
import Synchronization

/// The rules of one kind of exchange, and how far an exchange has come.
protocol LintRules: Sendable {
    associatedtype Outbound: Sendable

    /// What is wrong with sending the event now; `nil` when nothing is.
    func breach(of event: Outbound) -> LintFinding?
    /// The event has been sent.
    mutating func noteSent(_ event: Outbound)
    /// What is wrong when the application returns now.
    func breachOfReturning() -> LintFinding?
    /// Whether the event may come when the application has returned.
    static func mayComeLate(_ event: Outbound) -> Bool
}

extension LintRules {
    static func mayComeLate(_ event: Outbound) -> Bool { false }
}

/// Holds one exchange to its rules.
final class LintWatch<Rules: LintRules>: Sendable {
    private struct State: Sendable {
        var rules: Rules
        var hasReturned = false
        var receivers = 0
    }

    private let state: Mutex<State>
    private let connection: (any ConnectionState)?
    private let report: (@Sendable (LintFinding) -> Void)?

    init(_ rules: Rules, _ connection: (any ConnectionState)?, _ report: (@Sendable (LintFinding) -> Void)?) {
        state = Mutex(State(rules: rules))
        self.connection = connection
        self.report = report
    }

    func watching(_ send: Send<Rules.Outbound>) -> Send<Rules.Outbound> {
        Send { [self] event in
            try check(event)
            try await send(event)
            state.withLock { $0.rules.noteSent(event) }
        }
    }

    func watching<Event: Sendable>(
        _ receive: Receive<Event>, note: @escaping @Sendable (inout Rules, Event) -> Void = { _, _ in }
    ) -> Receive<Event> {
        Receive { [self] in
            let receivers = state.withLock { state in
                state.receivers += 1
                return state.receivers
            }
            defer { state.withLock { $0.receivers -= 1 } }
            if receivers > 1 {
                try tell(LintFinding("CORE-19", "Two tasks receive from one exchange at the same time."))
            }
            let event = try await receive()
            state.withLock { note(&$0.rules, event) }
            return event
        }
    }

    /// Runs the application, and looks at what it leaves behind.
    nonisolated(nonsending) func run(
        _ application: nonisolated(nonsending) () async throws -> Void
    ) async throws {
        defer { state.withLock { $0.hasReturned = true } }
        try await application()
        guard connection?.isConnected != false else { return }
        if let finding = state.withLock({ $0.rules.breachOfReturning() }) { try tell(finding) }
    }

    private func check(_ event: Rules.Outbound) throws {
        let finding = state.withLock { state -> LintFinding? in
            if state.hasReturned, !Rules.mayComeLate(event) {
                return LintFinding("CORE-2", "An event was sent after the application had returned.")
            }
            guard connection?.isConnected != false || connection?.responseComplete == true else { return nil }
            return state.rules.breach(of: event)
        }
        if let finding { try tell(finding) }
    }

    private func tell(_ finding: LintFinding) throws {
        guard let report else { throw finding }
        report(finding)
    }
}
