public import HTTPTypes
public import NIOCore
public import SAGI

/// One exchange under a test's control: the request is sent and the response is read step by step.
///
/// One task reads and one task sends at a time. Every wait ends with ``TestClientError/timeout(_:)`` after
/// ``TestClient/Options/timeout``.
public final class TestExchange: Sendable {
    struct Progress: Sendable {
        var informational: [HTTPResponse] = []
        var head: HTTPResponse?
        var trailers: HTTPFields = [:]
        var end: ResponseEnd?
        var mayContinue = false
        var didDisconnect = false
        var bodyError: (any Error)?
        var writer: Task<Void, Never>?
    }

    /// The request.
    public let request: HTTPRequest
    let channel: any TestChannel
    let options: TestClient.Options
    let progress: Monitor<Progress>
    private let onHead: @Sendable (HTTPResponse) -> Void

    init(
        _ channel: any TestChannel, _ request: HTTPRequest, _ options: TestClient.Options,
        onHead: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        self.channel = channel
        self.request = request
        self.options = options
        self.onHead = onHead
        progress = Monitor(Progress(mayContinue: !request.expectsContinue))
    }

    // MARK: The request

    /// Sends a part of the content, when it is sent by hand. Suspends while the application takes none of it.
    ///
    /// - Parameters:
    ///   - bytes: the part.
    ///   - more: false for the last part. Default true.
    public func send(_ bytes: ByteBuffer, more: Bool = true) async throws {
        try await within(options.timeout, "Room for more of the request") { [channel] in
            try await channel.send(bytes, ending: more ? nil : [:])
        }
    }

    /// Sends a part of the content: `text` as UTF-8.
    public func send(_ text: String, more: Bool = true) async throws {
        try await send(ByteBuffer(string: text), more: more)
    }

    /// Ends the content with its last part and trailer fields.
    public func send(_ bytes: ByteBuffer = ByteBuffer(), trailers: HTTPFields) async throws {
        try await within(options.timeout, "Room for more of the request") { [channel] in
            try await channel.send(bytes, ending: trailers)
        }
    }

    /// Goes away. In memory, the application receives `.disconnect(reason)` from now on, `send` does nothing any
    /// more, and its task is cancelled. A live server finds its own reason.
    public func disconnect(_ reason: DisconnectReason = .clientClosed) {
        progress.update { $0.didDisconnect = true }
        channel.disconnect(reason)
    }

    // MARK: The response

    /// The head of the response: waits until it is there. Informational responses before it are kept in
    /// ``informational``.
    ///
    /// - Throws: what the application threw, or ``TestClientError``, when there is none.
    public func head() async throws -> HTTPResponse {
        try await within(options.timeout, "The response to \(request.method) \(request.path ?? "")") {
            try await self.nextHead()
        }
    }

    /// The informational responses that have been read so far.
    public var informational: [HTTPResponse] { progress.withLock { $0.informational } }

    /// The content, part by part. It can be read once.
    public var body: ResponseBody { ResponseBody(exchange: self) }

    /// The trailer fields; empty before the content has been read to its end, and when there are none.
    public var trailers: HTTPFields { progress.withLock { $0.trailers } }

    /// Whether the response ended before it was whole. Known when the content has been read to its end.
    public var isTruncated: Bool { progress.withLock { $0.end.map { $0 != .complete } ?? false } }

    /// Reads the response to its end, and waits until the application has returned.
    public func finish() async throws -> TestResponse {
        try await within(options.timeout, "The response to \(request.method) \(request.path ?? "")") {
            try await self.wholeResponse()
        }
    }

    /// What the application threw: waits until it has returned. `nil` when it returned well, and when the server
    /// answered without it.
    public func applicationError() async throws -> (any Error)? {
        try await within(options.timeout, "The application's end") { [channel] in try await channel.outcome()?.error }
    }
}

extension TestExchange {
    /// Sends the content beside whatever the test does.
    func write(_ body: RequestBody) {
        guard !body.isEmpty else { return }
        let task = Task { [channel, progress] in
            do {
                let maySend = try await progress.wait { progress -> Bool? in
                    // RFC 9110 §10.1.1: a final response instead of 100 means that the content is not wanted.
                    progress.head != nil || progress.end != nil
                        ? progress.mayContinue : progress.mayContinue ? true : nil
                }
                if maySend { try await body.write(to: channel) }
            } catch {
                guard !Task.isCancelled else { return }
                progress.update { $0.bodyError = error }
                channel.disconnect(.clientClosed)
            }
        }
        progress.withLock { $0.writer = task }
    }

    /// The exchange is over for the test: what is not finished is broken off.
    func close() {
        let (writer, isOver) = progress.withLock { ($0.writer, $0.end != nil) }
        writer?.cancel()
        if !isOver { disconnect() }
    }

    /// Notes a part that has come.
    private func nextPart() async throws -> ResponsePart {
        let part = try await channel.next()
        progress.update { progress in
            switch part {
            case .informational(let response):
                progress.informational.append(response)
                if response.status.code == 100 { progress.mayContinue = true }
            case .head(let head): progress.head = head
            case .trailers(let fields): progress.trailers = fields
            case .end(let end): progress.end = end
            case .body: break
            }
        }
        if case .head(let head) = part { onHead(head) }
        return part
    }

    fileprivate func nextHead() async throws -> HTTPResponse {
        if let head = progress.withLock({ $0.head }) { return head }
        while true {
            switch try await nextPart() {
            case .head(let head):
                if options.raisesApplicationErrors, let outcome = channel.outcomeSoFar, !outcome.startedResponse {
                    // The head is the server's, in place of the application's.
                    throw outcome.error ?? TestClientError.noResponse("The application returned without a response.")
                }
                return head
            case .end(let end):
                try await conclude()
                guard case .truncated(let reason) = end else { throw TestClientError.disconnected }
                let because = reason.map { ": \($0)" } ?? "."
                throw TestClientError.noResponse("The connection was closed before the response began\(because)")
            case .informational, .body, .trailers:
                break
            }
        }
    }

    /// The next part of the content; `nil` at its end.
    fileprivate func nextBytes() async throws -> ByteBuffer? {
        _ = try await nextHead()
        while true {
            if progress.withLock({ $0.end }) != nil { return nil }
            switch try await nextPart() {
            case .body(let bytes): return bytes
            case .end(.truncated): try await conclude()
            case .end, .informational, .head, .trailers: break
            }
        }
    }

    func nextBytesInTime() async throws -> ByteBuffer? {
        try await within(options.timeout, "The next part of the response") { try await self.nextBytes() }
    }

    func wholeResponse() async throws -> TestResponse {
        let head = try await nextHead()
        var body = ByteBuffer()
        while let bytes = try await nextBytes() { body.writeImmutableBuffer(bytes) }
        try await conclude()
        let error = try await channel.outcome()?.error
        return progress.withLock { progress in
            TestResponse(
                request: request, status: head.status, headerFields: head.headerFields, body: body,
                trailers: progress.trailers, informational: progress.informational,
                isTruncated: progress.end != .complete, error: error, history: [])
        }
    }

    /// Raises what went wrong. When the response has come to its end, the application's is waited for.
    func conclude() async throws {
        let progress = progress.withLock { $0 }
        if let error = progress.bodyError { throw error }
        guard let end = progress.end, end != .disconnected, !progress.didDisconnect else { return }
        let outcome = try await within(options.timeout, "The application's end") { [channel] in
            try await channel.outcome()
        }
        guard options.raisesApplicationErrors else { return }
        if let error = outcome?.error { throw error }
        if case .truncated(let reason) = end, progress.head != nil {
            throw TestClientError.truncated("The response ended before it was whole\(reason.map { ": \($0)" } ?? ".")")
        }
    }
}
