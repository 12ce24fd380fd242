import CPlatform
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file behind a ``FileRange``, opened and measured.
struct OpenedFile {
    let file: OpenFile
    let name: String
    private let ownsDescriptor: Bool

    /// - Throws: ``ExchangeError/file(_:reason:)`` when it cannot be opened or is no regular file.
    init(_ range: FileRange) throws(ExchangeError) {
        let descriptor: CInt
        switch range.source {
        case .path(let path):
            name = path
            ownsDescriptor = true
            // Without waiting: a named pipe must not stop the loop.
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw .file(path, reason: Self.describe(errno)) }
        case .descriptor(let open):
            name = "of descriptor \(open)"
            ownsDescriptor = false
            descriptor = open
        }
        var status = sagi_file_status()
        let code = sagi_status_of_descriptor(descriptor, &status)
        guard code == 0, status.is_regular != 0 else {
            if ownsDescriptor { _ = Self.closeDescriptor(descriptor) }
            throw .file(name, reason: code == 0 ? "it is no regular file" : Self.describe(code))
        }
        guard range.offset >= 0, range.length ?? 0 >= 0 else {
            if ownsDescriptor { _ = Self.closeDescriptor(descriptor) }
            throw .file(name, reason: "the offset and the length must not be negative")
        }
        let rest = max(0, Int(status.size) - range.offset)
        if let length = range.length, range.offset < Int(status.size), length > rest {
            if ownsDescriptor { _ = Self.closeDescriptor(descriptor) }
            throw .file(name, reason: "it has only \(rest) bytes from offset \(range.offset) on")
        }
        file = OpenFile(descriptor: descriptor, offset: range.offset, count: min(rest, range.length ?? rest))
    }

    func close() {
        if ownsDescriptor { _ = Self.closeDescriptor(file.descriptor) }
    }

    static func describe(_ code: CInt) -> String { String(cString: strerror(code)) }

    private static func closeDescriptor(_ descriptor: CInt) -> CInt {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #elseif canImport(Musl)
            Musl.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }
}
