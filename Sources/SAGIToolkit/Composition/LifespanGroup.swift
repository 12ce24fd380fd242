import SAGI

/// Several applications that live as long as one: started in their order, and stopped in the opposite one.
struct LifespanGroup: Sendable {
    private let applications: [any Application]

    init(_ applications: [any Application]) { self.applications = applications }

    /// Leads them through a lifespan.
    ///
    /// - Throws: ``Unsupported`` when all of them decline, or there are none.
    nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard case .lifespan(let lifespan) = exchange, !applications.isEmpty else { throw Unsupported(exchange) }
        _ = try await lifespan.receive()
        var state = State()
        var started: [LifespanLead] = []
        for application in applications {
            let lead = LifespanLead(application, lifespan.scope)
            do {
                guard let more = try await lead.startup() else { continue }
                state.merge(more)
                started.append(lead)
            } catch {
                let errors = [error] + (await Self.stop(started))
                return try await lifespan.send(.startupFailed(LifespanError(errors).description))
            }
        }
        guard !started.isEmpty else { throw Unsupported(exchange) }
        try await lifespan.send(.startupComplete(state))
        _ = try await lifespan.receive()
        let errors = await Self.stop(started)
        try await lifespan.send(errors.isEmpty ? .shutdownComplete : .shutdownFailed(LifespanError(errors).description))
    }

    /// Stops them all, whatever happens.
    private static nonisolated(nonsending) func stop(_ leads: [LifespanLead]) async -> [any Error] {
        var errors: [any Error] = []
        for lead in leads.reversed() {
            do { try await lead.shutdown() } catch { errors.append(error) }
        }
        return errors
    }
}
