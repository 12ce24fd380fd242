/// Where sessions are kept on the server.
///
/// A store keeps bytes under an identifier until they expire, and needs to know nothing about them. ``MemoryStore`` is
/// one; three methods make one of a database.
public protocol SessionStore: Sendable {
    /// What is kept under an identifier; `nil` when there is nothing, or it has expired.
    nonisolated(nonsending) func get(_ id: SessionID) async throws -> [UInt8]?

    /// Keeps bytes under an identifier, in the place of others.
    ///
    /// - Parameters:
    ///   - id: the identifier.
    ///   - bytes: what is kept.
    ///   - lifetime: when they expire, from now on; at least a second.
    nonisolated(nonsending) func set(_ id: SessionID, _ bytes: [UInt8], expiringAfter lifetime: Duration) async throws

    /// Changes what is kept under an identifier, when there is something. By default this is a `get` and a `set`; a
    /// store that can do it as one step loses nothing when two requests change a session at the same time.
    ///
    /// - Parameters:
    ///   - id: the identifier.
    ///   - change: makes of what is kept what is to be kept instead, and says when that expires.
    /// - Returns: whether there was something. When not, nothing may be kept: the session has been destroyed meanwhile.
    nonisolated(nonsending) func update(
        _ id: SessionID, _ change: @Sendable ([UInt8]) -> (bytes: [UInt8], lifetime: Duration)
    ) async throws -> Bool

    /// Forgets what is kept under an identifier, if there is something.
    nonisolated(nonsending) func delete(_ id: SessionID) async throws
}

extension SessionStore {
    public nonisolated(nonsending) func update(
        _ id: SessionID, _ change: @Sendable ([UInt8]) -> (bytes: [UInt8], lifetime: Duration)
    ) async throws -> Bool {
        guard let bytes = try await get(id) else { return false }
        let changed = change(bytes)
        try await set(id, changed.bytes, expiringAfter: changed.lifetime)
        return true
    }
}
