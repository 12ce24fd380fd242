import NIOCore
import SAGIToolkit

/// The multipart parser: whole against split, its limits, and the parts written anew.
struct MultipartTarget: FuzzTarget {
    private static let limits: [MultipartLimits] = [
        MultipartLimits(),
        MultipartLimits { limits in
            limits.totalBytes = 200
            limits.parts = 3
            limits.fields = 2
            limits.files = 1
            limits.fieldBytes = 8
            limits.fileBytes = 12
            limits.headerBytes = 80
            limits.headerFields = 2
        },
        MultipartLimits { $0.headerBytes = 50 },
        MultipartLimits { $0.totalBytes = 120 },
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let limits = Self.limits[random.oneIn(2) ? 0 : random.below(Self.limits.count)]
        let whole = try parse(input, limits, .whole)
        let pieces: Pieces =
            switch random.below(4) {
            case 0: .single
            case 1: .two(random.below(input.count + 1))
            default: .random(random, largest: 1 + random.below(random.oneIn(2) ? 8 : 128))
            }
        try compare(whole, try parse(input, limits, pieces), limits, pieces)
        try checkAgain(whole)
        return whole.mark
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        for limits in Self.limits {
            let whole = try parse(input, limits, .whole)
            for pieces in (0...input.count).map({ Pieces.two($0) }) + [.single] {
                try compare(whole, try parse(input, limits, pieces), limits, pieces)
            }
            try checkAgain(whole)
        }
    }

    private func compare(
        _ whole: Result, _ split: Result, _ limits: MultipartLimits, _ pieces: Pieces
    ) throws(Violation) {
        guard whole == split else { throw Violation("\(whole) when whole, \(split) in pieces: \(pieces), \(limits)") }
    }

    // MARK: Parsing

    struct Part: Equatable {
        var name: String
        var filename: String?
        var content: [UInt8] = []
    }

    /// What came of an input. Of a part that did not come to its end nothing counts: how much of it was seen depends
    /// on how the input was cut.
    struct Result: Equatable {
        var parts: [Part] = []
        var isAtEnd = false
        var error: MultipartError?

        var mark: UInt64 {
            var digest = Digest()
            digest.addCounted(error.map { "\($0)" }?.filter { !$0.isNumber } ?? "")
            digest.add(min(parts.count, 8))
            for part in parts.prefix(8) {
                digest.add(min(part.content.count, 4))
                digest.add(min(part.name.utf8.count, 3) << 4 | (part.filename.map { min($0.utf8.count, 3) } ?? 7))
            }
            digest.add(isAtEnd ? 1 : 0)
            return digest.value
        }
    }

    private func parse(_ input: [UInt8], _ limits: MultipartLimits, _ pieces: Pieces) throws(Violation) -> Result {
        var result = Result()
        var current: Part?
        var pieces = pieces
        var fed = 0
        do throws(Stop) {
            var parser = try start(limits)
            while fed < input.count {
                let count = pieces.next(input.count - fed)
                parser.push(ByteBuffer(bytes: input[fed..<fed + count]))
                fed += count
                try take(&parser, &result, &current, limits)
                // What waits for more is a head or a boundary.
                guard parser.held <= max(limits.headerBytes, 16) else {
                    throw .violation("\(parser.held) bytes are held")
                }
            }
            parser.finish()
            try take(&parser, &result, &current, limits)
            guard result.isAtEnd else { throw .violation("no end and no error") }
        } catch {
            guard case .refused(let error) = error else {
                if case .violation(let message) = error { throw Violation("\(message): \(pieces), \(limits)") }
                return result
            }
            result.error = error
        }
        return result
    }

    private enum Stop: Error {
        case refused(MultipartError)
        case violation(String)
    }

    private func start(_ limits: MultipartLimits) throws(Stop) -> MultipartParser {
        do throws(MultipartError) { return try MultipartParser(boundary: "XxX", limits: limits) } catch {
            throw .refused(error)
        }
    }

    private func take(
        _ parser: inout MultipartParser, _ result: inout Result, _ current: inout Part?, _ limits: MultipartLimits
    ) throws(Stop) {
        while true {
            let event: MultipartParser.Event?
            do throws(MultipartError) { event = try parser.next() } catch {
                // It stays refused.
                parser.push(ByteBuffer(string: "\r\n--XxX--"))
                var later: MultipartError?
                do throws(MultipartError) { _ = try parser.next() } catch { later = error }
                guard later == error else { throw .violation("\(error), then \(String(describing: later))") }
                throw .refused(error)
            }
            guard let event else { return }
            guard !result.isAtEnd else { throw .violation("an event after the end") }
            switch event {
            case .part(let head):
                guard current == nil else { throw .violation("a part in a part") }
                current = Part(name: head.name, filename: head.filename)
                guard head.size <= limits.headerBytes, head.headerFields.count <= limits.headerFields,
                    result.parts.count < limits.parts
                else { throw .violation("a part beyond its limits") }
            case .bytes(let bytes):
                guard current != nil, bytes.readableBytes > 0 else { throw .violation("content of no part") }
                current?.content += bytes.readableBytesView
                let limit = current?.filename == nil ? limits.fieldBytes : limits.fileBytes
                guard current?.content.count ?? 0 <= limit else { throw .violation("more content than allowed") }
            case .endOfPart:
                guard let part = current else { throw .violation("the end of no part") }
                result.parts.append(part)
                current = nil
            case .end:
                guard current == nil else { throw .violation("an end in a part") }
                result.isAtEnd = true
            }
        }
    }

    /// Parts that were read are the same when they are written and read again.
    private func checkAgain(_ result: Result) throws(Violation) {
        guard !result.parts.isEmpty else { return }
        var text: [UInt8] = []
        for part in result.parts {
            text += Array("--XxX\r\nContent-Disposition: form-data; name=\(Self.quote(part.name))".utf8)
            if let filename = part.filename { text += Array("; filename=\(Self.quote(filename))".utf8) }
            text += Array("\r\n\r\n".utf8) + part.content + Array("\r\n".utf8)
        }
        text += Array("--XxX--".utf8)
        var limits = MultipartLimits()
        limits.headerBytes = 1 << 20
        let again = try parse(text, limits, .whole)
        guard again.parts == result.parts, again.error == nil else {
            throw Violation("\(result) once, \(again) when written again")
        }
    }

    private static func quote(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    // MARK: Inputs

    private static func part(_ disposition: String, _ content: String, _ head: String = "") -> String {
        "--XxX\r\nContent-Disposition: form-data; \(disposition)\r\n\(head)\r\n\(content)\r\n"
    }

    static let corpus: [String] = [
        "", "--XxX--", "--XxX--\r\n", "preamble\r\n--XxX--\r\nepilogue", part("name=\"a\"", "one") + "--XxX--\r\n",
        part("name=a", "12345678") + part("name=b; filename=\"x.txt\"", "123456789012", "Content-Type: text/plain\r\n")
            + "--XxX--\r\n",
        part("name=a", "\r\n--Xx\r\n--XxY\r\r\n-") + part("name=\"\"; filename=\"\"", "") + "--XxX--",
        "--XxX \t\r\nA: b\r\ncontent-disposition:form-data;name=\"a\\\"b\"\r\n\r\n--XxX--  \r\n",
        part("name=a; filename*=UTF-8'en'%e2%82%ac; filename=\"C:\\a\"", "\u{FF}\u{0}") + "--XxX--",
        part("name=a", "x", "Content-Transfer-Encoding: 8bit\r\n") + part("name=b", "y") + part("name=c", "z")
            + "--XxX--",
        part("name=a", "123456789") + "--XxX--", part("name=a; filename=b", "1234567890123") + "--XxX--",
    ]
    static let tokens: [String] = [
        "\r\n--XxX", "--XxX", "\r\n--XxX--", "--", "\r\n", "\r", "\n", "\r\n\r\n", "--Xx", " ", "\t", ":", ";", "=",
        "\"",
        "\\", "\\\"", "'", "%", "%41", "%00", "%0D", "name=", "name=a", "filename=", "filename=\"b\"", "filename*=",
        "UTF-8''", "iso-8859-1''%E9", "form-data", "Content-Disposition: ",
        "Content-Disposition: form-data; name=a\r\n",
        "Content-Type: text/plain\r\n", "Content-Transfer-Encoding: base64\r\n", "A: b\r\n", " folded\r\n", "\u{0}",
        "\u{FF}", "\u{C3}\u{A9}", "--XxX\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n",
    ]
}
