import HTTPTypes
import NIOCore
import SAGI

extension Exchange {
    /// This exchange, with `change` applied to the ordinary response that declines it, whose content is all there: of
    /// an event stream, a WebSocket or a WebTransport session. Nothing changes for other kinds.
    func changingRefusal(
        _ change: @escaping @Sendable (inout HTTPResponse, inout ByteBuffer) -> Void
    ) -> Exchange {
        let changed: @Sendable (HTTPResponse, ByteBuffer) -> (HTTPResponse, ByteBuffer) = { response, body in
            var (response, body) = (response, body)
            let hasLength = response.headerFields.contains(.contentLength)
            change(&response, &body)
            if hasLength { response.headerFields[.contentLength] = String(body.readableBytes) }
            return (response, body)
        }
        switch self {
        case .lifespan, .http: return self
        case .eventStream(var stream):
            stream.send = Send(
                ChangingSink(stream.send) { event in
                    guard case .decline(let response, let body) = event else { return nil }
                    let (head, content) = changed(response, body)
                    return .decline(head, content)
                })
            return .eventStream(stream)
        case .webSocket(var socket):
            socket.send = Send(
                ChangingSink(socket.send) { event in
                    guard case .deny(let response, let body) = event else { return nil }
                    let (head, content) = changed(response, body)
                    return .deny(head, content)
                })
            return .webSocket(socket)
        case .webTransport(var session):
            session.send = Send(
                ChangingSink(session.send) { event in
                    guard case .refuse(let response, let body) = event else { return nil }
                    let (head, content) = changed(response, body)
                    return .refuse(head, content)
                })
            return .webTransport(session)
        }
    }
}
