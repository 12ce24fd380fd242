import Foundation
import Testing

/// The files of `deploy/` with the programs that they are for, which `scripts/setup` installs.
@Suite("Deployment")
struct DeployTests {
    private static let ways = [
        "--bind", "127.0.0.1:0", "--bind", "127.0.0.1:0,proxy-protocol", "--bind", "unix:$FOLDER/socket",
    ]

    @Test("nginx over TCP", .needs("nginx")) func nginxOverTCP() async throws { try await check(binds: Self.ways) }
    @Test("nginx over a Unix socket", .needs("nginx")) func nginxOverUnix() async throws {
        try await check(binds: Self.ways)
    }
    @Test("HAProxy over TCP", .needs("haproxy")) func haproxyOverTCP() async throws {
        try await check(binds: Self.ways)
    }
    @Test("HAProxy over a Unix socket", .needs("haproxy")) func haproxyOverUnix() async throws {
        try await check(binds: Self.ways)
    }
    @Test("HAProxy over HTTP/2", .needs("haproxy")) func haproxyOverHTTP2() async throws {
        try await check(binds: Self.ways)
    }
    @Test("HAProxy with the PROXY protocol", .needs("haproxy")) func haproxyWithTheProxyProtocol() async throws {
        try await check(binds: Self.ways)
    }
    @Test("Caddy over HTTP/2, and HTTP/1.1 for WebSockets", .needs("caddy")) func caddy() async throws {
        try await check(binds: Self.ways)
    }
    @Test("systemd understands the units", .needs("systemd-analyze")) func systemdUnits() async throws {
        try await checkAlone()
    }
    @Test("The configuration beside the units") func systemdConfiguration() async throws { try await checkAlone() }
    @Test("systemd opens the socket", .needs("systemd-socket-activate")) func systemdSockets() async throws {
        try await checkAlone()
    }
    @Test("logrotate gives the access log a new file", .needs("logrotate")) func logrotate() async throws {
        try await check("--access-log", "$FOLDER/access.log")
    }
}

extension Trait where Self == ConditionTrait {
    /// The test is skipped where a program cannot be installed.
    fileprivate static func needs(_ program: String) -> Self {
        // Debian keeps servers where the PATH of an ordinary user does not look.
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin") + ":/usr/sbin:/sbin"
        let isInstalled = path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
        return .enabled(if: isInstalled, "\(program) IS NOT INSTALLED: on Debian, scripts/setup installs it.")
    }
}
