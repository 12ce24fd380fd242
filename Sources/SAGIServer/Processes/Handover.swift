import HTTPSemantics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a process of a program gives to another one that it starts: a channel between the two, and the listening
/// sockets. It is said in an environment variable, which the new process takes away.
package struct Handover: Sendable, Equatable {
    package static let variable = "SAGI_HANDOVER"
    private static let inheritedMark = ",inherited"

    /// The sockets of one listener.
    package struct Sockets: Sendable, Equatable {
        package var key: String
        package var descriptors: [CInt]
        /// Whether a service manager has opened them, and goes on with them when this program has ended.
        package var isInherited: Bool

        package init(key: String, descriptors: [CInt], isInherited: Bool = false) {
            self.key = key
            self.descriptors = descriptors
            self.isInherited = isInherited
        }
    }

    /// The number of the worker that the new process is, from 1; `nil` when it succeeds the one that starts it.
    package var worker: Int?
    package var channel: CInt
    package var sockets: [Sockets]

    package init(worker: Int?, channel: CInt, sockets: [Sockets]) {
        self.worker = worker
        self.channel = channel
        self.sockets = sockets
    }

    /// The descriptors as this process has them, in the order in which the other one gets them.
    package var descriptors: [CInt] { [channel] + sockets.flatMap(\.descriptors) }

    /// The value of the variable for the new process, where the descriptors are 3, 4, 5 …
    package var text: String {
        var number = 3
        func next() -> String {
            defer { number += 1 }
            return String(number)
        }
        let parts =
            ["\(worker ?? 0)", next()]
            + sockets.map { socket in
                let numbers = socket.descriptors.map { _ in next() }.joined(separator: ",")
                return "\(PercentCoding.encode(socket.key))=\(numbers)\(socket.isInherited ? Self.inheritedMark : "")"
            }
        return parts.joined(separator: ";")
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count >= 2, let worker = Int(parts[0]), let channel = CInt(parts[1]) else { return nil }
        self.worker = worker == 0 ? nil : worker
        self.channel = channel
        sockets = []
        for part in parts.dropFirst(2) {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            var list = part[part.index(after: equals)...]
            let isInherited = list.hasSuffix(Self.inheritedMark)
            if isInherited { list.removeLast(Self.inheritedMark.count) }
            let numbers = list.split(separator: ",").map { CInt($0) }
            guard !numbers.contains(nil) else { return nil }
            sockets.append(
                Sockets(
                    key: PercentCoding.decode(part[..<equals]), descriptors: numbers.compactMap(\.self),
                    isInherited: isInherited))
        }
    }

    /// Takes what was handed over to this process, if anything was.
    package static func take() -> Handover? {
        guard let value = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        let handover = Handover(value)
        // What the application starts must not get them.
        for descriptor in [handover?.channel].compactMap(\.self) + (handover?.sockets.flatMap(\.descriptors) ?? []) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        return handover
    }
}
