import CPlatform
import SAGIServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Notices when files change in directories and in all below them.
///
/// Used in the thread of its loop only.
final class SourceWatch {
    private let names: FileNames
    private let loop: PollLoop
    private let changed: (String) -> Void
    private let roots: [String]
    #if os(Linux)
        private let watch: CInt
        private var directories: [CInt: String] = [:]
    #else
        private var times: [String: Int64] = [:]
    #endif

    /// - Parameter changed: is called with the path of each file that was written, made, moved or removed.
    /// - Throws: ``ConfigurationError`` when the directories cannot be watched.
    init(_ roots: [String], _ names: FileNames, on loop: PollLoop, changed: @escaping (String) -> Void) throws {
        self.roots = roots
        self.names = names
        self.loop = loop
        self.changed = changed
        #if os(Linux)
            watch = sagi_open_watch()
            guard watch >= 0 else {
                throw ConfigurationError("Changes cannot be watched: \(String(cString: strerror(errno))).")
            }
            for root in roots { try add(root) }
            loop.watch(watch) { [unowned self] in read() }
        #else
            for root in roots { look(root) { _ in } }
            lookAgain()
        #endif
    }

    #if os(Linux)
        deinit {
            loop.unwatch(watch)
            close(watch)
        }

        private func add(_ path: String) throws {
            let number = sagi_watch_directory(watch, path)
            guard number >= 0 else {
                if errno == ENOENT || errno == ENOTDIR { return }
                let hint = errno == ENOSPC ? " (see /proc/sys/fs/inotify/max_user_watches)" : ""
                throw ConfigurationError("Cannot watch \(path): \(String(cString: strerror(errno)))\(hint).")
            }
            directories[number] = path
            for entry in Self.entries(path) where entry.isDirectory && !names.isExcluded(entry.name) {
                try add("\(path)/\(entry.name)")
            }
        }

        private func read() {
            var bytes = [CChar](repeating: 0, count: 64 * 1024)
            while case let count = Self.read(watch, &bytes), count > 0 {
                var event = sagi_watch_event()
                var offset = 0
                while case let next = sagi_next_watch_event(bytes, count, offset, &event), next >= 0 {
                    offset = next
                    take(event)
                }
            }
        }

        private func take(_ event: sagi_watch_event) {
            // Too much happened at once to be told: something has changed.
            guard event.is_overflow == 0 else { return changed(roots.first ?? ".") }
            guard let directory = directories[event.directory] else { return }
            let name = String(cString: event.name)
            guard !name.isEmpty else { return }
            let path = "\(directory)/\(name)"
            if event.is_directory != 0 {
                guard !names.isExcluded(name) else { return }
                try? add(path)
                // What was put into it before it was watched.
                Self.walk(path, names, changed)
            } else if names.counts(name) {
                changed(path)
            }
        }

        private static func read(_ descriptor: CInt, _ bytes: inout [CChar]) -> Int {
            #if canImport(Musl)
                Musl.read(descriptor, &bytes, bytes.count)
            #else
                Glibc.read(descriptor, &bytes, bytes.count)
            #endif
        }

        private static func walk(_ path: String, _ names: FileNames, _ found: (String) -> Void) {
            for entry in entries(path) where !names.isExcluded(entry.name) {
                if entry.isDirectory {
                    walk("\(path)/\(entry.name)", names, found)
                } else if names.counts(entry.name) {
                    found("\(path)/\(entry.name)")
                }
            }
        }
    #else
        /// Without a way to be told, the times of all files are looked at.
        private func lookAgain() {
            loop.after(.milliseconds(500)) { [weak self] in
                guard let self else { return }
                for root in roots { look(root, changed) }
                lookAgain()
            }
        }

        private func look(_ path: String, _ found: (String) -> Void) {
            for entry in Self.entries(path) where !names.isExcluded(entry.name) {
                let whole = "\(path)/\(entry.name)"
                if entry.isDirectory { look(whole, found) }
                guard !entry.isDirectory, names.counts(entry.name) else { continue }
                var status = sagi_file_status()
                guard sagi_status_of_path(whole, &status) == 0 else { continue }
                let time = status.modified_seconds * 1_000_000_000 + status.modified_nanoseconds
                if times.updateValue(time, forKey: whole) != time { found(whole) }
            }
        }
    #endif

    private static func entries(_ path: String) -> [(name: String, isDirectory: Bool)] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var entries: [(String, Bool)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            var status = sagi_file_status()
            // A link may lead back to where it lies.
            guard sagi_status_of_link("\(path)/\(name)", &status) == 0 else { continue }
            entries.append((name, status.is_directory != 0))
        }
        return entries
    }
}
