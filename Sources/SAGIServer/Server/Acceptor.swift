import CPlatform
import Logging
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes the connections that the kernel has accepted, and deals them out to the event loops in turn.
///
/// A thread of its own waits for the sockets. When there is something to take, an event loop does, the next one in turn;
/// it looks again each time that it has gone round, and when it finds nothing, the thread waits once more. So the thread
/// costs nothing under load, and connections that come faster than the loops go round wait in the kernel's queue. Of
/// processes that share a socket, the one that has waited longest takes one connection, and then waits behind the others:
/// connections are spread evenly, and a worker whose loops are busy gets none.
///
/// `@unchecked Sendable`: what changes is atomic, or used in the thread of the poll loop only, and before it begins.
final class Acceptor: @unchecked Sendable {
    private let loop = PollLoop()
    private let logger: Logger
    private let eventLoops: [any EventLoop]
    private let next = Atomic(0)
    /// What event loops have still to do for it.
    private let underway = Atomic(0)
    private let isClosing = Atomic(false)
    /// For want of descriptors nothing is taken for a moment.
    private let isPaused = Atomic(false)
    private var doors: [Door] = []
    private var whenArrived: (() -> Void)?

    /// A socket, and where its connections go.
    private final class Door: Sendable {
        let socket: ListeningSocket
        let factory: ConnectionFactory
        /// The only one of the event loops that it is for; nil is all.
        let target: Int?

        init(_ socket: ListeningSocket, _ factory: ConnectionFactory, target: Int?) {
            self.socket = socket
            self.factory = factory
            self.target = target
        }
    }

    /// Connections that an event loop takes in a row.
    private static let mostAtOnce = 32
    /// For descriptors to become free, when there are none.
    private static let pause = Duration.milliseconds(100)

    init(_ eventLoops: [any EventLoop], logger: Logger) {
        self.eventLoops = eventLoops
        self.logger = logger
    }

    /// Adds a socket. Before ``start()``.
    ///
    /// - Parameter target: the only event loop that it is for, by its place among them; `nil` is all.
    func add(_ socket: ListeningSocket, _ factory: ConnectionFactory, target: Int?) {
        _ = fcntl(socket.descriptor, F_SETFL, O_NONBLOCK)
        doors.append(Door(socket, factory, target: target))
    }

    func start() {
        for door in doors {
            loop.watch(door.socket.descriptor, isShared: door.socket.isShared) { [self] in take(door) }
        }
        loop.runInThread()
    }

    /// Takes no more connections. Those that wait in the queue of a socket of this process alone are taken first, because
    /// closing would reset them; so that there is a last one, nobody may be able to connect by now. Returns when all have
    /// arrived at their event loops.
    ///
    /// - Parameter isShared: whether others go on with a socket by now.
    func close(isShared: @escaping @Sendable (ListeningSocket) -> Bool) async {
        await withCheckedContinuation { continuation in
            loop.post { [self] in
                isClosing.store(true, ordering: .releasing)
                for door in doors {
                    loop.unwatch(door.socket.descriptor)
                    if !isShared(door.socket) { while accept(door) {} }
                }
                whenArrived = { [loop] in
                    loop.end()
                    continuation.resume()
                }
                arrived()
            }
        }
    }

    // MARK: In the loop's thread

    /// Has an event loop take what waits. The socket is not waited for here until that finds nothing more.
    private func take(_ door: Door) {
        loop.suspend(door.socket.descriptor)
        underway.add(1, ordering: .relaxed)
        let eventLoop = turn(of: door)
        eventLoop.execute { [self] in collect(door, on: eventLoop) }
    }

    private func goOn(_ door: Door) {
        isPaused.store(false, ordering: .relaxed)
        loop.resume(door.socket.descriptor, isShared: door.socket.isShared)
    }

    private func arrived() {
        guard let whenArrived, underway.load(ordering: .acquiring) == 0 else { return }
        self.whenArrived = nil
        whenArrived()
    }

    // MARK: In any thread

    /// Takes what waits, and looks again when the event loop has gone round, as long as there is always something.
    private func collect(_ door: Door, on eventLoop: any EventLoop) {
        guard !isClosing.load(ordering: .acquiring) else { return ended() }
        var taken = 0
        while taken < (door.socket.isShared ? 1 : Self.mostAtOnce), accept(door) { taken += 1 }
        if isPaused.load(ordering: .relaxed) {
            loop.post { [self] in loop.after(Self.pause) { [self] in goOn(door) } }
        } else if taken > 0, !door.socket.isShared {
            return eventLoop.execute { [self] in collect(door, on: eventLoop) }
        } else {
            loop.resume(door.socket.descriptor, isShared: door.socket.isShared)
        }
        ended()
    }

    private func turn(of door: Door) -> any EventLoop {
        let place = door.target ?? next.wrappingAdd(1, ordering: .relaxed).oldValue
        return eventLoops[place % eventLoops.count]
    }

    /// Takes one connection, and gives it to the next event loop. False when there is none.
    private func accept(_ door: Door) -> Bool {
        let descriptor = sagi_accept(door.socket.descriptor)
        guard descriptor >= 0 else {
            switch errno {
            case ECONNABORTED, EINTR: return true
            case EAGAIN, EWOULDBLOCK: return false
            default:
                let reason = String(cString: strerror(errno))
                if !isPaused.exchange(true, ordering: .relaxed) {
                    logger.error("Connections cannot be accepted: \(reason)")
                }
                return false
            }
        }
        let eventLoop = turn(of: door)
        if eventLoop.inEventLoop {
            door.factory.serve(descriptor, on: eventLoop)
        } else {
            underway.add(1, ordering: .relaxed)
            eventLoop.execute { [self] in
                door.factory.serve(descriptor, on: eventLoop)
                ended()
            }
        }
        return true
    }

    private func ended() {
        guard underway.subtract(1, ordering: .acquiringAndReleasing).newValue == 0, isClosing.load(ordering: .acquiring)
        else { return }
        loop.post { [self] in arrived() }
    }
}
