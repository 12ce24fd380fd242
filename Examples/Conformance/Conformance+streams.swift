import HTTPTypes
import NIOCore
import SAGI

/// Routes for WebSockets and event streams.
extension Conformance {
    /// `/` and `/ws`: every message comes back. The others do what their names say.
    func talk(_ socket: WebSocketExchange) async throws {
        let query = Query(socket.scope.query)
        guard case .connect = try await socket.receive() else { return }
        switch socket.scope.path {
        case "/", "/ws":
            let compression = query["deflate"].map { $0 != 0 }
            try await socket.send(.accept(subprotocol: socket.subprotocols.first, compression: compression))
            try await echo(socket)
        case "/ws/deny":
            let status = HTTPResponse.Status(code: query["status"] ?? 401)
            try await socket.send(
                .deny(
                    HTTPResponse(status: status, headerFields: [.contentType: "text/plain"]),
                    ByteBuffer(string: "Not you.\n")))
        case "/ws/refuse":
            try await socket.send(.close())
        case "/ws/fail":
            if query["accept"] == 1 { try await socket.send(.accept()) }
            if query["unsupported"] == 1 { throw Unsupported(.webSocket(socket)) }
            throw Failure(text: "This WebSocket fails.")
        case "/ws/return":
            try await socket.send(.accept())
        case "/ws/never":
            _ = try await socket.receive()
        case "/ws/close":
            try await socket.send(.accept())
            try await socket.send(.close(code: UInt16(clamping: query["code"] ?? 4000), reason: "That is all."))
            try await note(socket)
        case "/ws/note":
            try await socket.send(.accept())
            try await note(socket)
        case "/ws/quiet":
            // Accepts, and reads nothing for a while.
            try await socket.send(.accept())
            try await Task.sleep(for: query.milliseconds("ms", default: 1000))
            try await count(socket)
        case "/ws/keepalive":
            try await socket.send(.accept())
            try await socket.send(
                .keepalive(
                    interval: query.milliseconds("ms", default: 100),
                    timeout: query.milliseconds("timeout", default: 100)))
            try await note(socket)
        case "/ws/flood":
            try await flood(socket, query)
        case "/ws/parts":
            // A message in three parts.
            try await socket.send(.accept())
            try await socket.send(.text("one ", more: true))
            try await socket.send(.text("two ", more: true))
            try await socket.send(.text("three"))
        case "/ws/misuse":
            try await misuse(socket)
        default:
            throw Unsupported(.webSocket(socket))
        }
    }

    private func echo(_ socket: WebSocketExchange) async throws {
        while true {
            switch try await socket.receive() {
            case .text(let text, let more): try await socket.send(.text(text, more: more))
            case .bytes(let bytes, let more): try await socket.send(.bytes(bytes, more: more))
            case .connect: break
            case .disconnect: return
            }
        }
    }

    /// Notes how the socket ended where `/seen/NAME` tells it: the name is "ws", or what `?as=` says.
    private func note(_ socket: WebSocketExchange) async throws {
        while true {
            guard case .disconnect(let code, let reason) = try await socket.receive() else { continue }
            let name = Query(socket.scope.query).text("as") ?? "ws"
            socket.scope.state[Sightings.self]?.note(name, "\(code) \(reason)")
            return
        }
    }

    /// Answers each message with how many bytes it had.
    private func count(_ socket: WebSocketExchange) async throws {
        var count = 0
        while true {
            switch try await socket.receive() {
            case .text(let text, let more):
                count += text.utf8.count
                if !more { try await socket.send(.text("\(count)")) }
            case .bytes(let bytes, let more):
                count += bytes.readableBytes
                if !more { try await socket.send(.text("\(count)")) }
            case .connect: break
            case .disconnect: return
            }
        }
    }

    /// Sends `count` messages of `size` bytes as fast as they are taken.
    private func flood(_ socket: WebSocketExchange, _ query: Query) async throws {
        let message = ByteBuffer(repeating: UInt8(ascii: "x"), count: min(query["size"] ?? 1024, 1 << 20))
        try await socket.send(.accept())
        for _ in 0..<(query["count"] ?? 1000) where socket.scope.connection.isConnected {
            try await socket.send(.bytes(message))
        }
    }

    /// Breaks the rules of sending, and tells what it was told.
    private func misuse(_ socket: WebSocketExchange) async throws {
        var sentences: [String] = []
        func refused(_ event: WebSocketOutbound) async {
            do {
                try await socket.send(event)
                sentences.append("taken")
            } catch {
                sentences.append("\(error)")
            }
        }
        await refused(.text("too early"))
        await refused(.accept(subprotocol: "never-offered"))
        try await socket.send(.accept())
        await refused(.accept())
        await refused(.deny(HTTPResponse(status: .forbidden), ByteBuffer()))
        await refused(.close(code: 1005))
        await refused(.close(code: 1000, reason: String(repeating: "x", count: 124)))
        for sentence in sentences { try await socket.send(.text(sentence)) }
        try await socket.send(.close())
        sentences = []
        await refused(.text("too late"))
        await refused(.close())
        let name = Query(socket.scope.query).text("as") ?? "ws"
        socket.scope.state[Sightings.self]?.note(name, sentences.joined(separator: " | "))
    }

    /// `/sse`: five events, which a client that comes back goes on with. The others do what their names say.
    func tell(_ stream: EventStreamExchange) async throws {
        let query = Query(stream.scope.query)
        switch stream.scope.path {
        case "/sse":
            let last = stream.scope[.init("Last-Event-ID") ?? .accept].flatMap { Int($0) } ?? 0
            // 204 stops a client that reconnects.
            guard last < 5 else {
                return try await stream.send(.decline(HTTPResponse(status: .noContent), ByteBuffer()))
            }
            try await stream.send(.start())
            let pause = query.milliseconds("ms", default: 50)
            for number in (last + 1)...5 {
                try await stream.send(.send(data: "event \(number)", event: "tick", id: "\(number)", retry: 100))
                try await Task.sleep(for: pause)
            }
        case "/sse/forever":
            try await stream.send(.start())
            let pause = query.milliseconds("ms", default: 100)
            var number = 0
            while stream.scope.connection.isConnected {
                number += 1
                try await stream.send(.send(data: "\(number)"))
                try await Task.sleep(for: pause)
            }
        case "/sse/lines":
            try await stream.send(.start())
            try await stream.send(.send(data: "one\ntwo\r\nthree\rfour", event: "lines"))
            try await stream.send(.comment("a\nb"))
            try await stream.send(.send(data: ""))
            try await stream.send(.close(reason: "never on the wire"))
        case "/sse/quiet":
            try await stream.send(.start())
            if let interval = query["ms"] {
                try await stream.send(.keepalive(interval: .milliseconds(interval), comment: "still here"))
            }
            while case .body = try await stream.receive() {}
            if let reason = stream.scope.connection.disconnectReason {
                stream.scope.state[Sightings.self]?.note(query.text("as") ?? "sse", reason.name)
            }
        case "/sse/fail":
            try await stream.send(.start())
            try await stream.send(.send(data: "one"))
            try await Task.sleep(for: .milliseconds(100))
            if query["unsupported"] == 1 { throw Unsupported(.eventStream(stream)) }
            throw Failure(text: "This event stream fails.")
        case "/sse/echo":
            try await repeatContent(stream)
        case "/sse/decline":
            let fields: HTTPFields = [.contentType: "text/plain"]
            try await stream.send(
                .decline(HTTPResponse(status: .notFound, headerFields: fields), ByteBuffer(string: "Not here.\n")))
        case "/sse/misuse":
            try await misuse(stream)
        case "/sse/received":
            _ = try await stream.receive()
            throw Unsupported(.eventStream(stream))
        default:
            throw Unsupported(.eventStream(stream))
        }
    }

    /// The request's content as an event.
    private func repeatContent(_ stream: EventStreamExchange) async throws {
        var content = ByteBuffer()
        var more = true
        while more {
            guard case .body(var bytes, let next) = try await stream.receive() else { return }
            content.writeBuffer(&bytes)
            more = next
        }
        try await stream.send(.start())
        try await stream.send(.send(data: "\(stream.scope.method) \(String(buffer: content))"))
    }

    private func misuse(_ stream: EventStreamExchange) async throws {
        var sentences: [String] = []
        func refused(_ event: EventStreamEvent) async {
            do {
                try await stream.send(event)
                sentences.append("taken")
            } catch {
                sentences.append("\(error)")
            }
        }
        await refused(.send(data: "too early"))
        await refused(.close())
        try await stream.send(.start())
        await refused(.start())
        await refused(.decline(HTTPResponse(status: .notFound), ByteBuffer()))
        await refused(.send(data: "x", event: "a\nb"))
        await refused(.send(data: "x", id: "a\0b"))
        await refused(.send(data: "x", id: "a\rb"))
        await refused(.send(data: "x", retry: -1))
        for sentence in sentences { try await stream.send(.send(data: sentence)) }
        try await stream.send(.close())
        try await stream.send(.close())
        sentences = []
        await refused(.send(data: "too late"))
        let name = Query(stream.scope.query).text("as") ?? "sse"
        stream.scope.state[Sightings.self]?.note(name, sentences.joined(separator: " | "))
    }
}
