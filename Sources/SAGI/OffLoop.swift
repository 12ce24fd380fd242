/// Runs `body` on the global pool of threads and returns to the event loop with its result.
///
/// An application runs on the event loop of its connection, where anything that computes for long or blocks
/// holds up every other exchange of that loop. `@concurrent` alone does not leave the loop, because a task
/// keeps its preferred executor. When the caller is cancelled, so is `body`.
///
/// ```swift
/// let image = try await offLoop { try render(page) }
/// ```
public nonisolated(nonsending) func offLoop<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let task = Task(executorPreference: globalConcurrentExecutor) { try await body() }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
