public import HTTPTypes

/// What is known of a route: for lists of routes, metrics and logs.
public struct RouteInfo: Sendable, Hashable {
    /// What comes to a route.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case http, eventStream, webSocket, webTransport
        /// A mounted application, which gets everything below its path.
        case mount
    }

    public let kind: Kind
    /// The method; `nil` for all.
    public let method: HTTPRequest.Method?
    /// The host that it is for; `nil` for all.
    public let host: String?
    /// The path with its parameters, such as `/users/:id`.
    public let path: String
    /// The name from which URLs are made.
    public let name: String?
    /// The types of the middleware around it, the outermost first.
    public let middleware: [String]
    /// Where it was written: "App/routes.swift:12".
    public let source: String

    public init(
        kind: Kind, method: HTTPRequest.Method? = nil, host: String? = nil, path: String, name: String? = nil,
        middleware: [String] = [], source: String = ""
    ) {
        self.kind = kind
        self.method = method
        self.host = host
        self.path = path
        self.name = name
        self.middleware = middleware
        self.source = source
    }
}

/// An application that can say which routes it has: for `--routes`, documentation and metrics. What stands around one,
/// such as middleware, tells the routes of what it holds.
public protocol RouteListing: Application {
    /// The routes, in the order in which they were written.
    var routes: [RouteInfo] { get }
}

extension WrappedApplication: RouteListing {
    public var routes: [RouteInfo] { (application as? any RouteListing)?.routes ?? [] }
}
