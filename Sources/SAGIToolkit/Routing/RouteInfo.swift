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
    /// The name for ``Request/url(for:_:query:)``.
    public let name: String?
    /// The types of the middleware around it, the outermost first.
    public let middleware: [String]
    /// Where it was written: "App/routes.swift:12".
    public let source: String
}
