// swift-format-ignore-file: NeverForceUnwrap

import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Request.multipart")
struct MultipartTests {
    private let text = multipart(
        ("name=a", "", "one"), ("name=f; filename=\"x.png\"", "Content-Type: image/png\r\n", "12345678"),
        ("name=b", "", "two"))

    private func post(_ text: String, _ client: TestClient, type: String? = nil) async throws -> TestResponse {
        let type = type ?? "multipart/form-data; boundary=\(boundary)"
        return try await client.post("/", body: .bytes(ByteBuffer(string: text), contentType: type))
    }

    @Test("gives the parts as they come", arguments: modes)
    func parts(mode: TestMode) async throws {
        let app = Handler { request in
            var lines: [String] = []
            for try await part in try request.multipart() {
                let type = part.contentType?.essence ?? "-"
                lines.append("\(part.name) \(part.filename ?? "-") \(part.isFile) \(type) \(try await part.text())")
            }
            return lines.joined(separator: "\n")
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let expected = "a - false - one\nf x.png true image/png 12345678\nb - false - two"
            #expect(try await post(text, client).text == expected)
            let chunks = text.map { String($0) }
            let type = "Multipart/Form-Data; boundary=\"\(boundary)\""
            #expect(try await client.post("/", body: .chunks(chunks, contentType: type)).text == expected)
            #expect(try await post("", client).text == "")
        }
    }

    @Test(
        "takes a boundary with blanks in its quotes, and no other type",
        arguments: [
            ("multipart/form-data; boundary=\"a b\"", nil, "a b"), ("multipart/form-data; BOUNDARY=x", nil, "x"),
            ("multipart/form-data; charset=utf-8; boundary=\"x:y\"", nil, "x:y"),
            ("multipart/form-data", .boundary, ""), ("multipart/form-data; boundary=\"\"", .boundary, ""),
            ("multipart/form-data; boundary=a; boundary=b", .boundary, "a"),
            ("multipart/form-data; boundary=a b", .notMultipart, "a"),
            ("multipart/mixed; boundary=a", .notMultipart, "a"),
            ("text/plain", .notMultipart, ""), ("", .notMultipart, ""),
        ] as [(String, MultipartError?, String)])
    func types(type: String, expected: MultipartError?, boundary: String) async throws {
        let content = "--\(boundary)\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--\(boundary)--"
        let request = Content([content]).request([.contentType: type])
        do {
            var iterator = try request.multipart().makeAsyncIterator()
            #expect(try await iterator.next()?.text() == "x")
            #expect(expected == nil)
        } catch {
            #expect(error as? MultipartError == expected)
        }
        let problem = await refusal { _ = try request.multipart() }
        #expect(problem?.status == expected?.status.code)
    }

    @Test("refuses content whose length says that it is too long, before any of it")
    func lengthUpFront() throws {
        let content = Content([text])
        let request = content.request([.contentType: multipartFields[.contentType]!, .contentLength: "101"])
        let limits = MultipartLimits { $0.totalBytes = 100 }
        #expect(throws: MultipartError.tooLarge(limit: 100)) { try request.multipart(limits) }
        #expect(content.asked == 0)
    }

    @Test("reads no further than is asked for, and skips what is left of a part")
    func backpressure() async throws {
        let content = Content(bytes: Array(text.utf8), pieces: 1)
        let parts = try content.request(multipartFields).multipart()
        #expect(content.asked == 0)
        var iterator = parts.makeAsyncIterator()
        let first = try await iterator.next()!
        let afterHead = content.asked
        #expect(afterHead < text.utf8.count / 2)
        var bytes = first.makeAsyncIterator()
        #expect(try await bytes.next() == ByteBuffer(string: "o"))
        #expect(content.asked <= afterHead + 1)
        let second = try await iterator.next()!
        #expect(second.name == "f")
        let third = try await iterator.next()!
        #expect(try await third.text() == "two")
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
        await #expect(throws: PartReadError.passed) { try await bytes.next() }
        await #expect(throws: PartReadError.passed) { try await second.text() }
    }

    @Test("lets the content and each part be read once")
    func once() async throws {
        let request = Content([text]).request(multipartFields)
        let parts = try request.multipart()
        var iterator = parts.makeAsyncIterator()
        let part = try await iterator.next()!
        #expect(try await part.text() == "one")
        await #expect(throws: PartReadError.alreadyRead) { try await part.text() }
        await #expect(throws: PartReadError.alreadyRead) { for try await _ in part {} }
        await #expect(throws: PartReadError.alreadyRead) { try await part.write(to: "/nowhere/x") }
        var other = parts.makeAsyncIterator()
        await #expect(throws: RequestBodyError.alreadyRead) { try await other.next() }
        var again = try request.multipart().makeAsyncIterator()
        await #expect(throws: RequestBodyError.alreadyRead) { try await again.next() }
        await #expect(throws: RequestBodyError.alreadyRead) { try await request.text() }
        // And the other way round.
        let collected = Content([text]).request(multipartFields)
        _ = try await collected.body.collect(upTo: 10_000)
        await #expect(throws: RequestBodyError.alreadyRead) { try await collected.formData() }
        for error in [PartReadError.alreadyRead, .passed, .concurrent] { #expect("\(error)".hasSuffix(".")) }
    }

    @Test("keeps a failure, whatever is asked for next")
    func sticky() async throws {
        let broken = Content([text.replacing("--XxX--", with: "--XxX!")]).request(multipartFields)
        var iterator = try broken.multipart().makeAsyncIterator()
        var last: MultipartPart?
        for _ in 0..<3 { last = try await iterator.next() }
        let part = last!
        for _ in 0..<2 { await #expect(throws: MultipartError.delimiter) { try await iterator.next() } }
        await #expect(throws: PartReadError.passed) { try await part.text() }
    }

    @Test("takes a client that goes, and content that ends early, for failures")
    func truncation() async throws {
        let cut = String(text.prefix(text.count / 2))
        let gone = Content([cut], end: .disconnect).request(multipartFields)
        await #expect(throws: RequestBodyError.disconnected(.clientClosed)) {
            for try await part in try gone.multipart() { _ = try await part.collect() }
        }
        let short = Content([cut]).request(multipartFields)
        await #expect(throws: MultipartError.incomplete) { for try await _ in try short.multipart() {} }
        // The client is gone after the last boundary: what came is not all that was promised.
        let late = Content([text], end: .disconnect).request(multipartFields)
        await #expect(throws: RequestBodyError.disconnected(.clientClosed)) { try await late.formData() }
    }

    @Test("bounds what text() and collect() take of a part, and then is over")
    func partLimits() async throws {
        for read: (MultipartPart) async throws -> Void in [
            { _ = try await $0.text(upTo: 2) }, { _ = try await $0.collect(upTo: 2) },
        ] {
            let request = Content([text]).request(multipartFields)
            var iterator = try request.multipart().makeAsyncIterator()
            let part = try await iterator.next()!
            let error = MultipartError.fieldTooLarge(name: "a", limit: 2)
            await #expect(throws: error) { try await read(part) }
            await #expect(throws: error) { try await iterator.next() }
        }
    }

    @Test("reads text in UTF-8 and nothing else")
    func charset() async throws {
        func text(_ type: String, _ content: [UInt8]) async throws -> String {
            let head = "--XxX\r\nContent-Disposition: form-data; name=a\r\nContent-Type: \(type)\r\n\r\n"
            let bytes = Array(head.utf8) + content + Array("\r\n--XxX--".utf8)
            let request = Content(bytes: bytes, pieces: 1).request(multipartFields)
            var iterator = try request.multipart().makeAsyncIterator()
            return try await iterator.next()!.text()
        }
        #expect(try await text("text/plain", [0xC3, 0xA9]) == "é")
        #expect(try await text("text/plain; charset=\"UTF-8\"", [0xC3, 0xA9]) == "é")
        await #expect(throws: MultipartError.charset("latin1")) { try await text("text/plain; charset=latin1", [0xE9]) }
        await #expect(throws: MultipartError.text(field: "a")) { try await text("text/plain", [0xE9]) }
    }

    @Test("lets no second task read beside the first one")
    func concurrent() async throws {
        // The first reader waits until the second one has been told.
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        let (waits, wait) = AsyncStream.makeStream(of: Void.self)
        let receive = Receive<HTTPRequestEvent> {
            wait.yield()
            for await _ in told { break }
            return .disconnect(.clientClosed)
        }
        let scope = RequestScope(.post, headers: multipartFields)
        let parts = try Request(scope: scope, body: SAGIToolkit.RequestBody(receive)).multipart()
        let first = Task { for try await _ in parts {} }
        for await _ in waits { break }
        await #expect(throws: RequestBodyError.alreadyRead) { for try await _ in parts {} }
        tell.yield()
        await #expect(throws: RequestBodyError.disconnected(.clientClosed)) { try await first.value }
    }
}
