// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGITesting
import SAGIToolkit
import Testing

@Suite("Runtime")
struct RuntimeTests {
    private let runtime = HTTPField.Name("X-Runtime")!
    private let timing = HTTPField.Name("Server-Timing")!

    /// An application that takes a time by a clock that a test moves, until its response begins.
    private func app(_ clock: ManualClock, _ time: Duration, _ fields: HTTPFields = [:]) -> some Application {
        Handler { request in
            clock.advance(by: time)
            return Response(headerFields: fields)
        }
    }

    @Test(
        "tells the time until the response begins",
        arguments: [
            (6, "1.234568"), (3, "1.235"), (0, "1"), (9, "1.234567890"), (-1, "1"), (12, "1.234567890"),
        ])
    func precision(precision: Int, expected: String) async throws {
        let clock = ManualClock()
        let app = app(clock, .nanoseconds(1_234_567_890)).wrapped(by: Runtime(precision: precision, clock: clock))
        let response = try await outcome(of: app, .http, RequestScope())
        #expect(response.headerFields[runtime] == expected)
    }

    @Test("tells browsers too, beside other metrics, and leaves its own field out")
    func serverTiming() async throws {
        let clock = ManualClock()
        let app = app(clock, .microseconds(12_345), [timing: "db;dur=1"])
            .wrapped(by: Runtime(header: nil, serverTiming: "all of it", clock: clock))
        let response = try await outcome(of: app, .http, RequestScope())
        #expect(response.headerFields[timing] == "db;dur=1, all_of_it;dur=12.345")
        #expect(!response.headerFields.contains(runtime))
    }

    @Test("replaces the application's own field, and takes another name")
    func names() async throws {
        let clock = ManualClock()
        let app = app(clock, .zero, [runtime: "99"]).wrapped(by: Runtime(clock: clock))
            .wrapped(by: Runtime(header: "X-Time", precision: 1, clock: clock))
        let fields = try await outcome(of: app, .http, RequestScope()).headerFields
        #expect(fields[values: runtime] == ["0.000000"])
        #expect(fields[HTTPField.Name("X-Time")!] == "0.0")
    }

    @Test("measures what is real, in memory and over a socket", arguments: modes)
    func real(mode: TestMode) async throws {
        let app = Handler { _ in "x" }.wrapped(by: Runtime())
        try await TestClient.run(app, in: mode) { client async throws in
            let text = try #require(try await client.get("/")[runtime])
            #expect(try #require(Double(text)) >= 0)
        }
    }
}
