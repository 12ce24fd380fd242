import HTTPSemantics
import NIOCore
import NIOPosix

@testable import SAGIServer

/// A transport in memory: what is sent gathers here, and the test says when the peer takes it.
final class MemoryTransport: ByteTransport {
    private(set) var sent = ByteBuffer()
    private(set) var isReading = true
    private(set) var isOutputClosed = false
    private(set) var isClosed = false
    private(set) var isAborted = false
    private(set) var deadline: NIODeadline?
    /// Who handles what comes, when that is another connection by now.
    private(set) var successor: (any TransportHandler)?
    /// How many sends there were: one for each turn that sent anything.
    private(set) var sendCount = 0
    /// The peer takes nothing while this is true.
    var isStalled = false
    private(set) var bufferedBytes = 0

    let isSecure = false
    var takenBytes: Int { sent.readableBytes - bufferedBytes }
    var isWritable: Bool { bufferedBytes < 64 * 1024 }
    var isDrained: Bool { bufferedBytes == 0 }

    func send(_ bytes: OutputBuffer) {
        take(bytes.bytes)
        bytes.removeAll()
    }

    func send(_ head: OutputBuffer, _ body: ByteBuffer) {
        send(head)
        send(body)
    }

    func send(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { take($0) } }

    func send(_ file: OpenFile, completion: @escaping (FileFailure?) -> Void) {
        completion(.read(0))
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        sendCount += 1
        sent.writeBytes(bytes)
        if isStalled { bufferedBytes += bytes.count }
    }

    func drain() {
        isStalled = false
        bufferedBytes = 0
    }

    func setReading(_ isReading: Bool) { self.isReading = isReading }
    func setDeadline(_ deadline: NIODeadline?) { self.deadline = deadline }
    func handOver(to handler: any TransportHandler) { successor = handler }

    func closeOutput() { isOutputClosed = true }
    func close() { isClosed = true }
    func abort() { isAborted = true }
}
