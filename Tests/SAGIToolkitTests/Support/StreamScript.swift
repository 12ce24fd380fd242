import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import Testing

/// The client's side of an event stream, without a server.
final class StreamScript: Sendable {
    private struct State: Sendable {
        var outbound: [String] = []
        var rules = EventStreamRules()
        var isBlocked = false
    }

    let connection = TestConnection()
    private let path: String
    private let lastEventID: String?
    private let state = Monitor(State())

    init(_ path: String = "/", lastEventID: String? = nil) {
        self.path = path
        self.lastEventID = lastEventID
    }

    /// Calls an application with a stream.
    ///
    /// - Parameter leaves: whether the client goes when `body` has ended; else the application ends the stream.
    static func run(
        _ app: some Application, _ path: String = "/", lastEventID: String? = nil, leaves: Bool = true,
        _ body: @escaping @Sendable (StreamScript) async throws -> Void
    ) async throws {
        let script = StreamScript(path, lastEventID: lastEventID)
        try await within(.seconds(20), "The end of the stream") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await app.handle(.eventStream(script.exchange))
                    script.connection.complete()
                }
                try await body(script)
                if leaves {
                    // As a server does when a client goes.
                    script.connection.disconnect()
                    group.cancelAll()
                }
                try await group.waitForAll()
            }
        }
    }

    var exchange: EventStreamExchange {
        var headerFields: HTTPFields = [.accept: "text/event-stream"]
        if let name = HTTPField.Name("Last-Event-ID") { headerFields[name] = lastEventID }
        return EventStreamExchange(
            scope: RequestScope(
                request: HTTPRequest(
                    method: .get, scheme: "http", authority: "example.org", path: path, headerFields: headerFields),
                connection: connection),
            receive: Receive { .body(ByteBuffer(), more: false) },
            send: Send { [self] event in
                try await state.wait { $0.isBlocked ? nil : () }
                guard connection.isConnected else { return }
                try state.update { state in
                    if let text = try Self.take(event, &state.rules) { state.outbound.append(text) }
                }
                connection.startResponse()
            })
    }

    private static func take(_ event: EventStreamEvent, _ rules: inout EventStreamRules) throws -> String? {
        guard try rules.take(event) else { return nil }
        switch event {
        case .start(let response):
            rules.started()
            return response.headerFields.isEmpty ? "start" : "start \(response.headerFields.count) fields"
        case .send(let data, let name, let id, let retry):
            let parts = [name.map { "event=\($0)" }, id.map { "id=\($0)" }, retry.map { "retry=\($0)" }, data]
            return parts.compactMap(\.self).joined(separator: " ")
        case .comment(let text): return ": \(text)"
        case .keepalive(let interval, let comment): return "keepalive \(interval ?? .zero) \(comment)"
        case .decline(let response, let body): return "decline \(response.status.code) \(String(buffer: body))"
        case .close(let reason): return "close \(reason ?? "")"
        }
    }

    /// Takes nothing more, or goes on doing so.
    func block(_ isBlocked: Bool = true) { state.update { $0.isBlocked = isBlocked } }

    /// What it gets next.
    func next() async throws -> String {
        try await within(.seconds(10), "An event") { [state] in
            try await state.wait { $0.outbound.isEmpty ? nil : $0.outbound.removeFirst() }
        }
    }

    /// What it has got and not looked at.
    var waiting: [String] { state.withLock { $0.outbound } }
}
