import Foundation
import NIOCore
import SAGI
import SAGIToolkit

/// An archive of files, in the format of tar (POSIX.1-1988, "ustar").
enum Archive {
    struct File: Sendable {
        var path: String
        var name: String
        var size: Int
        var changed: Date
    }

    /// The regular files in a directory, without those below it, and without hidden ones.
    static func files(in directory: String) throws -> [File] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted().compactMap { name in
            let path = "\(directory)/\(name)"
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            // A header has room for 100 bytes of a name, and for 11 digits of a size.
            guard !name.hasPrefix("."), name.utf8.count <= 100, facts[.type] as? FileAttributeType == .typeRegular,
                let size = (facts[.size] as? NSNumber)?.intValue, size < 1 << 33,
                let changed = facts[.modificationDate] as? Date
            else { return nil }
            return File(path: path, name: name, size: size, changed: changed)
        }
    }

    /// Writes the files one after the other, as fast as the client takes them. The server sends each from its file, and
    /// none of them is ever in memory.
    static func write(_ files: [File], to writer: ResponseWriter) async throws {
        for file in files {
            try await writer.write(header(of: file))
            // A file that has become shorter breaks the archive off, and the client sees that.
            if file.size > 0 { try await writer.write(FileRange(path: file.path, length: file.size)) }
            try await writer.write(ByteBuffer(repeating: 0, count: (512 - file.size % 512) % 512))
        }
        try await writer.write(ByteBuffer(repeating: 0, count: 1024))
    }

    private static func header(of file: File) -> ByteBuffer {
        var fields = field(file.name, 100) + octal(0o644, 8) + octal(0, 8) + octal(0, 8)
        fields += octal(file.size, 12) + octal(max(0, Int(file.changed.timeIntervalSince1970)), 12)
        let rest = field("0", 1) + field("", 100) + field("ustar", 6) + field("00", 2) + field("", 247)
        // The checksum is that of the header with blanks in the place of the checksum.
        let sum = (fields + rest).reduce(8 * 0x20) { $0 + Int($1) }
        fields += octal(sum, 7) + [0x20]
        return ByteBuffer(bytes: fields + rest)
    }

    /// A text with NUL behind it.
    private static func field(_ text: String, _ count: Int) -> [UInt8] {
        Array(text.utf8) + Array(repeating: 0, count: count - text.utf8.count)
    }

    /// A number in octal digits with a NUL at the end.
    private static func octal(_ number: Int, _ count: Int) -> [UInt8] {
        let digits = String(number, radix: 8)
        return field(String(repeating: "0", count: max(0, count - 1 - digits.count)) + digits, count)
    }
}
