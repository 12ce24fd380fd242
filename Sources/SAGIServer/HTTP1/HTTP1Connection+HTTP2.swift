import HTTP2
import NIOCore

extension HTTP1Connection {
    /// Whether the connection begins with the preface of HTTP/2 (RFC 9113 §3.3), as far as it has arrived: then it goes
    /// on as that, or waits for the rest.
    var isHTTP2: Bool {
        let preface = HTTP2Session.preface
        guard input.getInteger(at: input.readerIndex, as: UInt8.self) == preface[0], !isSecure, server.isHTTP2Enabled,
            input.readableBytesView.prefix(preface.count).elementsEqual(preface.prefix(input.readableBytes))
        else { return false }
        // A method is no longer than three bytes of it: "PRI" alone is not waited for.
        if input.readableBytes >= preface.count { becomeHTTP2() }
        return true
    }

    private var isSecure: Bool { transport.isSecure }

    private func becomeHTTP2() {
        let connection = HTTP2Connection(server: server, loop: loop, transport: transport, link: link)
        let input = input
        retire()
        transport.handOver(to: connection)
        connection.start()
        connection.read(input)
    }

    /// Ends what this connection does, and leaves the transport to another one.
    private func retire() {
        state = .closed
        input = ByteBuffer()
        dropOutput()
        unpark()
        loop.remove(self)
    }
}
