import Testing

/// What Chromium makes of the server and of the pages of the examples.
@Suite(
    "In Chromium",
    .enabled(
        if: Browser.isInstalled,
        "CHROMIUM IS NOT INSTALLED, so that no browser was tried: scripts/setup conformance installs it."))
struct BrowserTests {
    @Test("WebSocket: text, binary messages, deflate, codes") func webSocket() async throws {
        try await check(timeout: .seconds(120))
    }
    @Test("The same over HTTP/2") func webSocketOverHTTP2() async throws {
        try await check("--access-log", "stdout", "--access-log-format", "json", tls: true, timeout: .seconds(120))
    }
    @Test("EventSource over HTTP/2") func eventSourceOverHTTP2() async throws {
        try await check("--access-log", "stdout", "--access-log-format", "json", tls: true, timeout: .seconds(120))
    }
    @Test("EventSource comes back after the last event, and 204 stops it") func eventSource() async throws {
        try await check(timeout: .seconds(120))
    }
    @Test("The page of ChatRoom") func chatRoom() async throws {
        try await check(program: "ChatRoom", timeout: .seconds(120))
    }
    @Test("The page of Counter") func counter() async throws {
        try await check(program: "Counter", timeout: .seconds(120))
    }
    @Test("The page of Dashboard") func dashboard() async throws {
        try await check(
            program: "Dashboard", environment: ["DASHBOARD_INTERVAL": "0.05", "DASHBOARD_STREAM": "1"],
            timeout: .seconds(120))
    }
    @Test("The page of Ticker") func ticker() async throws {
        try await check(program: "Ticker", timeout: .seconds(120))
    }
}
