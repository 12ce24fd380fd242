import HTTPSemantics
public import HTTPTypes
import NIOCore
public import SAGI
import Synchronization

/// Makes out the content of requests that clients have compressed: with zstd, brotli, gzip or deflate
/// (RFC 9110 §8.4).
///
/// ```swift
/// app.wrapped(by: Decompression())
/// app.wrapped(by: Decompression([.gzip], limit: 1 << 20, maximumRatio: 20))
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `codings` | all four | what is made out |
/// | `limit` | 10 MiB | bytes that content may have when it has been made out |
/// | `maximumRatio` | 100 | how many times as long as what was sent it may be, looked at from 64 KiB on |
///
/// The application reads plain content, in pieces of at most 64 KiB, each made when it is read; it sees neither
/// `Content-Encoding` nor `Content-Length`. Nothing is made out beyond the limits, whatever the request holds. A request
/// without `Content-Encoding` goes by untouched.
///
/// Another coding, or several on top of each other, is answered 415, with `Accept-Encoding` in the response that says
/// what would be taken (RFC 9110 §12.5.3). Content beyond a limit makes the application's reading throw
/// ``DecompressionError``, which is answered 413, and content that is not what it says 400: by the application, or here
/// when it lets the error through and has not begun a response.
///
/// WebSocket and WebTransport sessions have no content and go by. Put it outside of what reads content, and inside of
/// what turns away requests.
///
/// What one request keeps depends on what its client chose: at most 32 KiB for gzip and deflate, 8 MiB for zstd and
/// 16 MiB for brotli, as far as the content is that long.
public struct Decompression: Middleware {
    private let codings: [ContentCoding]
    private let limit: Int
    private let maximumRatio: Int

    public init(
        _ codings: [ContentCoding] = ContentCoding.allCases, limit: Int = 10 << 20, maximumRatio: Int = 100
    ) {
        self.codings = codings
        self.limit = limit
        self.maximumRatio = maximumRatio
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request, let encoding = scope[.contentEncoding] else {
            return try await next.handle(exchange)
        }
        let names = encoding.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            .filter { !$0.isEmpty && $0 != "identity" }
        guard !names.isEmpty else { return try await next.handle(exchange) }
        switch exchange {
        case .lifespan, .webSocket, .webTransport: return try await next.handle(exchange)
        case .http, .eventStream: break
        }
        guard names.count == 1, let coding = ContentCoding(name: names[0]), codings.contains(coding),
            let decoder = coding.decoder()
        else {
            let accepted = codings.map(\.name).joined(separator: ", ")
            let detail =
                names.count > 1
                ? "Content that is encoded more than once is not taken."
                : "The content coding is none of these: \(accepted.isEmpty ? "identity" : accepted)."
            return try await Response.problem(
                .unsupportedMediaType, detail,
                headerFields: [.acceptEncoding: accepted.isEmpty ? "identity" : accepted], for: scope
            ).handle(exchange)
        }
        let content = DecodedContent(decoder, limit: limit, maximumRatio: maximumRatio)
        do {
            try await next.handle(exchange.decoding(content))
        } catch let error as DecompressionError {
            guard content.hasFailed, !scope.connection.responseStarted, scope.connection.isConnected else {
                throw error
            }
            try await Response.problem(error, for: scope).handle(exchange)
        }
    }
}

/// Why the content of a request could not be made out; see ``Decompression``.
public enum DecompressionError: HTTPStatusError, Hashable, CustomStringConvertible {
    /// It is not in the format that `Content-Encoding` says, or is cut off. 400.
    case invalidContent
    /// It has more bytes than `limit`. 413.
    case tooLarge(limit: Int)
    /// It is more than `maximum` times as long as what was sent. 413.
    case ratio(maximum: Int)

    public var status: HTTPResponse.Status {
        switch self {
        case .invalidContent: .badRequest
        case .tooLarge, .ratio: .contentTooLarge
        }
    }

    public var detail: String? { description }

    public var description: String {
        switch self {
        case .invalidContent: "The content is not in the format that Content-Encoding says."
        case .tooLarge(let limit): "The content has more than \(limit) bytes when it is decompressed."
        case .ratio(let maximum): "The content is more than \(maximum) times as long when it is decompressed."
        }
    }
}

extension Exchange {
    /// This exchange, with content that is made out as it is read.
    fileprivate func decoding(_ content: DecodedContent) -> Exchange {
        var exchange = self
        exchange.request?.headerFields[.contentEncoding] = nil
        exchange.request?.headerFields[.contentLength] = nil
        switch exchange {
        case .http(var http):
            http.receive = Receive { [receive = http.receive] in
                while true {
                    if let (bytes, more) = try content.next() { return .body(bytes, more: more) }
                    let event = try await receive()
                    guard case .body(let bytes, let more) = event else { return event }
                    content.add(bytes, more: more)
                }
            }
            return .http(http)
        case .eventStream(var stream):
            stream.receive = Receive { [receive = stream.receive] in
                while true {
                    if let (bytes, more) = try content.next() { return .body(bytes, more: more) }
                    let event = try await receive()
                    guard case .body(let bytes, let more) = event else { return event }
                    content.add(bytes, more: more)
                }
            }
            return .eventStream(stream)
        case .lifespan, .webSocket, .webTransport: return exchange
        }
    }
}

/// The content of one request while it is made out.
private final class DecodedContent: Sendable {
    private struct State {
        var decoder: (any ContentDecoder)?
        var input = ByteBuffer()
        /// Whether more input is to come.
        var isOpen = true
        var taken = 0
        var made = 0
        var error: DecompressionError?
    }

    private static let pieceSize = 64 * 1024
    private let limit: Int
    private let maximumRatio: Int
    private let state: Mutex<State>

    init(_ decoder: sending any ContentDecoder, limit: Int, maximumRatio: Int) {
        self.limit = limit
        self.maximumRatio = maximumRatio
        state = Mutex(State(decoder: decoder))
    }

    var hasFailed: Bool { state.withLock { $0.error != nil } }

    /// Adds what has come. Called only when there was nothing more to be had from what is here.
    func add(_ bytes: ByteBuffer, more: Bool) {
        state.withLock { state in
            state.input = bytes
            state.taken += bytes.readableBytes
            state.isOpen = more
        }
    }

    /// The next piece; `nil` when more input is needed first, or everything has been read.
    func next() throws(DecompressionError) -> (ByteBuffer, more: Bool)? {
        let result = state.withLock { state in
            if let error = state.error { return Result<(ByteBuffer, more: Bool)?, DecompressionError>.failure(error) }
            do throws(DecompressionError) {
                return .success(try next(&state))
            } catch {
                state.error = error
                state.decoder = nil
                state.input = ByteBuffer()
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func next(_ state: inout State) throws(DecompressionError) -> (ByteBuffer, more: Bool)? {
        guard let decoder = state.decoder else { return nil }
        // No content at all is none in any coding.
        if !state.isOpen, state.taken == 0 {
            state.decoder = nil
            return (ByteBuffer(), more: false)
        }
        var output = ByteBuffer()
        // One byte beyond the limit shows that there is more.
        let left = limit - state.made
        let room = left < Self.pieceSize ? left + 1 : Self.pieceSize
        do {
            try decoder.decode(&state.input, into: &output, limit: room)
        } catch {
            throw .invalidContent
        }
        state.made += output.readableBytes
        guard state.made <= limit else { throw .tooLarge(limit: limit) }
        let (allowed, isHuge) = (state.taken - state.input.readableBytes).multipliedReportingOverflow(by: maximumRatio)
        if state.made > Self.pieceSize, !isHuge, state.made > allowed { throw .ratio(maximum: maximumRatio) }
        // With room left, the decoder has nothing more.
        let isDry = output.readableBytes < room
        if isDry, !state.isOpen {
            guard decoder.isAtEnd, state.input.readableBytes == 0 else { throw .invalidContent }
            state.decoder = nil
            return (output, more: false)
        }
        if output.readableBytes > 0 { return (output, more: true) }
        return nil
    }
}
