import HTTP2

/// The streams that have something to send, in the order of their turns (RFC 9218 §10).
///
/// The most urgent come first. Among those that are equally urgent, one whose client wants it whole goes on until it is;
/// the others take turns.
struct SendQueue {
    private struct Level {
        var streams: [HTTP2Stream] = []
        var first = 0
    }

    private var levels = [Level](repeating: Level(), count: 8)
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ stream: HTTP2Stream, _ priority: Priority, isContinuing: Bool) {
        stream.isQueued = true
        count += 1
        let level = Int(priority.urgency & 7)
        if isContinuing, priority.isGiven, !priority.isIncremental, levels[level].first > 0 {
            levels[level].first -= 1
            levels[level].streams[levels[level].first] = stream
        } else {
            levels[level].streams.append(stream)
        }
    }

    mutating func next() -> HTTP2Stream? {
        guard count > 0 else { return nil }
        for level in levels.indices where levels[level].first < levels[level].streams.count {
            let stream = levels[level].streams[levels[level].first]
            levels[level].first += 1
            if levels[level].first == levels[level].streams.count {
                levels[level].streams.removeAll(keepingCapacity: true)
                levels[level].first = 0
            } else if levels[level].first >= 64 {
                levels[level].streams.removeFirst(levels[level].first)
                levels[level].first = 0
            }
            count -= 1
            stream.isQueued = false
            return stream
        }
        return nil
    }

    mutating func remove(_ stream: HTTP2Stream) {
        guard stream.isQueued else { return }
        for level in levels.indices {
            guard let index = levels[level].streams[levels[level].first...].firstIndex(where: { $0 === stream }) else {
                continue
            }
            levels[level].streams.remove(at: index)
            count -= 1
            stream.isQueued = false
            return
        }
    }
}
