import Foundation
import Testing

@testable import SAGIServer
@testable import SAGIServerCommand

@Suite struct SourceWatchTests {
    /// Watches a directory in a thread of its own, and collects what it notices.
    private final class Watching: Sendable {
        let loop = PollLoop()
        let changes: AsyncStream<String>
        private let change: AsyncStream<String>.Continuation
        private let started: AsyncStream<Void>

        init(_ directory: String) {
            (changes, change) = AsyncStream.makeStream()
            let (started, start) = AsyncStream<Void>.makeStream()
            self.started = started
            let names = FileNames(includes: ["*.swift"], excludes: [".*"])
            loop.post { [loop, change] in
                let watch = try? SourceWatch([directory], names, on: loop) { change.yield($0) }
                start.finish()
                // It lives as long as the loop.
                loop.after(.seconds(3600)) { _ = watch }
            }
            loop.runInThread()
        }

        func ready() async { for await _ in started {} }
        func end() { loop.post { [loop] in loop.end() } }

        /// The next change; nil when there is none in time.
        func next() async -> String? {
            let timer = Task { [change] in
                try await Task.sleep(for: .seconds(5))
                change.finish()
            }
            defer { timer.cancel() }
            for await path in changes { return path }
            return nil
        }
    }

    @Test func `changes are noticed, in directories that are made later, too`() async throws {
        let place = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: "\(place.path)/a/b", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(place.path)/.hidden", withIntermediateDirectories: true)
        let watching = Watching(place.path)
        await watching.ready()
        defer { watching.end() }
        // What does not count is not told: the next one is what counts.
        _ = try place.write("x", to: "a/notes.txt")
        _ = try place.write("x", to: ".hidden/x.swift")
        _ = try place.write("x", to: "a/b/one.swift")
        #expect(await watching.next() == "\(place.path)/a/b/one.swift")
        try FileManager.default.createDirectory(atPath: "\(place.path)/new/deep", withIntermediateDirectories: true)
        _ = try place.write("x", to: "new/deep/two.swift")
        var path = await watching.next()
        while path == "\(place.path)/a/b/one.swift" { path = await watching.next() }
        #expect(path == "\(place.path)/new/deep/two.swift")
        try FileManager.default.removeItem(atPath: "\(place.path)/a/b/one.swift")
        while path == "\(place.path)/new/deep/two.swift" { path = await watching.next() }
        #expect(path == "\(place.path)/a/b/one.swift")
    }
}
