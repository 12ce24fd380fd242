// A file and its ranges, sent by the server: with `sendfile` in cleartext, read piece by piece under TLS.
//
//     FILE=/usr/share/dict/words swift run Files
//     curl -o copy http://127.0.0.1:8000/
//     curl -i -r 0-99 http://127.0.0.1:8000/
//
// `sagi serve DIR` and the toolkit's static files do this for whole folders, and completely.
import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand

@main
struct Files: ServerApplication {
    let path: String

    init() {
        path = ProcessInfo.processInfo.environment["FILE"] ?? CommandLine.arguments[0]
    }

    func handle(_ exchange: Exchange) async throws {
        guard case .http(let http) = exchange else { throw Unsupported(exchange) }
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            return try await exchange.decline(with: HTTPResponse(status: .notFound))
        }
        let range = http.scope[.range].flatMap { Self.range($0, size) }

        var head = HTTPResponse(status: range == nil ? .ok : .partialContent)
        head.headerFields = [.contentType: "application/octet-stream", .acceptRanges: "bytes"]
        if let range {
            head.headerFields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
        }
        let sent = range ?? 0..<size
        // A promise: if the file becomes shorter meanwhile, the client sees that something is missing.
        head.headerFields[.contentLength] = String(sent.count)
        try await http.send(.start(head))
        // Suspends until the last byte is on its way. HEAD needs no case of its own: the server sends no content.
        try await http.send(.file(FileRange(path: path, offset: sent.lowerBound, length: sent.count)))
    }

    /// The range of "bytes=FIRST-LAST"; nil, which means the whole file, for every other form.
    private static func range(_ text: String, _ size: Int) -> Range<Int>? {
        let bounds = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard text.hasPrefix("bytes="), bounds.count == 2, bounds[0] <= bounds[1], bounds[0] < size else { return nil }
        return bounds[0]..<min(bounds[1] + 1, size)
    }
}
