import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

/// RFC 9110 §12.5.3.
@Suite struct PrecompressedTests {
    let site: Site
    let app: StaticFiles

    init() throws {
        site = try Site()
        app = StaticFiles(site.root)
        try site.add("app.js", "plain text", modified: 1000)
        try site.add("app.js.br", "brotli", modified: 1000)
        try site.add("app.js.zst", "zstandard", modified: 1000)
        try site.add("app.js.gz", "gzipped", modified: 2000)
        try site.add("alone.js", "alone")
    }

    private func get(_ accepted: String?, _ more: HTTPFields = [:], _ path: String = "/app.js") async throws -> Reply {
        var fields = more
        fields[.acceptEncoding] = accepted
        return try await request(app, path, fields)
    }

    @Test(arguments: [
        ("gzip", "gzip", "gzipped"), ("gzip, deflate, br, zstd", "br", "brotli"), ("gzip, zstd", "zstd", "zstandard"),
        ("br;q=0.5, gzip;q=0.9", "gzip", "gzipped"), ("*", "br", "brotli"), ("br;q=0, *", "zstd", "zstandard"),
        ("x-gzip", "gzip", "gzipped"), ("GZIP;Q=1.0", "gzip", "gzipped"), ("br ; q=0.001", "br", "brotli"),
        ("gzip;q=0.5, identity;q=0.5", "gzip", "gzipped"), ("identity;q=0, gzip", "gzip", "gzipped"),
    ])
    func `the wanted copy is served with its coding`(accepted: String, coding: String, text: String) async throws {
        let reply = try await get(accepted)
        #expect(reply.status == 200)
        #expect(reply.text == text)
        #expect(reply[.contentEncoding] == coding)
        #expect(reply[.contentType] == "text/javascript; charset=utf-8")
        #expect(reply[.vary] == "Accept-Encoding")
    }

    @Test(arguments: [
        nil, "", "deflate", "gzip;q=0", "gzip;q=0.5, identity", "br;q=0, zstd;q=0.000, gzip;q=0", "*;q=0",
        "gzip;q=nonsense", "identity",
    ])
    func `the file as it is goes to those who want no copy`(accepted: String?) async throws {
        let reply = try await get(accepted)
        #expect(reply.status == 200)
        #expect(reply.text == "plain text")
        #expect(reply[.contentEncoding] == nil)
        #expect(reply[.vary] == "Accept-Encoding")
    }

    @Test func `a file without copies does not vary`() async throws {
        let reply = try await get("gzip", [:], "/alone.js")
        #expect(reply.text == "alone")
        #expect(reply[.vary] == nil)
    }

    @Test func `each form has its own tag, which its conditions go by`() async throws {
        let plain = try #require(try await get(nil)[.eTag])
        let gzip = try #require(try await get("gzip")[.eTag])
        let brotli = try #require(try await get("br")[.eTag])
        #expect(Set([plain, gzip, brotli]).count == 3)
        let cached = try await get("gzip", [.ifNoneMatch: gzip])
        #expect(cached.status == 304)
        #expect(cached[.vary] == "Accept-Encoding")
        #expect(try await get("gzip", [.ifNoneMatch: plain]).status == 200)
    }

    @Test func `HEAD has the length of the copy`() async throws {
        let reply = try await request(app, .head, "/app.js", [.acceptEncoding: "gzip"])
        #expect(reply[.contentLength] == "7")
        #expect(reply[.contentEncoding] == "gzip")
    }

    @Test func `a range is of the file as it is, unless a tag says of which copy`() async throws {
        let bare = try await get("gzip", [.range: "bytes=0-4"])
        #expect(bare.status == 206)
        #expect(bare.text == "plain")
        #expect(bare[.contentEncoding] == nil)
        #expect(bare[.vary] == "Accept-Encoding")
        let dated = try await get("gzip", [.range: "bytes=0-4", .ifRange: try #require(bare[.lastModified])])
        #expect(dated.status == 206)
        #expect(dated.text == "plain")
        let tag = try #require(try await get("gzip")[.eTag])
        let resumed = try await get("gzip", [.range: "bytes=4-", .ifRange: tag])
        #expect(resumed.status == 206)
        #expect(resumed.text == "ped")
        #expect(resumed[.contentEncoding] == "gzip")
        #expect(resumed[.contentRange] == "bytes 4-6/7")
        let stranger = try await get("br", [.range: "bytes=4-", .ifRange: tag])
        #expect(stranger.status == 200)
        #expect(stranger.text == "brotli")
        let several = try await get("gzip", [.range: "bytes=0-0,2-2", .ifRange: tag])
        #expect(several.status == 200)
        #expect(several.text == "gzipped")
    }

    @Test func `a copy older than its file is not served`() async throws {
        try site.touch("app.js", 1500)
        #expect(try await get("br, gzip").text == "gzipped")
        #expect(try await get("br").text == "plain text")
    }

    @Test func `a copy is a regular file next to one`() async throws {
        try site.add("b.js", "plain", modified: 1000)
        try site.add("b.js.gz/x")
        try site.link("b.js.br", to: "app.js.br")
        #expect(try await get("gzip, br", [:], "/b.js").text == "plain")
        try site.add("c.js.gz", "only the copy")
        #expect(try await get("gzip", [:], "/c.js").status == 404)
    }

    @Test func `an index file has copies too`() async throws {
        try site.add("index.html", "home", modified: 1000)
        try site.add("index.html.gz", "packed home", modified: 1000)
        #expect(try await get("gzip", [:], "/").text == "packed home")
    }

    @Test func `the options say which copies there are, and in which order`() async throws {
        var options = StaticFiles.Options()
        options.precompressed = []
        let none = try await request(StaticFiles(site.root, options: options), "/app.js", [.acceptEncoding: "gzip"])
        #expect(none.text == "plain text")
        #expect(none[.vary] == nil)
        options.precompressed = [.gzip, .brotli]
        let gzip = try await request(StaticFiles(site.root, options: options), "/app.js", [.acceptEncoding: "br, gzip"])
        #expect(gzip.text == "gzipped")
    }
}
