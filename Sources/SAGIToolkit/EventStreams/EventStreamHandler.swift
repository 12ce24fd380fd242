public import SAGI

/// An application made of a function that serves an event stream.
///
/// An error that knows its status (``HTTPStatusError``), thrown before the stream has begun, declines it with that status.
/// Any other error is the server's to answer: 500, or a stream that is cut off.
public struct EventStreamHandler: Application {
    private let serve: nonisolated(nonsending) @Sendable (EventStream) async throws -> Void

    public init(_ body: nonisolated(nonsending) @escaping @Sendable (EventStream) async throws -> Void) { serve = body }

    public nonisolated(nonsending) func handle(_ exchange: Exchange) async throws {
        guard case .eventStream(let eventStream) = exchange else { throw Unsupported(exchange) }
        let stream = EventStream(eventStream)
        do {
            try await serve(stream)
            // A handler that does nothing has begun all the same.
            if !eventStream.scope.connection.responseStarted { try await stream.start() }
        } catch is SlowSubscriber {
            try await stream.close(reason: "too slow")
        } catch let error as any HTTPStatusError {
            guard !eventStream.scope.connection.responseStarted, stream.isConnected else { throw error }
            if eventStream.scope.values[ErrorHandlingKey.self]?.wants(error) == true { throw error }
            try await stream.decline(.problem(error, for: eventStream.scope))
        }
    }
}

extension Routes {
    /// Serves event streams, asked for with any method, with a function; see ``EventStreamHandler``.
    public mutating func eventStream(
        _ path: String, name: String? = nil, where constraints: [String: RouteConstraint] = [:],
        file: StaticString = #fileID, line: UInt = #line,
        _ handler: nonisolated(nonsending) @escaping @Sendable (EventStream) async throws -> Void
    ) {
        eventStream(path, name: name, where: constraints, to: EventStreamHandler(handler), file: file, line: line)
    }
}
