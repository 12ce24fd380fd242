import HTTPTypes
import NIOCore
import NIOHTTP1
import SAGI
import SAGITesting
import Synchronization

/// One exchange over a connection.
final class LiveChannel: TestChannel {
    struct State: Sendable {
        var parts: [ResponsePart] = []
        var bufferedBytes = 0
        var end: ResponseEnd?
        var isWritable = true
        var isPaused = false
        var hasSentAll: Bool
        var keepAlive = true
        var failure: (any Error)?
        // For the place where the client goes away.
        var events = 0
        var bytes = 0
    }

    /// Bytes that wait for the test before the socket is left alone.
    static let inputBuffer = 64 * 1024

    let connection: LiveConnection
    private let id: Int
    private let recorder: Recorder
    private let disconnectPoint: DisconnectPoint?
    private let onEnd: @Sendable (_ isReusable: Bool) -> Void
    let state: Monitor<State>
    /// What is asked for when the request is the handshake of a WebSocket.
    let offer: SocketOffer?
    /// Set when the exchange has become a WebSocket.
    let codec = Mutex<SocketCodec?>(nil)

    /// Sends the head of the request, and its end when no content follows.
    init(
        _ connection: LiveConnection, _ outgoing: OutgoingRequest, _ id: Int, _ recorder: Recorder,
        onEnd: @escaping @Sendable (Bool) -> Void
    ) {
        self.connection = connection
        self.id = id
        self.recorder = recorder
        disconnectPoint = outgoing.disconnect
        offer = outgoing.webSocket
        self.onEnd = onEnd
        state = Monitor(State(hasSentAll: !outgoing.hasBody))
        connection.handler.carry(self)

        let request = outgoing.request
        var headers = HTTPHeaders(request.headerFields.map { ($0.name.rawName, $0.value) })
        // Last, where it is taken out again.
        headers.add(name: Recorder.fieldName, value: String(id))
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: request.path ?? "/",
            headers: headers)
        connection.channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !outgoing.hasBody { connection.channel.write(HTTPClientRequestPart.end(nil), promise: nil) }
        connection.channel.flush()
        if !connection.channel.isActive { closed() }
        if disconnectPoint?.place == .events(0) { disconnect(.clientClosed) }
    }

    // MARK: The request

    func send(_ bytes: ByteBuffer, ending trailers: HTTPFields?) async throws {
        try await state.wait { [channel = connection.channel] state in
            guard state.end == nil else { return () }
            guard state.isWritable else { return nil }
            // A server may answer as soon as it has all: by then the request must have ended here as well.
            channel.write(HTTPClientRequestPart.body(.byteBuffer(bytes)), promise: nil)
            if let trailers {
                let headers = trailers.isEmpty ? nil : HTTPHeaders(trailers.map { ($0.name.rawName, $0.value) })
                channel.write(HTTPClientRequestPart.end(headers), promise: nil)
                state.hasSentAll = true
            }
            channel.flush()
            return ()
        }
    }

    func writabilityChanged(_ isWritable: Bool) { state.update { $0.isWritable = isWritable } }

    // MARK: The response

    func next() async throws -> ResponsePart {
        let (part, resumes) = try await state.wait { state -> (ResponsePart, Bool)? in
            guard let part = state.parts.first else { return nil }
            if case .end = part { return (part, false) }
            state.parts.removeFirst()
            if case .body(let bytes) = part { state.bufferedBytes -= bytes.readableBytes }
            let resumes = state.isPaused && state.bufferedBytes == 0
            if resumes { state.isPaused = false }
            return (part, resumes)
        }
        if resumes { connection.channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        return part
    }

    func received(_ part: HTTPClientResponsePart) {
        if let offer, case .head(let head) = part, head.status == .switchingProtocols {
            do throws(BrokenHandshake) {
                try openSocket(HTTPFields(head.headers), offer)
            } catch {
                failed(error)
                return connection.channel.close(promise: nil)
            }
        }
        // The head was all that was HTTP.
        if case .end = part, isSocket { return }
        let pauses = state.update { state in
            guard state.end == nil else { return false }
            // A client that leaves at once sees nothing of an answer that is as quick as it.
            let hasLeft = state.isReached(disconnectPoint)
            switch part {
            case _ where hasLeft: break
            case .head(let head): state.take(head)
            case .body(let bytes): state.take(bytes, upTo: disconnectPoint)
            case .end(let trailers): state.take(trailers)
            }
            if state.isReached(disconnectPoint) { state.finish(.disconnected) }
            if state.end != nil { release(state) }
            let pauses = state.end == nil && !state.isPaused && state.bufferedBytes >= Self.inputBuffer
            if pauses { state.isPaused = true }
            return pauses
        }
        if pauses { connection.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
    }

    func failed(_ error: any Error) { state.update { $0.failure = $0.failure ?? error } }

    func closed() {
        state.update { $0.finish(.truncated($0.failure.map { String(describing: $0) })) }
        offer?.inbox.ended()
    }

    func disconnect(_ reason: DisconnectReason) {
        state.update { state in
            guard state.end == nil else { return }
            state.finish(.disconnected)
            release(state)
        }
    }

    /// Gives the connection back: to be used again when the exchange has ended well on both sides. That is done
    /// before the test learns of the end, so that its next request finds the connection.
    private func release(_ state: State) {
        connection.handler.carry(nil)
        let isReusable = state.end == .complete && state.keepAlive && state.hasSentAll
        if isReusable, state.isPaused { connection.channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        onEnd(isReusable)
    }

    // MARK: The application

    func outcome() async throws -> ApplicationOutcome? {
        // Before the first sign of the server, nobody knows whether it will call the application.
        try await state.wait { $0.end != nil || $0.events > 0 ? () : nil }
        return try await recorder.outcome(of: id)
    }

    var outcomeSoFar: ApplicationOutcome? { recorder.outcomeSoFar(of: id) }
}

extension LiveChannel.State {
    fileprivate mutating func finish(_ end: ResponseEnd) {
        guard self.end == nil else { return }
        self.end = end
        parts.append(.end(end))
    }

    fileprivate mutating func take(_ head: HTTPResponseHead) {
        let status = HTTPResponse.Status(code: Int(head.status.code), reasonPhrase: head.status.reasonPhrase)
        let response = HTTPResponse(status: status, headerFields: HTTPFields(head.headers))
        events += 1
        if status.kind == .informational, status.code != 101 {
            parts.append(.informational(response))
        } else {
            keepAlive = head.isKeepAlive
            parts.append(.head(response))
        }
    }

    fileprivate mutating func take(_ bytes: ByteBuffer, upTo point: DisconnectPoint?) {
        var bytes = bytes
        if case .bytes(let limit)? = point?.place, self.bytes + bytes.readableBytes > limit {
            bytes = bytes.readSlice(length: limit - self.bytes) ?? ByteBuffer()
        }
        events += 1
        self.bytes += bytes.readableBytes
        bufferedBytes += bytes.readableBytes
        if bytes.readableBytes > 0 { parts.append(.body(bytes)) }
    }

    fileprivate mutating func take(_ trailers: HTTPHeaders?) {
        if let trailers, !trailers.isEmpty {
            events += 1
            parts.append(.trailers(HTTPFields(trailers)))
        }
        finish(.complete)
    }

    fileprivate func isReached(_ point: DisconnectPoint?) -> Bool {
        guard end == nil else { return false }
        return switch point?.place {
        case .events(let limit)?: events >= limit
        case .bytes(let limit)?: bytes >= limit && events > 0
        case nil: false
        }
    }
}

extension HTTPFields {
    fileprivate init(_ headers: HTTPHeaders) {
        self.init()
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            append(HTTPField(name: name, value: value))
        }
    }
}
