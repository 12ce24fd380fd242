import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory of its own for one test, removed when the test ends. `root` is what is served; beside it lies
/// `outside`, which must never be.
final class Site: Sendable {
    let base: String
    var root: String { base + "/root" }
    var outside: String { base + "/outside" }

    init() throws {
        let template = FileManager.default.temporaryDirectory.path + "/sagi-static-XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil else { throw POSIXError(.EIO) }
        base = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for directory in [root, outside] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        try "SECRET".write(toFile: outside + "/secret.txt", atomically: false, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }

    /// Makes a file, and the directories on the way to it.
    func add(_ path: String, _ content: String = "content", modified: Int? = nil) throws {
        try add(path, bytes: Array(content.utf8), modified: modified)
    }

    func add(_ path: String, bytes: [UInt8], modified: Int? = nil) throws {
        let full = root + "/" + path
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: full))
        if let modified { try touch(path, modified) }
    }

    func touch(_ path: String, _ seconds: Int) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(seconds))], ofItemAtPath: root + "/" + path)
    }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: root + "/" + path, withDestinationPath: target)
    }

    /// The files of this site that are open in this process.
    func openFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
            .filter { $0.hasPrefix(base) }
    }
}

extension Site {
    /// The content of a file.
    func read(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: root + "/" + path))) }

    /// The permission bits of a file.
    func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: root + "/" + path)[.posixPermissions] as? Int
    }

    /// The names of everything in the root, sorted.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: root).sorted() }
}
