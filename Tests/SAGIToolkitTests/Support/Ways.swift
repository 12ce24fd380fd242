// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGILiveTesting
import SAGITesting
import SAGIToolkit
import TestSupport
import Testing

/// How a test asks: with an exchange that it makes, or over a socket.
struct Way: Sendable, CustomTestStringConvertible {
    let kind: RequestKind
    let isLive: Bool

    /// Each kind without a server, and those that there is a server for over a socket too.
    static let all =
        RequestKind.allCases.map { Way(kind: $0, isLive: false) }
        + [.http, .eventStream, .webSocket].map { Way(kind: $0, isLive: true) }

    /// Whether a request can be made in this way: a server knows a handshake that is a GET without content.
    func canAsk(_ scope: RequestScope) -> Bool {
        !isLive || kind != .webSocket || (scope.method == .get && scope[.contentLength] == nil)
    }

    var testDescription: String { isLive ? "\(kind), live" : "\(kind)" }
}

/// Calls an application with an exchange of any kind, with or without a server, and tells what came of it.
func outcome(of application: some Application, _ way: Way, _ scope: RequestScope) async throws -> Outcome {
    guard way.isLive else { return try await outcome(of: application, way.kind, scope) }
    let certificate = try Certificate()
    defer { certificate.remove() }
    var options = TestClient.Options()
    options.raisesApplicationErrors = false
    options.followsRedirects = false
    options.usesCookies = false
    let mode: TestMode = scope.scheme == "https" ? .tls(certificate.identity) : .live
    let app = application.wrapped(by: FromAddress(address: scope.client))
    return try await TestClient.run(app, in: mode, options: options) { client async throws in
        try await client.outcome(way.kind, scope)
    }
}

extension TestClient {
    fileprivate func outcome(_ kind: RequestKind, _ scope: RequestScope) async throws -> Outcome {
        var fields = scope.headerFields
        fields[HTTPField.Name("Host")!] = scope.authority
        let content = scope[.contentLength].flatMap { Int($0) }
        let body = content.map { RequestBody.text(String(repeating: "x", count: $0)) } ?? .none
        do {
            switch kind {
            case .http:
                let response = try await request(scope.method, scope.path, headers: fields, body: body)
                return Outcome(response, isAccepted: response.status == .ok)
            case .eventStream:
                return try await eventStream(scope.path, method: scope.method, headers: fields, body: body) { stream in
                    Outcome(isAccepted: true, status: stream.response.status.code, headerFields: stream.headerFields)
                }
            case .webSocket:
                return try await webSocket(scope.path, headers: fields) { socket in
                    Outcome(isAccepted: true, status: socket.response.status.code, headerFields: socket.headerFields)
                }
            case .webTransport: throw TestClientError.invalidRequest("There is no server for WebTransport.")
            }
        } catch let declined as EventStreamDeclined {
            return Outcome(declined.response, isAccepted: false)
        } catch let denied as WebSocketDenied {
            return Outcome(denied.response, isAccepted: false)
        }
    }
}

extension Outcome {
    init(_ response: TestResponse, isAccepted: Bool) {
        self.init(
            isAccepted: isAccepted, status: response.status.code, headerFields: response.headerFields,
            body: response.text)
    }
}

/// Requests come from another address than the test's own. A lifespan is declined.
private struct FromAddress: Middleware {
    let address: PeerAddress?

    nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard exchange.request != nil else { throw Unsupported(exchange) }
        var exchange = exchange
        exchange.request?.client = address
        try await next.handle(exchange)
    }
}
