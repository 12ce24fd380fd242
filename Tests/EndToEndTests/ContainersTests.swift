import Testing

/// The files of `deploy/` for containers.
@Suite("Containers")
struct ContainersTests {
    @Test("The Dockerfile names what it makes") func dockerfile() async throws { try await checkAlone() }
    @Test("The image has the libraries that programs load") func libraries() async throws { try await checkAlone() }
    @Test("The check of the container's health") func healthCheck() async throws { try await check() }
    @Test("The compose file fits the Dockerfile and the Caddyfile") func compose() async throws {
        try await checkAlone()
    }
    @Test("The Kubernetes manifest fits the Dockerfile") func kubernetes() async throws { try await checkAlone() }
}
