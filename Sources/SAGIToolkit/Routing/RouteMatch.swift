import HTTPTypes
public import SAGI

/// The route that a request took, and what its parameters were.
final class RouteMatch: Sendable {
    let route: RouteTable.Route
    let parameters: [Parameters.Item]
    /// That of the router in which this one is mounted.
    let outer: RouteMatch?

    init(_ route: RouteTable.Route, _ parameters: [Parameters.Item] = [], outer: RouteMatch? = nil) {
        self.route = route
        self.parameters = parameters
        self.outer = outer
    }

    func value(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value ?? outer?.value(name)
    }

    var allParameters: [Parameters.Item] { (outer?.allParameters ?? []) + parameters }
}

extension RequestScope {
    /// The route that the innermost router found.
    var match: RouteMatch? { attachment as? RouteMatch }

    /// What is known of the route that the request took; `nil` outside of a router.
    public var route: RouteInfo? { match?.route.info }

    /// The parameters of the path, those of outer routers first.
    public var pathParameters: Parameters { Parameters(match?.allParameters ?? []) }
}

extension Request {
    /// What is known of the route that the request took; `nil` outside of a router.
    public var route: RouteInfo? { scope.route }

    /// A parameter of the path, decoded.
    ///
    /// - Throws: ``RouterError`` when the route has no such parameter, which is a mistake in the application.
    public func parameter(_ name: String) throws -> String {
        guard let match = scope.match else { throw RouterError("The request came by no route, and has no parameters.") }
        guard let value = match.value(name) else {
            let names = match.allParameters.map(\.name).joined(separator: ", ")
            throw RouterError(
                "The route \(match.route.info.path) has no parameter \"\(name)\"; it has \(names.isEmpty ? "none" : names)."
            )
        }
        return value
    }

    /// A parameter of the path, as a type.
    ///
    /// - Throws: ``HTTPError`` 404 when the value is none of that type: then there is nothing under that path.
    ///   ``RouterError`` as ``parameter(_:)``.
    public func parameter<Value: ParameterValue>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = Value(parameter: try parameter(name)) else {
            throw HTTPError(.notFound, "\"\(name)\" in the path is no valid \(type).")
        }
        return value
    }

    /// The path and query of a named route of the router that found this one.
    ///
    /// - Parameters:
    ///   - name: the route's name; of a router mounted with a name, "mount:name".
    ///   - parameters: the values of its parameters. They are percent-encoded.
    ///   - query: what follows "?".
    /// - Throws: ``RouterError`` when there is no such route, or a parameter is missing.
    public func url(
        for name: String, _ parameters: [String: any CustomStringConvertible & Sendable] = [:],
        query: Parameters = [:]
    ) throws -> String {
        guard let match = scope.match else { throw RouterError("The request came by no route, and knows no names.") }
        return scope.rootPath + (try match.route.names.url(for: name, parameters, query: query))
    }
}
