public import HTTPTypes
public import SAGI

/// Where the routes of a ``Router`` are written down: one by one, in groups, with the middleware around them.
///
/// ```swift
/// let router = try Router { routes in
///     routes.use(RequestID())
///     routes.get("/") { _ in "Hello" }
///     routes.group("/notes", name: "notes") { notes in
///         notes.get("/{id:Int}", name: "one") { request in try await find(request.parameter("id", as: Int.self)) }
///         notes.post("/") { request in try await add(request.json()) }
///     }
///     routes.mount("/static", StaticFiles("public"))
/// }
/// ```
public struct Routes {
    var definitions: [RouteDefinition] = []
    private var prefix = ""
    private var namePrefix = ""
    private var host: HostPattern?
    private var middleware: [AppliedMiddleware] = []

    init() {}

    /// Puts middleware around the routes that follow in this group. The first one added sees a request first.
    ///
    /// - Parameters:
    ///   - middleware: the middleware.
    ///   - isOn: whether it is used at all, as of a setting. Default true.
    public mutating func use(_ middleware: some Middleware, if isOn: Bool = true) {
        guard isOn else { return }
        self.middleware.append(AppliedMiddleware(middleware))
    }

    /// Routes that have something in common: the beginning of their paths, a host, or middleware. They are routes of
    /// this router all the same.
    ///
    /// - Parameters:
    ///   - path: what their paths begin with. Default nothing.
    ///   - host: the host that they are for, such as `example.org`, `*.example.org` or `:tenant.example.org`.
    ///   - name: what their names begin with, and a dot.
    ///   - define: writes them down. `use` in it is for them alone.
    public mutating func group(
        _ path: String = "", host: String? = nil, name: String? = nil, _ define: (inout Routes) throws -> Void
    ) rethrows {
        var inner = self
        inner.definitions = []
        inner.prefix += path
        if let host { inner.host = HostPattern(host) }
        if let name { inner.namePrefix += "\(name)." }
        try define(&inner)
        definitions += inner.definitions
    }

    /// Sends requests of one method, or of all, to an application.
    ///
    /// - Parameters:
    ///   - method: the method; `nil` for all. GET answers HEAD too, where HEAD has no route of its own.
    ///   - path: the path; ``Router`` says what it can hold.
    ///   - name: a name for ``Request/url(for:_:query:)``.
    ///   - constraints: what its parameters must be.
    ///   - application: a ``Handler``, a ``Response``, or any other application.
    ///   - file: where the route stands, for the list of routes. Default the line of the call.
    ///   - line: the same.
    public mutating func on(
        _ method: HTTPRequest.Method?, _ path: String, name: String? = nil,
        where constraints: [String: RouteConstraint] = [:],
        to application: some Application, file: StaticString = #fileID, line: UInt = #line
    ) {
        add(.http, method, path, name, constraints, application, "\(file):\(line)")
    }

    /// Sends event streams (SSE), asked for with any method, to an application.
    public mutating func eventStream(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        to application: some Application, file: StaticString = #fileID, line: UInt = #line
    ) {
        add(.eventStream, nil, path, name, constraints, application, "\(file):\(line)")
    }

    /// Sends WebSockets to an application.
    public mutating func webSocket(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        to application: some Application, file: StaticString = #fileID, line: UInt = #line
    ) {
        add(.webSocket, nil, path, name, constraints, application, "\(file):\(line)")
    }

    /// Sends WebTransport sessions to an application.
    public mutating func webTransport(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        to application: some Application, file: StaticString = #fileID, line: UInt = #line
    ) {
        add(.webTransport, nil, path, name, constraints, application, "\(file):\(line)")
    }

    /// Sends everything below a path to an application, which sees the path without it: `RequestScope.rootPath` has
    /// it then. A route of this router for the same path goes first. Its lifespan is led with this router's.
    ///
    /// - Parameters:
    ///   - path: the beginning of the path. It can have parameters.
    ///   - application: the application.
    ///   - name: what the names of a mounted router begin with, and a colon.
    ///   - fallsThrough: whether a 404 of the application counts as no match, so that another route can answer. It must
    ///     not have read the content then. Default false.
    ///   - constraints: what the parameters of the path must be.
    ///   - file: where the route stands, for the list of routes. Default the line of the call.
    ///   - line: the same.
    public mutating func mount(
        _ path: String, _ application: some Application, name: String? = nil, fallsThrough: Bool = false,
        where constraints: [String: RouteConstraint] = [:], file: StaticString = #fileID, line: UInt = #line
    ) {
        add(
            .mount, nil, path, name, constraints, application, "\(file):\(line)", fallsThrough: fallsThrough)
    }

    private mutating func add(
        _ kind: RouteInfo.Kind, _ method: HTTPRequest.Method?, _ path: String, _ name: String?,
        _ constraints: [String: RouteConstraint], _ application: any Application, _ source: String,
        fallsThrough: Bool = false
    ) {
        // "/" in a group is the group's own path.
        var whole = path == "/" && !prefix.isEmpty ? prefix : prefix + path
        if kind == .mount, whole.last == "/" { whole.removeLast() }
        definitions.append(
            RouteDefinition(
                info: RouteInfo(
                    kind: kind, method: method, host: host?.text, path: whole.isEmpty ? "/" : whole,
                    name: name.map { namePrefix + $0 }, middleware: middleware.map(\.name), source: source),
                host: host, constraints: constraints, application: application, middleware: middleware,
                fallsThrough: fallsThrough))
    }
}

/// A route as it was written down.
struct RouteDefinition {
    let info: RouteInfo
    let host: HostPattern?
    let constraints: [String: RouteConstraint]
    let application: any Application
    let middleware: [AppliedMiddleware]
    let fallsThrough: Bool

    var rank: Int { (host == nil ? 4 : 0) + (info.kind == .mount ? 2 : 0) + (info.method == nil ? 1 : 0) }

    /// A route of what is mounted here, as seen from outside.
    func mounted(_ inner: RouteInfo) -> RouteInfo {
        RouteInfo(
            kind: inner.kind, method: inner.method, host: inner.host ?? info.host,
            path: info.path == "/" ? inner.path : info.path + inner.path,
            name: info.name.flatMap { outer in inner.name.map { "\(outer):\($0)" } },
            middleware: info.middleware + inner.middleware, source: inner.source)
    }

    /// The application with its middleware, the first one outermost.
    func wrapped() -> any Application {
        middleware.reversed().reduce(application) { inner, middleware in middleware.wrap(inner) }
    }
}

/// A middleware whose type is forgotten.
struct AppliedMiddleware: Sendable {
    let name: String
    let wrap: @Sendable (any Application) -> any Application

    init(_ middleware: some Middleware) {
        name = "\(type(of: middleware))"
        wrap = { inner in Self.wrap(inner, middleware) }
    }

    private static func wrap(_ inner: some Application, _ middleware: some Middleware) -> any Application {
        inner.wrapped(by: middleware)
    }
}
