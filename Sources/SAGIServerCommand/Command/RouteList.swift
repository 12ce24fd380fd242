import HTTPTypes
import SAGI
import SAGIServer

/// The text of `--routes`: a line for each route.
struct RouteList {
    private let routes: [RouteInfo]

    /// - Throws: ``ConfigurationError`` when the application does not say which routes it has.
    init(of application: any Application) throws {
        guard let application = application as? any RouteListing else {
            throw ConfigurationError("This application does not say which routes it has.")
        }
        routes = application.routes
    }

    var text: String {
        let rows = routes.map { route in
            [
                route.kind == .http ? route.method?.rawValue ?? "*" : route.kind.rawValue,
                (route.host ?? "") + route.path, route.name ?? "-",
                route.middleware.isEmpty ? "-" : route.middleware.joined(separator: " > "), route.source,
            ]
        }
        return TextTable.text([["METHOD", "PATH", "NAME", "MIDDLEWARE", "SOURCE"]] + rows)
    }
}
