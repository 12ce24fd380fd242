import HTTPTypes
import SAGI
import Synchronization

/// Keeps a 404 of an application from its client, so that somebody else can answer.
final class NotFoundWatch: Sendable {
    private let found = Atomic(false)

    var sawNotFound: Bool { found.load(ordering: .relaxed) }

    func watching(_ exchange: Exchange) -> Exchange {
        switch exchange {
        case .lifespan: return exchange
        case .http(var http):
            http.send = Send { [self, send = http.send] event in
                if case .start(let response, _) = event { note(response) }
                if !sawNotFound { try await send(event) }
            }
            return .http(http)
        case .eventStream(var stream):
            stream.send = Send { [self, send = stream.send] event in
                if case .decline(let response, _) = event { note(response) }
                if !sawNotFound { try await send(event) }
            }
            return .eventStream(stream)
        case .webSocket(var socket):
            socket.send = Send { [self, send = socket.send] event in
                if case .deny(let response, _) = event { note(response) }
                if !sawNotFound { try await send(event) }
            }
            return .webSocket(socket)
        case .webTransport(var session):
            session.send = Send { [self, send = session.send] event in
                if case .refuse(let response, _) = event { note(response) }
                if !sawNotFound { try await send(event) }
            }
            return .webTransport(session)
        }
    }

    private func note(_ response: HTTPResponse) {
        if response.status == .notFound { found.store(true, ordering: .relaxed) }
    }
}
