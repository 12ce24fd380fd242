import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the server remembers of one client, from request to request; see ``Sessions``.
///
/// ```swift
/// enum User: SessionKey { typealias Value = Int }
///
/// routes.post("/login") { request in
///     let session = try request.session
///     session.regenerate()
///     session[User.self] = try await users.find(request.form()).id
///     return Response.redirect(to: "/")
/// }
/// ```
///
/// It may be used from any task; all copies of a request share it. What is read and written here is in memory, and
/// ``Sessions`` keeps what has changed when the response begins. Values are compared, so it does not matter how one was
/// changed, and one that was changed back has not changed.
public final class Session: Sendable {
    private let state: Mutex<SessionState>
    /// Keeps it; `nil` for a session that no middleware has made.
    private let saver = Mutex<(@Sendable () async throws -> Void)?>(nil)

    /// An empty session that is not kept anywhere, for tests: ``SAGI/RequestScope/session`` takes it.
    public convenience init() { self.init(SessionState()) }

    init(_ state: SessionState) { self.state = Mutex(state) }

    /// The value under a key; `nil` when there is none, or what is kept cannot be read as one. Setting `nil` removes it.
    ///
    /// A value that cannot be encoded as JSON makes the response fail with ``SessionError/notEncodable(_:)``.
    public subscript<Key: SessionKey>(_ key: Key.Type) -> Key.Value? {
        get {
            let bytes = withState { $0.values[Key.name] }
            return bytes.flatMap { try? JSONDecoder.session.decode(Key.Value.self, from: Data($0)) }
        }
        set {
            let bytes = newValue.flatMap { try? JSONEncoder.session.encode($0) }.map { Array($0) }
            let fails = newValue != nil && bytes == nil
            withState { state in
                if fails {
                    state.notEncodable = Key.name
                } else if state.notEncodable == Key.name {
                    state.notEncodable = nil
                }
                state.values[Key.name] = bytes
            }
        }
    }

    /// The value under a key, or another one when there is none.
    public subscript<Key: SessionKey>(
        _ key: Key.Type, default value: @autoclosure () -> Key.Value
    ) -> Key.Value {
        get { self[key] ?? value() }
        set { self[key] = newValue }
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { withState { $0.values.isEmpty } }

    /// Whether the client came without a session, or with one that is not known or has expired.
    public var isNew: Bool { withState { !$0.isKept } }

    /// The names of what is in it, in their order.
    public var names: [String] { withState { $0.values.keys.sorted() } }

    /// Removes everything from it. The client keeps it; see ``destroy()``.
    public func removeAll() { withState { $0.values = [:] } }

    /// Gives it another identity, and keeps what is in it: what the client had before is worth nothing any more.
    ///
    /// Call it when a user signs in or out, or gets other rights, so that nobody who has planted or seen the former
    /// identity has a part in it. Its absolute lifetime begins again.
    public func regenerate() { withState { $0.regenerate() } }

    /// Ends it: everything in it is gone, here, in the store, and at the client. What is put in afterwards begins
    /// another one.
    public func destroy() { withState { $0.destroy() } }

    /// Keeps what has changed now, rather than with the head of the response or at its end: for event streams, sockets
    /// and work that takes long.
    ///
    /// - Throws: ``SessionError``; what the store throws. Nothing for a session that no middleware has made.
    public nonisolated(nonsending) func save() async throws {
        let body = saver.withLock { $0 }
        try await body?()
    }
}

extension Session: CustomStringConvertible {
    /// How many values it has; neither these nor an identifier.
    public var description: String { "Session(\(state.withLock { $0.values.count }) values)" }
}

extension Session {
    /// Looks at it, or changes it, for the application.
    private func withState<Result: Sendable>(_ body: (inout SessionState) -> Result) -> Result {
        state.withLock { state in
            state.isAccessed = true
            return body(&state)
        }
    }

    /// The same, for the middleware.
    func peek<Result: Sendable>(_ body: (inout SessionState) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// How ``save()`` works.
    func setSaver(_ body: (@Sendable () async throws -> Void)?) { saver.withLock { $0 = body } }

    /// What is bound to this session and no other: a new one gets its identity now, and is kept though it may be empty.
    func binding() -> [UInt8] { withState { $0.pin() }.binding }

    /// The same, of a session that is there.
    var presentBinding: [UInt8]? { withState { $0.token }?.binding }
}

extension SessionToken {
    /// What of the token may be used elsewhere.
    fileprivate var binding: [UInt8] { Array(id.rawValue.utf8) }
}

extension JSONEncoder {
    /// The same bytes for the same value, and no number that cannot be encoded.
    fileprivate static var session: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

extension JSONDecoder {
    fileprivate static var session: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}
