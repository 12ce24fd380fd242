package import NIOCore

/// Reads `text/event-stream` as a browser does (HTML standard §9.2.6), in pieces of any size.
package struct EventStreamParser: Sendable {
    package enum Item: Sendable, Hashable {
        case event(TestEventStream.Event)
        case comment(String)
    }

    /// The id of the last event that had one. It lasts until another one comes, also over a new connection.
    package private(set) var lastEventID: String
    /// How many milliseconds to wait before connecting again; `nil` when the stream has not said.
    package private(set) var retry: Int?

    private var line: [UInt8] = []
    private var isFirstLine = true
    /// The last line ended with CR: an LF that follows belongs to it.
    private var endedWithReturn = false

    // The event that has begun.
    private var data: String?
    private var event: String?
    private var id: String?
    private var eventRetry: Int?
    private var idBuffer: String

    /// - Parameters:
    ///   - lastEventID: what the client remembers from before.
    ///   - retry: the same.
    package init(lastEventID: String = "", retry: Int? = nil) {
        self.lastEventID = lastEventID
        self.retry = retry
        idBuffer = lastEventID
    }

    /// Takes the next bytes, and returns what they have completed. An event that the end of the stream finds incomplete
    /// is never returned.
    package mutating func parse(_ bytes: ByteBuffer) -> [Item] {
        var items: [Item] = []
        for byte in bytes.readableBytesView {
            switch byte {
            case UInt8(ascii: "\n"):
                if !endedWithReturn { endLine(&items) }
                endedWithReturn = false
            case UInt8(ascii: "\r"):
                endLine(&items)
                endedWithReturn = true
            default:
                endedWithReturn = false
                line.append(byte)
            }
        }
        return items
    }

    private mutating func endLine(_ items: inout [Item]) {
        var bytes = line[...]
        // One byte order mark may stand at the very beginning.
        if isFirstLine, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        isFirstLine = false
        defer { line.removeAll(keepingCapacity: true) }
        guard let first = bytes.first else { return dispatch(&items) }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        let name = bytes[..<(colon ?? bytes.endIndex)]
        var value = colon.map { bytes[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        guard first != UInt8(ascii: ":") else { return items.append(.comment(text)) }
        field(String(decoding: name, as: UTF8.self), text)
    }

    private mutating func field(_ name: String, _ value: String) {
        switch name {
        case "data":
            data = data.map { "\($0)\n\(value)" } ?? value
        case "event":
            event = value
        case "id":
            guard !value.utf8.contains(0) else { return }
            id = value
            idBuffer = value
        case "retry":
            guard !value.isEmpty, value.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let time = Int(value) else { return }
            eventRetry = time
            retry = time
        default:
            break
        }
    }

    /// A blank line: the event is whole. Without data it is none, but its id counts.
    private mutating func dispatch(_ items: inout [Item]) {
        lastEventID = idBuffer
        if let data {
            // An empty name is no name.
            let name = event.flatMap { $0.isEmpty ? nil : $0 }
            items.append(.event(TestEventStream.Event(data, event: name, id: id, retry: eventRetry)))
        }
        (data, event, id, eventRetry) = (nil, nil, nil, nil)
    }
}
