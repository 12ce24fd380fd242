import HTTPSemantics

/// Reads a request's head from bytes: the request line and the header section (RFC 9112 §3, §5).
///
/// Every rule is strict, because what one recipient forgives the next one reads differently. A head that
/// cannot be valid any more is refused before its end has arrived.
struct HeadParser {
    let bytes: UnsafeRawBufferPointer
    let limits: HTTP1Limits
    var progress: HeadProgress
    private var index: Int

    /// Parses the head at the start of `bytes` into `head`, from where `progress` says.
    ///
    /// What it makes of some bytes does not depend on the pieces in which they arrived.
    ///
    /// - Returns: the number of bytes of the head, or `nil` when its end has not arrived yet.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: HTTP1Limits, progress: inout HeadProgress, into head: inout RequestHead
    ) throws(HTTP1Error) -> Int? {
        // No byte beyond the limit is looked at.
        let section = UnsafeRawBufferPointer(rebasing: bytes[0..<min(bytes.count, limits.headerSection)])
        var parser = HeadParser(section, limits, progress)
        if try parser.run(&head) { return parser.index }
        if bytes.count > limits.headerSection { throw .headerSectionTooLarge }
        progress = parser.progress
        return nil
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ limits: HTTP1Limits, _ progress: HeadProgress) {
        self.bytes = bytes
        self.limits = limits
        self.progress = progress
        index = progress.line
    }

    /// False when the end of the head has not arrived yet.
    private mutating func run(_ head: inout RequestHead) throws(HTTP1Error) -> Bool {
        if !progress.hasRequestLine {
            guard try skipEmptyLines(), try parseRequestLine(&head) else { return false }
            progress.hasRequestLine = true
        }
        guard try parseFields(&head) else { return false }
        head.bytes.append(UnsafeRawBufferPointer(rebasing: bytes[0..<index]))
        try finishTarget(&head)
        try finishFraming(&head)
        return true
    }

    /// RFC 9112 §2.2: an empty line before the request line is ignored.
    private mutating func skipEmptyLines() throws(HTTP1Error) -> Bool {
        while index < bytes.count, bytes[index] == 0x0D || (bytes[index] == 0x0A && limits.allowsBareLineFeed) {
            guard try parseLineEnd() else { return false }
            progress.line = index
        }
        return true
    }

    // MARK: Request line

    private mutating func parseRequestLine(_ head: inout RequestHead) throws(HTTP1Error) -> Bool {
        let start = index
        let count = min(bytes.count, start &+ limits.requestLine)
        index = endOfToken(count)
        // RFC 9112 §3: longer than any method implemented here.
        guard index &- start <= 64 else { throw .unknownMethod }
        guard index < count else { return try awaitRequestLine(count) }
        guard bytes[index] == 0x20, index > start else { throw .malformedRequestLine }
        head.method = .init(start, index &- start)
        index &+= 1

        let target = index
        var end = index
        while end < count {
            let byte = bytes[end]
            // Visible ASCII but "#": a target has no fragment (RFC 9112 §3.2, RFC 3986 §3.5).
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else { break }
            end &+= 1
        }
        index = end
        guard index < count else { return try awaitRequestLine(count) }
        guard bytes[index] == 0x20, index > target else {
            throw bytes[index] == 0x0D || bytes[index] == 0x0A ? .malformedRequestLine : .invalidTarget
        }
        head.target = .init(target, index &- target)
        index &+= 1
        guard try parseVersion(count, &head) else { return try awaitRequestLine(count) }
        return try parseLineEnd()
    }

    /// The request line goes on behind `count`: either more has to arrive, or it is too long.
    private func awaitRequestLine(_ count: Int) throws(HTTP1Error) -> Bool {
        // RFC 9112 §3.
        if count < bytes.count { throw .requestLineTooLong }
        return false
    }

    private mutating func parseVersion(_ count: Int, _ head: inout RequestHead) throws(HTTP1Error) -> Bool {
        // RFC 9112 §2.3: "HTTP/" DIGIT "." DIGIT, in capitals.
        if index + 8 <= count, isNewestVersion {
            head.version = .http11
            index += 8
            return true
        }
        let name: StaticString = "HTTP/"
        for offset in 0..<5 {
            guard index + offset < count else { return false }
            guard bytes[index + offset] == name.utf8Start[offset] else { throw .malformedRequestLine }
        }
        guard index + 8 <= count else { return false }
        let major = bytes[index + 5] &- 0x30
        let minor = bytes[index + 7] &- 0x30
        guard major < 10, minor < 10, bytes[index + 6] == UInt8(ascii: ".") else { throw .malformedRequestLine }
        guard major == 1 else { throw .unsupportedVersion }
        // RFC 9110 §2.5: a higher minor version is served as the highest one known.
        head.version = minor == 0 ? .http10 : .http11
        index += 8
        return true
    }

    /// Whether "HTTP/1.1" stands here, as it nearly always does: one comparison for all of it.
    private var isNewestVersion: Bool {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) == UInt64(littleEndian: 0x312E_312F_5054_5448)
    }

    /// Steps over CRLF. False when it has not arrived whole.
    @inline(__always)
    private mutating func parseLineEnd() throws(HTTP1Error) -> Bool {
        guard index < bytes.count else { return false }
        if bytes[index] == 0x0D {
            guard index &+ 1 < bytes.count else { return false }
            guard bytes[index &+ 1] == 0x0A else { throw .bareCarriageReturn }
            index &+= 2
            return true
        }
        guard bytes[index] == 0x0A else { throw .malformedRequestLine }
        guard limits.allowsBareLineFeed else { throw .bareLineFeed }
        index &+= 1
        return true
    }

    // MARK: Header section

    private mutating func parseFields(_ head: inout RequestHead) throws(HTTP1Error) -> Bool {
        let count = bytes.count
        while true {
            progress.line = index
            guard index < count else { return false }
            let first = bytes[index]
            if first == 0x0D || first == 0x0A { return try parseLineEnd() }
            guard head.fields.count < limits.fieldCount else { throw .tooManyFields }
            // RFC 9112 §5.2: obsolete line folding; §2.2: white space before the first field.
            if FieldSyntax.isBlank(first) { throw .obsoleteLineFolding }

            let nameStart = index
            index = endOfToken(count)
            guard index < count else { return false }
            // RFC 9112 §5.1: no white space between the name and the colon.
            guard bytes[index] == UInt8(ascii: ":"), index > nameStart else { throw badName(bytes[index]) }
            let nameCount = index &- nameStart
            index &+= 1
            while index < count, FieldSyntax.isBlank(bytes[index]) { index &+= 1 }
            let valueStart = index
            guard let end = FieldSyntax.firstInvalidValueByte(in: bytes, from: index) else { return false }
            index = end
            guard bytes[end] == 0x0D || bytes[end] == 0x0A else { throw .invalidFieldValue }
            guard try parseLineEnd() else { return false }
            var valueEnd = end
            while valueEnd > valueStart, FieldSyntax.isBlank(bytes[valueEnd &- 1]) { valueEnd &-= 1 }

            let name = RequestHead.Slice(nameStart, nameCount)
            let value = RequestHead.Slice(valueStart, valueEnd &- valueStart)
            head.fields.append(.init(name: name, value: value))
            try note(name, value, &head)
        }
    }

    /// Why a name cannot end with `byte`: a line without a name or a colon, or a byte that no name has.
    private func badName(_ byte: UInt8) -> HTTP1Error {
        switch byte {
        case UInt8(ascii: ":"), 0x20, 0x09, 0x0D, 0x0A: .malformedFieldLine
        default: .invalidFieldName
        }
    }

    /// Looks at the fields that frame the message or steer the connection; their lengths tell them apart.
    @inline(__always)
    private mutating func note(
        _ name: RequestHead.Slice, _ value: RequestHead.Slice, _ head: inout RequestHead
    ) throws(HTTP1Error) {
        switch name.count {
        case 2 where isNamed(name, "te"):
            if listContains(value, "trailers") { head.facts.insert(.acceptsTrailers) }
        case 4 where isNamed(name, "host"):
            progress.hostCount += 1
            progress.host = value
        case 6:
            if isNamed(name, "accept") {
                head.facts.insert(.accept)
            } else if isNamed(name, "expect") {
                // RFC 9110 §10.1.1: 100-continue is the one expectation there is.
                for expectation in ListElements(slice(value)) {
                    guard FieldSyntax.equal(expectation, lowercased: "100-continue") else {
                        throw .unsupportedExpectation
                    }
                    progress.hasExpect = true
                }
            }
        case 7 where isNamed(name, "upgrade"):
            progress.hasUpgrade = true
        case 10 where isNamed(name, "connection"):
            for token in ListElements(slice(value)) {
                if FieldSyntax.equal(token, lowercased: "close") { progress.connectionClose = true }
                if FieldSyntax.equal(token, lowercased: "keep-alive") { progress.connectionKeepAlive = true }
                if FieldSyntax.equal(token, lowercased: "upgrade") { progress.connectionUpgrade = true }
            }
        case 14 where isNamed(name, "content-length"):
            // RFC 9112 §6.3: several fields or a list are refused, equal or not.
            guard !progress.hasContentLength else { throw .invalidContentLength }
            progress.hasContentLength = true
            head.contentLength = try contentLength(slice(value))
        case 17 where isNamed(name, "transfer-encoding"):
            progress.hasTransferEncoding = true
            for coding in ListElements(slice(value)) {
                progress.codingCount += 1
                // RFC 9112 §6.1: chunked is last, and there once.
                guard !progress.isChunked else { throw .invalidTransferEncoding }
                progress.isChunked = FieldSyntax.equal(coding, lowercased: "chunked")
            }
        default:
            break
        }
    }

    private func contentLength(_ value: UnsafeRawBufferPointer) throws(HTTP1Error) -> Int {
        guard !value.isEmpty else { throw .invalidContentLength }
        var length = 0
        var overflow = false
        for byte in value {
            guard byte &- 0x30 < 10 else { throw .invalidContentLength }
            let (product, high) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte &- 0x30))
            overflow = overflow || high || carry
            length = sum
        }
        guard !overflow else { throw .bodyTooLarge }
        return length
    }

    // MARK: Helpers

    /// Where the token that starts here ends. A local index stays in a register.
    @inline(__always)
    private func endOfToken(_ count: Int) -> Int {
        var end = index
        while end < count, FieldSyntax.isTokenByte(bytes[end]) { end &+= 1 }
        return end
    }

    @inline(__always)
    func slice(_ slice: RequestHead.Slice) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(slice.start)..<Int(slice.start) &+ Int(slice.count)])
    }

    @inline(__always)
    private func isNamed(_ name: RequestHead.Slice, _ lowercased: StaticString) -> Bool {
        FieldSyntax.equal(slice(name), lowercased: lowercased)
    }

    private func listContains(_ value: RequestHead.Slice, _ lowercased: StaticString) -> Bool {
        for element in ListElements(slice(value)) {
            // A weight may follow: "trailers;q=0.5".
            let name = element.prefix { $0 != UInt8(ascii: ";") && !FieldSyntax.isBlank($0) }
            if FieldSyntax.equal(UnsafeRawBufferPointer(rebasing: name), lowercased: lowercased) { return true }
        }
        return false
    }
}
