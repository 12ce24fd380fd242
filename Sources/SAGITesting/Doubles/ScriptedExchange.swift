import HTTPTypes
public import NIOCore
public import SAGI

/// An exchange that no server made: what it receives is written down before, and what is sent is kept as it is. For
/// tests of middleware, which want to see each event. No rules are checked.
///
/// ```swift
/// let script = ScriptedExchange.webSocket(receiving: [.connect, .text("hello", more: false)])
/// try await script.run(app.wrapped(by: Shouting()))
/// guard case .text("HELLO", more: false)? = script.sent.last else { … }
/// ```
public final class ScriptedExchange<Inbound: Sendable, Outbound: Sendable>: Sendable {
    private struct State: Sendable {
        var inbound: ArraySlice<Inbound>
        var sent: [Outbound] = []
    }

    private let state: Monitor<State>
    /// What is received when the script is over, again and again: the end of the exchange.
    private let last: Inbound
    private let makeExchange: @Sendable (Receive<Inbound>, Send<Outbound>) -> Exchange

    private init(
        _ inbound: [Inbound], last: Inbound,
        makeExchange: @escaping @Sendable (Receive<Inbound>, Send<Outbound>) -> Exchange
    ) {
        state = Monitor(State(inbound: inbound[...]))
        self.last = last
        self.makeExchange = makeExchange
    }

    /// The exchange, for `Application.handle(_:)`.
    public var exchange: Exchange {
        makeExchange(
            Receive { [self] in state.withLock { $0.inbound.popFirst() } ?? last },
            Send { [self] event in state.update { $0.sent.append(event) } })
    }

    /// What has been sent so far.
    public var sent: [Outbound] { state.withLock { $0.sent } }

    /// What of the script has not been received.
    public var rest: [Inbound] { state.withLock { Array($0.inbound) } }

    /// Waits until so many events have been sent.
    ///
    /// - Throws: ``TestClientError/timeout(_:)``.
    public func waitForSent(_ count: Int, timeout: Duration = .seconds(10)) async throws -> [Outbound] {
        try await within(timeout, "Event \(count)") { [state] in
            try await state.wait { $0.sent.count >= count ? $0.sent : nil }
        }
    }

    /// Calls an application, which may be wrapped by middleware, with ``exchange``.
    ///
    /// - Throws: what it throws, or ``TestClientError/timeout(_:)``.
    public func run(_ application: some Application, timeout: Duration = .seconds(10)) async throws {
        try await within(timeout, "The application's end") { [exchange] in try await application.handle(exchange) }
    }
}

extension ScriptedExchange where Inbound == WebSocketInbound, Outbound == WebSocketOutbound {
    /// A WebSocket. After the script its client is gone: `.disconnect` with 1006.
    ///
    /// - Parameters:
    ///   - scope: the request. Default: GET / for example.org.
    ///   - subprotocols: what the client offers.
    ///   - script: what is received. Default: `.connect` alone.
    public static func webSocket(
        _ scope: RequestScope = .scripted, subprotocols: [String] = [],
        receiving script: [WebSocketInbound] = [.connect]
    ) -> ScriptedExchange {
        ScriptedExchange(script, last: .disconnect(code: 1006, reason: DisconnectReason.clientClosed.name)) {
            .webSocket(WebSocketExchange(scope: scope, subprotocols: subprotocols, receive: $0, send: $1))
        }
    }
}

extension ScriptedExchange where Inbound == EventStreamRequestEvent, Outbound == EventStreamEvent {
    /// An event stream. After the script its client is gone.
    ///
    /// - Parameters:
    ///   - scope: the request. Default: GET / for example.org.
    ///   - script: what is received. Default: no content.
    public static func eventStream(
        _ scope: RequestScope = .scripted,
        receiving script: [EventStreamRequestEvent] = [.body(ByteBuffer(), more: false)]
    ) -> ScriptedExchange {
        ScriptedExchange(script, last: .disconnect(.clientClosed)) {
            .eventStream(EventStreamExchange(scope: scope, receive: $0, send: $1))
        }
    }
}

extension ScriptedExchange where Inbound == HTTPRequestEvent, Outbound == HTTPResponseEvent {
    /// An HTTP request. After the script its client is gone.
    ///
    /// - Parameters:
    ///   - scope: the request. Default: GET / for example.org.
    ///   - script: what is received. Default: no content.
    public static func http(
        _ scope: RequestScope = .scripted, receiving script: [HTTPRequestEvent] = [.body(ByteBuffer(), more: false)]
    ) -> ScriptedExchange {
        ScriptedExchange(script, last: .disconnect(.clientClosed)) {
            .http(HTTPExchange(scope: scope, receive: $0, send: $1))
        }
    }
}

extension RequestScope {
    /// GET / for example.org, of a client that stays connected.
    public static var scripted: RequestScope {
        RequestScope(request: HTTPRequest(method: .get, scheme: "http", authority: "example.org", path: "/"))
    }
}
