import Synchronization

/// The state of the build, for the pages that wait for the next one.
package final class BuildNews: Sendable {
    private struct Contents {
        var state = BuildState(.done)
        var readers: [Int: AsyncStream<BuildState>.Continuation] = [:]
        var next = 0
    }

    private let contents = Mutex(Contents())

    package init() {}

    package var state: BuildState { contents.withLock { $0.state } }

    package func tell(_ state: BuildState) {
        contents.withLock { contents in
            contents.state = state
            for reader in contents.readers.values { reader.yield(state) }
        }
    }

    /// The state now, and each one that follows.
    func updates() -> AsyncStream<BuildState> {
        let (stream, reader) = AsyncStream<BuildState>.makeStream(bufferingPolicy: .bufferingNewest(4))
        let number = contents.withLock { contents in
            contents.next += 1
            contents.readers[contents.next] = reader
            reader.yield(contents.state)
            return contents.next
        }
        reader.onTermination = { [weak self] _ in
            self?.contents.withLock { contents in _ = contents.readers.removeValue(forKey: number) }
        }
        return stream
    }
}
