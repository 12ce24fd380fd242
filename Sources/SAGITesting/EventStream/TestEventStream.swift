public import HTTPTypes
import NIOCore

/// The client's end of an event stream, read event by event.
///
/// ```swift
/// try await client.eventStream("/feed") { stream in
///     for try await event in stream { print(event.data) }
///     try await stream.reconnect()
/// }
/// ```
///
/// One task reads at a time. Every wait ends with ``TestClientError/timeout(_:)`` after
/// ``TestClient/Options/timeout``.
public final class TestEventStream: Sendable {
    struct State: Sendable {
        var head: HTTPResponse
        var exchange: TestExchange
        var parser: EventStreamParser
        /// What the test has not taken.
        var events: [TestEventStream.Event] = []
        var newComments: [String] = []
        /// All comments.
        var comments: [String] = []

        mutating func take(_ bytes: ByteBuffer) {
            for item in parser.parse(bytes) {
                switch item {
                case .event(let event): events.append(event)
                case .comment(let comment):
                    comments.append(comment)
                    newComments.append(comment)
                }
            }
        }
    }

    private let client: TestClient
    private let prepared: PreparedRequest
    private let state: Monitor<State>

    init(_ client: TestClient, _ prepared: PreparedRequest, _ opened: (head: HTTPResponse, exchange: TestExchange)) {
        self.client = client
        self.prepared = prepared
        let lastEventID = lastEventIDName.flatMap { prepared.headerFields[$0] } ?? ""
        let parser = EventStreamParser(lastEventID: lastEventID)
        state = Monitor(State(head: opened.head, exchange: opened.exchange, parser: parser))
    }

    // MARK: The response

    /// The head of the response.
    public var response: HTTPResponse { state.withLock { $0.head } }
    /// The fields of the response.
    public var headerFields: HTTPFields { response.headerFields }
    /// The exchange behind the stream; another one after ``reconnect(after:)``.
    public var exchange: TestExchange { state.withLock { $0.exchange } }

    // MARK: Events

    /// The next event: waits until it is there. `nil` when the stream has ended.
    ///
    /// - Throws: what the application threw when the stream was cut off, unless
    ///   ``TestClient/Options/raisesApplicationErrors`` is off.
    public func next() async throws -> TestEventStream.Event? {
        try await within(client.options.timeout, "The next event of the stream") {
            [self] () async throws -> TestEventStream.Event? in
            try await read { $0.events.isEmpty ? nil : $0.events.removeFirst() }
        }
    }

    /// The next comment: waits until it is there. `nil` when the stream has ended. Events that come before it are kept.
    public func nextComment() async throws -> String? {
        try await within(client.options.timeout, "The next comment of the stream") {
            [self] () async throws -> String? in
            try await read { $0.newComments.isEmpty ? nil : $0.newComments.removeFirst() }
        }
    }

    /// Reads on until `body` finds something; nil when the stream has ended and it has not.
    private func read<Item: Sendable>(_ body: @Sendable (inout State) -> Item?) async throws -> Item? {
        while true {
            if let item = state.withLock(body) { return item }
            guard let bytes = try await exchange.nextBytesInTime() else { return nil }
            state.withLock { $0.take(bytes) }
        }
    }

    /// The comments that have been read so far, in order.
    public var comments: [String] { state.withLock { $0.comments } }

    /// The id that a client remembers: that of the last event which had one. Empty when there was none.
    public var lastEventID: String { state.withLock { $0.parser.lastEventID } }

    /// The time that a client waits before it connects again; `nil` when the stream has not said.
    public var retry: Duration? { state.withLock { $0.parser.retry }.map { .milliseconds($0) } }

    // MARK: The end

    /// Asks for the stream again, with `Last-Event-ID` when there is one. The events that follow are those of the new
    /// response; what was left of the old one is thrown away.
    ///
    /// - Parameter delay: how long to wait before. A browser waits ``retry``, and a test has no need to. Default 0.
    /// - Throws: ``EventStreamDeclined`` when the answer is no event stream, such as 204, which tells a client to stop;
    ///   ``TestClientError/bodyNotRepeatable`` when the content of the request was streamed.
    public func reconnect(after delay: Duration = .zero) async throws {
        guard prepared.body.isRepeatable else { throw TestClientError.bodyNotRepeatable }
        self.exchange.close()
        if delay > .zero { try await Task.sleep(for: delay) }
        var next = prepared
        let (lastEventID, retry) = state.withLock { ($0.parser.lastEventID, $0.parser.retry) }
        if let lastEventIDName { next.headerFields[lastEventIDName] = lastEventID.isEmpty ? nil : lastEventID }
        let (head, exchange) = try await client.openEventStream(next)
        state.update { state in
            state.head = head
            state.exchange = exchange
            state.parser = EventStreamParser(lastEventID: lastEventID, retry: retry)
            state.events = []
            state.newComments = []
        }
    }

    /// Goes away.
    public func disconnect() { exchange.disconnect() }

    /// What the application threw: waits until it has returned. `nil` when it returned well.
    public func applicationError() async throws -> (any Error)? { try await exchange.applicationError() }
}

/// The events as they come. They end with the stream.
extension TestEventStream: AsyncSequence {
    public typealias Element = Event

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let stream: TestEventStream

        /// The next event; `nil` when the stream has ended.
        public mutating func next() async throws -> TestEventStream.Event? { try await stream.next() }
    }
}
