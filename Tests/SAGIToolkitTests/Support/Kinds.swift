import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGIToolkit
import Synchronization

/// What a client sees of any exchange that begins with a request.
struct Outcome: Sendable, Equatable {
    /// The application was reached, and accepted or answered.
    var isAccepted = false
    var status = 0
    var headerFields: HTTPFields = [:]
    var body = ""
}

/// The kinds of exchange that begin with a request.
enum RequestKind: String, CaseIterable, Sendable {
    case http, eventStream, webSocket, webTransport
}

/// Calls an application with an exchange of any kind, without a server, and tells what came of it.
func outcome(
    of application: some Application, _ kind: RequestKind, _ scope: RequestScope, content: String = ""
) async throws -> Outcome {
    let client = KindClient()
    do {
        try await application.handle(client.exchange(kind, scope, content))
    } catch is Unsupported where kind == .eventStream || kind == .webSocket {
        // As a server does.
        try await application.handle(client.exchange(.http, scope, content))
    }
    return client.outcome
}

/// Accepts an exchange of any kind, as an application that a middleware is around.
let accepting = ClosureApplication { exchange in
    switch exchange {
    case .lifespan: throw Unsupported(exchange)
    case .http(let http):
        try await http.send(.start(HTTPResponse(status: .ok)))
        try await http.send(.body("inside"))
    case .eventStream(let stream): try await stream.send(.start())
    case .webSocket(let socket): try await socket.send(.accept())
    case .webTransport(let session): try await session.send(.accept())
    }
}

/// Makes exchanges, and notes what is sent on them.
final class KindClient: Sendable {
    private let seen = Mutex(Outcome())

    var outcome: Outcome { seen.withLock { $0 } }

    private func note(_ response: HTTPResponse, _ body: ByteBuffer = ByteBuffer(), isAccepted: Bool) {
        seen.withLock { seen in
            seen = Outcome(
                isAccepted: isAccepted, status: response.status.code, headerFields: response.headerFields,
                body: String(buffer: body))
        }
    }

    func exchange(_ kind: RequestKind, _ scope: RequestScope, _ content: String = "") -> Exchange {
        let content = ByteBuffer(string: content)
        @Sendable func accepted(_ fields: HTTPFields) {
            note(HTTPResponse(status: .switchingProtocols, headerFields: fields), isAccepted: true)
        }
        switch kind {
        case .http:
            return .http(
                HTTPExchange(
                    scope: scope, receive: Receive { .body(content, more: false) },
                    send: Send { [self] event in
                        switch event {
                        case .start(let response, _): note(response, isAccepted: response.status == .ok)
                        case .body(let bytes, _): seen.withLock { $0.body += String(buffer: bytes) }
                        case .file(let range, _):
                            guard let bytes = try? range.bytes else { break }
                            seen.withLock { $0.body += String(decoding: bytes, as: UTF8.self) }
                        default: break
                        }
                    }))
        case .eventStream:
            return .eventStream(
                EventStreamExchange(
                    scope: scope, receive: Receive { .body(content, more: false) },
                    send: Send { [self] event in
                        switch event {
                        case .start(let response): note(response, isAccepted: true)
                        case .decline(let response, let body): note(response, body, isAccepted: false)
                        default: break
                        }
                    }))
        case .webSocket:
            return .webSocket(
                WebSocketExchange(
                    scope: scope, subprotocols: [], receive: Receive { .connect },
                    send: Send { [self] event in
                        switch event {
                        case .accept(_, let fields, _): accepted(fields)
                        case .deny(let response, let body): note(response, body, isAccepted: false)
                        default: break
                        }
                    }))
        case .webTransport:
            return .webTransport(
                WebTransportExchange(
                    scope: scope, receive: Receive { .connect },
                    send: Send { [self] event in
                        switch event {
                        case .accept(let fields): accepted(fields)
                        case .refuse(let response, let body): note(response, body, isAccepted: false)
                        default: break
                        }
                    }))
        }
    }
}

extension FileRange {
    /// What is sent of the file.
    fileprivate var bytes: Data {
        get throws {
            let file =
                switch source {
                case .path(let path): try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                case .descriptor(let descriptor): FileHandle(fileDescriptor: descriptor)
                }
            try file.seek(toOffset: UInt64(offset))
            return try (length.map { try file.read(upToCount: $0) } ?? file.readToEnd()) ?? Data()
        }
    }
}

extension RequestScope {
    /// The scope of a request for a test.
    init(
        _ method: HTTPRequest.Method = .get, _ path: String = "/", scheme: String = "http",
        authority: String = "example.org", headers: HTTPFields = [:],
        client: PeerAddress? = .ip("192.0.2.1", port: 4000)
    ) {
        self.init(
            request: HTTPRequest(
                method: method, scheme: scheme, authority: authority, path: path, headerFields: headers),
            client: client)
    }
}
