import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

/// The client's side of a WebSocket, without a server: a test says what it sends, and sees what it gets.
final class SocketScript: Sendable {
    private struct State: Sendable {
        var inbound: [WebSocketInbound] = [.connect]
        var outbound: [String] = []
        var rules: WebSocketRules
        var isBlocked = false
        var isOver = false
    }

    let connection = TestConnection()
    private let path: String
    private let subprotocols: [String]
    private let state: Monitor<State>

    init(_ path: String = "/", subprotocols: [String] = []) {
        self.path = path
        self.subprotocols = subprotocols
        state = Monitor(State(rules: WebSocketRules(subprotocols: subprotocols)))
    }

    /// Calls an application with a socket, which ends with `body`.
    ///
    /// - Throws: what the application or `body` throws.
    static func run(
        _ app: some Application, _ path: String = "/", subprotocols: [String] = [],
        _ body: @escaping @Sendable (SocketScript) async throws -> Void
    ) async throws {
        let script = SocketScript(path, subprotocols: subprotocols)
        try await within(.seconds(20), "The end of the socket") {
            async let served: Void = app.handle(.webSocket(script.exchange))
            try await body(script)
            script.leave()
            try await served
        }
    }

    var exchange: WebSocketExchange {
        WebSocketExchange(
            scope: RequestScope(
                request: HTTPRequest(method: .get, scheme: "http", authority: "example.org", path: path),
                connection: connection),
            subprotocols: subprotocols,
            receive: Receive { [state] in
                try await state.wait { state in
                    if !state.inbound.isEmpty { return state.inbound.removeFirst() }
                    return state.isOver ? .disconnect(code: 1006, reason: "client_closed") : nil
                }
            },
            send: Send { [self] event in
                try await state.wait { $0.isBlocked ? nil : () }
                guard connection.isConnected else { return }
                try state.update { state in
                    if let text = try Self.take(event, &state.rules) { state.outbound.append(text) }
                }
            })
    }

    /// Holds an event to the rules, as a server does.
    private static func take(_ event: WebSocketOutbound, _ rules: inout WebSocketRules) throws -> String? {
        switch event {
        case .accept(let subprotocol, let fields, let compression):
            try rules.checkAccept(subprotocol)
            rules.accepted()
            let extras = [subprotocol, fields.isEmpty ? nil : "\(fields.count) fields", compression.map { "\($0)" }]
            return (["accept"] + extras.compactMap(\.self)).joined(separator: " ")
        case .text(let text, let more):
            try rules.message(isText: true, more: more)
            return more ? "part \(text)" : text
        case .bytes(let bytes, let more):
            try rules.message(isText: false, more: more)
            return "bytes \(Array(bytes.readableBytesView))"
        case .keepalive(let interval, let timeout):
            try rules.checkOpen()
            return "keepalive \(interval ?? .zero) \(timeout ?? .zero)"
        case .close(let code, let reason):
            return try rules.close(code: code, reason: reason) ? "close \(code) \(reason)" : nil
        case .deny(let response, let body):
            try rules.checkDenial(response)
            rules.denied()
            return "deny \(response.status.code) \(String(buffer: body))"
        }
    }

    // MARK: What a client does

    func say(_ text: String) { send(.text(text, more: false)) }

    func send(_ events: WebSocketInbound...) { state.update { $0.inbound += events } }

    /// Takes nothing more, or goes on doing so.
    func block(_ isBlocked: Bool = true) { state.update { $0.isBlocked = isBlocked } }

    /// Ends the socket.
    func leave() {
        state.update { state in
            state.isOver = true
            state.isBlocked = false
        }
    }

    /// What it gets next.
    func next() async throws -> String {
        try await within(.seconds(10), "A message") { [state] in
            try await state.wait { $0.outbound.isEmpty ? nil : $0.outbound.removeFirst() }
        }
    }

    /// Whether everything that it has sent has been received.
    var isHeard: Bool { state.withLock { $0.inbound.isEmpty } }

    /// What it has got and not looked at.
    var waiting: [String] { state.withLock { $0.outbound } }
}
