import SAGITesting

/// Waits until something holds that nobody tells of.
func until(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
    try await within(.seconds(10), what) {
        while await !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}
