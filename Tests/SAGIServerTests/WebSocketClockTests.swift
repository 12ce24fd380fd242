import NIOCore
import Testing

@testable import SAGIServer

@Suite("The times of a WebSocket")
struct WebSocketClockTests {
    private static func clock(_ change: (inout WebSocketConfiguration) -> Void = { _ in }) -> WebSocketClock {
        var configuration = WebSocketConfiguration()
        configuration.handshakeTimeout = .seconds(3)
        configuration.pingInterval = nil
        configuration.closeTimeout = .seconds(5)
        change(&configuration)
        return WebSocketClock(WebSocketSettings(configuration), now: at(0))
    }

    private static func at(_ seconds: Int) -> NIODeadline { .uptimeNanoseconds(UInt64(100 + seconds) * 1_000_000_000) }

    @Test("nothing is waited for that nobody asked for")
    func nothing() {
        var clock = Self.clock { $0.handshakeTimeout = nil }
        #expect(clock.next == nil)
        clock.opened(Self.at(0))
        #expect(clock.next == nil)
        let due1 = clock.due(Self.at(1000), isReading: true)
        #expect(due1 == .nothing)
    }

    @Test("the handshake and the closing have their times")
    func phases() {
        var clock = Self.clock()
        #expect(clock.next == Self.at(3))
        let due2 = clock.due(Self.at(2), isReading: true)
        #expect(due2 == .nothing)
        let due3 = clock.due(Self.at(3), isReading: true)
        #expect(due3 == .handshakeIsUnanswered)
        clock.opened(Self.at(4))
        #expect(clock.next == nil)
        clock.closing(Self.at(10))
        #expect(clock.next == Self.at(15))
        let due4 = clock.due(Self.at(15), isReading: true)
        #expect(due4 == .closeIsUnanswered)
        clock.stop()
        #expect(clock.next == nil)
    }

    @Test("a ping is due after silence, and the end after a silence that goes on")
    func keepalive() {
        var clock = Self.clock {
            $0.pingInterval = .seconds(10)
            $0.pingTimeout = .seconds(4)
        }
        clock.opened(Self.at(0))
        #expect(clock.next == Self.at(10))
        _ = clock.heard(Self.at(5))
        // The timer that was set for earlier finds nothing to do.
        let due5 = clock.due(Self.at(10), isReading: true)
        #expect(due5 == .nothing)
        #expect(clock.next == Self.at(15))
        let due6 = clock.due(Self.at(15), isReading: true)
        #expect(due6 == .ping)
        #expect(clock.next == Self.at(19))
        _ = clock.heard(Self.at(16))
        #expect(clock.next == Self.at(26))
        let due7 = clock.due(Self.at(26), isReading: true)
        #expect(due7 == .ping)
        // While nobody reads, nobody sees a pong.
        let due8 = clock.due(Self.at(30), isReading: false)
        #expect(due8 == .nothing)
        let due9 = clock.due(Self.at(34), isReading: true)
        #expect(due9 == .peerIsGone)
    }

    @Test("without a time for pongs there is one ping, and no end")
    func pingWithoutTimeout() {
        var clock = Self.clock {
            $0.pingInterval = .seconds(10)
            $0.pingTimeout = nil
        }
        clock.opened(Self.at(0))
        let due10 = clock.due(Self.at(10), isReading: true)
        #expect(due10 == .ping)
        #expect(clock.next == nil)
        let due11 = clock.due(Self.at(1000), isReading: true)
        #expect(due11 == .nothing)
        _ = clock.heard(Self.at(1000))
        #expect(clock.next == Self.at(1010))
    }

    @Test("messages count against idleness, and what is heard does not")
    func idle() {
        var clock = Self.clock { $0.idleTimeout = .seconds(10) }
        clock.opened(Self.at(0))
        _ = clock.heard(Self.at(8))
        let needsTimer = clock.talked(Self.at(5))
        #expect(!needsTimer)
        #expect(clock.next == Self.at(15))
        let due12 = clock.due(Self.at(14), isReading: true)
        #expect(due12 == .nothing)
        let due13 = clock.due(Self.at(15), isReading: true)
        #expect(due13 == .idle)
    }

    @Test("memory is given back once after each stretch of messages")
    func release() {
        var clock = Self.clock { $0.compression?.releaseAfter = .seconds(10) }
        clock.opened(Self.at(0))
        #expect(clock.next == nil)
        // Only the first message of a stretch has a timer set.
        let needsTimer = [clock.talked(Self.at(1)), clock.talked(Self.at(2))]
        #expect(needsTimer == [true, false])
        #expect(clock.next == Self.at(12))
        let due = clock.due(Self.at(12), isReading: true)
        #expect(due == .release)
        #expect(clock.next == nil)
        let needsTimerAgain = clock.talked(Self.at(20))
        #expect(needsTimerAgain && clock.next == Self.at(30))
    }
}
