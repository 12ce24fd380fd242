import HTTPSemantics
public import HTTPTypes
import NIOCore
public import SAGI

/// Compresses what responses carry, for clients that accept it (RFC 9110 §12.5.3): with zstd, brotli, gzip or deflate.
///
/// ```swift
/// app.wrapped(by: Compression())
/// app.wrapped(by: Compression([.gzip(level: 9)], minimumSize: 256) { request, _ in request.path != "/login" })
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `codings` | `.zstd()`, `.brotli()`, `.gzip()`, `.deflate()` | what it can do, the most wanted first; the client's weights come before this order |
/// | `level` of a coding | 3, 4, 6, 6 | from the fastest to the smallest: 1…19, 0…11, 1…9, 1…9 |
/// | `minimumSize` | 1024 | bytes below which content of a known length stays as it is |
/// | `mediaTypes` | ``defaultMediaTypes`` | what is compressed: `type/subtype`, `type/*`, `*+suffix` |
/// | `files` | `false` | whether parts that are files are read and compressed, instead of left to the server to send |
/// | `eventStreams` | `false` | whether `text/event-stream` that an HTTP exchange carries is, each part flushed |
/// | `where` | all | the responses that may be, seen with their request |
///
/// Content that comes in parts is compressed as it comes: what the application has sent reaches the client when it sends
/// `.flush`, and when it waits for anything. What it sends without waiting in between is compressed together. Long
/// content is compressed off the event loop.
///
/// Measured on 300 KB of English text with markup, one core, at the default levels:
///
/// | coding | MB/s | made of it | memory of one response |
/// |---|---|---|---|
/// | zstd | 160 | 40 % | 2 MiB |
/// | br | 50 | 39 % | 3 MiB |
/// | gzip, deflate | 30 | 39 % | 0.3 MiB |
///
/// At no level it is more than 8 MiB; it is freed when the response ends or the client goes.
///
/// Content that is as it must be stays so: with `Content-Encoding`, `Content-Range`, a digest (RFC 9530) or
/// `Cache-Control: no-transform`; and that of 204, 206 and 304. A response that could be compressed gets
/// `Vary: Accept-Encoding`, whether it is or not. One that is gets `Content-Encoding`, loses `Content-Length` and
/// `Accept-Ranges`, and a strong entity tag becomes weak (RFC 9110 §8.8.1). Everything else stays: the status, other
/// fields, early hints and trailers. Content for a client that does not accept `identity` is compressed whatever its
/// size; when no coding is left at all, it is sent as it is (§12.5.3 leaves that to the server).
///
/// The refusals of event streams, WebSockets and WebTransport sessions are compressed like other content. The events of
/// an event-stream exchange are not: the server writes those. WebSockets have a compression of their own.
///
/// Put it outside of everything that makes content or looks at it, ``ConditionalGet`` and ``ETag`` too. The length of
/// compressed content tells about what is in it: a page that has both a secret and something that an attacker chose, and
/// that the attacker can have requested many times, gives the secret away (BREACH). Exclude such pages with `where`, or
/// put another secret into each response, as ``CSRF`` does with its tokens.
public struct Compression: Middleware {
    /// A content coding, and how hard to try.
    public struct Coding: Sendable, Hashable {
        public var coding: ContentCoding
        /// One of ``ContentCoding/levels``; another one is the nearest of them.
        public var level: Int

        public init(_ coding: ContentCoding, level: Int? = nil) {
            self.coding = coding
            self.level = level ?? coding.defaultLevel
        }

        public static func brotli(level: Int = 4) -> Coding { Coding(.brotli, level: level) }
        public static func zstd(level: Int = 3) -> Coding { Coding(.zstd, level: level) }
        public static func gzip(level: Int = 6) -> Coding { Coding(.gzip, level: level) }
        public static func deflate(level: Int = 6) -> Coding { Coding(.deflate, level: level) }
    }

    /// What is worth compressing: text, and other formats that are not compressed already.
    public static let defaultMediaTypes = [
        "text/*", "*+json", "*+xml", "*+text", "application/json", "application/xml", "application/javascript",
        "application/ecmascript", "application/x-javascript", "application/jsonl", "application/x-ndjson",
        "application/json-seq", "application/yaml", "application/toml", "application/sql", "application/graphql",
        "application/wasm", "application/rtf", "application/x-www-form-urlencoded", "application/xml-dtd",
        "application/vnd.apple.mpegurl", "application/vnd.ms-fontobject", "application/x-tar", "font/ttf", "font/otf",
        "font/collection", "image/bmp", "image/vnd.microsoft.icon", "image/x-icon", "message/rfc822", "model/obj",
    ]

    private let codings: [Coding]
    let minimumSize: Int
    let files: Bool
    let eventStreams: Bool
    private let mediaTypes: MediaTypePatterns
    private let predicate: @Sendable (RequestScope, HTTPResponse) -> Bool

    public init(
        _ codings: [Coding] = [.zstd(), .brotli(), .gzip(), .deflate()], minimumSize: Int = 1024,
        mediaTypes: [String] = Compression.defaultMediaTypes, files: Bool = false, eventStreams: Bool = false,
        where predicate: @escaping @Sendable (RequestScope, HTTPResponse) -> Bool = { _, _ in true }
    ) {
        self.codings = codings
        self.minimumSize = minimumSize
        self.mediaTypes = MediaTypePatterns(mediaTypes)
        self.files = files
        self.eventStreams = eventStreams
        self.predicate = predicate
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let accepted = AcceptEncoding(scope[.acceptEncoding])
        guard let name = accepted.best(of: codings.map(\.coding.name)),
            let coding = codings.first(where: { $0.coding.name == name })
        else {
            return try await next.handle(
                exchange.changingResponse { response in
                    // What others would get compressed must not be taken for them from a cache.
                    if isEligible(response, scope) { response.headerFields.addVary(.acceptEncoding) }
                })
        }
        let minimum = accepted.refusesIdentity ? 1 : max(1, minimumSize)
        guard case .http(var http) = exchange else {
            return try await next.handle(
                exchange.changingRefusal { response, body in
                    guard isEligible(response, scope) else { return }
                    response.headerFields.addVary(.acceptEncoding)
                    guard body.readableBytes >= minimum, let encoded = try? coding.encode(body) else { return }
                    response.headerFields.noteEncoding(coding.coding)
                    body = encoded
                })
        }
        let filter = CompressionFilter(self, coding, minimum: minimum, scope)
        let sink = FilteringSink(filter, http.send)
        http.send = Send(sink)
        // A child task runs on the same event loop: when the application waits, and not before.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while await filter.flushIsWanted.isRung() {
                    try await sink.inTurn { filter, next in try await filter.flush(next) }
                }
            }
            defer { filter.close() }
            try await next.handle(.http(http))
            try await sink.inTurn { filter, next in try await filter.end(next) }
        }
    }

    /// Whether a response may be compressed, but for the wishes of the client and for its length.
    func isEligible(_ response: HTTPResponse, _ scope: RequestScope) -> Bool {
        let code = response.status.code
        guard HTTPResponse.Status.allowsContent(code), code != 205, code != 206 else { return false }
        let fields = response.headerFields
        guard let type = fields[.contentType], isEventStream(response) ? eventStreams : mediaTypes.contain(type) else {
            return false
        }
        guard !fields.contains(.contentEncoding), !fields.contains(.contentRange), !fields.hasDigest,
            !fields.hasCacheDirective("no-transform")
        else { return false }
        return predicate(scope, response)
    }

    func isEventStream(_ response: HTTPResponse) -> Bool {
        response.headerFields[.contentType].map { MediaTypePatterns.essence($0) == "text/event-stream" } ?? false
    }
}

extension Compression.Coding {
    /// Compresses what is there as a whole.
    func encode(_ content: ByteBuffer) throws(CodingError) -> ByteBuffer {
        guard let encoder = coding.encoder(level: level, size: content.readableBytes) else { throw .failed }
        var output = ByteBuffer()
        output.reserveCapacity(content.readableBytes / 2)
        var input = content
        let bytes = input.readSlice(length: input.readableBytes) ?? ByteBuffer()
        try encoder.encode(bytes, .finish, into: &output)
        return output
    }
}

extension ContentEncoder {
    func encode(_ input: ByteBuffer, _ step: EncodingStep, into output: inout ByteBuffer) throws(CodingError) {
        let result = input.withUnsafeReadableBytes { bytes in
            Result { () throws(CodingError) in try encode(bytes, step, into: &output) }
        }
        try result.get()
    }
}

extension HTTPFields {
    /// What changes with the coding of the content.
    mutating func noteEncoding(_ coding: ContentCoding) {
        self[.contentEncoding] = coding.name
        self[.contentLength] = nil
        // Ranges would be of something else (RFC 9110 §14.1).
        self[.acceptRanges] = nil
        weakenTag()
    }

    /// A strong tag says that content is the same byte by byte, which it is not in another coding (RFC 9110 §8.8.1).
    mutating func weakenTag() {
        if let tag = self[.eTag], tag.utf8.first == UInt8(ascii: "\"") { self[.eTag] = "W/\(tag)" }
    }

    /// Digests are of the content as it is sent (RFC 9530 §2, §3).
    fileprivate var hasDigest: Bool {
        contains(.contentDigest) || contains(.reprDigest) || contains(.digest) || contains(.contentMD5)
    }
}

extension HTTPField.Name {
    fileprivate static let contentDigest = parsed("Content-Digest")
    fileprivate static let reprDigest = parsed("Repr-Digest")
    fileprivate static let digest = parsed("Digest")
    fileprivate static let contentMD5 = parsed("Content-MD5")
}
