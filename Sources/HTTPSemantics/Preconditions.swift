/// The conditions of a request on the state of what it asks for (RFC 9110 §13.1). A date that is none is as if its
/// field were absent.
package struct Preconditions: Sendable {
    /// What the conditions say about going on.
    package enum Verdict: Sendable, Hashable {
        /// Do what the method says.
        case proceed
        /// 304: what the client has is current.
        case notModified
        /// 412: the method must not be performed.
        case failed
    }

    private let ifMatch: EntityTagList?
    private let ifNoneMatch: EntityTagList?
    private let ifModifiedSince: Int?
    private let ifUnmodifiedSince: Int?

    /// Takes the values of the fields of these names; `nil` for a field that is absent.
    package init(ifMatch: String?, ifNoneMatch: String?, ifModifiedSince: String?, ifUnmodifiedSince: String?) {
        self.ifMatch = ifMatch.map(EntityTagList.init)
        self.ifNoneMatch = ifNoneMatch.map(EntityTagList.init)
        self.ifModifiedSince = ifModifiedSince.flatMap { HTTPDate.parse($0) }
        self.ifUnmodifiedSince = ifUnmodifiedSince.flatMap { HTTPDate.parse($0) }
    }

    /// Weighs them in the order of RFC 9110 §13.2.2 for a representation that exists.
    ///
    /// - Parameters:
    ///   - tag: the representation's entity tag; `nil` when it has none, which only `*` matches.
    ///   - lastModified: when it was changed last, in seconds since 1970; `nil` when that is not known, and dates are
    ///     not looked at (§13.1.3, §13.1.4).
    ///   - isRetrieval: whether the method is GET or HEAD.
    package func evaluate(tag: EntityTag?, lastModified: Int?, isRetrieval: Bool) -> Verdict {
        if let ifMatch {
            guard ifMatch.matchesStrongly(tag) else { return .failed }
        } else if let ifUnmodifiedSince, let lastModified {
            guard lastModified <= ifUnmodifiedSince else { return .failed }
        }
        if let ifNoneMatch {
            if ifNoneMatch.matchesWeakly(tag) { return isRetrieval ? .notModified : .failed }
        } else if let ifModifiedSince, let lastModified, isRetrieval, lastModified <= ifModifiedSince {
            return .notModified
        }
        return .proceed
    }
}

/// What `If-Range` holds: the ranges are wanted only while this is the current state (RFC 9110 §13.1.5).
package enum RangeCondition: Sendable, Hashable {
    case tag(EntityTag)
    case date(Int)
    /// Neither: never true.
    case invalid

    package init(_ text: String) {
        if let tag = EntityTag(parsing: text) {
            self = .tag(tag)
        } else if let date = HTTPDate.parse(text) {
            self = .date(date)
        } else {
            self = .invalid
        }
    }

    /// - Parameters:
    ///   - tag: the representation's entity tag.
    ///   - lastModified: when it was changed last, in seconds since 1970.
    ///   - now: the time, in seconds since 1970.
    package func isTrue(tag: EntityTag, lastModified: Int, now: Int) -> Bool {
        switch self {
        case .tag(let other): other.matchesStrongly(tag)
        // An exact match: an earlier or later date names another state. And a second that is not over may see another
        // change, so that its date is no strong validator (RFC 9110 §8.8.2.2, §13.1.5).
        case .date(let date): date == lastModified && lastModified < now
        case .invalid: false
        }
    }
}
