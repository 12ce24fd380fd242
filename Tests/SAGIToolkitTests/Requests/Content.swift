import HTTPTypes
import NIOCore
import SAGI
import SAGIToolkit
import Synchronization

/// The content of a request that comes in pieces, and counts how many were asked for.
final class Content: Sendable {
    enum End: Sendable {
        case complete
        case disconnect
    }

    private let state: Mutex<(pieces: [ByteBuffer], asked: Int)>
    private let end: End

    init(_ pieces: [String], end: End = .complete) {
        state = Mutex((pieces.map { ByteBuffer(string: $0) }, 0))
        self.end = end
    }

    init(bytes: [UInt8], pieces size: Int, end: End = .complete) {
        let starts = stride(from: 0, to: bytes.count, by: size)
        state = Mutex((starts.map { ByteBuffer(bytes: bytes[$0..<min($0 + size, bytes.count)]) }, 0))
        self.end = end
    }

    /// How often the next piece was asked for.
    var asked: Int { state.withLock { $0.asked } }

    var body: SAGIToolkit.RequestBody {
        RequestBody(
            Receive { [self] in
                state.withLock { state in
                    state.asked += 1
                    guard !state.pieces.isEmpty else {
                        return end == .complete ? .body(ByteBuffer(), more: false) : .disconnect(.clientClosed)
                    }
                    return .body(state.pieces.removeFirst(), more: true)
                }
            })
    }

    func request(_ headers: HTTPFields = [:], path: String = "/") -> Request {
        Request(scope: RequestScope(.post, path, headers: headers), body: body)
    }
}

/// The boundary of multipart content in tests.
let boundary = "XxX"
let multipartFields: HTTPFields = [.contentType: "multipart/form-data; boundary=\(boundary)"]

/// Multipart content, each part with its disposition, more of its head, and its content.
func multipart(_ parts: (disposition: String, head: String, content: String)...) -> String {
    parts.map { part in
        "--\(boundary)\r\nContent-Disposition: form-data; \(part.disposition)\r\n\(part.head)\r\n\(part.content)\r\n"
    }.joined() + "--\(boundary)--\r\n"
}

/// The status and sentence of the error that `body` throws, or `nil`.
func refusal(_ body: () async throws -> Void) async -> (status: Int, detail: String)? {
    do {
        try await body()
        return nil
    } catch let error as any HTTPStatusError {
        return (error.status.code, error.detail ?? "")
    } catch {
        return (0, "\(error)")
    }
}
