import HTTPSemantics
package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes `multipart/form-data` apart (RFC 7578, RFC 2046 §5.1): bytes in, events out, wherever the bytes are cut.
///
/// Call ``next()`` until it returns `nil`, then ``push(_:)``. What it holds is then no more than the longest of a
/// boundary and ``MultipartLimits/headerBytes``, and one piece that was pushed. A failure stays.
///
/// The lines of boundaries and heads end with CRLF, and with nothing else.
package struct MultipartParser: Sendable {
    package enum Event: Sendable {
        /// A part begins.
        case part(PartHead)
        /// A piece of the part's content, never empty.
        case bytes(ByteBuffer)
        /// The part is whole.
        case endOfPart
        /// There are no more parts. What follows is passed over, and counts.
        case end
    }

    private enum State: Sendable {
        /// Before the first boundary: passed over.
        case preamble
        /// After a boundary, which ends a part or does not.
        case boundary(endsPart: Bool, sawBlank: Bool)
        /// At the start of a line of the head.
        case head(PartHeadBuilder)
        /// At the line that ends the head. Its end may begin a boundary already.
        case contentStart
        case content
        case last
        case over
    }

    /// CRLF, two dashes and the boundary.
    private let delimiter: [UInt8]
    private let limits: MultipartLimits
    /// The first boundary may be at the very start, as if a line had ended there.
    private var pending = ByteBuffer(string: "\r\n")
    private var state = State.preamble
    private var taken = 0
    private var isCut = false
    package private(set) var isFinished = false
    private var failure: MultipartError?
    private var parts = 0
    private var files = 0
    private var current = (name: "", isFile: false, size: 0)

    package init(boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        // RFC 2046 §5.1.1: 1 to 70 characters, the last one no blank. More characters are taken than it lists.
        guard 1...70 ~= boundary.utf8.count, boundary.utf8.last != UInt8(ascii: " "),
            boundary.utf8.allSatisfy({ 0x20...0x7E ~= $0 })
        else { throw .boundary }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.limits = limits
    }

    /// The bytes that wait for more.
    package var held: Int { pending.readableBytes }

    /// Takes the next bytes.
    package mutating func push(_ bytes: ByteBuffer) {
        guard failure == nil, !isFinished else { return }
        var bytes = bytes
        // What is beyond the limit is never looked at.
        let count = min(bytes.readableBytes, max(0, limits.totalBytes - taken))
        isCut = isCut || count < bytes.readableBytes
        taken += count
        guard count > 0, let slice = bytes.readSlice(length: count) else { return }
        if case .over = state { return }
        if pending.readableBytes == 0 { pending = slice } else { pending.writeImmutableBuffer(slice) }
    }

    /// Notes that no more bytes come.
    package mutating func finish() { isFinished = true }

    /// The next event; `nil` when more bytes are needed, or the content has come to its end.
    package mutating func next() throws(MultipartError) -> Event? {
        if let failure { throw failure }
        do throws(MultipartError) {
            if let event = try step() { return event }
            if isCut { throw .tooLarge(limit: limits.totalBytes) }
            guard isFinished else { return nil }
            switch state {
            case .over: return nil
            case .preamble where taken == 0:
                // No content at all is no parts at all.
                state = .over
                return .end
            default: throw .incomplete
            }
        } catch {
            failure = error
            pending = ByteBuffer()
            throw error
        }
    }

    private mutating func step() throws(MultipartError) -> Event? {
        while true {
            switch state {
            case .preamble:
                let (count, isWhole) = search()
                pending.moveReaderIndex(forwardBy: count)
                guard isWhole else { return nil }
                pending.moveReaderIndex(forwardBy: delimiter.count)
                state = .boundary(endsPart: false, sawBlank: false)
            case .boundary(let endsPart, let sawBlank):
                guard try readBoundary(endsPart, sawBlank) else { return nil }
                if endsPart, !isInBoundary { return .endOfPart }
            case .head(var builder):
                guard try readLine(&builder) else { return nil }
                if case .contentStart = state { return .part(try begin(builder)) }
            case .contentStart:
                guard let isBoundary = startsWithDelimiter() else { return nil }
                if isBoundary {
                    pending.moveReaderIndex(forwardBy: delimiter.count)
                    state = .boundary(endsPart: true, sawBlank: false)
                } else {
                    pending.moveReaderIndex(forwardBy: 2)
                    state = .content
                }
            case .content:
                let (count, isWhole) = search()
                if count > 0 {
                    try add(count)
                    return pending.readSlice(length: count).map(Event.bytes)
                }
                guard isWhole else { return nil }
                pending.moveReaderIndex(forwardBy: delimiter.count)
                state = .boundary(endsPart: true, sawBlank: false)
            case .last:
                state = .over
                pending = ByteBuffer()
                return .end
            case .over:
                return nil
            }
        }
    }

    // MARK: Boundaries

    /// How many bytes come before the next delimiter, or what may become one, and whether it is there as a whole.
    private func search() -> (count: Int, isWhole: Bool) {
        pending.withUnsafeReadableBytes { bytes in
            delimiter.withUnsafeBytes { delimiter in
                var start = 0
                while start < bytes.count, let base = bytes.baseAddress, let wanted = delimiter.baseAddress,
                    let found = memchr(base + start, 0x0D, bytes.count - start)
                {
                    start = UnsafeRawPointer(found) - base
                    let count = min(delimiter.count, bytes.count - start)
                    if memcmp(base + start, wanted, count) == 0 { return (start, count == delimiter.count) }
                    start += 1
                }
                return (bytes.count, false)
            }
        }
    }

    /// Whether a delimiter is next; `nil` when that is not known yet.
    private func startsWithDelimiter() -> Bool? {
        let view = pending.readableBytesView
        guard view.count < delimiter.count else { return view.starts(with: delimiter) }
        return delimiter.starts(with: view) ? nil : false
    }

    private var isInBoundary: Bool {
        if case .boundary = state { true } else { false }
    }

    /// Reads what follows a boundary: blanks and the end of the line, or two dashes. False when more is needed.
    private mutating func readBoundary(_ endsPart: Bool, _ sawBlank: Bool) throws(MultipartError) -> Bool {
        guard let first = pending.getInteger(at: pending.readerIndex, as: UInt8.self) else { return false }
        if FieldSyntax.isBlank(first) {
            // RFC 2046 §5.1.1, transport-padding.
            pending.moveReaderIndex(forwardBy: 1)
            state = .boundary(endsPart: endsPart, sawBlank: true)
            return true
        }
        let isEnd = first == UInt8(ascii: "-") && !sawBlank
        guard isEnd || first == 0x0D else { throw .delimiter }
        guard let second = pending.getInteger(at: pending.readerIndex + 1, as: UInt8.self) else { return false }
        guard second == (isEnd ? UInt8(ascii: "-") : 0x0A) else { throw .delimiter }
        pending.moveReaderIndex(forwardBy: 2)
        state = isEnd ? .last : .head(PartHeadBuilder())
        return true
    }

    // MARK: Heads

    /// Reads a line of the head, but not the empty one that ends it. False when more is needed.
    private mutating func readLine(_ builder: inout PartHeadBuilder) throws(MultipartError) -> Bool {
        let room = limits.headerBytes - builder.size
        let isWhole = pending.readableBytes >= room
        // The outcome must not depend on how much has come: only what may belong to the head is looked at.
        let length = pending.readableBytesView.prefix(max(0, room)).firstEndOfLine
        guard let length else {
            if isWhole { throw .headerTooLarge(limit: limits.headerBytes) }
            return false
        }
        builder.size += length + 2
        if length == 0 {
            state = .contentStart
            return true
        }
        let limits = limits
        let result: Result<Void, MultipartError> = pending.withUnsafeReadableBytes { bytes in
            Result { () throws(MultipartError) in
                try builder.add(UnsafeRawBufferPointer(rebasing: bytes[..<length]), limits: limits)
            }
        }
        try result.get()
        pending.moveReaderIndex(forwardBy: length + 2)
        state = .head(builder)
        return true
    }

    private mutating func begin(_ builder: PartHeadBuilder) throws(MultipartError) -> PartHead {
        let head = try builder.finish()
        parts += 1
        guard parts <= limits.parts else { throw .tooManyParts(limit: limits.parts) }
        if head.isFile {
            files += 1
            guard files <= limits.files else { throw .tooManyFiles(limit: limits.files) }
        } else {
            guard parts - files <= limits.fields else { throw .tooManyFields(limit: limits.fields) }
        }
        current = (head.name, head.isFile, 0)
        return head
    }

    // MARK: Content

    private mutating func add(_ count: Int) throws(MultipartError) {
        current.size += count
        let limit = current.isFile ? limits.fileBytes : limits.fieldBytes
        guard current.size <= limit else {
            throw current.isFile
                ? .fileTooLarge(name: current.name, limit: limit) : .fieldTooLarge(name: current.name, limit: limit)
        }
    }
}

extension ByteBufferView {
    /// How many bytes come before the first CRLF.
    fileprivate var firstEndOfLine: Int? {
        var rest = self
        while let index = rest.firstIndex(of: 0x0D) {
            let next = index + 1
            guard next < endIndex else { return nil }
            if self[next] == 0x0A { return index - startIndex }
            rest = self[next...]
        }
        return nil
    }
}
