import HTTPSemantics
import NIOCore
import SAGI

/// Takes the PROXY protocol header off a connection, and then itself out of the way.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Sent to the handlers behind when the header has been read.
    enum Event { case headerRead }

    private let facts: ConnectionFacts
    private var input = ByteBuffer()

    init(_ facts: ConnectionFacts) { self.facts = facts }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        input.writeImmutableBuffer(unwrapInboundIn(data))
        do {
            guard let header = try ProxyHeader.parse(&input) else { return }
            if case .proxied(let client, let server) = header {
                facts.client = client
                facts.server = server
                facts.isProxied = true
            }
            context.fireUserInboundEventTriggered(Event.headerRead)
            if input.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(input)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }
}

/// The header of the PROXY protocol, version 1 (text) or 2 (binary).
enum ProxyHeader: Equatable {
    /// The proxy speaks for a client.
    case proxied(client: PeerAddress?, server: PeerAddress?)
    /// The proxy speaks for itself: a health check.
    case local

    struct Malformed: Error {}

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// A line of version 1 has at most 107 bytes with its CRLF.
    private static let longestLine = 107
    /// A header of version 2 may say up to 64 KiB; addresses and the usual extensions fit in this.
    private static let longestHeader = 4096

    /// Reads the header off the front of `input`; nil when it has not arrived whole.
    static func parse(_ input: inout ByteBuffer) throws(Malformed) -> ProxyHeader? {
        let start = Array(input.readableBytesView.prefix(12))
        if start == signature { return try parseBinary(&input) }
        if start.count < 12, signature.starts(with: start) { return nil }
        return try parseText(&input)
    }

    private static func parseText(_ input: inout ByteBuffer) throws(Malformed) -> ProxyHeader? {
        let view = input.readableBytesView.prefix(longestLine)
        guard view.prefix(6).elementsEqual("PROXY ".utf8.prefix(view.count)) else { throw Malformed() }
        guard let lineFeed = view.firstIndex(of: 0x0A) else {
            if view.count == longestLine { throw Malformed() }
            return nil
        }
        guard lineFeed > view.startIndex, view[lineFeed - 1] == 0x0D else { throw Malformed() }
        let line = String(decoding: view[view.startIndex..<(lineFeed - 1)], as: UTF8.self)
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        input.moveReaderIndex(forwardBy: lineFeed - view.startIndex + 1)
        if words.count >= 2, words[1] == "UNKNOWN" { return .local }
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6",
            let sourcePort = port(words[4]), let targetPort = port(words[5]),
            let source = ip(words[2], sourcePort, isV6: words[1] == "TCP6"),
            let target = ip(words[3], targetPort, isV6: words[1] == "TCP6")
        else { throw Malformed() }
        return .proxied(client: source, server: target)
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = Int(text), port <= 65535 else {
            return nil
        }
        return port
    }

    private static func ip(_ text: Substring, _ port: Int, isV6: Bool) -> PeerAddress? {
        guard let address = try? SocketAddress(ipAddress: String(text), port: port) else { return nil }
        if case .v6 = address { return isV6 ? .ip(address.ipAddress ?? "", port: port) : nil }
        return isV6 ? nil : .ip(address.ipAddress ?? "", port: port)
    }

    private static func parseBinary(_ input: inout ByteBuffer) throws(Malformed) -> ProxyHeader? {
        guard input.readableBytes >= 16 else { return nil }
        let base = input.readerIndex
        guard let command: UInt8 = input.getInteger(at: base + 12), let family: UInt8 = input.getInteger(at: base + 13),
            let length: UInt16 = input.getInteger(at: base + 14)
        else { return nil }
        guard command >> 4 == 2, command & 15 <= 1, Int(length) <= longestHeader else { throw Malformed() }
        guard input.readableBytes >= 16 + Int(length) else { return nil }
        input.moveReaderIndex(forwardBy: 16)
        guard var body = input.readSlice(length: Int(length)) else { throw Malformed() }
        guard command & 15 == 1 else { return .local }
        switch family >> 4 {
        case 1:
            guard let source = address(&body, 4), let target = address(&body, 4),
                let sourcePort: UInt16 = body.readInteger(), let targetPort: UInt16 = body.readInteger()
            else { throw Malformed() }
            return .proxied(client: .ip(source, port: Int(sourcePort)), server: .ip(target, port: Int(targetPort)))
        case 2:
            guard let source = address(&body, 16), let target = address(&body, 16),
                let sourcePort: UInt16 = body.readInteger(), let targetPort: UInt16 = body.readInteger()
            else { throw Malformed() }
            return .proxied(client: .ip(source, port: Int(sourcePort)), server: .ip(target, port: Int(targetPort)))
        case 3:
            return .proxied(client: nil, server: nil)
        default:
            return .local
        }
    }

    private static func address(_ body: inout ByteBuffer, _ size: Int) -> String? {
        guard let bytes = body.readSlice(length: size) else { return nil }
        return (try? SocketAddress(packedIPAddress: bytes, port: 0))?.ipAddress
    }
}
