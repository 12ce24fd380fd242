public import SAGI

/// Writes middleware one below the other, the outermost first.
///
/// ```swift
/// let app = router.wrapped {
///     ErrorHandler()
///     if settings.isPublic { HTTPSRedirect() }
///     CORS()
/// }
/// ```
@resultBuilder
public enum MiddlewareBuilder {
    public static func buildExpression(_ middleware: some Middleware) -> Pipeline { Pipeline(middleware) }
    public static func buildBlock(_ parts: Pipeline...) -> Pipeline { Pipeline(joining: parts) }
    public static func buildOptional(_ part: Pipeline?) -> Pipeline { part ?? Pipeline(joining: []) }
    public static func buildEither(first part: Pipeline) -> Pipeline { part }
    public static func buildEither(second part: Pipeline) -> Pipeline { part }
    public static func buildArray(_ parts: [Pipeline]) -> Pipeline { Pipeline(joining: parts) }
}

/// Several middleware as one, the outermost first. It is put around an application once, and not for each request.
public struct Pipeline: Sendable {
    let middleware: [AppliedMiddleware]

    init(_ middleware: some Middleware) { self.middleware = [AppliedMiddleware(middleware)] }

    init(joining parts: [Pipeline]) { middleware = parts.flatMap(\.middleware) }

    func wrap(_ application: some Application) -> any Application {
        middleware.reversed().reduce(application as any Application) { inner, middleware in middleware.wrap(inner) }
    }
}

extension Application {
    /// This application with middleware around it, the outermost first.
    ///
    /// - Throws: what making a middleware throws, as for an option that makes no sense.
    public func wrapped(@MiddlewareBuilder by middleware: () throws -> Pipeline) rethrows -> AnyApplication {
        AnyApplication(try middleware().wrap(self))
    }
}

/// An application whose type is forgotten.
public struct AnyApplication: RouteListing {
    private let application: any Application

    public init(_ application: any Application) { self.application = application }

    public var routes: [RouteInfo] { (application as? any RouteListing)?.routes ?? [] }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        try await application.handle(exchange)
    }
}
