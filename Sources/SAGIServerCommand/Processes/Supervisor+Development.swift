import SAGIServer

/// A program whose sources change.
extension Supervisor {
    static let cannotStart =
        "The program has been built, but it cannot start. What it said stands in the terminal."

    func develop() {
        guard let development else { return }
        do {
            reloader = try Reloader(development.build, configuration.reload, launch, on: loop) { [self] in
                tell($0)
            }
            if development.placeholder != nil { reloader?.start() }
        } catch {
            fail(error)
        }
    }

    func tell(_ state: BuildState) {
        build = state
        for child in children.values { child.channel.send("build \(state.line)") }
        guard state.phase == .done, let development, phase != .stopping else { return }
        program = development.program
        perform(pool.restart(WorkerPool.Policy(configuration), loop.now))
    }
}
