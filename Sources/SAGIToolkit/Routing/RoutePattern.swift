import HTTPSemantics

/// The path of a route, such as `/users/:id/files/*path`.
///
/// | segment | matches |
/// |---|---|
/// | `users` | itself |
/// | `:id` or `{id}` | any segment that is not empty |
/// | `{id:Int}`, `{id:UUID}` | a segment of that type; ``RouteConstraint`` has the names |
/// | `{year:\d{4}}` | a segment that the whole regular expression matches |
/// | `:id?`, `{page:Int}?`, `new?` | the same, or nothing; only at the end |
/// | `*path`, `*` | all that is left, `/` included, and nothing at all too; only at the end |
struct RoutePattern: Sendable {
    enum Segment: Sendable {
        case literal(String)
        case parameter(String, RouteConstraint?)
        /// The rest of the path.
        case rest(String)
    }

    /// The pattern as it was written.
    let text: String
    var segments: [Segment]
    /// How many segments at the end may be left out.
    let optionalCount: Int
    /// The path ends in a slash.
    let endsInSlash: Bool

    /// - Throws: ``RouterError`` that says what is wrong.
    init(_ text: String, constraints: [String: RouteConstraint]) throws(RouterError) {
        func wrong(_ why: String) -> RouterError { RouterError("The path \"\(text)\" \(why).") }
        guard text.first == "/" else { throw wrong("does not begin with \"/\"") }
        guard let parts = Self.split(text.dropFirst()) else { throw wrong("has a brace without its other half") }
        var segments: [Segment] = []
        var names: Set<String> = []
        var optionalCount = 0
        var endsInSlash = false
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty {
                guard isLast else { throw wrong("has an empty segment") }
                endsInSlash = parts.count > 1
                continue
            }
            if case .rest? = segments.last { throw wrong("goes on behind \"*\"") }
            var part = part
            if part.last == "?" {
                part.removeLast()
                optionalCount += 1
            } else if optionalCount > 0 {
                throw wrong("goes on behind an optional segment")
            }
            let segment = try Self.segment(part, constraints, wrong)
            switch segment {
            case .literal: break
            case .parameter(let name, _), .rest(let name):
                guard names.insert(name).inserted else { throw wrong("has two parameters called \"\(name)\"") }
            }
            segments.append(segment)
        }
        guard optionalCount == 0 || !endsInSlash else { throw wrong("ends in \"/\" behind an optional segment") }
        self.text = text
        self.segments = segments
        self.optionalCount = optionalCount
        self.endsInSlash = endsInSlash
    }

    /// Splits at each "/" that stands outside of braces; nil when they do not match.
    private static func split(_ text: Substring) -> [Substring]? {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "{": depth += 1
            case "}": depth -= 1
            case "/" where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
            if depth < 0 { return nil }
        }
        return depth == 0 ? parts + [text[start...]] : nil
    }

    private static func segment(
        _ part: Substring, _ constraints: [String: RouteConstraint], _ wrong: (String) -> RouterError
    ) throws(RouterError) -> Segment {
        switch part.first {
        case "*":
            return .rest(part.count == 1 ? "*" : String(part.dropFirst()))
        case ":":
            return .parameter(try checked(part.dropFirst(), wrong), nil)
        case "{":
            guard part.last == "}" else { throw wrong("has text behind a parameter: a parameter is a whole segment") }
            let inside = part.dropFirst().dropLast()
            let name = try checked(inside.prefix { $0 != ":" }, wrong)
            guard let colon = inside.firstIndex(of: ":") else { return .parameter(name, nil) }
            let rule = String(inside[inside.index(after: colon)...])
            if let known = constraints[rule] ?? RouteConstraint.named(rule) { return .parameter(name, known) }
            guard !rule.allSatisfy({ $0.isLetter }) else {
                throw wrong("names a type that is not known, \"\(rule)\"; Int, UUID, Double and Bool are")
            }
            do {
                return .parameter(name, try .pattern(rule))
            } catch {
                throw wrong("has a regular expression that cannot be read: \(rule)")
            }
        default:
            guard !part.contains(where: { "{}*:".contains($0) }) else {
                throw wrong("has text before a parameter: a parameter is a whole segment")
            }
            return .literal(PercentCoding.decode(part))
        }
    }

    private static func checked(
        _ name: Substring, _ wrong: (String) -> RouterError
    ) throws(RouterError) -> String {
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
            throw wrong("has a parameter whose name is not made of letters, digits, \"_\" and \"-\"")
        }
        return String(name)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Each list of segments that the pattern stands for: with all optional ones, with all but the last, and so on.
    var variants: [ArraySlice<Segment>] {
        (0...optionalCount).map { segments.dropLast($0) }
    }
}
