import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The life of the server. `CONFORMANCE_LIFESPAN` makes it go wrong: `fail`, `hang`, `decline` or `fail-shutdown`, and
/// `fail:FILE` while there is such a file. `CONFORMANCE_LIFESPAN_LOG` names a file for what happens in it.
extension Conformance {
    func live(_ lifespan: LifespanExchange) async throws {
        let mode = getenv("CONFORMANCE_LIFESPAN").map { String(cString: $0) } ?? ""
        guard case .startup = try await lifespan.receive() else { return }
        note("startup", lifespan)
        switch mode {
        case _ where mode.hasPrefix("fail:") && access(String(mode.dropFirst(5)), F_OK) == 0:
            return try await lifespan.send(.startupFailed("The file is there."))
        case "fail": return try await lifespan.send(.startupFailed("The database is not there."))
        case "hang": try await Task.sleep(for: .seconds(3600))
        case "decline": throw Unsupported(.lifespan(lifespan))
        default: break
        }
        let file = try SampleFile.make()
        var state = State()
        state[SampleFile.self] = file
        state[Sightings.self] = Sightings()
        try await lifespan.send(.startupComplete(state))
        while case .startup = try await lifespan.receive() {}
        file.remove()
        note("shutdown", lifespan)
        if mode == "fail-shutdown" { return try await lifespan.send(.shutdownFailed("The cache was not written.")) }
        try await lifespan.send(.shutdownComplete)
    }

    /// Writes "startup PROCESS WORKER".
    private func note(_ event: String, _ lifespan: LifespanExchange) {
        guard let path = getenv("CONFORMANCE_LIFESPAN_LOG"), let file = fopen(path, "ae") else { return }
        fputs("\(event) \(getpid()) \(lifespan.scope.worker.map(String.init) ?? "-")\n", file)
        fclose(file)
    }
}

/// What the exchanges under `/watch`, `/ws` and `/sse` saw, by name.
final class Sightings: ValueKey {
    typealias Value = Sightings

    private let all = Mutex<[String: [String]]>([:])

    func note(_ name: String, _ text: String) { all.withLock { $0[name, default: []].append(text) } }
    func notes(_ name: String) -> [String] { all.withLock { $0[name] ?? [] } }
}
