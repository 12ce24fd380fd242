import HTTPTypes
import SAGI

extension RouteTable {
    /// What is learned while a path is looked up.
    struct Search {
        private let scope: RequestScope
        private let kind: RouteInfo.Kind
        private let method: HTTPRequest.Method
        private let policy: Router.TrailingSlash
        private var toPass: Int
        private let hasPassed: Bool
        private var found: Finding?
        private var allowed: [String] = []
        private var isElsewhere = false

        init(_ scope: RequestScope, _ kind: RouteInfo.Kind, _ passed: Int, _ policy: Router.TrailingSlash) {
            self.scope = scope
            self.kind = kind
            self.policy = policy
            toPass = passed
            hasPassed = passed > 0
            method = scope.method
        }

        /// Looks at a route whose path matches. True when it is the one.
        mutating func consider(_ match: RouteMatch, _ path: RouteTrie.Path, _ rest: Int?) -> Bool {
            let route = match.route
            guard takes(route.info), rest != nil || fits(route, path), let parameters = hostParameters(route) else {
                return false
            }
            return take(match, path, rest, parameters)
        }

        /// The place has been looked at. Second choices are made here: the route of GET for HEAD, that of the method
        /// for an event stream; and what is allowed is noted. True when a route has been found.
        mutating func settlePlace(_ routes: [RouteMatch], _ numbers: [Int], _ path: RouteTrie.Path, _ rest: Int?)
            -> Bool
        {
            for number in numbers {
                let route = routes[number].route
                guard route.info.kind == .http, rest != nil || fits(route, path),
                    let parameters = hostParameters(route)
                else { continue }
                let isSecondChoice =
                    (kind == .eventStream && (route.info.method == nil || route.info.method == method))
                    || (kind != .webSocket && kind != .webTransport && method == .head && route.info.method == .get)
                if isSecondChoice, take(routes[number], path, rest, parameters) { return true }
                guard kind == .http || kind == .eventStream, let other = route.info.method else { continue }
                allowed.append(other.rawValue)
            }
            return false
        }

        private func takes(_ info: RouteInfo) -> Bool {
            switch info.kind {
            case .mount: true
            case .http: kind == .http && (info.method == nil || info.method == method)
            case .eventStream, .webSocket, .webTransport: info.kind == kind
            }
        }

        /// Whether the slash at the end is as the route has it.
        private mutating func fits(_ route: Route, _ path: RouteTrie.Path) -> Bool {
            if route.endsInSlash == path.endsInSlash || policy == .ignore || path.segments.isEmpty { return true }
            if policy == .redirect { isElsewhere = true }
            return false
        }

        private func hostParameters(_ route: Route) -> [Parameters.Item]? {
            guard let host = route.host else { return [] }
            return scope.authority.flatMap { host.match($0) }
        }

        private mutating func take(
            _ match: RouteMatch, _ path: RouteTrie.Path, _ rest: Int?, _ hostParameters: [Parameters.Item]
        ) -> Bool {
            guard toPass == 0 else {
                toPass -= 1
                return false
            }
            let route = match.route
            var parameters = hostParameters
            for (index, name) in route.parameters.enumerated() {
                guard let name else { continue }
                parameters.append(.init(name: name, value: index == rest ? path.rest(from: index) : path.text(index)))
            }
            let outer = scope.match
            let isBare = parameters.isEmpty && outer == nil
            found = .route(
                isBare ? match : RouteMatch(route, parameters, outer: outer),
                mount: route.info.kind == .mount ? rest : nil)
            return true
        }

        /// What came of it.
        func finding(_ path: RouteTrie.Path, _ raw: UnsafeRawBufferPointer) -> Finding {
            if let found { return found }
            // Routes that passed the request on have seen its method.
            if !allowed.isEmpty, !hasPassed {
                var all = Set(allowed)
                if all.contains("GET") { all.insert("HEAD") }
                all.insert("OPTIONS")
                return .methods(all.sorted().joined(separator: ", "))
            }
            guard isElsewhere, kind != .webSocket, kind != .webTransport else { return .nothing }
            let text = String(decoding: raw, as: UTF8.self)
            return .moved(path.endsInSlash ? String(text.dropLast()) : text + "/")
        }
    }
}
