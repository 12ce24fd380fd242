import HTTP2
import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI
import Synchronization

/// A WebSocket over a stream (RFC 8441).
extension HTTP2Stream: ByteTunnel {
    func openTunnel(_ fields: HTTPFields, key: String, _ handler: any TunnelHandler) throws(InvalidField) {
        guard let connection else { return }
        var fields = fields
        // RFC 8441 §5: the stream's end is all that ends it.
        fields[.contentLength] = nil
        let facts = try HeadBlocks.check(200, fields)
        response.isHeadHeld = true
        response.status = 200
        response.fields = fields
        response.facts = facts
        exchange.status = 200
        exchange.started.store(true, ordering: .relaxed)
        if exchange.keepsResponseFields { exchange.responseFields = fields }
        connection.writeHead(self, length: nil, end: false)
        response.isHeadHeld = false
        response.hasContent = true
        tunnel = handler
        readTunnel()
    }

    func receiveForTunnel(_ bytes: ByteBuffer, end: Bool) {
        hasWholeContent = hasWholeContent || end
        content.append(bytes)
        readTunnel()
    }

    private func readTunnel() {
        while isTunnelRead, let tunnel, let bytes = content.next() {
            connection?.consumed(self, bytes.readableBytes)
            tunnel.received(bytes)
        }
        if content.isEmpty, hasWholeContent { tunnel?.receivedEnd() }
    }

    func setReading(_ isReading: Bool) {
        guard isReading != isTunnelRead else { return }
        isTunnelRead = isReading
        if isReading { readTunnel() }
    }

    func outputBuffer() -> OutputBuffer {
        if tunnelOutput.capacity == 0 {
            loop.giveMemory(to: tunnelOutput)
            connection?.hold(self)
        }
        return tunnelOutput
    }

    func countOutput(_ count: Int) { connection?.countOutput(count) }

    func sendUncopied(_ bytes: ByteBuffer) {
        gatherTunnel()
        addPending(bytes)
    }

    /// Hands over what has gathered in this turn.
    func gatherTunnel() {
        guard tunnelOutput.capacity > 0 else { return }
        if !tunnelOutput.isEmpty {
            addPending(ByteBuffer(bytes: tunnelOutput.bytes))
            tunnelOutput.removeAll()
        }
        loop.takeMemory(of: tunnelOutput)
    }

    func closeTunnel() {
        gatherTunnel()
        response.isWhole = true
        if pending.isEmpty { connection?.endIfWhole(self) } else { connection?.queue(self) }
    }

    func abortTunnel() {
        connection?.reset(self, .cancel)
        dropOutput()
        over()
    }
}
