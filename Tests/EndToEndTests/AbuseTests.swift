import Testing

@Suite("Peers that mean harm")
struct AbuseTests {
    @Test("200 slow heads") func slowHeaders() async throws { try await check("--timeout-header", "1s") }
    @Test("200 slow bodies") func slowBodies() async throws { try await check("--timeout-body", "1s") }
    @Test("200 slow readers") func slowReaders() async throws {
        try await check("--timeout-write", "1s", "--access-log", "stdout", "--access-log-format", "%U %x")
    }
    @Test("200 slow handshakes") func slowHandshakes() async throws {
        try await check("--timeout-handshake", "1s", tls: true)
    }
    @Test("200 silent connections") func silentConnections() async throws { try await check("--timeout-header", "1s") }
    @Test("Connections that come and go") func connectAndLeave() async throws { try await check(tls: true) }
    @Test("Garbage") func garbage() async throws { try await check() }
    @Test("1000 connections") func manyConnections() async throws { try await check() }
    @Test("Too few descriptors") func outOfDescriptors() async throws {
        try await check(launcher: ["python3", "$CLIENTS/launcher.py", "poor"])
    }
}
