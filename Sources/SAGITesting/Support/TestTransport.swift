package import HTTPTypes
package import NIOCore
package import SAGI

/// What carries the requests of a ``TestClient`` to an application: in memory, or over a socket.
package protocol TestTransport: Sendable {
    /// The scheme and authority of a target that names none.
    var scheme: String { get }
    var authority: String { get }
    /// The version of HTTP that requests come in.
    var version: HTTPVersion { get }

    /// Begins an exchange: sends the head of a request.
    func open(_ request: OutgoingRequest) async throws -> any TestChannel
    /// Ends everything, and the application's lifespan.
    func shutdown() async throws
}

/// A request on its way, all but its content.
package struct OutgoingRequest: Sendable {
    package var request: HTTPRequest
    /// Whether content or trailers follow.
    package var hasBody: Bool
    /// Where the client goes away.
    package var disconnect: DisconnectPoint?
    /// How long to wait for the connection.
    package var timeout: Duration
    /// What is asked for when the request is the handshake of a WebSocket.
    package var webSocket: SocketOffer?
}

/// One exchange, seen from the client.
package protocol TestChannel: AnyObject, Sendable {
    /// Sends content, suspending while the server does not take it. Does nothing once the exchange has ended.
    /// With `trailers`, which may be none, it is the last and ends the request. Not called for a request without
    /// a body.
    func send(_ bytes: ByteBuffer, ending trailers: HTTPFields?) async throws
    /// The next part of the response; after the last one ``ResponsePart/end(_:)`` again and again.
    func next() async throws -> ResponsePart
    /// Goes away.
    func disconnect(_ reason: DisconnectReason)
    /// How the application's function ended; `nil` when the server answered without it.
    func outcome() async throws -> ApplicationOutcome?
    /// The same if it is known now.
    var outcomeSoFar: ApplicationOutcome? { get }
    /// The WebSocket that the response has opened; `nil` when it has opened none.
    var socket: (any SocketChannel)? { get }
}

/// How the application's function ended for one exchange.
package struct ApplicationOutcome: Sendable {
    /// What it threw.
    package var error: (any Error)?
    /// Whether a response had been started then.
    package var startedResponse: Bool

    package init(error: (any Error)?, startedResponse: Bool) {
        self.error = error
        self.startedResponse = startedResponse
    }
}

/// A part of a response as the client gets it.
package enum ResponsePart: Sendable {
    case informational(HTTPResponse)
    case head(HTTPResponse)
    case body(ByteBuffer)
    case trailers(HTTPFields)
    case end(ResponseEnd)
}

package enum ResponseEnd: Sendable, Equatable {
    /// The response is whole.
    case complete
    /// It broke off, for a reason that the client knows or does not.
    case truncated(String? = nil)
    /// The client went away.
    case disconnected
}
