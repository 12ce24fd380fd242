import HTTPSemantics
public import HTTPTypes
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The content of a test's request.
///
/// ```swift
/// try await client.post("/notes", body: .json(note))
/// try await client.post("/login", body: .form(["name": "ada", "password": "secret"]))
/// try await client.post("/echo", body: "plain text")
/// try await client.post("/echo", body: .chunks(["one", "two"], trailers: [.init("Digest")!: "…"]))
/// ```
public struct RequestBody: Sendable, ExpressibleByStringLiteral {
    package enum Content: Sendable {
        case none
        case bytes(ByteBuffer)
        case chunks([ByteBuffer])
        case stream(@Sendable (_ send: (ByteBuffer) async throws -> Void) async throws -> Void)
        case manual
    }

    package var content: Content
    package var contentType: String?
    package var trailers: HTTPFields

    package init(content: Content, contentType: String? = nil, trailers: HTTPFields = [:]) {
        self.content = content
        self.contentType = contentType
        self.trailers = trailers
    }

    /// No content.
    public static let none = RequestBody(content: .none)

    /// Content that the test sends piece by piece with ``TestExchange/send(_:more:)-(ByteBuffer,_)``. For
    /// ``TestClient/open(_:_:query:headers:body:_:)``.
    public static let manual = RequestBody(content: .manual)

    /// Bytes, with a `Content-Length`.
    public static func bytes(_ bytes: ByteBuffer, contentType: String? = nil) -> RequestBody {
        RequestBody(content: .bytes(bytes), contentType: contentType)
    }

    /// Text as UTF-8, with a `Content-Length`.
    public static func text(_ text: String, contentType: String? = "text/plain; charset=utf-8") -> RequestBody {
        .bytes(ByteBuffer(string: text), contentType: contentType)
    }

    public init(stringLiteral text: String) { self = .text(text) }

    /// A value as JSON.
    ///
    /// - Throws: what the encoder throws.
    public static func json(_ value: some Encodable) throws -> RequestBody {
        .bytes(ByteBuffer(bytes: try JSONEncoder().encode(value)), contentType: "application/json")
    }

    /// The fields of a form, as `application/x-www-form-urlencoded`.
    public static func form(_ fields: KeyValuePairs<String, String>) -> RequestBody {
        func encode(_ text: String) -> String {
            PercentCoding.encode(text, allowing: " ").map { $0 == " " ? "+" : String($0) }.joined()
        }
        let text = fields.map { "\(encode($0))=\(encode($1))" }.joined(separator: "&")
        return .bytes(ByteBuffer(string: text), contentType: "application/x-www-form-urlencoded")
    }

    /// Several parts, one event each in memory and one chunk each over a socket. There is no `Content-Length` unless
    /// the test's headers have one.
    public static func chunks(
        _ chunks: [ByteBuffer], contentType: String? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        RequestBody(content: .chunks(chunks), contentType: contentType, trailers: trailers)
    }

    /// Several parts of text; see ``chunks(_:contentType:trailers:)-([ByteBuffer],_,_)``.
    public static func chunks(
        _ chunks: [String], contentType: String? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        .chunks(chunks.map { ByteBuffer(string: $0) }, contentType: contentType, trailers: trailers)
    }

    /// The elements of a sequence as they come, each as soon as the server takes it. An error that the sequence
    /// throws fails the request.
    public static func stream<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, contentType: String? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody where Chunks.Element == ByteBuffer {
        let content = Content.stream { send in
            for try await chunk in chunks { try await send(chunk) }
        }
        return RequestBody(content: content, contentType: contentType, trailers: trailers)
    }
}

extension RequestBody {
    /// The number of bytes, where it is known and told.
    package var length: Int? {
        switch content {
        case .none: 0
        case .bytes(let bytes): bytes.readableBytes
        case .chunks, .stream, .manual: nil
        }
    }

    /// Whether anything follows the head.
    package var isEmpty: Bool { length == 0 && trailers.isEmpty }

    /// Whether it can be sent a second time, as some redirects ask for.
    package var isRepeatable: Bool {
        switch content {
        case .none, .bytes, .chunks: true
        case .stream, .manual: false
        }
    }

    /// Sends it all.
    package func write(to channel: any TestChannel) async throws {
        switch content {
        case .none: try await channel.send(ByteBuffer(), ending: trailers)
        case .manual: break
        case .bytes(let bytes): try await channel.send(bytes, ending: trailers)
        case .chunks(let chunks):
            for chunk in chunks.dropLast() { try await channel.send(chunk, ending: nil) }
            try await channel.send(chunks.last ?? ByteBuffer(), ending: trailers)
        case .stream(let body):
            try await body { try await channel.send($0, ending: nil) }
            try await channel.send(ByteBuffer(), ending: trailers)
        }
    }
}
