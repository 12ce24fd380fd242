/// What is in a session, and what has become of it.
struct SessionState: Sendable {
    /// JSON, under the names of the keys.
    var values: [String: [UInt8]] = [:]
    /// What is kept, as far as this request knows: under `token`, or, when it is carried over, under the last of
    /// `retired`.
    var saved: [String: [UInt8]] = [:]
    /// What the client has, or will have; `nil` for a new session that nobody has needed yet.
    var token: SessionToken?
    /// Whether it is kept under `token`.
    var isKept = false
    /// Whether it is to be kept even when it is empty.
    var isPinned = false
    /// What the client had before. To be forgotten.
    var retired: [SessionToken] = []
    /// Whether its values come from the last of `retired`.
    var isCarried = false
    /// In seconds since 1970.
    var created = 0
    var expires = 0
    /// Whether the application has looked at it.
    var isAccessed = false
    /// A key whose value cannot be encoded.
    var notEncodable: String?

    init() {}

    /// One that was kept.
    init(_ token: SessionToken, _ record: SessionRecord) {
        self.token = token
        values = record.values
        saved = record.values
        isKept = true
        created = record.created
        expires = record.expires
    }

    /// Whether there is something to be kept that is not.
    var isDirty: Bool {
        isKept ? values != saved || !retired.isEmpty : !values.isEmpty || isPinned || !retired.isEmpty
    }

    /// Takes its identity away.
    mutating func regenerate() {
        if isKept, let token {
            retired.append(token)
            isCarried = true
        }
        token = nil
        isKept = false
        isPinned = false
    }

    /// Ends it. What is put in from now on is another one.
    mutating func destroy() {
        regenerate()
        isCarried = false
        values = [:]
        saved = [:]
    }

    /// Gives it an identity, and has it kept.
    mutating func pin() -> SessionToken {
        isPinned = true
        let token = token ?? SessionToken()
        self.token = token
        return token
    }

    /// Puts what this request has changed into what others have kept meanwhile.
    func merged(into current: [String: [UInt8]]) -> [String: [UInt8]] {
        var result = current
        for (name, value) in values where saved[name] != value { result[name] = value }
        for name in saved.keys where values[name] == nil { result[name] = nil }
        return result
    }
}
