import NIOCore
import Synchronization

/// Reads the parts of a body: what a ``Multipart`` and its parts share.
final class MultipartReader: Sendable {
    private struct State {
        var parser: MultipartParser
        /// The part that may be read.
        var part = 0
        var hasReader = false
        var isPartOver = true
        var isReading = false
        var failure: (any Error)?
    }

    private let body: RequestBody
    private let state: Mutex<State>

    init(_ body: RequestBody, _ parser: MultipartParser) {
        self.body = body
        state = Mutex(State(parser: parser))
    }

    func begin() throws { try body.begin() }

    /// The next part, what is left of the one before skipped; `nil` at the end of the content.
    nonisolated(nonsending) func nextPart() async throws -> MultipartPart? {
        let number = state.withLock { state in
            state.part += 1
            return state.part
        }
        while let event = try await event() {
            switch event {
            case .part(let head):
                state.withLock { state in
                    state.hasReader = false
                    state.isPartOver = false
                }
                return MultipartPart(head: head, number: number, reader: self)
            // What follows the last part is read too: it must not stand before the next request.
            case .bytes, .endOfPart, .end: break
            }
        }
        return nil
    }

    /// Notes that somebody begins to read a part.
    func beginPart(_ number: Int) throws {
        try state.withLock { state in
            guard state.part == number else { throw PartReadError.passed }
            guard !state.hasReader else { throw PartReadError.alreadyRead }
            state.hasReader = true
        }
    }

    /// The next piece of a part; `nil` at its end.
    nonisolated(nonsending) func nextBytes(ofPart number: Int) async throws -> ByteBuffer? {
        let isOver = try state.withLock { state in
            guard state.part == number else { throw PartReadError.passed }
            return state.isPartOver
        }
        guard !isOver, case .bytes(let bytes) = try await event() else { return nil }
        return bytes
    }

    /// Has every further call throw: what was asked for could not be done, and what is left is not wanted.
    func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
    }

    /// The next event; `nil` at the end of the content.
    private nonisolated(nonsending) func event() async throws -> MultipartParser.Event? {
        try state.withLock { state in
            guard !state.isReading else { throw PartReadError.concurrent }
            state.isReading = true
        }
        defer { state.withLock { $0.isReading = false } }
        do {
            while true {
                let (event, isFinished) = try state.withLock { state in
                    if let failure = state.failure { throw failure }
                    let event = try state.parser.next()
                    if case .endOfPart = event { state.isPartOver = true }
                    return (event, state.parser.isFinished)
                }
                if event != nil || isFinished { return event }
                let bytes = try await body.nextPiece()
                state.withLock { state in
                    if let bytes { state.parser.push(bytes) } else { state.parser.finish() }
                }
            }
        } catch {
            fail(error)
            throw error
        }
    }
}
