import Foundation
import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

@testable import struct SAGIToolkit.DirectoryListing

@Suite struct DirectoryTests {
    let site: Site
    let app: StaticFiles

    init() throws {
        site = try Site()
        app = StaticFiles(site.root)
    }

    private func listing(_ change: (inout StaticFiles.Options) -> Void = { _ in }) -> StaticFiles {
        var options = StaticFiles.Options()
        options.listsDirectories = true
        change(&options)
        return StaticFiles(site.root, options: options)
    }

    @Test func `an index file stands for its directory`() async throws {
        try site.add("index.html", "<p>home")
        try site.add("docs/index.html", "<p>docs")
        let home = try await request(app, "/")
        #expect(home.text == "<p>home")
        #expect(home[.contentType] == "text/html; charset=utf-8")
        #expect(try await request(app, "/docs/").text == "<p>docs")
        #expect(try await request(app, .head, "/docs/")[.contentLength] == "7")
    }

    @Test func `the first index file that exists is taken, and a directory is none`() async throws {
        var options = StaticFiles.Options()
        options.indexFiles = ["index.html", "index.htm", "README.txt", "../root/secret.txt"]
        let app = StaticFiles(site.root, options: options)
        try site.add("a/README.txt", "third")
        try site.add("b/README.txt", "third")
        try site.add("b/index.htm", "second")
        try site.add("b/index.html/x", "a directory")
        try site.add("c/x.txt")
        try site.add("secret.txt")
        #expect(try await request(app, "/a/").text == "third")
        #expect(try await request(app, "/b/").text == "second")
        #expect(try await request(app, "/c/").status == 404)
    }

    @Test func `a directory without its slash is redirected, by a reference that cannot leave the host`() async throws {
        try site.add("docs/index.html")
        try site.add("docs/a:b c/index.html")
        let reply = try await request(app, "/docs?a=1&b=%2F")
        #expect(reply.status == 308)
        #expect(reply[.location] == "./docs/?a=1&b=%2F")
        #expect(try await request(app, "/docs/a:b%20c")[.location] == "./a%3Ab%20c/")
        #expect(try await request(app, "//docs").status == 404)
        #expect(try await request(app, "//evil.example/docs").status == 404)
        #expect(try await request(app, "/%5Cevil.example").status == 404)
    }

    @Test func `a directory that has nothing to show is not there`() async throws {
        try site.add("docs/a.txt")
        #expect(try await request(app, "/docs").status == 404)
        #expect(try await request(app, "/docs/").status == 404)
        #expect(try await request(app, "/").status == 404)
    }

    @Test func `a listing is sorted, directories first, with sizes`() async throws {
        try site.add("d/b.txt", bytes: [UInt8](repeating: 0, count: 1536))
        try site.add("d/A.txt", "12345")
        try site.add("d/z/x")
        let reply = try await request(listing(), "/d/")
        #expect(reply.status == 200)
        #expect(reply[.contentType] == "text/html; charset=utf-8")
        let positions = ["href=\"../\"", "href=\"./z/\"", "href=\"./A.txt\"", "5 B", "href=\"./b.txt\"", "1.5 KiB"]
            .map { reply.text.range(of: $0)?.lowerBound }
        let found = positions.compactMap(\.self)
        #expect(found.count == positions.count)
        #expect(found == found.sorted())
        #expect(reply.text.contains("width=device-width"))
        #expect(!reply.text.contains("<script"))
        let head = try await request(listing(), .head, "/d/")
        #expect(head[.contentLength] == reply[.contentLength])
        #expect(!(try await request(listing(), "/")).text.contains("\"../\""))
    }

    @Test func `a listing escapes names, and its links lead to the files`() async throws {
        let names = ["<img src=x onerror=alert(1)>.txt", "a&b \"c\" 'd'.txt", "x:y?z#1%41.txt", "né.txt"]
        for name in names { try site.add("d/\(name)", "found \(name)") }
        let reply = try await request(listing(), "/d/")
        #expect(!reply.text.contains("<img"))
        #expect(reply.text.contains("a&amp;b &quot;c&quot; &#39;d&#39;.txt"))
        var links: Set<String> = []
        for part in reply.text.split(separator: "href=\"./").dropFirst() {
            let target = part.prefix { $0 != "\"" }
            links.insert(try await request(app, "/d/\(target)").text)
        }
        #expect(links == Set(names.map { "found \($0)" }))
    }

    @Test func `a listing shows nothing that would not be served`() async throws {
        try site.add("seen.txt")
        try site.add(".hidden")
        try site.add(".well-known/security.txt")
        try site.add("d/.well-known/x")
        try site.add("back\\slash")
        try site.link("out.txt", to: site.outside + "/secret.txt")
        try site.link("in.txt", to: "seen.txt")
        #expect(mkfifo(site.root + "/pipe", 0o600) == 0)
        let strict = try await request(listing(), "/").text
        #expect(strict.contains("seen.txt") && strict.contains(".well-known"))
        for name in ["hidden", "slash", "out.txt", "in.txt", "pipe"] { #expect(!strict.contains(name)) }
        #expect(!(try await request(listing(), "/d/")).text.contains("well-known"))
        let open = try await request(
            listing {
                $0.symbolicLinks = .withinRoot
                $0.hiddenFiles = .allow
            }, "/"
        ).text
        #expect(open.contains("in.txt") && open.contains(".hidden"))
        #expect(!open.contains("out.txt") && !open.contains("pipe"))
    }

    @Test func `an empty directory is listed as such`() async throws {
        let reply = try await request(listing(), "/")
        #expect(reply.status == 200)
        #expect(reply.text.contains("Nothing is here yet"))
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_576, "1.0 MiB"), (1_503_238_554, "1.4 GiB"),
        (Int.max, "8.0 EiB"),
    ])
    func `sizes are written for people`(bytes: Int, text: String) {
        #expect(DirectoryListing.format(bytes) == text)
    }
}
