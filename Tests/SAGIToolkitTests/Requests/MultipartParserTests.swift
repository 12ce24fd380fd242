// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import NIOCore
import SAGIToolkit
import Testing

/// What a parser made of content: its parts, those that came to their end, and what ended it.
struct Parsed: Equatable, CustomStringConvertible {
    struct Part: Equatable {
        var name: String
        var filename: String?
        var content: [UInt8]

        init(name: String, filename: String? = nil, content: String = "") {
            self.name = name
            self.filename = filename
            self.content = Array(content.utf8)
        }
    }
    var parts: [Part] = []
    var isWhole = false
    var error: MultipartError?
    var greatestHeld = 0

    var description: String { "\(parts) \(isWhole) \(error.map { "\($0)" } ?? "no error")" }

    static func == (left: Parsed, right: Parsed) -> Bool {
        left.parts == right.parts && left.isWhole == right.isWhole && left.error == right.error
    }

    /// Feeds pieces, and takes what can be taken after each of them.
    init(_ pieces: [[UInt8]], boundary: String = "XxX", limits: MultipartLimits = MultipartLimits()) {
        var current: Part?
        do throws(MultipartError) {
            var parser = try MultipartParser(boundary: boundary, limits: limits)
            func take() throws(MultipartError) {
                while let event = try parser.next() {
                    switch event {
                    case .part(let head): current = Part(name: head.name, filename: head.filename)
                    case .bytes(let bytes): current!.content += bytes.readableBytesView
                    case .endOfPart:
                        parts.append(current!)
                        current = nil
                    case .end: isWhole = true
                    }
                }
                greatestHeld = max(greatestHeld, parser.held)
            }
            for piece in pieces {
                parser.push(ByteBuffer(bytes: piece))
                try take()
            }
            parser.finish()
            try take()
        } catch {
            self.error = error
        }
    }

    init(_ text: String, limits: MultipartLimits = MultipartLimits()) { self.init([Array(text.utf8)], limits: limits) }
}

/// A part with a head of one line.
private func part(_ disposition: String, _ content: String = "c") -> String {
    "--XxX\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n\(content)\r\n"
}

@Suite("MultipartParser")
struct MultipartParserTests {
    static let bodies: [(String, [Parsed.Part])] = [
        ("", []), ("--XxX--", []), ("--XxX--\r\n", []), ("preamble\r\n--XxX--epilogue", []),
        (part("name=a") + "--XxX--", [.init(name: "a", content: "c")]),
        (
            part("name=\"a\"", "one") + part("name=b; filename=\"f.txt\"", "") + part("name=\"\"", "\r\n")
                + "--XxX--\r\n",
            [
                .init(name: "a", content: "one"), .init(name: "b", filename: "f.txt", content: ""),
                .init(name: "", content: "\r\n"),
            ]
        ),
        // What nearly is a boundary, and content with every part of one.
        (
            part("name=a", "\r\r\n\r\n-\r\n--\r\n--X\r\n--Xx\r\n--XxY--XxX--\n--XxX\r--XxX \r\n--xxx\r\n")
                + "--XxX  \t--".replacing("--", with: "\r\n")
                + "x: y\r\nContent-Disposition:form-data;name=b\r\n\r\n--XxX--",
            [
                .init(
                    name: "a",
                    content:
                        "\r\r\n\r\n-\r\n--\r\n--X\r\n--Xx\r\n--XxY--XxX--\n--XxX\r--XxX \r\n--xxx\r\n\r\n\r\nXxX  \t\r\nx: y\r\nContent-Disposition:form-data;name=b\r\n"
                )
            ]
        ),
        // Blanks after a boundary, a preamble, an epilogue, a part whose head is followed by its boundary at once.
        (
            "--XxY\r\npreamble\r\n--XxX \t \r\nA: b\r\ncontent-DISPOSITION: Form-Data; NAME=a\r\nC: d\r\n\r\n1\r\n--XxX\t\r\n"
                + "Content-Disposition: form-data; name=b\r\n\r\n--XxX\r\nContent-Disposition: form-data; name=c\r\n\r\n"
                + "\r\n--XxX--  \r\nepilogue\r\n--XxX\r\n",
            [.init(name: "a", content: "1"), .init(name: "b"), .init(name: "c")]
        ),
        (
            part("name=\"\u{e9}\"; filename*=UTF-8'en'%e2%82%ac%20a.txt; filename=\"x\"", "\u{e9}") + "--XxX--",
            [.init(name: "\u{e9}", filename: "\u{20ac} a.txt", content: "\u{e9}")]
        ),
    ]

    @Test("takes content apart, at whatever byte it is split", arguments: bodies)
    func splits(text: String, parts: [Parsed.Part]) throws {
        let bytes = Array(text.utf8)
        let whole = Parsed([bytes])
        #expect(whole.parts == parts)
        #expect(whole.isWhole)
        #expect(whole.error == nil)
        for first in 0...bytes.count {
            let two = Parsed([Array(bytes[..<first]), Array(bytes[first...])])
            #expect(two == whole, "split at \(first)")
            for second in first..<bytes.count where second - first < 8 {
                let three = Parsed([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
                #expect(three == whole, "split at \(first) and \(second)")
            }
        }
        #expect(Parsed(bytes.map { [$0] }) == whole)
    }

    @Test("tells content that is cut off from content that ends, wherever it is cut", arguments: bodies)
    func truncation(text: String, parts: [Parsed.Part]) throws {
        guard
            let end = text.ranges(of: "--XxX--").first(where: {
                $0.lowerBound == text.startIndex
                    || text[..<$0.lowerBound].hasSuffix("\r\n")
            })
        else { return }
        let bytes = Array(text.utf8)
        for count in 1..<text.utf8.distance(from: text.startIndex, to: end.upperBound) {
            let cut = Parsed([Array(bytes[..<count])])
            #expect(cut.error == .incomplete, "cut after \(count)")
            #expect(!cut.isWhole)
            #expect(cut.parts.count <= parts.count)
        }
    }

    @Test(
        "refuses what is malformed, at whatever byte it is split",
        arguments: [
            ("--XxXy\r\n", .delimiter), ("--XxX \n", .delimiter), ("--XxX\n", .delimiter), ("--XxX\rx", .delimiter),
            ("--XxX-x", .delimiter), ("--XxX --", .delimiter), (part("name=a") + "--XxX!", .delimiter),
            ("--XxX\r\n\r\n\r\n--XxX--", .disposition),
            ("--XxX\r\nContent-Type: text/plain\r\n\r\n\r\n--XxX--", .disposition),
            (part(""), .disposition), (part("filename=a"), .disposition), (part("name"), .disposition),
            (part("name=a; name=b"), .disposition), (part("name=a; filename=b; filename=c"), .disposition),
            (part("name=\"a"), .disposition), (part("name=\"a\" b"), .disposition), (part("name=a b"), .disposition),
            (part("name=a; filename*=UTF-8''%zz"), .disposition), (part("name=a; filename*=x"), .disposition),
            (part("name=a; filename*=UTF-8''a%00b"), .disposition),
            (part("name=a; filename*=UTF-8''%0d%0a"), .disposition),
            (part("name=a; filename*=koi8-r''x"), .disposition),
            ("--XxX\r\nContent-Disposition: attachment; name=a\r\n\r\n", .disposition),
            (
                "--XxX\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n",
                .disposition
            ),
            ("--XxX\r\nno field\r\n\r\n", .headerField), ("--XxX\r\n: x\r\n\r\n", .headerField),
            ("--XxX\r\nA : x\r\n\r\n", .headerField), ("--XxX\r\nA: x\r\n folded\r\n\r\n", .headerField),
            ("--XxX\r\nA: x\ny\r\n\r\n", .headerField), ("--XxX\r\nA: x\ry\r\n\r\n", .headerField),
            ("--XxX\r\nA: x\0\r\n\r\n", .headerField),
            ("--XxX\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n", .headerField),
            ("--XxX\r\nContent-Transfer-Encoding: base64\r\n\r\n", .transferEncoding("base64")),
            ("--XxX\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n", .transferEncoding("quoted-printable")),
            ("no boundary at all", .incomplete), (" --XxX--", .incomplete), ("--xXx--", .incomplete),
            ("\n--XxX--", .incomplete), ("-", .incomplete),
        ] as [(String, MultipartError)])
    func malformed(text: String, error: MultipartError) {
        let bytes = Array(text.utf8)
        let whole = Parsed([bytes])
        #expect(whole.error == error)
        for first in 0...bytes.count { #expect(Parsed([Array(bytes[..<first]), Array(bytes[first...])]) == whole) }
        #expect(Parsed(bytes.map { [$0] }) == whole)
    }

    @Test("keeps a failure")
    func sticky() throws {
        var parser = try MultipartParser(boundary: "XxX")
        parser.push(ByteBuffer(string: "--XxX!"))
        for _ in 0..<2 { #expect(throws: MultipartError.delimiter) { try parser.next() } }
        parser.push(ByteBuffer(string: "\r\n" + part("name=a") + "--XxX--"))
        parser.finish()
        #expect(throws: MultipartError.delimiter) { try parser.next() }
        #expect(parser.held == 0)
    }

    @Test(
        "takes 1 to 70 characters for a boundary",
        arguments: [
            ("a", true), (String(repeating: "a", count: 70), true), ("a b", true), ("'()+_,-./:=?", true), ("", false),
            (String(repeating: "a", count: 71), false), ("a ", false), ("a\r\nb", false), ("é", false), ("\t", false),
        ])
    func boundaries(boundary: String, isValid: Bool) {
        let text = "--\(boundary)\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--\(boundary)--"
        let parsed = Parsed([Array(text.utf8)], boundary: boundary)
        #expect(parsed.error == (isValid ? nil : .boundary))
        #expect(parsed.parts.count == (isValid ? 1 : 0))
    }

    @Test(
        "reads names as clients write them",
        arguments: [
            ("name=\"a\\\"b\"", "a\"b", nil), ("name=\"a\\\\b\"", "a\\b", nil), ("name=\"a;b=c\"", "a;b=c", nil),
            ("name=a; filename=\"\"", "a", ""), ("name=\"a\" ; filename = \"b\" ;", "a", "b"),
            // Browsers do not escape backslashes.
            ("name=a; filename=\"C:\\dir\\new.txt\"", "a", "C:\\dir\\new.txt"),
            ("name=a; filename=\"%22\"", "a", "%22"),
            ("name=a; filename=x; filename*=utf-8''%C3%A9", "a", "é"),
            ("name=a; filename*=iso-8859-1'de'%E9; filename=x", "a", "é"),
            ("name=a; filename*=UTF-8''%FF; filename=x", "a", "x"), ("name=a; filename*=bad; filename=x", "a", "x"),
            ("name=a; filename*=\"UTF-8''q\"", "a", "q"), ("name=a; other=\"x\"", "a", nil),
        ] as [(String, String, String?)])
    func names(disposition: String, name: String, filename: String?) {
        let parsed = Parsed(part(disposition) + "--XxX--")
        #expect(parsed.parts == [.init(name: name, filename: filename, content: "c")], "\(parsed)")
    }

    @Test("takes names that are no UTF-8 for ISO 8859-1")
    func latinNames() {
        let bytes = Array(part("name=\"#\"").utf8).map { $0 == UInt8(ascii: "#") ? 0xE9 : $0 } + Array("--XxX--".utf8)
        #expect(Parsed([bytes]).parts == [.init(name: "é", content: "c")])
    }

    // MARK: Limits

    static let twoFields = part("name=a", "12345") + part("name=b", "1") + "--XxX--"
    static let files = part("name=a; filename=x", "12345") + part("name=b; filename=y", "123456") + "--XxX--"
    static let head = part("name=a", "").utf8.count - "--XxX\r\n\r\n".utf8.count

    struct LimitCase: Sendable {
        var text: String
        var limits: MultipartLimits
        var error: MultipartError?
        /// How many parts come to their end.
        var count: Int

        init(
            _ text: String, _ error: MultipartError?, _ count: Int, _ change: (inout MultipartLimits) -> Void
        ) {
            self.text = text
            self.error = error
            self.count = count
            limits = MultipartLimits(change)
        }
    }

    static let limitCases: [LimitCase] = {
        let whole = twoFields.utf8.count
        return [
            LimitCase(twoFields, nil, 2) { $0.totalBytes = whole },
            LimitCase(twoFields, .tooLarge(limit: whole - 1), 1) { $0.totalBytes = whole - 1 },
            LimitCase(twoFields, .tooLarge(limit: whole - 8), 1) { $0.totalBytes = whole - 8 },
            LimitCase(twoFields, .tooLarge(limit: 0), 0) { $0.totalBytes = 0 },
            LimitCase(twoFields + "more", .tooLarge(limit: whole), 2) { $0.totalBytes = whole },
            LimitCase(twoFields, nil, 2) { $0.parts = 2 },
            LimitCase(twoFields, .tooManyParts(limit: 1), 1) { $0.parts = 1 },
            LimitCase(twoFields, .tooManyParts(limit: 0), 0) { $0.parts = 0 },
            LimitCase(twoFields, nil, 2) { ($0.fields, $0.files) = (2, 0) },
            LimitCase(twoFields, .tooManyFields(limit: 1), 1) { $0.fields = 1 },
            LimitCase(files, nil, 2) { ($0.fields, $0.files) = (0, 2) },
            LimitCase(files, .tooManyFiles(limit: 1), 1) { $0.files = 1 },
            LimitCase(twoFields, nil, 2) { ($0.fieldBytes, $0.fileBytes) = (5, 0) },
            LimitCase(twoFields, .fieldTooLarge(name: "a", limit: 4), 0) { $0.fieldBytes = 4 },
            LimitCase(files, nil, 2) { ($0.fieldBytes, $0.fileBytes) = (0, 6) },
            LimitCase(files, .fileTooLarge(name: "b", limit: 5), 1) { $0.fileBytes = 5 },
            LimitCase(twoFields, nil, 2) { $0.headerBytes = head },
            LimitCase(twoFields, .headerTooLarge(limit: head - 1), 0) { $0.headerBytes = head - 1 },
            LimitCase(twoFields, .headerTooLarge(limit: head - 2), 0) { $0.headerBytes = head - 2 },
            LimitCase(twoFields, .headerTooLarge(limit: head - 3), 0) { $0.headerBytes = head - 3 },
            LimitCase(twoFields, .headerTooLarge(limit: 0), 0) { $0.headerBytes = 0 },
            LimitCase(twoFields, nil, 2) { $0.headerFields = 1 },
            LimitCase(twoFields, .tooManyHeaderFields(limit: 0), 0) { $0.headerFields = 0 },
        ]
    }()

    @Test("holds each limit, and no less, at whatever byte the content is split", arguments: limitCases)
    func limits(limit: LimitCase) {
        let bytes = Array(limit.text.utf8)
        let whole = Parsed([bytes], limits: limit.limits)
        #expect(whole.error == limit.error)
        #expect(whole.parts.count == limit.count)
        for first in 0...bytes.count {
            #expect(Parsed([Array(bytes[..<first]), Array(bytes[first...])], limits: limit.limits) == whole)
        }
        #expect(Parsed(bytes.map { [$0] }, limits: limit.limits) == whole)
    }

    @Test("shows the reader nothing of a piece that goes beyond a limit")
    func before() throws {
        var parser = try MultipartParser(boundary: "XxX", limits: MultipartLimits { $0.fieldBytes = 4 })
        parser.push(ByteBuffer(string: "--XxX\r\nContent-Disposition: form-data; name=a\r\n\r\n12"))
        guard case .part = try parser.next(), case .bytes = try parser.next(), try parser.next() == nil else {
            Issue.record("no part")
            return
        }
        parser.push(ByteBuffer(string: "345"))
        #expect(throws: MultipartError.fieldTooLarge(name: "a", limit: 4)) { try parser.next() }
    }

    @Test("answers each failure with its status and a sentence")
    func sentences() {
        let failures: [(Int, [MultipartError])] = [
            (415, [.notMultipart, .transferEncoding("x"), .charset("x")]),
            (400, [.boundary, .incomplete, .delimiter, .headerField, .disposition, .text(field: "x")]),
            (
                413,
                [
                    .tooLarge(limit: 1), .tooManyParts(limit: 1), .tooManyFields(limit: 1), .tooManyFiles(limit: 1),
                    .fieldTooLarge(name: "x", limit: 1), .fileTooLarge(name: "x", limit: 1), .headerTooLarge(limit: 1),
                    .tooManyHeaderFields(limit: 1), .memory(limit: 1),
                ]
            ),
        ]
        for (status, errors) in failures {
            for error in errors {
                #expect(error.status.code == status)
                #expect(error.detail?.hasSuffix(".") == true)
            }
        }
    }

    @Test("holds no more than a head or a boundary, whatever comes", arguments: [1, 7, 4096])
    func memory(size: Int) {
        var endless = [String(repeating: "preamble\r\n--Xx", count: 4000)]
        endless.append("--XxX" + String(repeating: " ", count: 50_000))
        endless.append(part("name=a", String(repeating: "\r\n--Xx", count: 8000)))
        endless.append(part("name=a; filename=x", String(repeating: "\r", count: 20_000)) + "--XxX--")
        endless.append(part("name=a; filename=x", String(repeating: "x\r\n", count: 20_000)) + "--XxX--")
        endless.append("--XxX\r\nA: " + String(repeating: "b", count: 50_000))
        endless.append("--XxX\r\n" + String(repeating: "A: b\r\n", count: 8000))
        endless.append("--XxX--" + String(repeating: "x", count: 50_000))
        for text in endless {
            let bytes = Array(text.utf8)
            let starts: [Int] = Array(stride(from: 0, to: bytes.count, by: size))
            let pieces: [[UInt8]] = starts.map { (start: Int) -> [UInt8] in Array(bytes[start...].prefix(size)) }
            let parsed = Parsed(pieces, limits: MultipartLimits { $0.headerBytes = 1000 })
            #expect(parsed.greatestHeld <= 1000)
        }
    }
}
