import Foundation
import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

/// RFC 9110 §14.
@Suite struct RangeTests {
    let site: Site
    let app: StaticFiles

    init() throws {
        site = try Site()
        app = StaticFiles(site.root)
        try site.add("a.txt", "0123456789", modified: 784_111_777)
        try site.add("empty.txt", "")
    }

    private func get(_ range: String, _ more: HTTPFields = [:], path: String = "/a.txt") async throws -> Reply {
        var fields = more
        fields[.range] = range
        return try await request(app, path, fields)
    }

    @Test(arguments: [
        ("bytes=0-0", "0", "0-0"), ("bytes=2-4", "234", "2-4"), ("bytes=7-", "789", "7-9"),
        ("bytes=-3", "789", "7-9"), ("bytes=-30", "0123456789", "0-9"), ("bytes=5-99", "56789", "5-9"),
        ("bytes=5-99999999999999999999999", "56789", "5-9"), ("BYTES=0-1", "01", "0-1"),
        ("bytes= 1-1 ,", "1", "1-1"), ("bytes=0-0,50-60", "0", "0-0"),
    ])
    func `one range is 206 with its part`(range: String, text: String, positions: String) async throws {
        let reply = try await get(range)
        #expect(reply.status == 206)
        #expect(reply.text == text)
        #expect(reply[.contentRange] == "bytes \(positions)/10")
        #expect(reply[.contentType] == "text/plain; charset=utf-8")
        #expect(reply[.eTag] != nil && reply[.lastModified] != nil)
    }

    @Test(arguments: ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-", "bytes=20-30,40-"])
    func `ranges that all lie outside are 416 with the size`(range: String) async throws {
        let reply = try await get(range)
        #expect(reply.status == 416)
        #expect(reply[.contentRange] == "bytes */10")
    }

    @Test(arguments: [
        "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=1", "bytes=+1-2", "bytes=1--2",
        "bytes=0-1,x", "bytes 0-1", "lines=0-1", "bytes=0 - 1", "=0-1",
    ])
    func `a malformed range is as if it were absent`(range: String) async throws {
        let reply = try await get(range)
        #expect(reply.status == 200)
        #expect(reply.text == "0123456789")
        #expect(reply[.contentRange] == nil)
    }

    @Test func `an empty file has no ranges`() async throws {
        for range in ["bytes=0-", "bytes=-5"] {
            let reply = try await get(range, path: "/empty.txt")
            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
        }
    }

    @Test func `several ranges are parts of one message, in the order asked for`() async throws {
        let reply = try await get("bytes=8-9, 0-1,-1")
        #expect(reply.status == 206)
        #expect(reply[.contentRange] == nil)
        let type = try #require(reply[.contentType])
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type == "multipart/byteranges; boundary=\(boundary)")
        let parts = [("8-9", "89"), ("0-1", "01"), ("9-9", "9")].map { positions, text in
            "--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes \(positions)/10\r\n\r\n\(text)\r\n"
        }
        #expect(reply.text == parts.joined() + "--\(boundary)--\r\n")
        #expect(reply.files == [8..<10, 0..<2, 9..<10])
        let other = try await get("bytes=8-9, 0-1,-1")
        #expect(other[.contentType] != type)
    }

    @Test func `more ranges than allowed, or more bytes than the file has, get the whole file`() async throws {
        try site.add("long.txt", bytes: [UInt8](repeating: 65, count: 100_000))
        let many = "bytes=" + (0..<17).map { "\($0)-\($0)" }.joined(separator: ",")
        let reply = try await get(many, path: "/long.txt")
        #expect(reply.status == 200)
        #expect(reply.body.count == 100_000)
        let sixteen = "bytes=" + (0..<16).map { "\($0)-\($0)" }.joined(separator: ",")
        #expect(try await get(sixteen, path: "/long.txt").files.count == 16)
        #expect(try await get("bytes=0-,0-", path: "/long.txt").status == 200)
        #expect(try await get("bytes=0-60000,40000-99999", path: "/long.txt").status == 200)
        #expect(try await get("bytes=0-9,5-14", path: "/long.txt").files == [0..<10, 5..<15])
    }

    @Test func `a very long list of ranges costs next to nothing`() async throws {
        let text = "bytes=" + (0..<200_000).map { "\($0)-\($0)" }.joined(separator: ",")
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await get(text).status == 200)
        #expect(clock.now - start < .seconds(20))
    }

    @Test func `no ranges at all where the options allow none`() async throws {
        var options = StaticFiles.Options()
        options.maximumRanges = 0
        let reply = try await request(StaticFiles(site.root, options: options), "/a.txt", [.range: "bytes=0-0"])
        #expect(reply.status == 200)
        #expect(reply[.acceptRanges] == nil)
    }

    @Test func `HEAD has no ranges`() async throws {
        let reply = try await request(app, .head, "/a.txt", [.range: "bytes=0-1"])
        #expect(reply.status == 200)
        #expect(reply[.contentLength] == "10")
    }

    @Test func `If-Range lets a range through only while the file is the same`() async throws {
        let tag = try #require(try await request(app, "/a.txt")[.eTag])
        #expect(try await get("bytes=0-1", [.ifRange: tag]).status == 206)
        #expect(try await get("bytes=0-1", [.ifRange: "Sun, 06 Nov 1994 08:49:37 GMT"]).status == 206)
        for condition in [
            "\"other\"", "W/\(tag)", "Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:36 GMT", "nonsense", "*",
        ] {
            let reply = try await get("bytes=0-1", [.ifRange: condition])
            #expect(reply.status == 200)
            #expect(reply.text == "0123456789")
        }
        // A file that may change again within the second that its date names is not known by it.
        try site.touch("a.txt", 4_102_444_800)
        #expect(try await get("bytes=0-1", [.ifRange: "Fri, 01 Jan 2100 00:00:00 GMT"]).status == 200)
        // What does not hold makes the range go away, and with it the 416.
        #expect(try await get("bytes=99-", [.ifRange: "\"other\""]).status == 200)
        #expect(try await request(app, "/a.txt", [.ifRange: "\"other\""]).status == 200)
    }
}
