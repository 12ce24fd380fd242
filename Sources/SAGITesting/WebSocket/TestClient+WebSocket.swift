import HTTPSemantics
public import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension TestClient {
    /// Opens a WebSocket, and runs `body` with it. Then the socket is closed with 1000 if it is still open, and the
    /// application's end is waited for.
    ///
    /// ```swift
    /// try await client.webSocket("/chat", subprotocols: ["v1"]) { socket in
    ///     try await socket.send("hello")
    ///     for try await message in socket { … }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: see ``request(_:_:query:headers:body:disconnect:)``. Redirects are not followed.
    ///   - query: what is added to the path's query, percent-encoded.
    ///   - subprotocols: what the client offers, in its order: different tokens.
    ///   - headers: fields beside ``Options/headerFields`` and those of the handshake.
    ///   - compression: whether the client offers to compress messages (RFC 7692). Default false.
    ///   - body: the conversation. When it throws, the client goes away without a Close frame.
    /// - Throws: ``WebSocketDenied`` when the handshake is answered with anything but a socket; what the application
    ///   throws (see ``Options/raisesApplicationErrors``), or ``TestClientError``.
    @discardableResult
    public func webSocket<Result>(
        _ path: String, query: KeyValuePairs<String, String> = [:], subprotocols: [String] = [],
        headers: HTTPFields = [:], compression: Bool = false, _ body: (TestWebSocket) async throws -> Result
    ) async throws -> Result {
        let socket = try await webSocket(
            path, query: query, subprotocols: subprotocols, headers: headers, compression: compression)
        let result: Result
        do {
            result = try await body(socket)
        } catch {
            socket.drop()
            throw error
        }
        try await socket.finish()
        return result
    }

    /// Opens a WebSocket that the test closes with ``TestWebSocket/finish()``, ``TestWebSocket/close(code:reason:)`` or
    /// ``TestWebSocket/drop()``. One that is open when the test ends is closed by the shutdown of the server.
    ///
    /// The parameters are those of ``webSocket(_:query:subprotocols:headers:compression:_:)``.
    public func webSocket(
        _ path: String, query: KeyValuePairs<String, String> = [:], subprotocols: [String] = [],
        headers: HTTPFields = [:], compression: Bool = false
    ) async throws -> TestWebSocket {
        // RFC 6455 §4.1.
        guard Set(subprotocols).count == subprotocols.count,
            subprotocols.allSatisfy({ FieldSyntax.isToken($0.utf8) })
        else { throw TestClientError.invalidRequest("Subprotocols are different tokens.") }
        let key = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        let offer = SocketOffer(
            subprotocols: subprotocols, offersCompression: compression, key: key, inbox: SocketInbox())
        var fields = headers
        for field in handshakeFields(offer) { fields.append(field) }
        let prepared = try prepare(.get, path, query, fields, .none)
        let exchange = try await begin(prepared, disconnect: nil, webSocket: offer)
        do {
            let head = try await exchange.head()
            guard let channel = exchange.channel.socket else {
                throw WebSocketDenied(response: try await exchange.finish())
            }
            return TestWebSocket(head, exchange, offer.inbox, channel)
        } catch {
            exchange.close()
            throw error
        }
    }

    private func handshakeFields(_ offer: SocketOffer) -> HTTPFields {
        var fields: HTTPFields = [.secWebSocketVersion: "13"]
        if transport.version == .http11 {
            // RFC 6455 §4.1. `Connection` takes the place of the client's own, and repeats it.
            fields[.connection] = "Upgrade, TE"
            fields[.upgrade] = "websocket"
            fields[.secWebSocketKey] = offer.key
        }
        if !offer.subprotocols.isEmpty {
            fields[.secWebSocketProtocol] = offer.subprotocols.joined(separator: ", ")
        }
        if offer.offersCompression {
            fields[.secWebSocketExtensions] = "permessage-deflate; client_max_window_bits"
        }
        return fields
    }
}
