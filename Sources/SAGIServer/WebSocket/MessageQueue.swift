import NIOCore
import SAGI

/// The messages that wait for the application, in order.
struct MessageQueue {
    private var events: [WebSocketInbound] = []
    private var first = 0
    private var bytes = 0

    var isEmpty: Bool { first == events.count }

    /// Whether so much waits that nothing more is read.
    func isFull(_ settings: WebSocketSettings) -> Bool {
        events.count - first >= settings.queuedMessages || bytes >= settings.queuedBytes
    }

    mutating func append(_ event: WebSocketInbound) {
        events.append(event)
        bytes += event.size
    }

    mutating func next() -> WebSocketInbound? {
        guard !isEmpty else { return nil }
        let event = events[first]
        first += 1
        bytes -= event.size
        // What has been taken is let go of when all has, or when it is half of it.
        if isEmpty {
            events = []
            first = 0
        } else if first >= 32, first * 2 >= events.count {
            events.removeFirst(first)
            first = 0
        }
        return event
    }
}

extension WebSocketInbound {
    fileprivate var size: Int {
        switch self {
        case .text(let text, _): text.utf8.count
        case .bytes(let bytes, _): bytes.readableBytes
        case .connect, .disconnect: 0
        }
    }
}
