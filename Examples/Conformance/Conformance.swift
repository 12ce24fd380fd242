import HTTPTypes
import NIOCore
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One application with the routes that outside test suites, benchmarks and the end-to-end tests ask for.
struct Conformance: Application {
    static let helloHead = HTTPResponse(status: .ok, headerFields: [.contentType: "text/plain"])
    static let helloText = ByteBuffer(string: "Hello, world!\n")

    func handle(_ exchange: Exchange) async throws {
        switch exchange {
        case .http(let http): try await respond(http)
        case .lifespan(let lifespan): try await live(lifespan)
        case .webSocket(let socket): try await talk(socket)
        case .eventStream(let stream): try await tell(stream)
        default: throw Unsupported(exchange)
        }
    }

    /// The greeting comes first and allocates nothing: it is what the benchmarks measure.
    private func respond(_ http: HTTPExchange) async throws {
        let method = http.scope.method
        guard http.scope.rawPath == "/" else { return try await route(http) }
        guard method == .get || method == .head else { return try await echo(http) }
        let first = try await http.receive()
        guard case .body(let bytes, more: false) = first, bytes.readableBytes == 0 else {
            return try await echo(http, first)
        }
        try await http.send(.start(Self.helloHead))
        try await http.send(.body(Self.helloText))
    }

    private func route(_ http: HTTPExchange) async throws {
        let query = Query(http.scope.query)
        let segments = http.scope.path.split(separator: "/", omittingEmptySubsequences: true)
        switch (segments.first, segments.dropFirst().first) {
        case ("echo", nil): try await echo(http)
        case ("bytes", let count?): try await bytes(http, count)
        case ("promise", let count?): try await promise(http, count, query)
        case ("page", nil): try await page(http)
        case ("headers", nil): try await facts(http)
        case ("status", let code?): try await status(http, code)
        case ("slow", nil): try await slow(http, query)
        case ("stream", nil): try await stream(http, query)
        case ("error", nil): throw Failure(text: "This route throws before its response.")
        case ("abort", nil): try await abort(http)
        case ("nothing", nil): return
        case ("file", nil): try await file(http)
        case ("file", "path"): try await filePath(http)
        case ("file", "missing"): try await missingFile(http)
        case ("trailers", nil): try await trailers(http)
        case ("hints", nil): try await hints(http)
        case ("ignore", nil): try await text(http, "The content was not read.\n")
        case ("count", nil): try await count(http, query)
        case ("process", nil): try await text(http, "\(getpid())\n")
        case ("block", nil): try await block(http, query)
        case ("exit", let status?): exit(Int32(status) ?? 0)
        case ("keep", let count?): try await keep(http, count)
        case ("watch", let name?): try await watch(http, name, query)
        case ("received", let name?): try await received(http, name)
        case ("seen", let name?): try await seen(http, name)
        default: try await text(http, "There is nothing here.\n", status: .notFound)
        }
    }

    /// Answers with a short text.
    func text(
        _ http: HTTPExchange, _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain"
    ) async throws {
        try await http.send(.start(HTTPResponse(status: status, headerFields: [.contentType: type])))
        try await http.send(.body(text))
    }
}

/// What the routes that fail throw.
struct Failure: Error {
    let text: String
}

/// The parameters of a query, as they stand there.
struct Query {
    private let pairs: [(name: Substring, value: Substring)]

    init(_ query: String?) {
        pairs = (query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    subscript(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

    func text(_ name: String) -> String? { pairs.first { $0.name == name }.map { String($0.value) } }

    /// A number of milliseconds, at most an hour.
    func milliseconds(_ name: String, default fallback: Int) -> Duration {
        .milliseconds(min(max(self[name] ?? fallback, 0), 3_600_000))
    }
}
