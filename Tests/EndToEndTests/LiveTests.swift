import Testing

/// The examples that go on talking to their clients.
@Suite("Live applications")
struct LiveTests {
    @Test("ChatRoom") func chatRoom() async throws { try await check(program: "ChatRoom", exits: 0) }
    @Test("Counter") func counter() async throws { try await check("--event-loops", "2", program: "Counter") }
    @Test("Dashboard") func dashboard() async throws {
        try await check(program: "Dashboard", environment: ["DASHBOARD_INTERVAL": "0.05"], exits: 0)
    }
    @Test("Ticker") func ticker() async throws {
        try await check(program: "Ticker", environment: ["TICKER_SYMBOLS": "2000", "TICKER_INTERVAL": "10"])
    }
}
