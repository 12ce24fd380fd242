import CPlatform
import HTTPSemantics
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A transport over a SwiftNIO channel: the last handler of the pipeline.
///
/// While nothing waits in the channel, the bytes of a cleartext connection go to the socket directly, which
/// saves the channel's bookkeeping; what the socket does not take then goes through the channel, which waits
/// for the socket to become writable.
///
/// `@unchecked Sendable`: used on the channel's event loop only.
final class NIOTransport: ChannelInboundHandler, ByteTransport, NIOScheduledCallbackHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    let loop: LoopContext
    let isSecure: Bool
    private let files: NIOThreadPool
    private let start: Start
    private let makeHandler: (NIOTransport) -> any TransportHandler
    private let timeout: TimeAmount?

    /// What has to happen before the first byte is for the protocol.
    enum Start {
        case atOnce, afterHandshake, afterProxyHeader
    }

    @exclusivity(unchecked) private var context: ChannelHandlerContext?
    @exclusivity(unchecked) private var handler: (any TransportHandler)?
    /// What was agreed on by ALPN.
    @exclusivity(unchecked) private(set) var negotiatedProtocol: String?
    @exclusivity(unchecked) private var isFinished = false
    @exclusivity(unchecked) private var descriptor: CInt = -1
    /// Bytes that the channel has and the socket has not taken.
    @exclusivity(unchecked) private var channelBytes = 0
    @exclusivity(unchecked) private var isWriting = false
    /// Bytes that were sent, whether or not the operating system has taken them.
    @exclusivity(unchecked) private var acceptedBytes = 0
    @exclusivity(unchecked) private var fileSender: FileSender?
    @exclusivity(unchecked) private var isReading = true
    @exclusivity(unchecked) private var deadline: NIODeadline?
    @exclusivity(unchecked) private var callback: NIOScheduledCallback?
    @exclusivity(unchecked) private var callbackTime = NIODeadline.distantFuture
    @exclusivity(unchecked) private var endAfterWrites: CloseMode?

    init(
        loop: LoopContext, isSecure: Bool, files: NIOThreadPool, start: Start, timeout: TimeAmount?,
        makeHandler: @escaping (NIOTransport) -> any TransportHandler
    ) {
        self.loop = loop
        self.isSecure = isSecure
        self.files = files
        self.start = start
        self.timeout = timeout
        self.makeHandler = makeHandler
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { channelActive(context: context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .atOnce = start {
            begin(context)
        } else if callback == nil, let timeout {
            setDeadline(.now() + timeout)
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard handler == nil, !isFinished else { return }
        let operations = context.channel.pipeline.syncOperations
        descriptor = (try? operations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }) ?? -1
        deadline = nil
        loop.turn { handler = makeHandler(self) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.turn { handler?.received(unwrapInboundIn(data)) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            guard let handler else { return context.close(promise: nil) }
            loop.turn { handler.receivedEnd() }
        case TLSUserEvent.handshakeCompleted(let negotiated) where start == .afterHandshake:
            negotiatedProtocol = negotiated
            begin(context)
        case ProxyProtocolHandler.Event.headerRead where start == .afterProxyHeader:
            begin(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // The handler is in the middle of sending, and would send more before what it has sent is gone.
        if !isWriting { tellWritability() }
    }

    private func tellWritability() {
        loop.turn {
            fileSender?.resume()
            handler?.writabilityChanged()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(Self.isGoodbye(error) ? .clientClosed : .readError)
        context.close(promise: nil)
    }

    /// Whether the error says no more than that the peer has gone.
    private static func isGoodbye(_ error: any Error) -> Bool {
        if let error = error as? IOError { return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE }
        if case .uncleanShutdown? = error as? NIOSSLError { return true }
        return false
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.clientClosed)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.clientClosed)
        self.context = nil
    }

    private func finish(_ reason: DisconnectReason) {
        isFinished = true
        descriptor = -1
        callback?.cancel()
        callback = nil
        guard let handler else { return }
        self.handler = nil
        loop.turn {
            fileSender?.fail(.connectionClosed)
            handler.closed(reason)
        }
    }

    // MARK: Sending

    var bufferedBytes: Int {
        guard channelBytes > 0 else { return 0 }
        return (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // What the socket has taken says little: its buffer may hold megabytes that a slow peer empties for minutes.
    var takenBytes: Int {
        acceptedBytes - bufferedBytes - (descriptor >= 0 ? Int(sagi_unacknowledged_bytes(descriptor)) : 0)
    }

    var isWritable: Bool { channelBytes == 0 || context?.channel.isWritable ?? false }

    var isDrained: Bool { channelBytes == 0 && fileSender == nil }

    func send(_ bytes: OutputBuffer) {
        defer { bytes.removeAll() }
        guard !bytes.isEmpty else { return }
        acceptedBytes &+= bytes.count
        var rest = bytes.bytes
        if canSendDirectly {
            let result = systemSend(descriptor, rest)
            if result == rest.count { return }
            if result < 0, !isTemporary(errno) { return fail(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[max(0, result)...])
        }
        write(ByteBuffer(bytes: rest))
    }

    func send(_ head: OutputBuffer, _ body: ByteBuffer) {
        defer { head.removeAll() }
        acceptedBytes &+= head.count &+ body.readableBytes
        var rest = head.bytes
        var body = body
        if canSendDirectly {
            let result = body.withUnsafeReadableBytes { systemSend(descriptor, rest, $0) }
            if result < 0, !isTemporary(errno) { return fail(errno) }
            let sent = max(0, result)
            let ofHead = min(sent, rest.count)
            rest = UnsafeRawBufferPointer(rebasing: rest[ofHead...])
            body.moveReaderIndex(forwardBy: sent - ofHead)
        }
        if !rest.isEmpty { write(ByteBuffer(bytes: rest)) }
        if body.readableBytes > 0 { write(body) }
    }

    func send(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        acceptedBytes &+= bytes.readableBytes
        write(bytes)
    }

    func send(_ file: OpenFile, completion: @escaping (FileFailure?) -> Void) {
        guard !isFinished else { return completion(.connectionClosed) }
        let sender = FileSender(file: file, transport: self, pool: files, eventLoop: loop.eventLoop) { failure in
            self.fileSender = nil
            completion(failure)
        }
        fileSender = sender
        sender.resume()
    }

    // The descriptor is forgotten before anything can run after the channel has closed it: see `finish` and `write`.
    private var canSendDirectly: Bool { !isSecure && channelBytes == 0 && descriptor >= 0 }

    /// Hands bytes to the channel, which sends them when the socket takes them.
    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        let count = bytes.readableBytes
        let wasFull = !isWritable
        let wasWaiting = channelBytes > 0
        channelBytes += count
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.channelBytes -= count
            guard case .success = result else {
                // The channel is closing, and its descriptor may be another connection's from now on.
                self.descriptor = -1
                return
            }
            // What goes out at once is no news for the caller, who is in the middle of sending.
            if self.channelBytes == 0, !self.isWriting { self.drained() }
        }
        isWriting = true
        context.writeAndFlush(NIOAny(bytes), promise: promise)
        isWriting = false
        // What waited before has gone with it: whoever waits for that is told when this is over.
        guard wasFull && isWritable || wasWaiting && channelBytes == 0 else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            if bound.value.isDrained { bound.value.drained() } else { bound.value.tellWritability() }
        }
    }

    private func drained() {
        loop.turn {
            fileSender?.resume()
            if let mode = endAfterWrites, let context {
                context.close(mode: mode, promise: nil)
            } else {
                handler?.writabilityChanged()
            }
        }
    }

    /// What a file has to wait for, and how much of it may be read at once.
    var isReadyForFile: Bool { isSecure ? isWritable : channelBytes == 0 }

    /// Sends from a file to the socket without copying. Returns the bytes sent; 0 when the socket is full;
    /// nil when this connection cannot, and the bytes have to be read.
    func sendFileDirectly(_ file: OpenFile) -> Result<Int, FileFailure>? {
        #if os(Linux)
            guard canSendDirectly else { return nil }
            var offset = off_t(file.offset)
            let sent = sendfile(descriptor, file.descriptor, &offset, min(file.count, 1 << 20))
            if sent > 0 {
                acceptedBytes &+= sent
                return .success(sent)
            }
            if sent == 0 { return .failure(.truncated) }
            if isTemporary(errno) { return .success(0) }
            if errno == EPIPE || errno == ECONNRESET {
                fail(errno)
                return .failure(.connectionClosed)
            }
            return errno == EINVAL || errno == ENOSYS ? nil : .failure(.read(errno))
        #else
            return nil
        #endif
    }

    private func fail(_ code: CInt) {
        loop.eventLoop.execute {
            self.finish(code == EPIPE || code == ECONNRESET ? .clientClosed : .writeError)
            self.context?.close(promise: nil)
        }
    }

    // MARK: Control

    func handOver(to handler: any TransportHandler) { self.handler = handler }

    func setReading(_ isReading: Bool) {
        guard isReading != self.isReading, let context else { return }
        self.isReading = isReading
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    func setDeadline(_ deadline: NIODeadline?) {
        self.deadline = deadline
        guard let deadline, deadline < callbackTime else { return }
        callback?.cancel()
        callbackTime = deadline
        callback = try? loop.eventLoop.scheduleCallback(at: deadline, handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        callback = nil
        callbackTime = .distantFuture
        guard let deadline else { return }
        // The deadline moved on while the callback waited: that is how it is re-armed at no cost.
        guard deadline <= .now() else { return setDeadline(deadline) }
        self.deadline = nil
        guard let handler else {
            // The handshake or the PROXY header took too long.
            context?.close(promise: nil)
            return
        }
        loop.turn { handler.deadlineReached() }
    }

    func closeOutput() { end(.output) }

    func close() { end(.all) }

    private func end(_ mode: CloseMode) {
        guard let context else { return }
        if channelBytes > 0 {
            endAfterWrites = mode
        } else {
            context.close(mode: mode, promise: nil)
        }
    }

    func abort() {
        guard let context else { return }
        if descriptor >= 0, context.channel.isActive {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        // TLS would say goodbye first, which makes what was cut off look whole.
        let tls = try? context.channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context).close(promise: nil)
    }
}

#if os(Linux)
    private let sendFlags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
#else
    private let sendFlags: CInt = 0
#endif

private func isTemporary(_ code: CInt) -> Bool { code == EAGAIN || code == EWOULDBLOCK || code == EINTR }

private func systemSend(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    send(descriptor, bytes.baseAddress, bytes.count, sendFlags)
}

private func systemSend(
    _ descriptor: CInt, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer
) -> Int {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
        vectors[0] = iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count)
        vectors[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count)
        var message = msghdr()
        message.msg_iov = vectors.baseAddress
        message.msg_iovlen = 2
        return sendmsg(descriptor, &message, sendFlags)
    }
}
