import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGITesting
import WebSocketProtocol

/// The frames of a WebSocket as bytes and back, by the engine in the role of a client.
struct SocketCodec {
    private var decoder: MessageDecoder
    private var encoder: MessageEncoder
    private var input = ByteBuffer()

    /// - Throws: ``BrokenHandshake`` when the response does not answer the offer (RFC 6455 §4.1).
    init(_ fields: HTTPFields, of offer: SocketOffer) throws(BrokenHandshake) {
        guard fields[.secWebSocketAccept] == WebSocketHandshake.acceptKey(for: offer.key) else {
            throw BrokenHandshake("Sec-WebSocket-Accept does not answer the key.")
        }
        if let subprotocol = fields[.secWebSocketProtocol], !offer.subprotocols.contains(subprotocol) {
            throw BrokenHandshake("The subprotocol \"\(subprotocol)\" was not offered.")
        }
        let compression = try Self.compression(fields[.secWebSocketExtensions], offer)
        // RFC 7692 §7: the halves keep what one side and the other has said.
        let halves = compression?.makeClientHalves(DeflateOptions())
        var limits = WebSocketLimits()
        // Messages are whole for a test, whatever their size.
        (limits.frame, limits.message, limits.fragments, limits.part) = (1 << 30, 1 << 30, 1 << 30, 1 << 30)
        decoder = MessageDecoder(role: .client, limits: limits, inflater: halves?.0)
        encoder = MessageEncoder(role: .client, deflater: halves?.1)
    }

    private static func compression(
        _ answer: String?, _ offer: SocketOffer
    ) throws(BrokenHandshake) -> DeflateParameters? {
        guard let answer else { return nil }
        guard offer.offersCompression, let extensions = WebSocketExtension.parse(answer), extensions.count == 1,
            let parameters = DeflateParameters(answer: extensions[0])
        else { throw BrokenHandshake("The extensions \"\(answer)\" were not offered.") }
        return parameters
    }

    /// The frames that `bytes` complete, and the rule that they break.
    mutating func decode(_ bytes: ByteBuffer) -> (frames: [SocketFrame], violation: WebSocketError?) {
        input.writeImmutableBuffer(bytes)
        var frames: [SocketFrame] = []
        do throws(WebSocketError) {
            while let event = try decoder.next(&input) { frames.append(SocketFrame(event)) }
        } catch {
            return (frames, error)
        }
        input.discardReadBytes()
        return (frames, nil)
    }

    mutating func encode(_ frame: SocketFrame) -> ByteBuffer {
        let output = OutputBuffer()
        switch frame {
        case .text(var text, let more):
            text.withUTF8 { encoder.write(.text, UnsafeRawBufferPointer($0), more: more, into: output) }
        case .bytes(let bytes, let more):
            bytes.withUnsafeReadableBytes { encoder.write(.binary, $0, more: more, into: output) }
        case .ping(let payload):
            payload.withUnsafeReadableBytes { encoder.writePing($0, into: output) }
        case .pong(let payload):
            payload.withUnsafeReadableBytes { encoder.writePong($0, into: output) }
        case .close(let code, let reason):
            encoder.writeClose(code: code, reason: reason, into: output)
        }
        return withExtendedLifetime(output) { ByteBuffer(bytes: output.bytes) }
    }
}

/// A server accepted a WebSocket in a way that it may not.
struct BrokenHandshake: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension SocketFrame {
    fileprivate init(_ event: WebSocketEvent) {
        self =
            switch event {
            case .text(let text, let more): .text(text, more: more)
            case .bytes(let bytes, let more): .bytes(bytes, more: more)
            case .ping(let payload): .ping(payload)
            case .pong(let payload): .pong(payload)
            case .close(let code, let reason): .close(code: code, reason: reason)
            }
    }
}
