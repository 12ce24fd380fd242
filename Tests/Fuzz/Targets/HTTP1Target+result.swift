import HTTP1
import HTTPSemantics
import NIOCore

extension HTTP1Target {
    /// What a decoder made of an input, in marks that are equal when it made the same of it.
    struct Result: Equatable, CustomStringConvertible {
        /// Over everything but the content that came before an error, which depends on the pieces.
        var digest = Digest()
        /// Over the requests that came whole.
        var acceptedDigest = Digest()
        var accepted = 0
        var error: HTTP1Error?
        var waiting = 0
        var isReading = false
        var content = Digest()
        var contentCount = 0
        /// The content, when it is to be written again.
        var bytes: [UInt8] = []
        private var message = Digest()
        private var marks = Digest()

        mutating func begin(_ head: RequestHead, isReading: Bool) {
            message = Digest()
            message.add(head)
            digest.add(Int(truncatingIfNeeded: message.value))
            marks.add(Int(head.facts.rawValue))
            marks.add(Int(head.version.rawValue))
            marks.add(min(head.fields.count, 8))
            content = Digest()
            contentCount = 0
            bytes.removeAll(keepingCapacity: true)
            self.isReading = isReading
            if !isReading { accept() }
        }

        mutating func add(_ part: ByteBuffer) {
            contentCount += part.readableBytes
            part.withUnsafeReadableBytes { content.add($0) }
        }

        mutating func end(trailer: [(name: String, value: String)]) {
            message.add(contentCount)
            message.add(Int(truncatingIfNeeded: content.value))
            for (name, value) in trailer {
                message.addCounted(name)
                message.addCounted(value)
            }
            digest.add(Int(truncatingIfNeeded: message.value))
            marks.add(trailer.count)
            marks.add(min(contentCount, 3))
            isReading = false
            accept()
        }

        private mutating func accept() {
            accepted += 1
            acceptedDigest.add(Int(truncatingIfNeeded: message.value))
        }

        /// Rough: what kind of requests, how many, and how it ended.
        var mark: UInt64 {
            var digest = marks
            digest.add(error.map { $0.hashValueForMark } ?? -1)
            digest.add(isReading ? 1 : 0)
            return digest.value
        }

        static func == (left: Result, right: Result) -> Bool {
            left.digest == right.digest && left.acceptedDigest == right.acceptedDigest
                && left.accepted == right.accepted && left.error == right.error && left.waiting == right.waiting
                && left.isReading == right.isReading
        }

        var description: String {
            "\(accepted) requests, error \(error.map { "\($0)" } ?? "none"), \(waiting) bytes waiting, "
                + "\(isReading ? "in" : "outside") content, digest \(String(digest.value, radix: 16))"
        }
    }
}

extension HTTP1Error {
    /// The same in every run, which a hash value is not.
    fileprivate var hashValueForMark: Int { sentence.utf8.reduce(0) { $0 &* 31 &+ Int($1) } }
}

extension Digest {
    fileprivate mutating func add(_ head: RequestHead) {
        head.withBytes(of: head.method) { addCounted($0) }
        head.withBytes(of: head.target) { addCounted($0) }
        head.withBytes(of: head.path) { addCounted($0) }
        if head.hasQuery { head.withBytes(of: head.query) { addCounted($0) } }
        head.withBytes(of: head.scheme) { addCounted($0) }
        head.withBytes(of: head.authority) { addCounted($0) }
        add(Int(head.version.rawValue))
        add(Int(head.facts.rawValue))
        add(Int(head.knownMethod.rawValue))
        add(head.contentLength ?? -1)
        for field in head.fields {
            head.withBytes(of: field.name) { addCounted($0) }
            head.withBytes(of: field.value) { addCounted($0) }
        }
    }
}

extension [UInt8] {
    /// Writes a head as it would be written by a tidy client.
    mutating func append(head: RequestHead) {
        head.withBytes(of: head.method) { self += $0 }
        self.append(0x20)
        head.withBytes(of: head.target) { self += $0 }
        self += head.version == .http10 ? " HTTP/1.0\r\n".utf8 : " HTTP/1.1\r\n".utf8
        for field in head.fields {
            head.withBytes(of: field.name) { self += $0 }
            self += ": ".utf8
            head.withBytes(of: field.value) { self += $0 }
            self += "\r\n".utf8
        }
        self += "\r\n".utf8
    }

    mutating func append(content: [UInt8], trailer: [(name: String, value: String)], isChunked: Bool) {
        guard isChunked else {
            self += content
            return
        }
        if !content.isEmpty {
            self += String(content.count, radix: 16).utf8
            self += "\r\n".utf8
            self += content
            self += "\r\n".utf8
        }
        self += "0\r\n".utf8
        for (name, value) in trailer { self += "\(name): \(value)\r\n".utf8 }
        self += "\r\n".utf8
    }
}
