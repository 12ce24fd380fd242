import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The form of a file that was chosen for a request: the file itself or a compressed copy, open and measured.
struct Representation: Sendable {
    let descriptor: Descriptor
    let size: Int
    /// When it changed last, in seconds since 1970.
    let lastModified: Int
    let tag: EntityTag
    let type: String
    /// The content coding of a compressed copy.
    let coding: String?
    /// Whether another request could get another form.
    let varies: Bool

    init(of file: FoundFile, type: String, coding: String?, varies: Bool) {
        let status = file.status
        descriptor = file.descriptor
        size = status.size
        lastModified = status.seconds
        // The coding is in it because a copy may be a link to the same inode.
        tag = EntityTag(status.tag + (coding.map { "-\($0)" } ?? ""))
        self.type = type
        self.coding = coding
        self.varies = varies
    }

    /// The response to a GET or HEAD request.
    func response(to scope: RequestScope, _ options: StaticFiles.Options) -> Response {
        let conditions = Preconditions(
            ifMatch: scope[.ifMatch], ifNoneMatch: scope[.ifNoneMatch], ifModifiedSince: scope[.ifModifiedSince],
            ifUnmodifiedSince: scope[.ifUnmodifiedSince])
        var fields: HTTPFields = [.eTag: tag.description]
        if varies { fields[.vary] = "Accept-Encoding" }
        if let cacheControl = options.cacheControl { fields[.cacheControl] = cacheControl }
        switch conditions.evaluate(tag: tag, lastModified: lastModified, isRetrieval: true) {
        case .failed: return .problem(.preconditionFailed, for: scope)
        // Nothing else about the representation goes into it (RFC 9110 §15.4.5).
        case .notModified: return Response(status: .notModified, headerFields: fields)
        case .proceed: break
        }
        // A date in the future is not to be sent (RFC 9110 §8.8.2.1).
        fields[.lastModified] = HTTPDate.format(min(lastModified, time(nil)))
        fields[.contentType] = type
        if let coding { fields[.contentEncoding] = coding }
        if options.maximumRanges > 0 { fields[.acceptRanges] = "bytes" }
        switch selection(for: scope, limit: options.maximumRanges) {
        case .whole: return whole(fields)
        case .unsatisfiable:
            return .problem(.rangeNotSatisfiable, headerFields: [.contentRange: "bytes */\(size)"], for: scope)
        case .parts(let parts):
            if parts.count == 1 { return part(parts[0], fields) }
            // Nobody could tell whether the coding is of the parts or of the message that holds them.
            return coding == nil ? multipart(parts, fields) : whole(fields)
        }
    }

    private func selection(for scope: RequestScope, limit: Int) -> ByteRanges.Selection {
        // GET is the only method with ranges (RFC 9110 §14.2).
        guard scope.method == .get, limit > 0, let text = scope[.range],
            let ranges = ByteRanges(text, limit: limit)
        else { return .whole }
        if let condition = scope[.ifRange],
            !RangeCondition(condition).isTrue(tag: tag, lastModified: lastModified, now: time(nil))
        {
            return .whole
        }
        return ranges.select(from: size)
    }

    private func whole(_ fields: HTTPFields) -> Response {
        response(.ok, fields, length: size, size > 0 ? [.range(0..<size)] : [])
    }

    private func part(_ range: Range<Int>, _ fields: HTTPFields) -> Response {
        var fields = fields
        fields[.contentRange] = contentRange(range)
        return response(.partialContent, fields, length: range.count, [.range(range)])
    }

    /// Several parts in one message (RFC 9110 §14.6).
    private func multipart(_ ranges: [Range<Int>], _ fields: HTTPFields) -> Response {
        var fields = fields
        // Drawn by lot, so that no file can hold it.
        let boundary =
            String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
        fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        var pieces: [Piece] = []
        var length = 0
        func add(_ text: String) {
            pieces.append(.bytes(ByteBuffer(string: text)))
            length += text.utf8.count
        }
        for range in ranges {
            let lead = pieces.isEmpty ? "" : "\r\n"
            add("\(lead)--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: \(contentRange(range))\r\n\r\n")
            pieces.append(.range(range))
            length += range.count
        }
        add("\r\n--\(boundary)--\r\n")
        return response(.partialContent, fields, length: length, pieces)
    }

    private enum Piece: Sendable {
        case bytes(ByteBuffer)
        case range(Range<Int>)
    }

    /// The file stays open as long as the response is there.
    private func response(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, length: Int, _ pieces: [Piece]
    ) -> Response {
        var response = Response(status: status, headerFields: fields)
        response[.contentLength] = String(length)
        guard !pieces.isEmpty else { return response }
        response.body = .stream { [descriptor] writer in
            for piece in pieces {
                switch piece {
                case .bytes(let bytes): try await writer.write(bytes)
                case .range(let range):
                    try await writer.write(
                        FileRange(.descriptor(descriptor.raw), offset: range.lowerBound, length: range.count))
                }
            }
            withExtendedLifetime(descriptor) {}
        }
        return response
    }

    private func contentRange(_ range: Range<Int>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }
}
