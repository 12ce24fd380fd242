import HTTPTypes
import NIOCore
import SAGI

/// Routes that move content.
extension Conformance {
    private static let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)

    /// `/echo`: the request's content, part by part as it comes. Nothing is kept, so a client that does not read
    /// what comes back is not read from either.
    func echo(_ http: HTTPExchange) async throws {
        try await echo(http, http.receive())
    }

    func echo(_ http: HTTPExchange, _ first: HTTPRequestEvent) async throws {
        guard case .body(var bytes, var more) = first else { return }
        var head = HTTPResponse(status: .ok)
        head.headerFields[.contentType] = http.scope[.contentType] ?? "application/octet-stream"
        head.headerFields[.contentLength] = http.scope[.contentLength]
        try await http.send(.start(head))
        while more {
            try await http.send(.body(bytes, more: true))
            guard case .body(let nextBytes, let nextMore) = try await http.receive() else { return }
            (bytes, more) = (nextBytes, nextMore)
        }
        try await http.send(.body(bytes))
    }

    /// `/bytes/N`: N bytes, in pieces that share one buffer.
    func bytes(_ http: HTTPExchange, _ text: Substring) async throws {
        guard var left = Int(text), left >= 0 else { return try await notUnderstood(http) }
        let fields: HTTPFields = [.contentType: "application/octet-stream", .contentLength: String(left)]
        try await http.send(.start(HTTPResponse(status: .ok, headerFields: fields)))
        repeat {
            let count = min(left, Self.piece.readableBytes)
            left -= count
            try await http.send(.body(Self.piece.getSlice(at: 0, length: count) ?? ByteBuffer(), more: left > 0))
        } while left > 0 && http.scope.connection.isConnected
    }

    /// `/promise/N?sent=M`: promises N bytes, and sends M, each in an event of its own.
    func promise(_ http: HTTPExchange, _ text: Substring, _ query: Query) async throws {
        let head = HTTPResponse(status: .ok, headerFields: [.contentLength: String(text)])
        try await http.send(.start(head))
        let count = query["sent"] ?? 0
        for number in 0..<count { try await http.send(.body("x", more: number + 1 < count)) }
    }

    /// `/count?ms=`: how long the request's content is, read with a pause of `ms` after each part.
    func count(_ http: HTTPExchange, _ query: Query) async throws {
        let pause = query.milliseconds("ms", default: 0)
        var count = 0
        receiving: while true {
            switch try await http.receive() {
            case .body(let bytes, let more):
                count += bytes.readableBytes
                if pause > .zero { try await Task.sleep(for: pause) }
                if !more { break receiving }
            case .trailers: break
            case .disconnect: return
            }
        }
        try await text(http, "\(count)\n")
    }

    /// `/stream?chunks=&ms=`: as many parts, with a pause of `ms` between them.
    func stream(_ http: HTTPExchange, _ query: Query) async throws {
        let chunks = max(query["chunks"] ?? 5, 1)
        let pause = query.milliseconds("ms", default: 100)
        try await http.send(.start(Self.helloHead))
        for number in 1...chunks {
            try await http.send(.body("chunk \(number)\n", more: number < chunks))
            if pause > .zero && number < chunks { try await Task.sleep(for: pause) }
        }
    }

    /// `/trailers`: a response with trailers. Those of the request come back in them when it announced any.
    func trailers(_ http: HTTPExchange) async throws {
        var fields = HTTPFields()
        var isAnnounced = http.scope[.trailer] != nil
        receiving: while true {
            switch try await http.receive() {
            case .body(_, let more): if !more, !isAnnounced { break receiving }
            case .trailers(let received):
                fields = received
                isAnnounced = false
                break receiving
            case .disconnect: return
            }
        }
        if let name = HTTPField.Name("X-Checksum") { fields[name] = "abc123" }
        var head = Self.helloHead
        head.headerFields[.trailer] = "X-Checksum"
        try await http.send(.start(head, trailers: true))
        try await http.send(.body(Self.helloText))
        try await http.send(.trailers(fields))
    }

    func notUnderstood(_ http: HTTPExchange) async throws {
        try await text(http, "This address is not understood.\n", status: .badRequest)
    }
}
