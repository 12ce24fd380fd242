import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

/// RFC 9110 §13.
@Suite struct ConditionTests {
    let site: Site
    let app: StaticFiles
    let tag: String

    let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
    let later = "Sun, 06 Nov 1994 08:49:38 GMT"

    init() async throws {
        site = try Site()
        app = StaticFiles(site.root)
        try site.add("a.txt", "hello", modified: 784_111_777)
        tag = try #require(try await request(app, "/a.txt")[.eTag])
    }

    private func status(_ fields: HTTPFields, _ method: HTTPRequest.Method = .get) async throws -> Int {
        try await request(app, method, "/a.txt", fields).status
    }

    @Test func `If-None-Match compares weakly, in lists, and against any`() async throws {
        #expect(try await status([.ifNoneMatch: tag]) == 304)
        #expect(try await status([.ifNoneMatch: "W/\(tag)"]) == 304)
        #expect(try await status([.ifNoneMatch: "\"x,y\", W/\"z\" ,, \(tag)"]) == 304)
        #expect(try await status([.ifNoneMatch: "*"]) == 304)
        #expect(try await status([.ifNoneMatch: tag], .head) == 304)
        #expect(try await status([.ifNoneMatch: "\"other\""]) == 200)
        #expect(try await status([.ifNoneMatch: "\"x, \(tag.dropFirst())"]) == 200)
        #expect(try await status([.ifNoneMatch: String(tag.dropFirst().dropLast())]) == 200)
    }

    @Test func `304 has the tag and nothing about the content`() async throws {
        let reply = try await request(app, "/a.txt", [.ifNoneMatch: tag])
        #expect(reply[.eTag] == tag)
        for name: HTTPField.Name in [.contentType, .contentLength, .contentEncoding, .acceptRanges] {
            #expect(reply[name] == nil)
        }
    }

    @Test func `If-Modified-Since counts only without If-None-Match`() async throws {
        #expect(try await status([.ifModifiedSince: date]) == 304)
        #expect(try await status([.ifModifiedSince: later]) == 304)
        #expect(try await status([.ifModifiedSince: earlier]) == 200)
        #expect(try await status([.ifModifiedSince: "yesterday"]) == 200)
        #expect(try await status([.ifModifiedSince: "Sunday, 06-Nov-94 08:49:37 GMT"]) == 304)
        #expect(try await status([.ifModifiedSince: date, .ifNoneMatch: "\"other\""]) == 200)
        #expect(try await status([.ifModifiedSince: earlier, .ifNoneMatch: tag]) == 304)
    }

    @Test func `If-Match compares strongly`() async throws {
        #expect(try await status([.ifMatch: tag]) == 200)
        #expect(try await status([.ifMatch: "\"x\", \(tag)"]) == 200)
        #expect(try await status([.ifMatch: "*"]) == 200)
        #expect(try await status([.ifMatch: "W/\(tag)"]) == 412)
        #expect(try await status([.ifMatch: "\"other\""]) == 412)
        #expect(try await status([.ifMatch: "no tag"]) == 412)
    }

    @Test func `If-Unmodified-Since counts only without If-Match`() async throws {
        #expect(try await status([.ifUnmodifiedSince: date]) == 200)
        #expect(try await status([.ifUnmodifiedSince: earlier]) == 412)
        #expect(try await status([.ifUnmodifiedSince: "yesterday"]) == 200)
        #expect(try await status([.ifUnmodifiedSince: earlier, .ifMatch: tag]) == 200)
    }

    @Test func `a failed If-Match comes before If-None-Match, and both before a range`() async throws {
        #expect(try await status([.ifMatch: "\"other\"", .ifNoneMatch: tag]) == 412)
        #expect(try await status([.ifMatch: tag, .ifNoneMatch: tag]) == 304)
        #expect(try await status([.ifNoneMatch: tag, .range: "bytes=0-1"]) == 304)
        #expect(try await status([.ifMatch: "\"other\"", .range: "bytes=0-1"]) == 412)
        #expect(try await status([.ifMatch: tag, .range: "bytes=0-1"]) == 206)
    }

    @Test func `conditions on what is not there do not matter`() async throws {
        #expect(try await request(app, "/none", [.ifMatch: "*"]).status == 404)
        #expect(try await request(app, "/none", [.ifNoneMatch: "*"]).status == 404)
    }

    @Test func `the tag changes with the time, the size and the file`() async throws {
        try site.touch("a.txt", 784_111_778)
        let touched = try #require(try await request(app, "/a.txt")[.eTag])
        try site.add("a.txt", "hello!", modified: 784_111_777)
        let grown = try #require(try await request(app, "/a.txt")[.eTag])
        try site.add("b.txt", "hello", modified: 784_111_777)
        let other = try #require(try await request(app, "/b.txt")[.eTag])
        #expect(Set([tag, touched, grown, other]).count == 4)
    }

    @Test func `a date in the future is not sent`() async throws {
        try site.touch("a.txt", 4_102_444_800)
        let reply = try await request(app, "/a.txt")
        let sent = try #require(reply[.lastModified])
        #expect(!sent.contains("2100"))
    }
}
