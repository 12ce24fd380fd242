// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Uploads")
struct UploadTests {
    private let large = String(repeating: "0123456789abcdef", count: 20_000)

    private func form(
        _ text: String, in site: Site, threshold: Int = 64 << 10, limits: MultipartLimits = MultipartLimits()
    ) async throws -> FormData {
        let content = Content(bytes: Array(text.utf8), pieces: 1000)
        return try await content.request(multipartFields).formData(limits, spoolingAbove: threshold, in: site.root)
    }

    private func file(_ content: String, name: String = "f") -> String {
        multipart(("name=\(name); filename=\"x.txt\"", "Content-Type: text/plain\r\n", content))
    }

    @Test("formData() gives fields and files", arguments: modes)
    func formData(mode: TestMode) async throws {
        let app = Handler { request in
            struct Fields: Codable { var a: [String]; var n: Int }
            let form = try await request.formData()
            let fields = try form.decode(Fields.self)
            let file = form.file("f")!
            #expect(form["a"] == "1")
            #expect(form.files("f").count == 2)
            #expect(form.file("none") == nil)
            #expect(file.contentType?.essence == "text/plain")
            #expect(file.filename == "dir/x.txt")
            #expect(file.basename == "x.txt")
            #expect(file.size == 3)
            return "\(fields.a) \(fields.n) \(String(buffer: try await file.bytes())) \(form.files[1].size)"
        }
        let text = multipart(
            ("name=a", "", "1"), ("name=f; filename=\"dir/x.txt\"", "Content-Type: text/plain\r\n", "abc"),
            ("name=a", "", "é"), ("name=n", "", "7"), ("name=f; filename=\"\"", "", "x"),
            ("name=f; filename=\"\"", "Content-Type: application/octet-stream\r\n", ""))
        try await TestClient.run(app, in: mode) { client async throws in
            let type = multipartFields[.contentType]
            let response = try await client.post("/", body: .bytes(ByteBuffer(string: text), contentType: type))
            #expect(response.text == #"["1", "é"] 7 abc 1"#)
            let wrong = try await client.post("/", body: .form(["a": "1"]))
            #expect(wrong.status == .unsupportedMediaType)
            let cut = ByteBuffer(string: String(text.dropLast(20)))
            let incomplete = try await client.post("/", body: .bytes(cut, contentType: type))
            #expect(incomplete.status == .badRequest)
            #expect(incomplete.text.contains("ends before"))
        }
    }

    @Test("Files go to disk above the threshold, and not at it; they have no name there")
    func threshold() async throws {
        let site = try Site()
        for (size, isOnDisk) in [(0, false), (2999, false), (3000, false), (3001, true), (300_000, true)] {
            let content = String(large.prefix(size))
            let upload = try await form(file(content), in: site, threshold: 3000).file("f")!
            #expect(upload.isOnDisk == isOnDisk, "\(size)")
            #expect(upload.size == size)
            #expect(String(buffer: try await upload.bytes()) == content)
            #expect(String(buffer: try await upload.bytes()) == content)
            #expect(try site.names() == [])
            #expect(try site.openFiles().count == (isOnDisk ? 1 : 0))
        }
        #expect(try site.openFiles() == [])
    }

    @Test("Nothing is left of an upload that failed")
    func failure() async throws {
        let site = try Site()
        for text in [
            String(file(large).dropLast(20)), file(large).replacing("--XxX--", with: "--XxX!"),
            file(large) + "more", file(large).replacing("form-data", with: "x"),
        ] {
            let problem = await refusal {
                _ = try await form(text, in: site, limits: MultipartLimits { $0.totalBytes = file(large).utf8.count })
            }
            #expect(problem != nil)
            #expect(try site.names() == [])
            #expect(try site.openFiles() == [])
        }
        let nowhere = await refusal {
            _ = try await Content([file(large)]).request(multipartFields).formData(in: site.root + "/nowhere")
        }
        #expect(nowhere?.status == 0)
        #expect(nowhere?.detail.contains("nowhere") == true)
    }

    @Test("move(to:) makes a new file, its owner's alone, and overwrites nothing", arguments: [0, 64 << 20])
    func move(threshold: Int) async throws {
        let site = try Site()
        try site.add("there", "before")
        try site.link("link", to: site.outside + "/secret.txt")
        try site.link("dangling", to: site.outside + "/new.txt")
        let upload = try await form(file(large), in: site, threshold: threshold).file("f")!
        #expect(upload.isOnDisk == (threshold == 0))
        for name in ["there", "link", "dangling"] {
            let path = site.root + "/" + name
            await #expect(throws: FileWriteError.exists(path: path)) { try await upload.move(to: path) }
        }
        for path in ["/no/where", "/a\0b"] {
            await #expect(throws: FileWriteError.self) { try await upload.move(to: site.root + path) }
        }
        // Twice: the second file must not be the first one by another name.
        for name in ["a", "b"] {
            try await upload.move(to: site.root + "/" + name)
            #expect(try site.read(name) == Array(large.utf8))
            #expect(try site.permissions(name) == 0o600)
        }
        try site.add("a", "changed")
        #expect(try site.read("b") == Array(large.utf8))
        #expect(try site.names() == ["a", "b", "dangling", "link", "there"])
        #expect(try site.read("there") == Array("before".utf8))
    }

    @Test("move(to:) copies where the file system is another one")
    func otherFileSystem() async throws {
        guard FileManager.default.isWritableFile(atPath: "/dev/shm") else { return }
        let site = try Site()
        let content = Content([file(large)])
        let form = try await content.request(multipartFields).formData(spoolingAbove: 0, in: "/dev/shm")
        try await form.files[0].move(to: site.root + "/a")
        #expect(try site.read("a") == Array(large.utf8))
    }

    @Test("basename leaves directories of every system behind")
    func basename() async throws {
        let names: [(String, String?)] = [
            ("a.txt", "a.txt"), ("/etc/passwd", "passwd"), ("..\\..\\a.txt", "a.txt"), ("C:\\dir\\a.txt", "a.txt"),
            ("C:a.txt", "a.txt"), ("../..", nil), ("..", nil), (".", nil), ("a/", nil), ("a\\", nil), ("", nil),
            ("\\\\server\\share\\a b", "a b"), ("a/b\\c", "c"), ("é.txt", "é.txt"),
            (".htaccess", ".htaccess"), ("...", nil), ("C:", nil), ("1:a", "1:a"), ("a\u{85}b", "ab"),
        ]
        let site = try Site()
        for (filename, expected) in names {
            let escaped = filename.replacing("\\", with: "\\\\")
            let text = multipart(("name=f; filename=\"\(escaped)\"", "", "x"))
            let upload = try await form(text, in: site).file("f")!
            #expect(upload.filename == filename)
            #expect(upload.basename == expected, "\(filename)")
        }
    }

    @Test("Memory is bounded for all fields, heads and small files together")
    func memory() async throws {
        let site = try Site()
        let limits = MultipartLimits { $0.memory = 10_000 }
        let field = ("name=a", "", String(repeating: "x", count: 3000))
        _ = try await form(multipart(field, field, field), in: site, limits: limits)
        let fields = await refusal {
            _ = try await form(multipart(field, field, field, field), in: site, limits: limits)
        }
        #expect(fields?.status == 413)
        #expect(fields?.detail.contains("10000 bytes together") == true)
        let one = ("name=a", "", String(repeating: "x", count: 10_000))
        let single = await refusal { _ = try await form(multipart(one), in: site, limits: limits) }
        #expect(single?.detail.contains("together") == true)
        let head = ("name=a", "X: \(String(repeating: "x", count: 6000))\r\n", "")
        let heads = await refusal { _ = try await form(multipart(head, head), in: site, limits: limits) }
        #expect(heads?.status == 413)
        // Files go to disk instead.
        let file = ("name=f; filename=x", "", String(repeating: "x", count: 4000))
        let spooled = try await form(multipart(file, file, file), in: site, limits: limits)
        #expect(spooled.files.map(\.isOnDisk) == [false, false, true])
    }

    @Test("A charset for all fields must be UTF-8 (RFC 7578 §4.6)")
    func charset() async throws {
        let site = try Site()
        let good = try await form(multipart(("name=_charset_", "", "UTF-8"), ("name=a", "", "é")), in: site)
        #expect(good["a"] == "é")
        let problem = await refusal { _ = try await form(multipart(("name=_charset_", "", "koi8-r")), in: site) }
        #expect(problem?.status == 415)
    }

    // MARK: Streaming

    @Test("part.write(to:) makes a new file, its owner's alone", arguments: modes)
    func write(mode: TestMode) async throws {
        let site = try Site()
        try site.add("there", "before")
        try site.link("dangling", to: site.outside + "/new.txt")
        let app = Handler { request in
            var count = 0
            for try await part in try request.multipart() where part.isFile {
                count += try await part.write(to: site.root + "/" + part.name, upTo: 400_000)
            }
            return "\(count)"
        }
        let options = {
            var options = TestClient.Options(); options.raisesApplicationErrors = false; return options
        }()
        try await TestClient.run(app, in: mode, options: options) { client async throws in
            func post(_ text: String) async throws -> TestResponse {
                let type = multipartFields[.contentType]
                return try await client.post("/", body: .bytes(ByteBuffer(string: text), contentType: type))
            }
            let text = multipart(
                ("name=skipped", "", "field"), ("name=a; filename=x", "", large), ("name=b; filename=x", "", ""))
            #expect(try await post(text).text == "\(large.utf8.count)")
            #expect(try site.read("a") == Array(large.utf8))
            #expect(try site.permissions("a") == 0o600)
            #expect(try site.read("b") == [])
            for name in ["there", "dangling"] {
                #expect(try await post(file("x", name: name)).status == .internalServerError)
            }
            #expect(try await post(file(large + large, name: "c")).status == .contentTooLarge)
            #expect(try await post(String(file(large, name: "d").dropLast(20))).status == .badRequest)
        }
        #expect(try site.names() == ["a", "b", "dangling", "there"])
        #expect(try site.read("there") == Array("before".utf8))
        #expect(try site.openFiles() == [])
    }

    @Test("A file that cannot be written ends the reading, and nothing is drained")
    func poison() async throws {
        let site = try Site()
        try site.add("there", "before")
        let content = Content(bytes: Array(multipart(("name=f; filename=x", "", large)).utf8), pieces: 100)
        var iterator = try content.request(multipartFields).multipart().makeAsyncIterator()
        let part = try await iterator.next()!
        let path = site.root + "/there"
        await #expect(throws: FileWriteError.exists(path: path)) { try await part.write(to: path) }
        await #expect(throws: FileWriteError.exists(path: path)) { try await iterator.next() }
        #expect(content.asked < 5)
    }

    @Test("A large upload passes through", arguments: modes)
    func large(mode: TestMode) async throws {
        let app = Handler { request in
            var sum = 0
            for try await part in try request.multipart() {
                for try await bytes in part { sum += bytes.readableBytes }
            }
            return "\(sum)"
        }
        let piece = ByteBuffer(string: String(repeating: "x", count: 64 << 10))
        let head = "--XxX\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"
        let body =
            [ByteBuffer(string: head)] + Array(repeating: piece, count: 200) + [ByteBuffer(string: "\r\n--XxX--")]
        try await TestClient.run(app, in: mode) { client async throws in
            let type = multipartFields[.contentType]
            let response = try await client.post("/", body: .chunks(body, contentType: type))
            #expect(response.text == "\(200 * (64 << 10))")
        }
    }
}
