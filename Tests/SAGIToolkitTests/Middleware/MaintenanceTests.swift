// swift-format-ignore-file: NeverForceUnwrap

import HTTPTypes
import SAGI
import SAGIToolkit
import Synchronization
import Testing

@Suite("Maintenance")
struct MaintenanceTests {
    @Test("answers 503 while it is on, and is asked for each request", arguments: Way.all)
    func kinds(way: Way) async throws {
        let isOn = Mutex(true)
        let app = accepting.wrapped(
            by: try Maintenance(detail: "Back at nöon.", retryAfter: .seconds(90)) { isOn.withLock { $0 } })
        let answer = try await outcome(of: app, way, RequestScope())
        #expect(answer.status == 503)
        #expect(answer.headerFields[HTTPField.Name("Retry-After")!] == "90")
        #expect(answer.headerFields[.cacheControl] == "no-store")
        #expect(answer.body.contains("Back at nöon."))
        isOn.withLock { $0 = false }
        #expect(try await outcome(of: app, way, RequestScope()).isAccepted)
    }

    @Test(
        "lets through whom it is told to, IPv6 too",
        arguments: [
            ("10.1.2.3", true), ("11.1.2.3", false), ("fd00::1", true), ("fe00::1", false), ("192.0.2.9", true),
            ("::ffff:10.0.0.1", true),
        ])
    func except(_ client: String, _ passes: Bool) async throws {
        let app = accepting.wrapped(by: try Maintenance(except: ["10.0.0.0/8", "fd00::/8", "192.0.2.9"]) { true })
        #expect(try await outcome(of: app, .http, RequestScope(client: .ip(client, port: 1))).isAccepted == passes)
    }

    @Test("serves exempt paths", arguments: [("/health", true), ("/health/live", true), ("/healthy", false)])
    func exempt(_ path: String, _ passes: Bool) async throws {
        let app = accepting.wrapped(by: try Maintenance(exempt: ["/health"]) { true })
        #expect(try await outcome(of: app, .http, RequestScope(.get, path)).isAccepted == passes)
    }

    @Test("refuses addresses that are none")
    func options() {
        #expect(throws: InvalidOption.self) { try Maintenance(except: ["10.0.0.0/64"]) { true } }
    }
}
