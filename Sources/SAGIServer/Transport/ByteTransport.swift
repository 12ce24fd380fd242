import HTTPSemantics
import NIOCore
import SAGI

/// What a connection needs of what carries its bytes: the one seam between the protocols and the operating
/// system. A transport is used on its event loop only.
protocol ByteTransport: AnyObject {
    /// Bytes that were sent and that the operating system has not taken.
    var bufferedBytes: Int { get }
    /// Bytes that the peer has taken since the connection began, as far as that is known.
    var takenBytes: Int { get }
    /// Whether fewer bytes are waiting than the high-water mark, or fewer than the low one after it was reached.
    var isWritable: Bool { get }
    /// Whether nothing is waiting.
    var isDrained: Bool { get }
    /// Whether the connection is encrypted.
    var isSecure: Bool { get }

    /// Hands bytes to the operating system, and keeps a copy of what it does not take. The buffer comes back
    /// empty.
    func send(_ bytes: OutputBuffer)
    /// Sends `head` and then `body`, which is not copied. The head comes back empty.
    func send(_ head: OutputBuffer, _ body: ByteBuffer)
    /// Sends bytes that nobody else changes.
    func send(_ bytes: ByteBuffer)
    /// Sends a part of a file. `completion` runs once, on the loop: with nil when everything has been sent,
    /// else with what went wrong. Nothing else is sent before that.
    func send(_ file: OpenFile, completion: @escaping (FileFailure?) -> Void)

    /// Reads, or leaves what arrives to the operating system.
    func setReading(_ isReading: Bool)
    /// Calls ``TransportHandler/deadlineReached()`` at that time; nil is never. One deadline at a time.
    func setDeadline(_ deadline: NIODeadline?)
    /// Has another connection handle what comes from now on.
    func handOver(to handler: any TransportHandler)
    /// Tells the peer that nothing more comes, after everything that was sent.
    func closeOutput()
    /// Closes after everything that was sent.
    func close()
    /// Closes at once. The peer of an unfinished TCP connection sees a reset.
    func abort()
}

/// What a transport tells its connection.
protocol TransportHandler: AnyObject {
    /// Bytes have arrived. The handler takes what it wants; what it leaves it has to keep.
    func received(_ bytes: ByteBuffer)
    /// The peer sends nothing more.
    func receivedEnd()
    /// The transport has become writable, or has drained.
    func writabilityChanged()
    /// The deadline has come.
    func deadlineReached()
    /// The connection is gone, and why as far as that is known. Nothing more is called.
    func closed(_ reason: DisconnectReason)
}

/// A file that is open for sending, and the part of it that is sent.
struct OpenFile {
    var descriptor: CInt
    var offset: Int
    var count: Int
}

/// Why sending a file stopped.
enum FileFailure: Error {
    /// The file ended before the part that was promised.
    case truncated
    /// Reading failed, with that `errno`.
    case read(CInt)
    /// The connection is gone.
    case connectionClosed
}
