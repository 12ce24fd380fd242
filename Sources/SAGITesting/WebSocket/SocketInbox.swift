import NIOCore

/// What has arrived for the client of a WebSocket, and what a client does by itself: it answers pings and a Close.
package final class SocketInbox: Sendable {
    struct State: Sendable {
        /// Whole messages that the test has not taken, and how many bytes of each wait for that.
        var messages: [(message: WebSocketMessage, waiting: Int)] = []
        /// The parts of a message that is not whole.
        var part: (isText: Bool, bytes: ByteBuffer)?
        var pings: [ByteBuffer] = []
        var pongs: [ByteBuffer] = []
        var answersPings = true
        /// The client has sent a Close frame.
        var sentClose = false
        /// How the socket was closed.
        var close: WebSocketClose?
        /// Why it ended, when a server broke a rule.
        var failure: String?
        /// The test went away.
        var didDrop = false
    }

    let monitor = Monitor(State())

    package init() {}

    /// Bytes of messages that the test has not taken.
    package var waitingBytes: Int { monitor.withLock { $0.messages.reduce(0) { $0 + $1.waiting } } }

    /// Takes a frame of the server. Frames come one at a time, in order.
    package func received(_ frame: SocketFrame, by channel: any SocketChannel) {
        let answer = monitor.update { $0.take(frame) }
        if let answer { channel.answer(answer) }
        // What belongs to a message that is not whole does not wait for the test: the rest would never come.
        switch frame {
        case .text(let text, more: true): channel.taken(text.utf8.count)
        case .bytes(let bytes, more: true): channel.taken(bytes.readableBytes)
        default: break
        }
    }

    /// The connection is gone. Without a Close frame that is 1006 (RFC 6455 §7.1.5).
    package func ended(_ failure: String? = nil) {
        monitor.update { state in
            guard state.close == nil else { return }
            state.close = WebSocketClose(code: 1006, reason: "")
            state.failure = failure
        }
    }
}

extension SocketInbox.State {
    /// Notes a frame. Returns what a client answers.
    fileprivate mutating func take(_ frame: SocketFrame) -> SocketFrame? {
        // RFC 6455 §5.5.1: nothing counts after a Close frame.
        guard close == nil else { return nil }
        switch frame {
        case .text(let text, let more):
            take(ByteBuffer(string: text), isText: true, more: more)
        case .bytes(let bytes, let more):
            take(bytes, isText: false, more: more)
        case .ping(let payload):
            pings.append(payload)
            if answersPings, !sentClose { return .pong(payload) }
        case .pong(let payload):
            pongs.append(payload)
        case .close(let code, let reason):
            // RFC 6455 §7.1.5: a Close frame without a code is 1005.
            close = WebSocketClose(code: code ?? 1005, reason: reason)
            guard !sentClose else { return nil }
            sentClose = true
            return .close(code: code, reason: "")
        }
        return nil
    }

    private mutating func take(_ bytes: ByteBuffer, isText: Bool, more: Bool) {
        var whole = part?.bytes ?? ByteBuffer()
        whole.writeImmutableBuffer(bytes)
        part = more ? (isText, whole) : nil
        guard !more else { return }
        messages.append((isText ? .text(String(buffer: whole)) : .bytes(whole), bytes.readableBytes))
    }
}
