// A feed that a slow client gets less of, instead of getting it late.
//
//     swift run FlowControl
//     curl -N http://127.0.0.1:8000/ | cut -c 1-60                     every tick
//     curl -N --limit-rate 20k http://127.0.0.1:8000/ | cut -c 1-60    ticks are left out, and the newest comes
//
// Without a look at the transport, `send` would suspend, and the client would see ticks that are long past.
import HTTPTypes
import Logging
import NIOCore
import SAGI
import SAGIServerCommand

@main
struct FlowControl: ServerApplication {
    static let ticks = 2000

    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        let logger = http.scope.logger
        let transport = http.scope.transport
        transport?.onHighWater { logger.info("The client is slower than the feed: ticks are left out from now on.") }
        transport?.onDrain { logger.info("The client has caught up.") }

        try await http.send(.start(HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])))
        var skipped = 0
        for number in 1...Self.ticks {
            try await Task.sleep(for: .milliseconds(5))
            // The last tick is always sent: where the feed ends is what the client wants to know.
            if let transport, transport.bufferedBytes >= transport.highWaterMark, number < Self.ticks {
                skipped += 1
                continue
            }
            try await http.send(.body(Self.line(number, skipped), more: number < Self.ticks))
            skipped = 0
        }
    }

    /// A tick, with a tail that makes it long enough to fill a buffer.
    private static func line(_ number: Int, _ skipped: Int) -> String {
        "tick \(number)\(skipped > 0 ? ", \(skipped) left out" : "") " + String(repeating: ".", count: 4000) + "\n"
    }
}
