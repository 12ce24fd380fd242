import HTTPTypes
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Routes about the file.
extension Conformance {
    /// `/file`: the file, or the one range of it that the request asks for (RFC 9110 §14).
    func file(_ http: HTTPExchange) async throws {
        guard let path = http.scope.state[SampleFile.self]?.path, let size = SampleFile.size(of: path) else {
            return try await text(http, "There is no file.\n", status: .notFound)
        }
        var head = HTTPResponse(
            status: .ok, headerFields: [.contentType: "application/octet-stream", .acceptRanges: "bytes"])
        var range = 0..<size
        if let wanted = http.scope[.range], http.scope.method == .get {
            switch ByteRange.parse(wanted, size: size) {
            case .whole: break
            case .part(let part):
                range = part
                head.status = .partialContent
                head.headerFields[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
            case .none:
                head.status = .rangeNotSatisfiable
                head.headerFields[.contentRange] = "bytes */\(size)"
                range = 0..<0
            }
        }
        head.headerFields[.contentLength] = String(range.count)
        try await http.send(.start(head))
        try await http.send(.file(FileRange(path: path, offset: range.lowerBound, length: range.count)))
    }

    /// `/file/path`: where the file is, so that a test can change it.
    func filePath(_ http: HTTPExchange) async throws {
        try await text(http, (http.scope.state[SampleFile.self]?.path ?? "") + "\n")
    }

    /// `/file/missing`: a response that has begun when it turns out that there is no such file.
    func missingFile(_ http: HTTPExchange) async throws {
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentLength: "1000"])))
        try await http.send(.file(FileRange(path: "/there/is/no/such/file")))
    }
}

/// A file of 1 MiB in a folder of its own, for as long as the server runs.
struct SampleFile: ValueKey {
    typealias Value = SampleFile

    let folder: String
    var path: String { folder + "/sample" }

    static func make() throws -> SampleFile {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/conformance.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(text: "No folder can be made in \(parent).") }
        let file = SampleFile(folder: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        let content = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(text: "The file \(file.path) cannot be made.") }
        defer { close(descriptor) }
        guard write(descriptor, content, content.count) == content.count else {
            throw Failure(text: "The file \(file.path) cannot be written.")
        }
        return file
    }

    func remove() {
        unlink(path)
        rmdir(folder)
    }

    static func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}

/// The one range of a `Range` field.
enum ByteRange {
    /// The field asks for nothing that can be given in one part; it is ignored.
    case whole
    case part(Range<Int>)
    /// The range lies beyond the end.
    case none

    static func parse(_ text: String, size: Int) -> ByteRange {
        guard text.hasPrefix("bytes=") else { return .whole }
        let bounds = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return .whole }
        switch (Int(bounds[0]), Int(bounds[1])) {
        case (let first?, let last?) where first <= last && first >= 0:
            return first < size ? .part(first..<min(last + 1, size)) : .none
        case (let first?, nil) where bounds[1].isEmpty && first >= 0:
            return first < size ? .part(first..<size) : .none
        case (nil, let count?) where bounds[0].isEmpty && count >= 0:
            return count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .none
        default:
            return .whole
        }
    }
}
