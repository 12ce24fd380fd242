/// Runs `body`, and fails when it takes longer than `time`.
///
/// - Parameter what: what is waited for, as the subject of a sentence: "The response".
/// - Throws: what `body` throws, or ``TestClientError/timeout(_:)``.
@discardableResult
package func within<Result: Sendable>(
    _ time: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw TestClientError.timeout("\(what) did not come within \(time).")
        }
        return result
    }
}
