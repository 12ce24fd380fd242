import HTTPTypes
import NIOCore
public import SAGI

/// An application that sends each request to the route that its path and method name.
///
/// ```swift
/// let router = try Router { routes in
///     routes.get("/users/{id:Int}") { request in try await user(request.parameter("id", as: Int.self)) }
/// }
/// ```
///
/// A path is made of literals, parameters (`:name`, `{name}`), parameters of a type or an expression (`{id:Int}`,
/// `{id:UUID}`, `{year:\d{4}}`), optional segments at the end (`:page?`), and the rest (`*path`). The most exact route
/// wins, whatever the order: a literal before a parameter with a constraint, before one without, before the rest.
///
/// HTTP, event streams, WebSockets and WebTransport sessions have routes in one table. What no route takes is answered
/// 404, or 405 with `Allow`, in the form of its kind; OPTIONS is answered with `Allow`, and HEAD by the route of GET.
/// An event stream that no event-stream route takes goes to the route of its method.
public struct Router: RouteListing {
    /// What a path does that differs from its route by a slash at the end.
    public enum TrailingSlash: Sendable {
        /// It redirects to the route's own path, with 308.
        case redirect
        /// It is the same.
        case ignore
        /// It is another path.
        case strict
    }

    /// Everything that can be set.
    public struct Options: Sendable {
        /// What a slash at the end does. Default ``TrailingSlash/redirect``.
        public var trailingSlash = TrailingSlash.redirect
        /// Types of your own that a path can name, as in `{id:NoteID}`.
        public var constraints: [String: RouteConstraint] = [:]
        /// Who answers what no route takes; `nil` is a 404.
        public var notFound: (any Application)?

        public init() {}
    }

    /// All routes, in the order in which they were written, those of mounted routers behind their mount.
    public let routes: [RouteInfo]
    let names: RouteNames
    private let table: RouteTable
    private let options: Options
    private let mounted: [any Application]

    /// Makes a router.
    ///
    /// - Throws: ``RouterError`` that names the places of both routes, when two are the same or have the same name, or
    ///   says what is wrong with a path; what `define` throws.
    public init(_ options: Options = Options(), _ define: (inout Routes) throws -> Void) throws {
        var routes = Routes()
        try define(&routes)
        var names = RouteNames()
        table = try RouteTable(routes.definitions, options, &names)
        self.names = names
        self.options = options
        mounted = routes.definitions.filter { $0.info.kind == .mount }.map { $0.wrapped() }
        self.routes = routes.definitions.flatMap { definition -> [RouteInfo] in
            [definition.info] + ((definition.application as? any RouteListing)?.routes ?? []).map(definition.mounted)
        }
    }

    /// The path and query of a named route; see ``Request/url(for:_:query:)``.
    ///
    /// - Throws: ``RouterError`` when there is no such route, or a parameter is missing.
    public func url(
        for name: String, _ parameters: [String: any CustomStringConvertible & Sendable] = [:],
        query: Parameters = [:]
    ) throws -> String {
        try names.url(for: name, parameters, query: query)
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard let scope = exchange.request else { return try await LifespanGroup(mounted).handle(exchange) }
        var passed = 0
        while true {
            let finding = table.find(scope, exchange.routeKind, passing: passed, options.trailingSlash)
            guard case .route(let match, let mount) = finding else {
                return try await answer(finding, exchange, scope)
            }
            let route = match.route
            // As a response it can be anything: the server asks again.
            if case .eventStream = exchange, route.info.kind == .http { throw Unsupported(exchange) }
            var inner = exchange
            inner.attach(match)
            if let mount { inner.request?.enterMount(mount) }
            do {
                return try await (route.fallsThrough ? Self.fallThrough(route, inner) : route.application.handle(inner))
            } catch is Pass {
                passed += 1
            }
        }
    }

    /// Calls an application whose 404 is not an answer.
    private static nonisolated(nonsending) func fallThrough(_ route: RouteTable.Route, _ exchange: Exchange)
        async throws
    {
        let watch = NotFoundWatch()
        try await route.application.handle(watch.watching(exchange))
        if watch.sawNotFound { throw Pass() }
    }

    /// Answers what no route takes.
    private nonisolated(nonsending) func answer(
        _ finding: RouteTable.Finding, _ exchange: Exchange, _ scope: RequestScope
    ) async throws {
        switch finding {
        case .route: break
        case .nothing:
            if let notFound = options.notFound { return try await notFound.handle(exchange) }
            try await Response.problem(.notFound, for: scope).handle(exchange)
        case .methods(let allowed):
            try await Response.methods(allowed, for: scope).handle(exchange)
        case .moved(let path):
            let query = scope.query.map { "?\($0)" } ?? ""
            try await Response.redirect(to: scope.rootPath + path + query, status: .permanentRedirect).handle(exchange)
        }
    }
}

/// Thrown by a handler that leaves a request to the next route that matches it. It must not have answered, nor read
/// the content.
public struct Pass: Error {
    public init() {}
}

extension Exchange {
    var routeKind: RouteInfo.Kind {
        switch self {
        case .lifespan, .http: .http
        case .eventStream: .eventStream
        case .webSocket: .webSocket
        case .webTransport: .webTransport
        }
    }
}

extension RequestScope {
    /// Moves the first segments of the path, `count` of them, to the root path.
    mutating func enterMount(_ count: Int) {
        let raw = rawPath
        var index = raw.utf8.startIndex
        for _ in 0..<count {
            index = raw.utf8[index...].dropFirst().firstIndex(of: UInt8(ascii: "/")) ?? raw.utf8.endIndex
        }
        let rest = raw[index...]
        rootPath += raw[..<index]
        setPath(rest.isEmpty ? "/" : String(rest))
    }
}
