import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// The client's end of an exchange in memory.
final class MemoryChannel: TestChannel {
    let exchange: MemoryExchange

    init(_ exchange: MemoryExchange) { self.exchange = exchange }

    func send(_ bytes: ByteBuffer, ending trailers: HTTPFields?) async throws {
        let (limit, hasLength) = (exchange.facts.inputBuffer, exchange.facts.hasLength)
        try await exchange.monitor.wait { state in
            guard state.takesEvents else { return () }
            guard state.incomingBytes < limit else { return nil }
            state.incomingBytes += bytes.readableBytes
            state.incoming.append(.body(bytes, more: trailers == nil))
            // After content with a length nothing can follow.
            if let trailers, !hasLength {
                // RFC 9110 §6.5.1: what has no place there is dropped.
                let allowed = trailers.filter { !TrailerFields.forbids($0.name.canonicalName) }
                state.incoming.append(.trailers(allowed))
            }
            return ()
        }
    }

    func next() async throws -> ResponsePart {
        defer { exchange.runActions() }
        return try await exchange.monitor.wait { state in
            guard let part = state.outgoing.first else { return nil }
            switch part {
            case .head where state.isHeadOpen: return nil
            case .end: return part
            case .body(let bytes): state.actions += state.core.drain(bytes.readableBytes)
            case .head, .informational, .trailers: break
            }
            state.outgoing.removeFirst()
            state.completeIfDrained()
            return part
        }
    }

    func disconnect(_ reason: DisconnectReason) { exchange.disconnect(reason) }

    func outcome() async throws -> ApplicationOutcome? { try await exchange.monitor.wait { $0.outcome } }

    var socket: (any SocketChannel)? { exchange.monitor.withLock { $0.socket.isAccepted } ? exchange : nil }

    var outcomeSoFar: ApplicationOutcome? { exchange.monitor.withLock { $0.outcomeSoFar } }
}
