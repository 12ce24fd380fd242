import HTTPSemantics

/// The named routes of a router, turned back into URLs.
struct RouteNames: Sendable {
    private var patterns: [String: [RoutePattern]] = [:]

    /// - Throws: ``RouterError`` when the name is there already.
    mutating func add(_ name: String, _ patterns: [RoutePattern], source: String) throws(RouterError) {
        guard self.patterns[name] == nil else {
            throw RouterError("\(source): another route is called \"\(name)\" already.")
        }
        self.patterns[name] = patterns
    }

    /// The names of a router that is mounted under a path and a name.
    mutating func add(_ names: RouteNames, under prefix: RoutePattern, name: String, source: String) throws(RouterError)
    {
        for (inner, patterns) in names.patterns { try add("\(name):\(inner)", [prefix] + patterns, source: source) }
    }

    func url(
        for name: String, _ parameters: [String: any CustomStringConvertible & Sendable], query: Parameters
    ) throws(RouterError) -> String {
        guard let patterns = patterns[name] else {
            let known = self.patterns.keys.sorted().joined(separator: ", ")
            throw RouterError("No route is called \"\(name)\"; there are \(known.isEmpty ? "none" : known).")
        }
        var path = ""
        for pattern in patterns { path += try Self.path(of: pattern, parameters, name) }
        if path.isEmpty || patterns.last?.endsInSlash == true { path += "/" }
        return query.isEmpty ? path : "\(path)?\(query.encoded)"
    }

    private static func path(
        of pattern: RoutePattern, _ parameters: [String: any CustomStringConvertible & Sendable], _ name: String
    ) throws(RouterError) -> String {
        let required = pattern.segments.count - pattern.optionalCount
        var path = ""
        for (index, segment) in pattern.segments.enumerated() {
            switch segment {
            case .literal(let text):
                // An optional literal is there when what follows it is.
                path += "/" + PercentCoding.encode(text, allowing: "")
            case .parameter(let parameter, let constraint):
                guard let value = parameters[parameter]?.description else {
                    if index >= required { return path }
                    throw RouterError("The route \"\(name)\" needs a value for \"\(parameter)\".")
                }
                guard !value.isEmpty, constraint?.matches(value) ?? true else {
                    throw RouterError("The route \"\(name)\" does not take \"\(value)\" for \"\(parameter)\".")
                }
                path += "/" + PercentCoding.encode(value, allowing: "")
            case .rest(let parameter):
                guard let value = parameters[parameter]?.description, !value.isEmpty else { return path }
                path += "/" + PercentCoding.encode(value, allowing: "/")
            }
        }
        return path
    }
}
