import HTTPTypes
import SAGI

/// The routes of a router, ready to be looked up.
struct RouteTable: Sendable {
    /// One way in which a path leads to an application.
    final class Route: Sendable {
        let info: RouteInfo
        let host: HostPattern?
        let endsInSlash: Bool
        /// What each segment of the path is called; nil for a literal.
        let parameters: [String?]
        let application: any Application
        let fallsThrough: Bool
        /// All names of its router.
        let names: RouteNames

        init(
            _ definition: RouteDefinition, endsInSlash: Bool, parameters: [String?], application: any Application,
            names: RouteNames
        ) {
            info = definition.info
            host = definition.host
            fallsThrough = definition.fallsThrough
            self.endsInSlash = endsInSlash
            self.parameters = parameters
            self.application = application
            self.names = names
        }
    }

    enum Finding {
        /// A route; and of a mount, how many segments of the path are its own.
        case route(RouteMatch, mount: Int?)
        /// The path has routes, but for other methods: the value of `Allow`.
        case methods(String)
        /// The path's route is at this one.
        case moved(String)
        case nothing
    }

    private var trie = RouteTrie()
    /// Each route as it is found where it has no parameters, which is then not made anew for each request.
    private var routes: [RouteMatch] = []

    init(
        _ definitions: [RouteDefinition], _ options: Router.Options, _ names: inout RouteNames
    ) throws(RouterError) {
        // At one place a route for a host, and one for a method, goes before one for all.
        let ranked = definitions.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
        var patterns: [RoutePattern] = []
        for definition in ranked.map(\.element) {
            let source = definition.info.source
            let pattern: RoutePattern
            do {
                pattern = try RoutePattern(definition.info.path, constraints: options.constraints)
                    .constrained(definition.constraints)
            } catch {
                throw RouterError("\(source): \(error.description)")
            }
            if let name = definition.info.name {
                if let router = definition.application as? Router {
                    try names.add(router.names, under: pattern, name: name, source: source)
                } else {
                    try names.add(name, [pattern], source: source)
                }
            }
            patterns.append(pattern)
        }
        for (definition, pattern) in zip(ranked.map(\.element), patterns) {
            try insert(definition, pattern, names, options.trailingSlash)
        }
    }

    private mutating func insert(
        _ definition: RouteDefinition, _ pattern: RoutePattern, _ names: RouteNames, _ policy: Router.TrailingSlash
    ) throws(RouterError) {
        let application = definition.wrapped()
        for segments in pattern.variants {
            let isMount = definition.info.kind == .mount
            let all = isMount ? segments + [.rest("*")] : segments
            let route = Route(
                definition, endsInSlash: pattern.endsInSlash, parameters: segments.map(\.parameterName),
                application: application, names: names)
            for other in trie.insert(all, routes.count).map({ routes[$0].route }) where collide(other, route, policy) {
                throw RouterError(
                    "\(route.info.source): the route \(Self.text(route)) is the same as \(Self.text(other)) at "
                        + "\(other.info.source).")
            }
            routes.append(RouteMatch(route))
        }
    }

    private func collide(_ one: Route, _ other: Route, _ policy: Router.TrailingSlash) -> Bool {
        one.info.kind == other.info.kind && one.info.method == other.info.method && one.info.host == other.info.host
            && (one.endsInSlash == other.endsInSlash || policy == .ignore)
    }

    private static func text(_ route: Route) -> String {
        [route.info.method?.rawValue ?? route.info.kind.rawValue, route.info.path].joined(separator: " ")
    }

    // MARK: Looking up

    /// Finds the best route, after `passed` others.
    func find(
        _ scope: RequestScope, _ kind: RouteInfo.Kind, passing passed: Int, _ policy: Router.TrailingSlash
    ) -> Finding {
        scope.withRawPath { raw in
            RouteTrie.Path.with(raw) { path in
                var search = Search(scope, kind, passed, policy)
                _ = trie.visit(path) { numbers, rest in
                    for number in numbers where search.consider(routes[number], path, rest) { return true }
                    return search.settlePlace(routes, numbers, path, rest)
                }
                return search.finding(path, raw)
            }
        }
    }
}

extension RoutePattern.Segment {
    var parameterName: String? {
        switch self {
        case .literal: nil
        case .parameter(let name, _), .rest(let name): name
        }
    }
}

extension RoutePattern {
    /// The pattern with constraints that stand beside it.
    func constrained(_ constraints: [String: RouteConstraint]) throws(RouterError) -> RoutePattern {
        guard !constraints.isEmpty else { return self }
        var rest = constraints
        var copy = self
        copy.segments = segments.map { segment in
            guard case .parameter(let name, nil) = segment, let constraint = rest.removeValue(forKey: name) else {
                return segment
            }
            return .parameter(name, constraint)
        }
        if let unknown = rest.keys.sorted().first {
            throw RouterError("The path \"\(text)\" has no parameter \"\(unknown)\" that could have a constraint.")
        }
        return copy
    }
}
