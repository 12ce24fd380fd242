import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// Compresses one response.
///
/// Its head is kept until the first part of the content is there, because that says whether there is enough to
/// compress. Until then no response has been started, and another start takes the place of the one before.
final class CompressionFilter: ResponseFilter {
    private enum Phase: Sendable {
        /// No response yet.
        case waiting
        /// The head of a response that could be compressed.
        case holding(HTTPResponse, trailers: Bool)
        /// Its content is being compressed.
        case encoding
        /// The response to HEAD: its head was sent, and nothing else will be.
        case silent
        /// Less came than was promised, or the encoder failed: the end will not be sent, so that the client sees it.
        case broken
        /// Nothing is left to do.
        case done
    }

    private struct State {
        var phase = Phase.waiting
        var encoder: (any ContentEncoder)?
        /// What has been made and not sent yet.
        var output = ByteBuffer()
        /// Whether the encoder may hold something back.
        var isPending = false
        var flushesEachPart = false
        /// What the application has promised with `Content-Length`, and how much of it is still to come.
        var promise: Int?
        var owed = 0

        /// What has been made; `nil` when that is nothing.
        mutating func takeOutput() -> ByteBuffer? {
            guard output.readableBytes > 0 else { return nil }
            defer { output = ByteBuffer() }
            return output
        }
    }

    /// A response's content is compressed in pieces of this size, and sent in such of at least this size.
    private static let pieceSize = 64 * 1024
    /// What takes longer than the way to another thread and back, some ten microseconds, many times over.
    private static let longPiece = 16 * 1024

    /// Rung when something should be flushed as soon as the application waits.
    let flushIsWanted = Doorbell()
    private let compression: Compression
    private let coding: Compression.Coding
    private let minimum: Int
    private let scope: RequestScope
    private let isHead: Bool
    private let state = Mutex(State())

    init(_ compression: Compression, _ coding: Compression.Coding, minimum: Int, _ scope: RequestScope) {
        self.compression = compression
        self.coding = coding
        self.minimum = minimum
        self.scope = scope
        isHead = scope.method == .head
    }

    var isDone: Bool { if case .done = phase { true } else { false } }

    private var phase: Phase {
        get { state.withLock { $0.phase } }
        set { state.withLock { $0.phase = newValue } }
    }

    // MARK: Events

    nonisolated(nonsending) func take(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        switch phase {
        case .waiting: try await begin(event, next)
        case .holding(var head, let trailers):
            if case .start = event { return try await begin(event, next) }
            head.headerFields.addVary(.acceptEncoding)
            guard shouldEncode(head, event), prepare(head, event) else {
                try await next(.start(head, trailers: trailers))
                phase = .done
                return try await next(event)
            }
            head.headerFields.noteEncoding(coding.coding)
            do {
                try await next(.start(head, trailers: trailers))
            } catch {
                // It was refused, and another one may follow.
                state.withLock { $0 = State() }
                throw error
            }
            phase = isHead ? .silent : .encoding
            try await (isHead ? skip(event, next) : encode(event, next))
        case .encoding: try await encode(event, next)
        case .silent: try await skip(event, next)
        case .broken: break
        case .done: try await next(event)
        }
    }

    private nonisolated(nonsending) func begin(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        guard case .start(var head, let trailers) = event else { return try await next(event) }
        if compression.isEligible(head, scope), head.headerFields[.contentLength].map({ Int($0) != nil }) ?? true {
            phase = .holding(head, trailers: trailers)
            return
        }
        if isOfCompressed(head) {
            head.headerFields.weakenTag()
            head.headerFields.addVary(.acceptEncoding)
        }
        try await next(.start(head, trailers: trailers))
        phase = .done
    }

    /// Whether a 304 is about what this client was given compressed: it told the tag that was made weak for that.
    private func isOfCompressed(_ head: HTTPResponse) -> Bool {
        guard head.status == .notModified, let tag = head.headerFields[.eTag].flatMap(EntityTag.init(parsing:)),
            !tag.isWeak, let condition = scope[.ifNoneMatch], case .tags(let tags) = EntityTagList(condition)
        else { return false }
        return tags.contains { $0.isWeak && $0.opaque == tag.opaque }
    }

    /// Whether there is enough to compress, as far as its first event tells.
    private func shouldEncode(_ head: HTTPResponse, _ event: HTTPResponseEvent) -> Bool {
        let promised = head.headerFields[.contentLength].flatMap { Int($0) }
        switch event {
        case .body(let bytes, let more):
            if let promised { return promised >= minimum }
            return more || bytes.readableBytes >= minimum
        case .file(let range, _):
            guard compression.files else { return false }
            return (promised ?? range.length).map { $0 >= minimum } ?? true
        case .flush: return promised.map { $0 >= minimum } ?? true
        case .start, .trailers, .informational: return false
        }
    }

    /// Gets the encoder ready; false when there is no memory for it.
    private func prepare(_ head: HTTPResponse, _ event: HTTPResponseEvent) -> Bool {
        guard !isHead else { return true }
        var size: Int?
        if case .body(let bytes, more: false) = event { size = bytes.readableBytes }
        let coding = coding
        let promised = head.headerFields[.contentLength].flatMap { Int($0) }
        // What comes short of a promise is not what the encoder was told.
        if let promised, promised != size { size = nil }
        let flushesEachPart = compression.isEventStream(head)
        let isReady = state.withLock { [size] state in
            guard let encoder = coding.coding.encoder(level: coding.level, size: size) else { return false }
            state.encoder = encoder
            state.promise = promised
            state.owed = promised ?? 0
            state.flushesEachPart = flushesEachPart
            return true
        }
        if isReady, size == nil { scope.connection.onDisconnect { [weak self] _ in self?.release() } }
        return isReady
    }

    /// To HEAD, no content is sent. Without a length of its own: that would be of the content as it is.
    private nonisolated(nonsending) func skip(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        switch event {
        case .body(_, more: true), .file(_, more: true): break
        case .body(_, more: false), .file(_, more: false):
            phase = .done
            try await next(.body(ByteBuffer()))
        case .trailers:
            phase = .done
            try await next(event)
        case .start, .informational, .flush: try await next(event)
        }
    }

    // MARK: Encoding

    private nonisolated(nonsending) func encode(
        _ event: HTTPResponseEvent, _ next: Send<HTTPResponseEvent>
    ) async throws {
        switch event {
        case .body(let bytes, let more):
            try count(bytes.readableBytes)
            try await encode(bytes, next)
            try await end(more: more, next)
        case .file(let range, let more):
            let reader = try FileReader(range)
            try count(reader.count)
            try await reader.forEachPiece(of: Self.pieceSize) { try await self.encode($0, next) }
            try await end(more: more, next)
        case .trailers:
            // They end the content where nothing else has.
            guard try await finish(next) else { return }
            try await next(event)
        case .flush:
            try await flush(next)
            try await next(.flush)
        case .start, .informational: try await next(event)
        }
    }

    /// Holds the application to its `Content-Length`, which the server does not see.
    private func count(_ bytes: Int) throws {
        try state.withLock { state in
            guard let promise = state.promise else { return }
            guard bytes <= state.owed else { throw ExchangeError.contentLengthExceeded(promised: promise) }
            state.owed -= bytes
        }
    }

    private nonisolated(nonsending) func encode(
        _ bytes: ByteBuffer, _ next: Send<HTTPResponseEvent>
    ) async throws {
        var rest = bytes
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceSize)), piece.readableBytes > 0 {
            try await run(piece, .process)
            let output = state.withLock { state in
                state.isPending = true
                return state.output.readableBytes >= Self.pieceSize ? state.takeOutput() : nil
            }
            if let output { try await next(.body(output, more: true)) }
        }
    }

    private nonisolated(nonsending) func end(more: Bool, _ next: Send<HTTPResponseEvent>) async throws {
        guard more else {
            _ = try await finish(next)
            return
        }
        if state.withLock({ $0.flushesEachPart }) { return try await flush(next) }
        if state.withLock({ $0.isPending }) { flushIsWanted.ring() }
    }

    /// Lets the client have everything so far.
    nonisolated(nonsending) func flush(_ next: Send<HTTPResponseEvent>) async throws {
        guard case .encoding = phase, state.withLock({ $0.isPending }) else { return }
        try await run(ByteBuffer(), .flush)
        let output = state.withLock { state in
            state.isPending = false
            return state.takeOutput()
        }
        if let output { try await next(.body(output, more: true)) }
    }

    /// Ends the content; false when it has come short of what was promised.
    private nonisolated(nonsending) func finish(_ next: Send<HTTPResponseEvent>) async throws -> Bool {
        guard state.withLock({ $0.owed }) == 0 else {
            phase = .broken
            return false
        }
        try await run(ByteBuffer(), .finish)
        let output = state.withLock { state in
            state.encoder = nil
            return state.takeOutput()
        }
        phase = .done
        try await next(.body(output ?? ByteBuffer()))
        return true
    }

    private nonisolated(nonsending) func run(_ bytes: ByteBuffer, _ step: EncodingStep) async throws {
        do {
            if bytes.readableBytes >= Self.longPiece {
                try await offLoop { try self.runEncoder(bytes, step) }
            } else {
                try runEncoder(bytes, step)
            }
        } catch {
            phase = .broken
            throw error
        }
    }

    private func runEncoder(_ bytes: ByteBuffer, _ step: EncodingStep) throws(CodingError) {
        try state.withLock { state throws(CodingError) in
            // Without one the client has gone, and what is sent goes nowhere.
            try state.encoder?.encode(bytes, step, into: &state.output)
        }
    }

    // MARK: The end

    /// The application has returned: a head that nothing came after goes on, for it may be the whole response.
    nonisolated(nonsending) func end(_ next: Send<HTTPResponseEvent>) async throws {
        guard case .holding(var head, let trailers) = phase else { return }
        head.headerFields.addVary(.acceptEncoding)
        // To HEAD, it says of the content what it would to GET, as far as its length tells.
        if isHead, shouldEncode(head, .body(ByteBuffer())) { head.headerFields.noteEncoding(coding.coding) }
        phase = .done
        try await next(.start(head, trailers: trailers))
    }

    /// Whether there is an encoder: from the head until the end of the content, or until the client goes.
    var hasEncoder: Bool { state.withLock { $0.encoder != nil } }

    /// Frees the encoder of a client that has gone, while its application may still be waiting for something.
    private func release() {
        // Not waited for: when it is at work, the end of the exchange frees it.
        _ = state.withLockIfAvailable { state in
            state.encoder = nil
            state.output = ByteBuffer()
        }
    }

    /// The application has returned.
    func close() {
        flushIsWanted.remove()
        state.withLock { state in
            state.encoder = nil
            if case .encoding = state.phase { state.phase = .broken }
        }
    }
}
