import Foundation
import HTTPTypes
import SAGI
import SAGIToolkit
import Testing

@testable import struct SAGIToolkit.FileSystemError

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1))) struct SecurityTests {
    let site: Site

    init() throws {
        site = try Site()
        try site.add("a.txt", "hello")
        try site.add("d/b.txt", "below")
    }

    private func app(_ change: (inout StaticFiles.Options) -> Void = { _ in }) -> StaticFiles {
        var options = StaticFiles.Options()
        options.listsDirectories = true
        change(&options)
        return StaticFiles(site.root, options: options)
    }

    /// With every door that the options can open.
    private var lenient: StaticFiles {
        app {
            $0.hiddenFiles = .allow
            $0.symbolicLinks = .withinRoot
        }
    }

    @Test(arguments: [
        "/../outside/secret.txt", "/d/../../outside/secret.txt", "/d/../a.txt", "/..", "/../", "/d/..", "/./a.txt",
        "/d/.", "/%2e%2e/outside/secret.txt", "/%2E%2E/outside/secret.txt", "/.%2e/outside/secret.txt",
        "/%2e./outside/secret.txt", "/d/%2e%2e/a.txt", "/%2e/a.txt", "/%252e%252e/outside/secret.txt",
        "/..%2foutside%2fsecret.txt", "/..%2Foutside/secret.txt", "/d%2fb.txt", "/d%2Fb.txt", "/%2fetc/passwd",
        "/..%5coutside%5csecret.txt", "/..%5Coutside", "/..\\outside\\secret.txt", "/d\\b.txt", "/d%5Cb.txt",
        "//etc/passwd", "///etc/passwd", "/d//b.txt", "//a.txt", "/%c0%ae%c0%ae/outside/secret.txt",
        "/%e0%80%ae%e0%80%ae/outside/secret.txt", "/..%c0%afoutside/secret.txt", "/../root/a.txt",
        "/..;/outside/secret.txt", "/.../a.txt", "/a.txt%20", "/a.txt.", "/A.TXT",
    ])
    func `no way around leads to a file`(path: String) async throws {
        for app in [app(), lenient] {
            let reply = try await request(app, path)
            #expect(reply.status == 404)
            #expect(!reply.text.contains("SECRET"))
        }
    }

    // To Swift, "/" or "." with a combining mark after it is one character, and neither "/" nor ".".
    @Test(arguments: [
        "/d/%CC%81../../../outside/secret.txt", "/..%CC%81/outside/secret.txt", "/../%CC%81/../outside/secret.txt",
        "/..%EF%B8%8F/outside/secret.txt", "/.%CC%81git/config", "/%E2%80%8D../outside/secret.txt",
    ])
    func `marks that combine with separators do not hide them`(path: String) async throws {
        try site.add(".\u{301}git/config", "SECRET")
        let reply = try await request(app(), path)
        #expect(reply.status == 404)
        #expect(!reply.text.contains("SECRET"))
    }

    @Test func `a path that a layer above has decoded once more is held to the same rules`() async throws {
        #expect(try await request(app(), "/x", rewrite: "/../outside/secret.txt").status == 404)
        #expect(try await request(app(), "/x", rewrite: "/d/../../outside/secret.txt").status == 404)
        #expect(try await request(app(), "/x", rewrite: "a.txt").status == 404)
        #expect(try await request(app(), "/x", rewrite: "/a.txt").status == 200)
    }

    @Test(arguments: ["/a.txt%00", "/%00", "/a.txt%00.png", "/..%00/x", "/d/%00/b.txt"])
    func `NUL gets 400`(path: String) async throws {
        #expect(try await request(app(), path).status == 400)
        #expect(try await request(lenient, .head, path).status == 400)
    }

    @Test func `hidden files are not there, at any level`() async throws {
        try site.add(".env", "SECRET")
        try site.add(".git/config", "SECRET")
        try site.add("d/.htpasswd", "SECRET")
        try site.add("d/.svn/x/y", "SECRET")
        try site.add("..data/x", "SECRET")
        let paths = ["/.env", "/%2eenv", "/.git/config", "/.git/", "/.git", "/d/.htpasswd", "/d/.svn/x/y", "/..data/x"]
        for path in paths { #expect(try await request(app(), path).status == 404, "\(path)") }
        for path in paths where path != "/.git" {
            #expect(try await request(app { $0.hiddenFiles = .allow }, path).status == 200, "\(path)")
        }
    }

    @Test func `well-known files are served at the root only`() async throws {
        try site.add(".well-known/acme-challenge/token", "proof")
        try site.add(".well-known/.secret", "SECRET")
        try site.add("d/.well-known/x", "SECRET")
        #expect(try await request(app(), "/.well-known/acme-challenge/token").text == "proof")
        #expect(try await request(app(), "/.well-known/.secret").status == 404)
        #expect(try await request(app(), "/.well-knownish").status == 404)
        #expect(try await request(app(), "/d/.well-known/x").status == 404)
        let strict = app { $0.hiddenFiles = .deny }
        #expect(try await request(strict, "/.well-known/acme-challenge/token").status == 404)
    }

    @Test func `links are not followed by default`() async throws {
        try site.link("in.txt", to: "a.txt")
        try site.link("out.txt", to: "../outside/secret.txt")
        try site.link("outside", to: "../outside")
        try site.link("e", to: "d")
        for path in ["/in.txt", "/out.txt", "/outside/secret.txt", "/outside/", "/outside", "/e/b.txt", "/e/"] {
            #expect(try await request(app(), path).status == 404, "\(path)")
        }
    }

    @Test func `links within the root are followed where the options say so`() async throws {
        try site.link("in.txt", to: "a.txt")
        try site.link("e", to: "d")
        try site.link("d/up.txt", to: "../a.txt")
        try site.link("d/self", to: ".")
        try site.link("twice", to: "e/./up.txt")
        try site.link("absolute", to: site.root + "/d")
        try site.add("x/y/z.txt", "deep")
        try site.link("chain", to: "absolute/../x/y/../y")
        try site.add("d/index.html", "index")
        try site.link("x/index.html", to: "../d/index.html")
        #expect(try await request(lenient, "/in.txt").text == "hello")
        #expect(try await request(lenient, "/e/b.txt").text == "below")
        #expect(try await request(lenient, "/d/up.txt").text == "hello")
        #expect(try await request(lenient, "/d/self/self/b.txt").text == "below")
        #expect(try await request(lenient, "/twice").text == "hello")
        #expect(try await request(lenient, "/absolute/b.txt").text == "below")
        #expect(try await request(lenient, "/chain/z.txt").text == "deep")
        #expect(try await request(lenient, "/e")[.location] == "./e/")
        #expect(try await request(lenient, "/x/").text == "index")
    }

    @Test func `links that leave the root are never followed`() async throws {
        try FileManager.default.createDirectory(atPath: site.root + "-private", withIntermediateDirectories: true)
        try "SECRET".write(toFile: site.root + "-private/x", atomically: false, encoding: .utf8)
        let links = [
            "r": "../outside/secret.txt", "a": site.outside + "/secret.txt", "p": "../root-private/x",
            "q": site.root + "-private/x", "s": site.root + "/../outside/secret.txt",
            "t": "d/../../outside/secret.txt", "u": "../../../../../../../../../../etc/passwd", "v": "/etc/passwd",
            "back": "../root/a.txt", "gone": "nowhere", "loop": "loop", "ping": "pong", "pong": "ping",
        ]
        for (name, target) in links { try site.link(name, to: target) }
        try site.link("dir", to: "../outside")
        try site.link("d/out", to: "../dir/secret.txt")
        for path in links.keys.map({ "/\($0)" }) + ["/dir/secret.txt", "/dir/", "/d/out"] {
            let reply = try await request(lenient, path)
            #expect(reply.status == 404, "\(path)")
        }
    }

    @Test func `a link is no way to a hidden file`() async throws {
        try site.add(".git/config", "SECRET")
        try site.link("seen", to: ".git/config")
        try site.link("dir", to: ".git")
        let app = app { $0.symbolicLinks = .withinRoot }
        #expect(try await request(app, "/seen").status == 404)
        #expect(try await request(app, "/dir/config").status == 404)
    }

    @Test func `the root itself may be a link`() async throws {
        try FileManager.default.createSymbolicLink(
            atPath: site.base + "/current", withDestinationPath: "root")
        #expect(try await request(StaticFiles(site.base + "/current"), "/a.txt").text == "hello")
    }

    @Test func `pipes, sockets and devices are not there, and nothing waits for them`() async throws {
        #expect(mkfifo(site.root + "/pipe", 0o666) == 0)
        #expect(try await request(app(), "/pipe").status == 404)
        let socket = try #require(UnixSocket(site.root + "/socket"))
        #expect(try await request(app(), "/socket").status == 404)
        withExtendedLifetime(socket) {}
        let devices = StaticFiles("/dev")
        for path in ["/null", "/zero", "/full"] { #expect(try await request(devices, path).status == 404) }
    }

    @Test func `names that are too long are not there`() async throws {
        let long = String(repeating: "x", count: 300)
        #expect(try await request(app(), "/\(long)").status == 404)
        #expect(try await request(app(), "/\(long)/a").status == 404)
        #expect(try await request(lenient, "/" + String(repeating: "d/", count: 4000)).status == 404)
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
    func `what may not be read is not there`() async throws {
        #expect(chmod(site.root + "/a.txt", 0) == 0)
        #expect(try await request(app(), "/a.txt").status == 404)
    }

    @Test func `a lack of permission is absence, and a lack of descriptors is a failure`() {
        for code in [EACCES, EPERM, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG] {
            #expect(FileSystemError.isAbsence(code))
        }
        for code in [EMFILE, ENFILE, ENOMEM, EIO] { #expect(!FileSystemError.isAbsence(code)) }
    }

    @Test func `a directory that turns into a link while it is served leads nowhere else`() async throws {
        try site.add("swap/secret.txt", "public")
        let root = site.root
        let outside = site.outside
        let swapper = Task.detached {
            while !Task.isCancelled {
                rename(root + "/swap", root + "/away")
                symlink(outside, root + "/swap")
                unlink(root + "/swap")
                rename(root + "/away", root + "/swap")
            }
        }
        defer { swapper.cancel() }
        var seen: Set<Int> = []
        for app in [app(), lenient] {
            for _ in 0..<1000 {
                let reply = try await request(app, "/swap/secret.txt")
                seen.insert(reply.status)
                #expect(reply.text != "SECRET")
            }
        }
        #expect(seen.isSubset(of: [200, 404]))
        swapper.cancel()
        await swapper.value
        #expect(try await request(app(), "/swap/secret.txt").text == "public")
    }
}

/// A socket bound to a path.
private final class UnixSocket {
    private let descriptor: CInt

    init?(_ path: String) {
        #if canImport(Glibc)
            descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { close(descriptor) }
}
