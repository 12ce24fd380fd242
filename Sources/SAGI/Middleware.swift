/// A value that stands around an application: it sees every exchange before the application does.
///
/// A middleware may answer an exchange itself, pass on a changed copy, or wrap its `receive` and `send`.
/// It must let errors through, and it changes a scope only by passing a changed copy on.
///
/// ```swift
/// struct Maintenance: Middleware {
///     func handle(_ exchange: Exchange, next: some Application) async throws {
///         guard exchange.request != nil else { return try await next.handle(exchange) }
///         try await exchange.decline(with: HTTPResponse(status: .serviceUnavailable))
///     }
/// }
/// let app = Hello().wrapped(by: Maintenance())
/// ```
public protocol Middleware: Sendable {
    nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws
}

extension Application {
    /// This application with `middleware` around it. The one added last sees an exchange first.
    public func wrapped<M: Middleware>(by middleware: M) -> WrappedApplication<M, Self> {
        WrappedApplication(middleware: middleware, application: self)
    }
}

/// An application with a middleware around it.
public struct WrappedApplication<Outer: Middleware, Inner: Application>: Application {
    let middleware: Outer
    let application: Inner

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await middleware.handle(exchange, next: application)
    }
}
