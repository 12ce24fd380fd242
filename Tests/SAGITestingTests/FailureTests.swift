import HTTPTypes
import NIOCore
import SAGI
import SAGILiveTesting
import SAGITesting
import Testing

@Suite("Applications that fail, in every mode")
struct FailureTests {
    static let throwing = app { _ in throw Mishap() }
    static let silent = app { _ in }

    @Test("What the application throws is thrown by the request", arguments: TestMode.all)
    func raises(mode: TestMode) async throws {
        try await TestClient.run(Self.throwing, in: mode) { client async throws in
            await #expect(throws: Mishap()) { try await client.get("/") }
            await #expect(throws: Mishap()) { try await client.stream(.get, "/") { _ in } }
        }
    }

    @Test("A test can wait for the application's end before it reads the response", arguments: TestMode.all)
    func waitsForEnd(mode: TestMode) async throws {
        let app = app { _ in
            try await Task.sleep(for: .milliseconds(20))
            throw Mishap()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let client = client.with { $0.raisesApplicationErrors = false }
            try await client.open(.get, "/") { exchange async throws in
                let error = try await exchange.applicationError()
                #expect(error as? Mishap == Mishap())
                #expect(try await exchange.head().status == .internalServerError)
            }
        }
    }

    @Test("An application that returns without a response fails the request", arguments: TestMode.all)
    func returnsSilently(mode: TestMode) async throws {
        try await TestClient.run(Self.silent, in: mode) { client async throws in
            await #expect(throws: TestClientError.noResponse("The application returned without a response.")) {
                try await client.get("/")
            }
        }
    }

    @Test("With errors not raised there is the server's 500", arguments: TestMode.all)
    func answers500(mode: TestMode) async throws {
        for application in [Self.throwing, Self.silent] {
            try await TestClient.run(application, in: mode) { client async throws in
                let response = try await client.with { $0.raisesApplicationErrors = false }.get("/")
                #expect(response.status == .internalServerError)
                #expect(response[.contentType] == "text/plain; charset=utf-8")
                #expect(response.text == "The server failed to answer this request.\n")
                #expect(!response.isTruncated)
            }
        }
    }

    @Test("With errors not raised the response tells what was thrown", arguments: TestMode.all)
    func tellsError(mode: TestMode) async throws {
        try await TestClient.run(Self.throwing, in: mode) { client async throws in
            let response = try await client.with { $0.raisesApplicationErrors = false }.get("/")
            #expect(response.error as? Mishap == Mishap())
        }
    }

    @Test("An application's own 500 is a response like any other", arguments: TestMode.all)
    func own500(mode: TestMode) async throws {
        let app = app { try await $0.answer("sorry", status: .internalServerError) }
        try await TestClient.run(app, in: mode) { client async throws in
            let response = try await client.get("/")
            #expect(response.status == .internalServerError)
            #expect(response.text == "sorry")
        }
    }

    @Test("A response that breaks off is visible", arguments: TestMode.all)
    func breaksOff(mode: TestMode) async throws {
        for fails in [true, false] {
            let notebook = Notebook()
            let app = app { http in
                try await http.send(.start(HTTPResponse(status: .ok)))
                try await http.send(.body("part", more: true))
                try await http.send(.flush)
                try await notebook.wait(for: "read")
                if fails { throw Mishap() }
            }
            try await TestClient.run(app, in: mode) { client async throws in
                let client = client.with { $0.raisesApplicationErrors = false }
                try await client.stream(.get, "/") { response async throws in
                    var text = ""
                    for try await bytes in response.body {
                        text += String(buffer: bytes)
                        notebook.note("read")
                    }
                    #expect(text == "part")
                    #expect(response.isTruncated)
                    let error = try await response.exchange.applicationError()
                    #expect((error is Mishap) == fails)
                }
            }
        }
    }

    @Test("An error after a whole response is raised, and the response was whole", arguments: TestMode.all)
    func late(mode: TestMode) async throws {
        let app = app { http in
            try await http.answer("whole")
            throw Mishap()
        }
        try await TestClient.run(app, in: mode) { client async throws in
            await #expect(throws: Mishap()) { try await client.get("/") }
            let response = try await client.with { $0.raisesApplicationErrors = false }.get("/")
            #expect(response.text == "whole")
            #expect(!response.isTruncated)
        }
    }

    @Test("An application that does not know HTTP fails the request", arguments: TestMode.all)
    func unsupported(mode: TestMode) async throws {
        let app = ClosureApplication { throw Unsupported($0) }
        try await TestClient.run(app, in: mode) { client async throws in
            await #expect(throws: Unsupported.self) { try await client.get("/") }
        }
    }

    @Test("A request that takes too long fails with a sentence", arguments: TestMode.all)
    func timeout(mode: TestMode) async throws {
        let app = app { http in
            if http.scope.rawPath == "/part" {
                try await http.send(.start(HTTPResponse(status: .ok)))
                try await http.send(.flush)
            }
            try await Task.sleep(for: .seconds(3600))
        }
        try await TestClient.run(app, in: mode) { client async throws in
            let client = client.with { $0.timeout = .seconds(3) }
            await #expect(throws: TestClientError.timeout("The response to GET /none did not come within 3.0 seconds."))
            {
                try await client.get("/none")
            }
            await #expect(
                throws: TestClientError.timeout("The next part of the response did not come within 3.0 seconds.")
            ) {
                try await client.stream(.get, "/part") { response async throws in
                    for try await _ in response.body {}
                }
            }
        }
    }
}
