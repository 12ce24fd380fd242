import HTTPTypes
public import NIOCore
public import SAGI
import Synchronization

/// The content of a request: a sequence of pieces that can be read once, as fast as its reader is.
///
/// ```swift
/// for try await bytes in request.body { try file.write(bytes) }
/// ```
///
/// While nobody reads, the client has to wait.
public struct RequestBody: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = any Error

    private let content: Content

    /// Content that comes from an exchange's events.
    public init(_ receive: Receive<HTTPRequestEvent>) { content = Content(receive) }

    /// Content that is there already.
    public init(_ bytes: ByteBuffer) {
        self.init(Receive { .body(bytes, more: false) })
    }

    /// No content. It can be read as often as anybody likes.
    public static let empty = RequestBody(content: Content(nil))

    private init(content: Content) { self.content = content }

    /// Begins to read. Each piece may be of any length; an empty one is left out.
    ///
    /// The first element throws ``RequestBodyError/alreadyRead`` when another reader has begun before.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(content: content) }

    /// Reads everything.
    ///
    /// - Parameter limit: the greatest number of bytes.
    /// - Throws: ``HTTPError`` 413 when there is more; ``RequestBodyError``.
    public nonisolated(nonsending) func collect(upTo limit: Int) async throws -> ByteBuffer {
        try content.begin()
        var whole: ByteBuffer?
        while let bytes = try await content.next() {
            guard (whole?.readableBytes ?? 0) + bytes.readableBytes <= limit else { throw Self.tooLarge(limit) }
            // One piece, which is the usual case, is not copied.
            if whole == nil { whole = bytes } else { whole?.writeImmutableBuffer(bytes) }
        }
        return whole ?? ByteBuffer()
    }

    /// Writes everything to a new file that only its owner may read and write.
    ///
    /// The file must not exist: nothing is overwritten, and no symbolic link is followed. On any failure it is removed.
    ///
    /// - Parameters:
    ///   - path: where. Do not make it of what the client says.
    ///   - limit: the greatest number of bytes.
    /// - Returns: the number of bytes.
    /// - Throws: ``HTTPError`` 413 when there is more; ``FileWriteError``; ``RequestBodyError``.
    @discardableResult
    public nonisolated(nonsending) func write(to path: String, upTo limit: Int) async throws -> Int {
        try content.begin()
        var count = 0
        return try await NewFile.write(to: path) {
            guard let bytes = try await content.next() else { return nil }
            count += bytes.readableBytes
            guard count <= limit else { throw Self.tooLarge(limit) }
            return bytes
        }
    }

    private static func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The content has more than \(limit) bytes.")
    }

    /// Begins to read; see ``nextPiece()``.
    func begin() throws { try content.begin() }

    /// The next piece, for whoever has begun; `nil` at the end.
    nonisolated(nonsending) func nextPiece() async throws -> ByteBuffer? { try await content.next() }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let content: Content
        private var hasBegun = false

        fileprivate init(content: Content) { self.content = content }

        public mutating func next() async throws -> ByteBuffer? {
            if !hasBegun {
                try content.begin()
                hasBegun = true
            }
            return try await content.next()
        }
    }
}

/// Why a request's content cannot be read.
public enum RequestBodyError: Error, Hashable, CustomStringConvertible {
    /// It has been read already, or somebody is reading it. It is not kept: whoever needs it twice keeps it.
    case alreadyRead
    /// The client went before all of it had come.
    case disconnected(DisconnectReason)

    public var description: String {
        switch self {
        case .alreadyRead: "The content of this request has been read already; it can be read once."
        case .disconnected(let reason): "The client went before all of the content had come: \(reason)."
        }
    }
}

extension RequestBody {
    /// What the copies of a body share.
    fileprivate final class Content: Sendable {
        private let receive: Receive<HTTPRequestEvent>?
        private let hasBegun = Atomic(false)
        private let isAtEnd = Atomic(false)

        init(_ receive: Receive<HTTPRequestEvent>?) { self.receive = receive }

        func begin() throws {
            guard receive != nil else { return }
            guard !hasBegun.exchange(true, ordering: .relaxed) else { throw RequestBodyError.alreadyRead }
        }

        /// The next piece that is not empty; `nil` at the end.
        nonisolated(nonsending) func next() async throws -> ByteBuffer? {
            guard let receive else { return nil }
            while !isAtEnd.load(ordering: .relaxed) {
                switch try await receive() {
                case .body(let bytes, let more):
                    if !more { isAtEnd.store(true, ordering: .relaxed) }
                    if bytes.readableBytes > 0 { return bytes }
                case .trailers: break
                case .disconnect(let reason): throw RequestBodyError.disconnected(reason)
                }
            }
            return nil
        }
    }
}
