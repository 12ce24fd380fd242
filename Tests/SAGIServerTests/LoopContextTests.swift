import HTTPTypes
import SAGI
import Testing

@testable import SAGIServer

@Suite("The turns of a loop", .timeLimit(.minutes(1)))
struct LoopContextTests {
    @Test("a task that never lets go of the loop leaves the loop to others all the same")
    func fairness() async throws {
        let busy = http { http in
            while http.scope.connection.isConnected { await Task.yield() }
        }
        try await MemoryConnection.run(busy) { connection in
            try await connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // The loop answers, while the task goes on.
            #expect(try await connection.sent.isEmpty)
            #expect(try await connection.isReading)
        }
    }
}
