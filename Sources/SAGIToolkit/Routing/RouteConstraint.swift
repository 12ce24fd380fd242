/// What the segment of a parameter must be, so that the route matches.
///
/// ```swift
/// routes.get("/notes/{id:Int}") { … }
/// routes.get("/:lang/about", where: ["lang": .oneOf("de", "en")]) { … }
/// ```
public struct RouteConstraint: Sendable {
    /// What makes two constraints the same: routes with the same ones at the same place collide.
    let identity: String
    let matches: @Sendable (String) -> Bool

    /// Makes a constraint of a function.
    ///
    /// - Parameters:
    ///   - name: what tells it from other ones, and stands in the list of routes.
    ///   - matches: whether it takes a segment of a path.
    public init(_ name: String, _ matches: @escaping @Sendable (String) -> Bool) {
        identity = name
        self.matches = matches
    }

    /// A segment that can be read as a type.
    public static func type<Value: ParameterValue>(_ type: Value.Type) -> RouteConstraint {
        RouteConstraint("\(type)") { Value(parameter: $0) != nil }
    }

    /// A segment that is one of these.
    public static func oneOf(_ values: String...) -> RouteConstraint {
        RouteConstraint(values.joined(separator: "|")) { values.contains($0) }
    }

    /// A segment that a regular expression matches as a whole.
    ///
    /// - Throws: an error when the expression cannot be read.
    public static func pattern(_ expression: String) throws -> RouteConstraint {
        let regex = Expression(try Regex(expression))
        return RouteConstraint(expression) { regex.matches($0) }
    }

    /// `@unchecked Sendable`: a `Regex` is a value that is not changed after it was made, and each match has a state
    /// of its own; the first match, which compiles it, is done here.
    private struct Expression: @unchecked Sendable {
        private let regex: Regex<AnyRegexOutput>

        init(_ regex: Regex<AnyRegexOutput>) {
            self.regex = regex
            _ = matches("")
        }

        func matches(_ text: String) -> Bool { (try? regex.wholeMatch(in: text)) != nil }
    }

    /// The constraints that a pattern can name.
    static func named(_ name: String) -> RouteConstraint? {
        switch name {
        case "Int": .type(Int.self)
        case "UInt": .type(UInt.self)
        case "Double": .type(Double.self)
        case "Bool": .type(Bool.self)
        case "UUID": .uuid
        default: nil
        }
    }
}
