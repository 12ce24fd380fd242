import Foundation
import HTTPTypes
import NIOCore
import SAGI
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What an application answered, its files read as a server would.
struct Reply: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: [UInt8]
    /// The ranges that were sent from a file.
    var files: [Range<Int>]

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(_ name: HTTPField.Name) -> String? { fields[name] }
}

/// Calls an application with a GET request.
func request(
    _ app: some Application, _ path: String, _ fields: HTTPFields = [:], rootPath: String = "",
    rewrite: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> Reply {
    try await request(
        app, .get, path, fields, rootPath: rootPath, rewrite: rewrite, sourceLocation: sourceLocation)
}

/// Calls an application with one request, and holds it to the order of events and to its promised length.
func request(
    _ app: some Application, _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:],
    rootPath: String = "", rewrite: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> Reply {
    var scope = RequestScope(
        request: HTTPRequest(
            method: method, scheme: "http", authority: "localhost", path: path, headerFields: fields))
    scope.rootPath = rootPath
    if let rewrite { scope.path = rewrite }
    let recorder = Recorder()
    let http = HTTPExchange(
        scope: scope, receive: Receive { .body(ByteBuffer(), more: false) }, send: Send { try recorder.take($0) })
    try await app.handle(.http(http))
    let (head, body, files, isComplete) = recorder.result()
    let start = try #require(head, "no response was started", sourceLocation: sourceLocation)
    #expect(isComplete, "the response was not ended", sourceLocation: sourceLocation)
    // A server sends no content to HEAD, and adds the length of content that comes with the head.
    if method == .head {
        #expect(files.isEmpty, sourceLocation: sourceLocation)
        return Reply(status: start.status.code, fields: start.headerFields, body: [], files: [])
    }
    if start.status == .notModified || start.status == .noContent {
        #expect(body.isEmpty, sourceLocation: sourceLocation)
    } else if start.headerFields.contains(.contentLength) || !files.isEmpty {
        #expect(start.headerFields[.contentLength] == String(body.count), sourceLocation: sourceLocation)
    }
    return Reply(status: start.status.code, fields: start.headerFields, body: body, files: files)
}

/// Takes the events of a response as a server does.
final class Recorder: Sendable {
    struct Misorder: Error { let event: String }

    private let state = Mutex((head: HTTPResponse?.none, body: [UInt8](), files: [Range<Int>](), isComplete: false))

    func take(_ event: HTTPResponseEvent) throws {
        try state.withLock { state in
            if state.isComplete { throw Misorder(event: "\(event)") }
            switch event {
            case .start(let response, _):
                guard state.head == nil else { throw Misorder(event: "\(event)") }
                state.head = response
            case .body(let bytes, let more):
                guard state.head != nil else { throw Misorder(event: "\(event)") }
                state.body += Array(bytes.readableBytesView)
                state.isComplete = !more
            case .file(let range, let more):
                guard state.head != nil, case .descriptor(let descriptor) = range.source, let length = range.length
                else { throw Misorder(event: "\(event)") }
                var bytes = [UInt8](repeating: 0, count: length)
                guard pread(descriptor, &bytes, length, off_t(range.offset)) == length else {
                    throw Misorder(event: "\(event)")
                }
                state.body += bytes
                state.files.append(range.offset..<range.offset + length)
                state.isComplete = !more
            case .informational, .trailers, .flush:
                break
            }
        }
    }

    func result() -> (HTTPResponse?, [UInt8], [Range<Int>], Bool) {
        state.withLock { ($0.head, $0.body, $0.files, $0.isComplete) }
    }
}
