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

/// Takes the connections that the kernel has accepted, in a thread of its own, and deals them out to the event loops in
/// turn.
///
/// Of processes that share a socket, the one that has waited longest takes the next connection, and waits again when its
/// event loop has that: connections are spread evenly, and a worker whose loops are busy gets none.
///
/// `@unchecked Sendable`: what changes is used in the thread of the poll loop only.
final class Acceptor: @unchecked Sendable {
    private let loop = PollLoop()
    private let logger: Logger
    private var doors: [Door] = []
    /// No connections are taken for a moment.
    private var isPaused = false
    /// That is because there are no descriptors.
    private var isWaiting = false
    /// Connections on their way to their event loop.
    private var underway = 0
    private var whenArrived: (() -> Void)?

    /// A socket, and where its connections go.
    private final class Door {
        let number: Int
        let socket: ListeningSocket
        let factory: ConnectionFactory
        let loops: [any EventLoop]
        var next: Int
        var isOpen = true

        init(_ number: Int, _ socket: ListeningSocket, _ factory: ConnectionFactory, _ loops: [any EventLoop]) {
            self.number = number
            next = number
            self.socket = socket
            self.factory = factory
            self.loops = loops
        }
    }

    private static let atOnce = 256
    /// When so many have not reached their event loops yet, these have more to do than they can: the others wait in the
    /// kernel's queue.
    private static let mostUnderway = 1024
    /// For descriptors to become free, when there are none.
    private static let pause = Duration.milliseconds(100)

    init(logger: Logger) { self.logger = logger }

    /// Adds a socket. Before ``start()``.
    func add(_ socket: ListeningSocket, _ factory: ConnectionFactory, for loops: [any EventLoop]) {
        _ = fcntl(socket.descriptor, F_SETFL, O_NONBLOCK)
        doors.append(Door(doors.count, socket, factory, loops))
    }

    func start() {
        for door in doors { open(door) }
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
                for door in doors {
                    shut(door)
                    if !isShared(door.socket) { while accept(door) {} }
                }
                whenArrived = { [loop] in
                    loop.end()
                    continuation.resume()
                }
                conclude()
            }
        }
    }

    // MARK: In the loop's thread

    private func open(_ door: Door) {
        door.isOpen = true
        loop.watch(door.socket.descriptor, isShared: door.socket.isShared) { [self] in take(door) }
    }

    private func shut(_ door: Door) {
        door.isOpen = false
        loop.unwatch(door.socket.descriptor)
    }

    private func take(_ door: Door) {
        guard !door.socket.isShared else {
            // Behind all others, from the moment on when the connection has arrived.
            loop.unwatch(door.socket.descriptor)
            if !accept(door), !isPaused { open(door) }
            return
        }
        var left = Self.atOnce
        while left > 0, !isPaused, accept(door) { left -= 1 }
    }

    /// Takes one connection. False when there is none.
    private func accept(_ door: Door) -> Bool {
        let descriptor = sagi_accept(door.socket.descriptor)
        guard descriptor >= 0 else {
            switch errno {
            case ECONNABORTED, EINTR: return true
            case EAGAIN, EWOULDBLOCK: return false
            default:
                wait(String(cString: strerror(errno)))
                return false
            }
        }
        let eventLoop = door.loops[door.next % door.loops.count]
        door.next &+= 1
        underway += 1
        eventLoop.execute { [self, factory = door.factory, number = door.number] in
            factory.serve(descriptor, on: eventLoop)
            loop.post { [self] in arrived(through: doors[number]) }
        }
        if underway == Self.mostUnderway { pause() }
        return true
    }

    private func arrived(through door: Door) {
        underway -= 1
        if isPaused, !isWaiting, underway <= Self.mostUnderway / 2 { resume() }
        if door.isOpen, door.socket.isShared, !isPaused { open(door) }
        conclude()
    }

    private func conclude() {
        guard underway == 0, let whenArrived else { return }
        self.whenArrived = nil
        whenArrived()
    }

    /// Waits a moment when the process has no descriptor left, instead of trying again at once.
    private func wait(_ reason: String) {
        guard !isWaiting else { return }
        isWaiting = true
        logger.error("Connections cannot be accepted: \(reason)")
        pause()
        loop.after(Self.pause) { [self] in
            isWaiting = false
            resume()
        }
    }

    private func pause() {
        isPaused = true
        for door in doors { loop.unwatch(door.socket.descriptor) }
    }

    private func resume() {
        isPaused = false
        for door in doors where door.isOpen { open(door) }
    }
}
