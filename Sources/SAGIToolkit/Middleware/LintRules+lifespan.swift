import SAGI

/// The rules of `docs/spec/lifespan.md` for replies.
struct LifespanRules: LintRules {
    private enum Question { case none, startup, shutdown }

    private var question = Question.none

    mutating func noteReceived(_ event: LifespanEvent) {
        switch event {
        case .startup: question = .startup
        case .shutdown: question = .shutdown
        }
    }

    func breach(of event: LifespanReply) -> LintFinding? {
        answered(event) == question
            ? nil : LintFinding("LIFE-13", "A reply does not answer what the server asked.")
    }

    mutating func noteSent(_ event: LifespanReply) {
        if answered(event) == question { question = .none }
    }

    private func answered(_ event: LifespanReply) -> Question {
        switch event {
        case .startupComplete, .startupFailed: .startup
        case .shutdownComplete, .shutdownFailed: .shutdown
        }
    }

    func breachOfReturning() -> LintFinding? { nil }
}
