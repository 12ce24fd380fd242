package import NIOCore

/// Events and comments as bytes: the format `text/event-stream` of the HTML standard (§9.2.5).
package enum EventStreamFormat {
    /// What is written for an event; nil for one that is no content.
    ///
    /// - Throws: what ``event(data:event:id:retry:)`` throws.
    package static func content(of event: EventStreamEvent) throws(ExchangeError) -> ByteBuffer? {
        switch event {
        case .send(let data, let name, let id, let retry): try Self.event(data: data, event: name, id: id, retry: retry)
        case .comment(let text): comment(text)
        case .start, .keepalive, .decline, .close: nil
        }
    }

    /// One event.
    ///
    /// - Throws: ``ExchangeError/invalidEvent(_:)`` for a name or an id with a line break, an id with NUL, or a `retry`
    ///   below zero.
    package static func event(
        data: String, event: String?, id: String?, retry: Int?
    ) throws(ExchangeError) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: data.utf8.count + 32)
        if let event {
            guard !event.utf8.contains(where: isBreak) else {
                throw .invalidEvent("The name of an event must not have a line break.")
            }
            buffer.writeStaticString("event: ")
            buffer.writeString(event)
            buffer.writeInteger(lineFeed)
        }
        if let id {
            guard !id.utf8.contains(where: { isBreak($0) || $0 == 0 }) else {
                throw .invalidEvent("The id of an event must have neither a line break nor NUL.")
            }
            buffer.writeStaticString("id: ")
            buffer.writeString(id)
            buffer.writeInteger(lineFeed)
        }
        if let retry {
            guard retry >= 0 else { throw .invalidEvent("The retry of an event must not be below zero.") }
            buffer.writeStaticString("retry: ")
            buffer.writeString(String(retry))
            buffer.writeInteger(lineFeed)
        }
        writeLines(of: data, after: "data:", to: &buffer)
        buffer.writeInteger(lineFeed)
        return buffer
    }

    /// A comment of one line or several.
    package static func comment(_ text: String) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: text.utf8.count + 8)
        writeLines(of: text, after: ":", to: &buffer)
        buffer.writeInteger(lineFeed)
        return buffer
    }

    /// Writes each line of `text`, which CRLF, LF and CR end alike, after `name`.
    private static func writeLines(of text: String, after name: StaticString, to buffer: inout ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            while true {
                let end = bytes[start...].firstIndex(where: isBreak) ?? bytes.endIndex
                buffer.writeStaticString(name)
                if end > start {
                    buffer.writeInteger(UInt8(ascii: " "))
                    buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
                }
                buffer.writeInteger(lineFeed)
                guard end < bytes.endIndex else { return }
                let isPair = bytes[end] == carriageReturn && end + 1 < bytes.endIndex && bytes[end + 1] == lineFeed
                start = end + (isPair ? 2 : 1)
            }
        }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private static func isBreak(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }
}
