import HTTPTypes
import NIOCore
import SAGI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Has the pages of an application under development show errors of the compiler, and load themselves again when a new
/// build serves. It adds a script to HTML responses, and answers below `/.sagi/`.
struct LiveReload: Middleware {
    let news: BuildNews

    private static let script = "/.sagi/reload.js"
    private static let stream = "/.sagi/reload"
    fileprivate static let tag = ByteBuffer(string: "<script src=\"\(script)\" async></script>\n")

    func handle(_ exchange: Exchange, next: some Application) async throws {
        switch exchange {
        case .http(let http) where http.scope.rawPath == Self.script:
            try await http.send(
                .start(
                    HTTPResponse(
                        status: .ok, headerFields: [.contentType: "text/javascript", .cacheControl: "no-store"])))
            try await http.send(.body(ReloadScript.text))
        case .eventStream(let stream) where stream.scope.rawPath == Self.stream:
            try await tell(stream)
        case .http(var http) where http.scope.method == .get:
            http.send = Send(PageSink(http.send))
            try await next.handle(.http(http))
        default:
            try await next.handle(exchange)
        }
    }

    private func tell(_ stream: EventStreamExchange) async throws {
        try await stream.send(.start())
        let process = Int(getpid())
        for await state in news.updates() {
            guard stream.scope.connection.isConnected else { return }
            try await stream.send(.send(data: state.event(process: process), retry: 200))
        }
    }
}

/// Adds the script at the end of an HTML page.
private final class PageSink: EventSink {
    private let next: Send<HTTPResponseEvent>
    /// Whether this response is such a page.
    private let isPage = Atomic(false)

    init(_ next: Send<HTTPResponseEvent>) { self.next = next }

    func offer(_ event: HTTPResponseEvent) -> Bool { false }

    nonisolated(nonsending) func send(_ event: HTTPResponseEvent) async throws {
        switch event {
        case .start(var response, let trailers):
            guard Self.isPage(response) else { return try await next(event) }
            isPage.store(true, ordering: .relaxed)
            if let length = response.headerFields[.contentLength].flatMap({ Int($0) }) {
                response.headerFields[.contentLength] = String(length + LiveReload.tag.readableBytes)
            }
            // The page is another one now.
            response.headerFields[.eTag] = nil
            response.headerFields[.lastModified] = nil
            try await next(.start(response, trailers: trailers))
        case .body(let bytes, more: false) where isPage.load(ordering: .relaxed):
            try await next(.body(bytes, more: true))
            try await next(.body(LiveReload.tag))
        case .file(let range, more: false) where isPage.load(ordering: .relaxed):
            try await next(.file(range, more: true))
            try await next(.body(LiveReload.tag))
        default:
            try await next(event)
        }
    }

    /// A whole page of HTML, not compressed.
    private static func isPage(_ response: HTTPResponse) -> Bool {
        let fields = response.headerFields
        return fields[.contentType]?.lowercased().hasPrefix("text/html") == true && fields[.contentEncoding] == nil
            && fields[.contentRange] == nil && ![204, 206, 304].contains(response.status.code)
    }
}
