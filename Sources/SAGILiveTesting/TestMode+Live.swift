public import SAGI
public import SAGIServer
public import SAGITesting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension TestMode {
    /// A live server in cleartext, on a free port of 127.0.0.1.
    public static let live = TestMode.live { _ in }

    /// A live server.
    ///
    /// ```swift
    /// try await TestClient.run(app, in: .live { $0.server.limits.body = 1024 }) { client in … }
    /// ```
    public static func live(_ configure: (inout LiveOptions) -> Void) -> TestMode {
        live(named: "live", configure)
    }

    /// A live server on a Unix socket in the directory for temporary files.
    public static var unix: TestMode {
        live(named: "unix") { options in
            let name = "sagi-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
            options.server.listeners = [ListenerConfiguration(.unix("/tmp/\(name)"))]
        }
    }

    /// A live server with TLS.
    ///
    /// - Parameters:
    ///   - identity: the server's certificate and key.
    ///   - configure: anything else.
    public static func tls(
        _ identity: TLSOptions.Identity, _ configure: (inout LiveOptions) -> Void = { _ in }
    ) -> TestMode {
        live(named: "tls") { options in
            let tls = TLSOptions(identities: [identity])
            options.server.listeners = [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0), tls: tls)]
            configure(&options)
        }
    }

    /// In memory, live over TCP, and live over a Unix socket: for tests whose result must not depend on that.
    public static var all: [TestMode] { [.inMemory, .live, .unix] }

    private static func live(named name: String, _ configure: (inout LiveOptions) -> Void) -> TestMode {
        var options = LiveOptions()
        configure(&options)
        return TestMode(name) { [options] in try await LiveTransport.start($0, options, timeout: $1) }
    }
}

extension TestClient {
    /// Starts a live server with `application`, runs `body` with a client for it, and shuts the server down.
    ///
    /// - Parameters:
    ///   - application: what is tested.
    ///   - configuration: everything of the server. Ports are replaced by 0.
    ///   - options: what the client does by itself.
    ///   - body: the test.
    /// - Throws: what `body` throws; else ``TestClientError`` or `ConfigurationError` when the server does not start.
    @discardableResult
    public static func live<Result>(
        _ application: some Application, configuration: ServerConfiguration = ServerConfiguration(),
        options: Options = Options(), _ body: (TestClient) async throws -> Result
    ) async throws -> Result {
        try await run(application, in: .live { $0.server = configuration }, options: options, body)
    }

    /// The live server; `nil` in memory.
    public var server: Server? { (transport as? LiveTransport)?.server }

    /// Where the live server listens; empty in memory.
    public var addresses: [BoundAddress] { server?.addresses ?? [] }
}
