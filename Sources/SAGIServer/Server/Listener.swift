import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SAGI
import Synchronization

/// One configured listener: its sockets, and what becomes of a connection that comes in on one.
final class Listener: Sendable {
    let addresses: [BoundAddress]
    private let sockets: [ListeningSocket]
    private let channels: [any Channel]
    private let loops: [any EventLoop]

    private init(
        addresses: [BoundAddress], sockets: [ListeningSocket], channels: [any Channel], loops: [any EventLoop]
    ) {
        self.addresses = addresses
        self.sockets = sockets
        self.channels = channels
        self.loops = loops
    }

    /// Opens every listener of a configuration, or none.
    static func open(
        _ configuration: ServerConfiguration, core: ServerCore, group: any EventLoopGroup, loops: [LoopContext],
        files: NIOThreadPool, certificates: [TLSContexts?], state: State
    ) async throws -> [Listener] {
        let inherited = InheritedSockets()
        var listeners: [Listener] = []
        do {
            for (listener, certificates) in zip(configuration.listeners, certificates) {
                let factory = ConnectionFactory(
                    core: core, listener: listener, versions: configuration.versions(of: listener),
                    certificates: certificates, loops: loops, files: files, state: state)
                listeners.append(
                    try await open(
                        listener, configuration, factory: factory, group: group, loops: loops, inherited: inherited))
            }
        } catch {
            for listener in listeners { await listener.close() }
            throw error
        }
        for address in inherited.unclaimed {
            core.logger.warning("The inherited socket on \(address) is not configured and is not served.")
        }
        return listeners
    }

    private static func open(
        _ listener: ListenerConfiguration, _ configuration: ServerConfiguration, factory: ConnectionFactory,
        group: any EventLoopGroup, loops: [LoopContext], inherited: InheritedSockets
    ) async throws -> Listener {
        let spreads = configuration.reusePort && loops.count > 1
        var sockets = try ListeningSocket.open(
            listener, backlog: configuration.backlog, reusePort: configuration.reusePort, inherited: inherited)
        let addresses = sockets.map { BoundAddress(address: $0.address, isSecure: listener.tls != nil) }
        var owners: [(socket: ListeningSocket, loop: LoopContext?)] = sockets.map { ($0, spreads ? loops[0] : nil) }
        if spreads, case .tcp(let host, _) = listener.address, let port = addresses.first?.port {
            var copy = listener
            copy.address = .tcp(host: host, port: port)
            for loop in loops.dropFirst() {
                let more = try ListeningSocket.open(
                    copy, backlog: configuration.backlog, reusePort: true, inherited: inherited)
                sockets += more
                owners += more.map { ($0, loop) }
            }
        }
        var channels: [any Channel] = []
        for (index, owner) in owners.enumerated() {
            let acceptLoop = owner.loop ?? loops[index % loops.count]
            let children: any EventLoopGroup = owner.loop?.eventLoop ?? group
            channels.append(
                try await factory.accept(
                    owner.socket.descriptor, backlog: configuration.backlog, on: acceptLoop.eventLoop, for: children))
        }
        return Listener(addresses: addresses, sockets: sockets, channels: channels, loops: loops.map(\.eventLoop))
    }

    /// Stops accepting. Connections that were accepted go on, and those that the kernel has accepted are taken
    /// first: closing would reset them. So that there is a last one, nobody can connect any more.
    func close() async {
        for socket in sockets { socket.refuseNewConnections() }
        for (channel, socket) in zip(channels, sockets) {
            var attempts = 1000
            repeat {
                // The channel accepts in between.
                try? await Task.sleep(for: .milliseconds(1))
                attempts -= 1
            } while attempts > 0 && channel.isActive && socket.hasWaitingConnections
            // What was accepted last is on its way to its loop and back, and would be closed with the channel.
            for loop in [channel.eventLoop] + loops { try? await loop.submit {}.get() }
            try? await channel.close()
        }
    }
}
