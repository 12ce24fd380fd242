import HTTP2
import HTTPSemantics
import NIOCore

/// How a connection in cleartext becomes one of HTTP/2.
extension HTTP1Connection {
    /// Whether the connection begins with the preface of HTTP/2 (RFC 9113 §3.3), as far as it has arrived: then it goes
    /// on as that, or waits for the rest.
    func goesOnAsHTTP2() -> Bool {
        let preface = HTTP2Session.preface
        guard input.getInteger(at: input.readerIndex, as: UInt8.self) == preface[0], canBecomeHTTP2,
            input.readableBytesView.prefix(preface.count).elementsEqual(preface.prefix(input.readableBytes))
        else { return false }
        if input.readableBytes >= preface.count {
            let connection = makeHTTP2()
            let input = retire(for: connection)
            connection.start()
            connection.read(input)
        }
        return true
    }

    private var canBecomeHTTP2: Bool { !transport.isSecure && versions != .http1 && !isDraining }

    /// Goes on as HTTP/2 when the request asks for it with `Upgrade: h2c` (RFC 7540 §3.2): it becomes the first stream.
    /// A request with content, or one whose `HTTP2-Settings` are no good, is served as it came.
    func upgradesToHTTP2(_ head: RequestHead) -> Bool {
        guard canBecomeHTTP2, head.version == .http11, !head.facts.contains(.hasBody), requestCount == 0 else {
            return false
        }
        var isAsked = false
        head.forEachValue(of: "upgrade") { value in
            for name in ListElements(value) where FieldSyntax.equal(name, lowercased: "h2c") { isAsked = true }
        }
        let values = head.values(of: "http2-settings")
        guard isAsked, values.count == 1, let settings = head.withBytes(of: values[0], HTTP2Settings.payload) else {
            return false
        }
        let connection = makeHTTP2()
        guard connection.start(upgrading: head, settings) else { return false }
        let input = retire(for: connection)
        if input.readableBytes > 0 { connection.read(input) }
        return true
    }

    private func makeHTTP2() -> HTTP2Connection {
        HTTP2Connection(server: server, loop: loop, transport: transport, link: link)
    }

    /// Ends what this connection does, and leaves the transport, and what has arrived, to another one.
    private func retire(for connection: HTTP2Connection) -> ByteBuffer {
        transport.handOver(to: connection)
        let rest = input
        input = ByteBuffer()
        state = .closed
        dropOutput()
        unpark()
        loop.remove(self)
        return rest
    }
}
