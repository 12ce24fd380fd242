import SAGIServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process that a command runs in.
package enum Program {
    package static var environment: [String: String] { ProcessInfo.processInfo.environment }

    static var executableName: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "sagi"
    }

    /// Runs a command and ends the process with its exit status. An error is a sentence on standard error.
    package static func main(_ name: String, _ body: () async throws -> CInt) async -> Never {
        // A reader that has gone away must not end the server: the write says so.
        signal(SIGPIPE, SIG_IGN)
        let status: CInt
        do {
            status = try await body()
        } catch {
            let terminal = Terminal.error
            terminal.write("\(terminal.styled(name + ":", .red)) \(String(describing: error))\n")
            status = exitStatus(error)
        }
        exit(status)
    }

    static func exitStatus(_ error: any Error) -> CInt {
        switch error {
        case is ConfigurationError: 2
        case is LifespanFailure, is ApplicationFailure: 3
        default: 1
        }
    }

    /// How many listening sockets a service manager has opened for this process, from descriptor 3 on.
    static func inheritedSockets(_ environment: [String: String]) -> Int {
        guard environment["LISTEN_PID"] == String(getpid()), let count = environment["LISTEN_FDS"].flatMap({ Int($0) }),
            (1..<1000).contains(count)
        else { return 0 }
        return count
    }

    /// Takes the sockets of a service manager: nobody looks for them in the environment again.
    static func claimInheritedSockets() {
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
    }
}

/// Why an application could not be made.
struct ApplicationFailure: Error, CustomStringConvertible {
    let description: String
}
