import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The life of the server. `CONFORMANCE_LIFESPAN` makes it go wrong: `fail`, `hang`, `decline` or `fail-shutdown`.
extension Conformance {
    func live(_ lifespan: LifespanExchange) async throws {
        let mode = getenv("CONFORMANCE_LIFESPAN").map { String(cString: $0) } ?? ""
        guard case .startup = try await lifespan.receive() else { return }
        switch mode {
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
        if mode == "fail-shutdown" { return try await lifespan.send(.shutdownFailed("The cache was not written.")) }
        try await lifespan.send(.shutdownComplete)
    }
}

/// What the exchanges under `/watch`, `/ws` and `/sse` saw, by name.
final class Sightings: ValueKey {
    typealias Value = Sightings

    private let all = Mutex<[String: [String]]>([:])

    func note(_ name: String, _ text: String) { all.withLock { $0[name, default: []].append(text) } }
    func notes(_ name: String) -> [String] { all.withLock { $0[name] ?? [] } }
}
