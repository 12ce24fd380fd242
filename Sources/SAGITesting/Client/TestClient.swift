public import HTTPTypes
public import SAGI

/// A client for tests of applications.
///
/// ```swift
/// try await TestClient.run(Hello()) { client in
///     let response = try await client.get("/hello", query: ["name": "x"])
///     #expect(response.status == .ok)
/// }
/// ```
///
/// It follows redirects and keeps cookies. An error that the application throws is thrown by the request, and
/// everything that takes longer than a timeout fails. Copies share their cookies.
public struct TestClient: Sendable {
    /// What this client does. ``with(_:)`` changes it for a copy.
    public var options: Options
    /// The cookies that responses have set, and those that the test sets.
    public let cookies: CookieJar
    /// What carries the requests.
    package let transport: any TestTransport

    package init(_ transport: any TestTransport, options: Options = Options()) {
        self.transport = transport
        self.options = options
        cookies = CookieJar()
    }

    /// What a client does by itself.
    public struct Options: Sendable {
        /// Fields of every request. A request's own field replaces those of the same name.
        public var headerFields: HTTPFields = [
            .userAgent: "sagi-testing", .accept: "*/*", .te: "trailers", .connection: "TE",
        ]
        /// Whether redirects are followed. Default true.
        public var followsRedirects = true
        /// How many redirects one request may lead through. Default 20.
        public var maximumRedirects = 20
        /// Whether cookies are kept and sent. Default true.
        public var usesCookies = true
        /// Whether a request throws what the application throws, and an error when the application leaves without
        /// a whole response. False shows what a client would see: a 500, or a response that is cut off. Default
        /// true.
        public var raisesApplicationErrors = true
        /// The time for each thing that is waited for: startup, a whole request, a part of a stream, shutdown.
        /// Default 10 seconds.
        public var timeout = Duration.seconds(10)

        public init() {}
    }

    /// Starts an application, runs `body` with a client for it, and shuts the application down.
    ///
    /// - Parameters:
    ///   - application: what is tested.
    ///   - mode: how the client reaches it. Default: in memory.
    ///   - options: what the client does by itself.
    ///   - body: the test.
    /// - Throws: what `body` throws; else ``TestClientError`` when the application does not start or stop.
    @discardableResult
    public static func run<Result>(
        _ application: some Application, in mode: TestMode = .inMemory, options: Options = Options(),
        _ body: (TestClient) async throws -> Result
    ) async throws -> Result {
        let client = TestClient(try await mode.start(application, options.timeout), options: options)
        let result: Result
        do {
            result = try await body(client)
        } catch {
            try? await client.transport.shutdown()
            throw error
        }
        try await client.transport.shutdown()
        return result
    }

    /// This client with other options, and the same cookies.
    ///
    /// ```swift
    /// let response = try await client.with { $0.followsRedirects = false }.get("/old")
    /// ```
    public func with(_ change: (inout Options) -> Void) -> TestClient {
        var copy = self
        change(&copy.options)
        return copy
    }
}
