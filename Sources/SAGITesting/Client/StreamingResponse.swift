public import HTTPTypes
public import NIOCore
public import SAGI

/// A response whose head is there, and whose content is still to be read.
public struct StreamingResponse: Sendable {
    let head: HTTPResponse
    /// The exchange behind it.
    public let exchange: TestExchange

    init(head: HTTPResponse, exchange: TestExchange) {
        self.head = head
        self.exchange = exchange
    }

    public var status: HTTPResponse.Status { head.status }
    public var headerFields: HTTPFields { head.headerFields }

    /// The value of a field, several of that name joined with ", ".
    public subscript(_ name: HTTPField.Name) -> String? { head.headerFields[name] }

    /// The informational responses before it.
    public var informational: [HTTPResponse] { exchange.informational }
    /// The content, part by part. It can be read once.
    public var body: ResponseBody { exchange.body }
    /// The trailer fields; empty before the content has been read to its end, and when there are none.
    public var trailers: HTTPFields { exchange.trailers }
    /// Whether the response ended before it was whole. Known when the content has been read to its end.
    public var isTruncated: Bool { exchange.isTruncated }

    /// Goes away; see ``TestExchange/disconnect(_:)``.
    public func disconnect(_ reason: DisconnectReason = .clientClosed) { exchange.disconnect(reason) }
}

/// The content of a response as it comes. It ends with the response; when that is cut off, the iteration throws what
/// the application threw, unless ``TestClient/Options/raisesApplicationErrors`` is off.
public struct ResponseBody: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer

    let exchange: TestExchange

    public func makeAsyncIterator() -> Iterator { Iterator(exchange: exchange) }

    public struct Iterator: AsyncIteratorProtocol {
        let exchange: TestExchange

        /// The next part.
        ///
        /// - Throws: ``TestClientError/timeout(_:)`` when it does not come in time.
        public mutating func next() async throws -> ByteBuffer? { try await exchange.nextBytesInTime() }
    }

    /// All of the rest, joined.
    public func collect() async throws -> ByteBuffer {
        var whole = ByteBuffer()
        for try await bytes in self { whole.writeImmutableBuffer(bytes) }
        return whole
    }
}
