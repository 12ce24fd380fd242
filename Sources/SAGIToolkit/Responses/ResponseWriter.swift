public import NIOCore
public import SAGI

/// Where a streamed response is written to.
///
/// ```swift
/// Response.stream(contentType: "text/csv") { writer in
///     for try await row in rows { try await writer.write(row.csv) }
/// }
/// ```
///
/// Each write suspends while the client is slower than the server's high-water mark. When the client has gone, writes
/// do nothing, and the task is cancelled.
public struct ResponseWriter: Sendable {
    private let send: Send<HTTPResponseEvent>
    /// Whether the client is still there.
    public let connection: any ConnectionState

    init(_ send: Send<HTTPResponseEvent>, _ connection: any ConnectionState) {
        self.send = send
        self.connection = connection
    }

    /// Writes bytes.
    public nonisolated(nonsending) func write(_ bytes: ByteBuffer) async throws {
        try await send(.body(bytes, more: true))
    }

    /// Writes text as UTF-8.
    public nonisolated(nonsending) func write(_ text: String) async throws {
        try await write(ByteBuffer(string: text))
    }

    /// Writes a part of a file.
    public nonisolated(nonsending) func write(_ file: FileRange) async throws {
        try await send(.file(file, more: true))
    }

    /// Has everything written so far sent at once.
    public nonisolated(nonsending) func flush() async throws { try await send(.flush) }
}
