public import SAGI

extension Middleware {
    /// This middleware for some requests only: each request that fulfils `condition`, and the lifespan.
    ///
    /// ```swift
    /// Compression().enabled { $0.path.hasPrefix("/reports") }
    /// ```
    public func enabled(
        if condition: @escaping @Sendable (RequestScope) -> Bool
    ) -> ConditionalMiddleware<Self> {
        ConditionalMiddleware(middleware: self, condition: condition)
    }
}

/// A middleware that is passed by where its condition does not hold.
public struct ConditionalMiddleware<Wrapped: Middleware>: Middleware {
    let middleware: Wrapped
    let condition: @Sendable (RequestScope) -> Bool

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        if let scope = exchange.request, !condition(scope) { return try await next.handle(exchange) }
        try await middleware.handle(exchange, next: next)
    }
}
