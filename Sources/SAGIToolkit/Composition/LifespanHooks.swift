public import SAGI

extension Application {
    /// This application, with something to do before it serves. What it puts into the state is in
    /// ``RequestScope/state`` of every exchange.
    ///
    /// Several run in the order in which they were added. When one throws, the server does not start, and the
    /// ``onShutdown(_:)`` of those before it run.
    ///
    /// ```swift
    /// let app = router
    ///     .onStartup { state in state[Database.self] = try await Pool.connect() }
    ///     .onShutdown { state in try await state[Database.self]?.close() }
    /// ```
    public func onStartup(
        _ body: nonisolated(nonsending) @escaping @Sendable (inout State) async throws -> Void
    ) -> LifespanHooks<Self> {
        LifespanHooks(application: self, startup: body, shutdown: nil)
    }

    /// This application, with something to do after it has served its last exchange.
    ///
    /// Several run in the opposite order. Each runs, even when another one throws; the server logs what was thrown.
    public func onShutdown(
        _ body: nonisolated(nonsending) @escaping @Sendable (State) async throws -> Void
    ) -> LifespanHooks<Self> {
        LifespanHooks(application: self, startup: nil, shutdown: body)
    }
}

/// An application with something to do before it serves, or after.
public struct LifespanHooks<Wrapped: Application>: RouteListing {
    let application: Wrapped
    let startup: (nonisolated(nonsending) @Sendable (inout State) async throws -> Void)?
    let shutdown: (nonisolated(nonsending) @Sendable (State) async throws -> Void)?

    public var routes: [RouteInfo] { (application as? any RouteListing)?.routes ?? [] }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard case .lifespan(let lifespan) = exchange else { return try await application.handle(exchange) }
        _ = try await lifespan.receive()
        let inner = LifespanLead(application, lifespan.scope)
        var state = State()
        do {
            state = try await inner.startup() ?? State()
        } catch {
            return try await lifespan.send(.startupFailed("\(error)"))
        }
        do {
            try await startup?(&state)
        } catch {
            let errors = [error] + (await Self.errors { try await inner.shutdown() })
            return try await lifespan.send(.startupFailed(LifespanError(errors).description))
        }
        try await lifespan.send(.startupComplete(state))
        _ = try await lifespan.receive()
        let final = state
        var errors = await Self.errors { try await shutdown?(final) }
        errors += await Self.errors { try await inner.shutdown() }
        try await lifespan.send(errors.isEmpty ? .shutdownComplete : .shutdownFailed(LifespanError(errors).description))
    }

    private static nonisolated(nonsending) func errors(
        _ body: nonisolated(nonsending) () async throws -> Void
    ) async -> [any Error] {
        do {
            try await body()
            return []
        } catch {
            return [error]
        }
    }
}
