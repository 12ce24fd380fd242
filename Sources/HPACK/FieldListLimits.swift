/// How much of a list of fields is kept.
package struct FieldListLimits: Sendable, Equatable {
    /// The size of all fields together, each with the bytes of its name, those of its value, and 32 more
    /// (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 §6.5.2).
    package var size = 32 * 1024
    /// Fields, with the pseudo-header fields.
    package var fieldCount = 100

    package init() {}
}

/// What became of a list of fields that was decoded.
package enum FieldListResult: Sendable, Equatable {
    case complete
    /// It is larger than the limit: the fields up to there are known, the dynamic table is right.
    case tooLarge
    /// It has more fields than the limit: those up to there are known, the dynamic table is right.
    case tooManyFields
}
