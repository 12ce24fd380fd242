import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGIServer
import SAGITesting
import Synchronization
import Testing

@Suite("Tasks of an application, in every mode")
struct TaskTests {
    @Test("A receive that is cancelled throws, and the next one misses nothing", arguments: TestMode.all)
    func cancelledReceive(mode: TestMode) async throws {
        let notebook = Notebook()
        let app = app { http in
            let waiting = Task {
                notebook.note("waiting")
                do {
                    _ = try await http.receive()
                    notebook.note("received")
                } catch is CancellationError {
                    notebook.note("cancelled")
                }
            }
            try await notebook.wait(for: "waiting")
            waiting.cancel()
            try await waiting.value
            try await http.answer(String(buffer: http.content().bytes))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.open(.post, "/") { exchange async throws in
                try await notebook.wait(for: "cancelled")
                try await exchange.send("all ")
                try await exchange.send("of it", more: false)
                #expect(try await exchange.finish().text == "all of it")
            }
        }
        #expect(notebook.all == ["waiting", "cancelled"])
    }

    @Test("A send that waits and is cancelled throws, and nothing of its event is sent", arguments: TestMode.all)
    func cancelledSend(mode: TestMode) async throws {
        let (full, notebook) = (Notebook(), Notebook())
        let block = ByteBuffer(repeating: 1, count: 64 * 1024)
        let app = app { http in
            let transport = try #require(http.scope.transport)
            transport.onHighWater { full.note("full") }
            try await http.send(.start(HTTPResponse(status: .ok)))
            let sender = Task {
                var count = 0
                do {
                    while true {
                        try await http.send(.body(block, more: true))
                        count += 1
                    }
                } catch is CancellationError {
                    return count
                }
            }
            try await full.wait(for: "full")
            sender.cancel()
            notebook.note("\(try await sender.value)")
            try await http.send(.body("end"))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            try await client.stream(.get, "/") { response async throws in
                let count = try #require(Int(try await notebook.wait(count: 1)[0]))
                #expect(try await response.body.collect().readableBytes == count * block.readableBytes + 3)
            }
        }
    }

    @Test("Events that several tasks send are each sent whole", arguments: TestMode.all)
    func concurrentSends(mode: TestMode) async throws {
        let length = 20_000
        let app = app { http in
            try await http.send(.start(HTTPResponse(status: .ok)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
                    group.addTask {
                        try await http.send(.body(ByteBuffer(repeating: letter, count: length), more: true))
                    }
                }
                try await group.waitForAll()
            }
            try await http.send(.body(""))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let bytes = Array(try await client.get("/").body.readableBytesView)
            #expect(bytes.count == 26 * length)
            let blocks = stride(from: 0, to: bytes.count, by: length).map { Set(bytes[$0..<$0 + length]) }
            #expect(blocks.allSatisfy { $0.count == 1 })
            #expect(Set(blocks).count == 26)
        }
    }

    @Test("Work off the loop runs elsewhere, and its result and error come back")
    func offLoop() async throws {
        @Sendable func thread() -> UInt { UInt(pthread_self()) }
        let app = app { http in
            let loop = thread()
            let elsewhere = try await SAGI.offLoop { thread() }
            #expect(elsewhere != loop)
            #expect(thread() == loop)
            await #expect(throws: Mishap()) { try await SAGI.offLoop { throw Mishap() } }
            #expect(thread() == loop)
            try await http.answer("back")
        }
        try await TestClient.run(app, in: .live) { client async throws in
            #expect(try await client.get("/").text == "back")
        }
    }

    @Test("An application that runs on the global pool may block")
    func globalPool() async throws {
        let isReleased = Mutex(false)
        let app = app { http in
            if http.scope.path == "/block" {
                while !isReleased.withLock({ $0 }) { usleep(1000) }
            } else {
                isReleased.withLock { $0 = true }
            }
            try await http.answer("done")
        }
        let mode = TestMode.live { options in
            options.server.eventLoops = 1
            options.server.runsApplicationOnLoop = false
        }
        try await TestClient.run(app, in: mode) { client async throws in
            async let blocked = client.get("/block").text
            #expect(try await client.get("/release").text == "done")
            #expect(try await blocked == "done")
        }
    }
}
