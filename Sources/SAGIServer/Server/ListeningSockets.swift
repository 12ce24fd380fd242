package import SAGI
import Synchronization

/// The sockets of all listeners of a configuration: opened here, inherited from a service manager, or handed over by
/// another process of this program.
///
/// A program opens them before it gives up the rights that this needs, and before it starts workers that get them.
package final class ListeningSockets: Sendable {
    /// The sockets of one listener: one for each IP address of its host.
    struct Group: Sendable {
        /// What the configuration says of it, by which another process finds its own.
        let key: String
        let listener: ListenerConfiguration
        var sockets: [ListeningSocket]
        /// More sockets at the same addresses, each for another one of the workers or event loops (`SO_REUSEPORT`).
        var more: [[ListeningSocket]] = []
    }

    let groups: Mutex<[Group]>
    /// Sockets of a service manager that no listener was configured for.
    package let unclaimed: [PeerAddress]

    private init(_ groups: [Group], unclaimed: [PeerAddress]) {
        self.groups = Mutex(groups)
        self.unclaimed = unclaimed
    }

    /// Opens every listener of a configuration, or none.
    ///
    /// - Parameter handover: what another process of this program hands over.
    /// - Throws: ``ConfigurationError`` that names the address and says what is wrong.
    package static func open(
        _ configuration: ServerConfiguration, handover: Handover? = nil
    ) throws -> ListeningSockets {
        let activated = ActivatedSockets()
        // With SO_REUSEPORT a worker has sockets of its own, though its replacement goes on with them.
        let ownership: ListeningSocket.Ownership =
            handover?.worker == nil ? .own : configuration.reusePort ? .inherited : .shared
        var offered = handover?.sockets ?? []
        var groups: [Group] = []
        do {
            for listener in configuration.listeners {
                let key = key(of: listener)
                var group = Group(key: key, listener: listener, sockets: [])
                if let index = offered.firstIndex(where: { $0.key == key }) {
                    let taken = offered.remove(at: index)
                    let whose = ownership == .own && taken.isInherited ? .inherited : ownership
                    group.take(try taken.descriptors.map { try ListeningSocket(handedOver: $0, whose) })
                } else if let socket = activated.take(for: listener.address) {
                    group.sockets = [socket]
                } else {
                    group.sockets = try ListeningSocket.open(
                        listener, backlog: configuration.backlog, reusePort: configuration.reusePort)
                }
                groups.append(group)
            }
        } catch {
            for group in groups { group.close() }
            throw error
        }
        for socket in offered { for descriptor in socket.descriptors { ListeningSocket.close(descriptor) } }
        return ListeningSockets(groups, unclaimed: activated.unclaimed)
    }

    private static func key(of listener: ListenerConfiguration) -> String {
        (listener.tls == nil ? "" : "tls ") + listener.address.description
    }

    /// Where they listen, in the order of the configuration.
    package var addresses: [BoundAddress] {
        groups.withLock { $0.flatMap(\.addresses) }
    }

    /// What another process gets.
    ///
    /// - Parameter slot: the worker that it is for, from 0 on; `nil` is all sockets, for a successor.
    package func offer(slot: Int? = nil) -> [Handover.Sockets] {
        groups.withLock { groups in
            groups.map { group in
                let sockets =
                    if let slot { slot == 0 || group.more.isEmpty ? group.sockets : group.more[slot - 1] } else {
                        group.sockets + group.more.joined()
                    }
                return Handover.Sockets(
                    key: group.key, descriptors: sockets.map(\.descriptor),
                    isInherited: slot == nil && sockets.contains(where: \.isInherited))
            }
        }
    }

    /// Opens what is missing for so many that share a port with `SO_REUSEPORT`.
    ///
    /// - Throws: ``ConfigurationError``; what was opened until then stays.
    package func spread(over count: Int, backlog: Int) throws {
        try groups.withLock { try Self.spread(&$0, count, backlog) }
    }

    private static func spread(_ groups: inout [Group], _ count: Int, _ backlog: Int) throws {
        for index in groups.indices {
            guard case .tcp(let host, _) = groups[index].listener.address,
                let port = groups[index].sockets.first?.address.port
            else { continue }
            var listener = groups[index].listener
            listener.address = .tcp(host: host, port: port)
            while groups[index].more.count < count - 1 {
                groups[index].more.append(try ListeningSocket.open(listener, backlog: backlog, reusePort: true))
            }
        }
    }

    /// Closes what is too many for so many: nobody would take its connections.
    package func narrow(to count: Int) {
        groups.withLock { groups in
            for index in groups.indices {
                while groups[index].more.count > max(0, count - 1) {
                    for socket in groups[index].more.removeLast() {
                        // The worker that has it takes what waits in its queue, and then closes it as well.
                        socket.refuseNewConnections()
                        socket.close()
                    }
                }
            }
        }
    }

    /// Becomes those of another configuration: sockets of listeners that are still there stay, others are closed, and new
    /// ones are opened.
    ///
    /// - Throws: ``ConfigurationError``; then nothing has changed.
    package func change(to configuration: ServerConfiguration) throws {
        try groups.withLock { groups in
            var old = groups
            var fresh: [Group] = []
            var opened: [ListeningSocket] = []
            do {
                for listener in configuration.listeners {
                    let key = Self.key(of: listener)
                    if let index = old.firstIndex(where: { $0.key == key }) {
                        let kept = old.remove(at: index)
                        fresh.append(Group(key: key, listener: listener, sockets: kept.sockets, more: kept.more))
                    } else {
                        let sockets = try ListeningSocket.open(
                            listener, backlog: configuration.backlog, reusePort: configuration.reusePort)
                        opened += sockets
                        fresh.append(Group(key: key, listener: listener, sockets: sockets))
                    }
                }
            } catch {
                for socket in opened { socket.close() }
                throw error
            }
            for group in old { group.close() }
            groups = fresh
        }
    }

    /// Has the connections of a listener served. Where it has several sockets at one address, each is for one event loop.
    func lead(to factory: ConnectionFactory, through acceptor: Acceptor, listener index: Int, loops: Int) {
        let group = groups.withLock { $0[index] }
        for (row, sockets) in ([group.sockets] + group.more).enumerated() {
            for socket in sockets { acceptor.add(socket, factory, target: group.more.isEmpty ? nil : row % loops) }
        }
    }

    /// Whether others go on with a socket by now.
    func isShared(_ socket: ListeningSocket) -> Bool {
        groups.withLock { groups in
            groups.contains { $0.all.contains { $0.descriptor == socket.descriptor && $0.isShared } }
        }
    }

    /// Nobody can connect any more, but where others go on with a socket.
    func refuseNewConnections() {
        groups.withLock { groups in
            for socket in groups.flatMap(\.all) where !socket.isShared { socket.refuseNewConnections() }
        }
    }

    /// This process goes on with what was handed over to it: the files of Unix sockets are its own from now on.
    package func takeOver() {
        groups.withLock { groups in
            for index in groups.indices { groups[index].takeOver() }
        }
    }

    /// Another process goes on with them: they are not closed to newcomers here, and their files stay.
    package func handOver() {
        groups.withLock { groups in
            for index in groups.indices { groups[index].share() }
        }
    }

    /// Gives the files of Unix sockets to the user that the program becomes, who will remove them.
    package func give(to identity: Identity) {
        groups.withLock { groups in
            for socket in groups.flatMap(\.all) {
                if let path = socket.path { identity.own(path) }
            }
        }
    }

    package func close() {
        groups.withLock { groups in
            for group in groups { group.close() }
            groups = []
        }
    }
}

extension ListeningSockets.Group {
    var all: [ListeningSocket] { sockets + more.joined() }

    var addresses: [BoundAddress] {
        sockets.map { BoundAddress(address: $0.address, isSecure: listener.tls != nil) }
    }

    /// Takes sockets that were handed over: those at the same address are for different workers.
    mutating func take(_ offered: [ListeningSocket]) {
        for socket in offered {
            if !sockets.contains(where: { $0.address == socket.address }) {
                sockets.append(socket)
            } else if let index = more.firstIndex(where: { !$0.contains { $0.address == socket.address } }) {
                more[index].append(socket)
            } else {
                more.append([socket])
            }
        }
    }

    mutating func share() {
        for index in sockets.indices { sockets[index].share() }
        for index in more.indices {
            for inner in more[index].indices { more[index][inner].share() }
        }
    }

    mutating func takeOver() {
        for index in sockets.indices { sockets[index].takeOver() }
    }

    func close() {
        for socket in all { socket.close() }
    }
}
