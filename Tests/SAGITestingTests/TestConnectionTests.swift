import HTTPTypes
import SAGI
import SAGITesting
import Testing

@Suite("A connection that a test drives")
struct TestConnectionTests {
    @Test("It is open, then disconnected, and says so once, in order")
    func disconnects() {
        let connection = TestConnection()
        let notebook = Notebook()
        connection.onDisconnect { notebook.note("first \($0)") }
        connection.onComplete { notebook.note("complete") }
        connection.onDisconnect { notebook.note("second \($0)") }
        #expect(connection.isConnected)
        #expect(connection.disconnectReason == nil)
        connection.startResponse()
        #expect(connection.responseStarted)
        connection.disconnect(.idleTimeout)
        connection.disconnect(.clientClosed)
        connection.complete()
        connection.onDisconnect { notebook.note("late \($0)") }
        connection.onComplete { notebook.note("complete") }
        #expect(!connection.isConnected)
        #expect(!connection.responseComplete)
        #expect(connection.disconnectReason == .idleTimeout)
        #expect(notebook.all == ["first idle_timeout", "second idle_timeout", "late idle_timeout"])
    }

    @Test("It is complete, and says so once, in order")
    func completes() {
        let connection = TestConnection()
        let notebook = Notebook()
        connection.onDisconnect { _ in notebook.note("disconnect") }
        connection.onComplete { notebook.note("first") }
        connection.onComplete { notebook.note("second") }
        connection.complete()
        connection.disconnect()
        connection.onComplete { notebook.note("late") }
        #expect(connection.responseStarted)
        #expect(connection.responseComplete)
        #expect(!connection.isConnected)
        #expect(connection.disconnectReason == nil)
        #expect(notebook.all == ["first", "second", "late"])
    }

    @Test("What is registered may ask the connection")
    func reenters() {
        let connection = TestConnection()
        let notebook = Notebook()
        connection.onDisconnect { _ in notebook.note("connected: \(connection.isConnected)") }
        connection.disconnect()
        #expect(notebook.all == ["connected: false"])
    }

    @Test("Its output fills and drains between the marks")
    func fills() {
        let connection = TestConnection(highWaterMark: 100, lowWaterMark: 20)
        let notebook = Notebook()
        connection.onHighWater { notebook.note("high") }
        connection.onDrain { notebook.note("drain") }
        connection.fill(99)
        #expect(notebook.all.isEmpty)
        connection.fill(1)
        connection.fill(50)
        #expect(connection.bufferedBytes == 150)
        #expect(notebook.all == ["high"])
        connection.onHighWater { notebook.note("late") }
        #expect(notebook.all == ["high", "late"])
        connection.drain(130)
        #expect(notebook.all == ["high", "late"])
        connection.drain(1)
        #expect(notebook.all == ["high", "late", "drain"])
        connection.fill(81)
        connection.drain()
        #expect(connection.bufferedBytes == 0)
        #expect(notebook.all == ["high", "late", "drain", "high", "late", "drain"])
    }

    @Test("A scope sees it as its connection and its transport")
    func scope() async {
        let connection = TestConnection()
        let request = HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/")
        let scope = RequestScope(request: request, connection: connection)
        #expect(scope.transport === connection)
        async let reason = scope.connection.disconnected
        connection.disconnect(.writeError)
        #expect(await reason == .writeError)
    }
}
