import NIOCore
import NIOPosix

/// Sends a part of a file over a transport, as fast as the peer takes it and no faster.
///
/// Cleartext goes by `sendfile` while the socket takes it. When it is full, one small piece goes through the
/// channel, which tells when it has gone. Under TLS bounded pieces are read on a thread of the pool.
final class FileSender {
    private static let pieceSize = 128 * 1024
    private static let waitingPieceSize = 8 * 1024

    private var file: OpenFile
    /// Held until the last callback has run, which may be after the connection has gone.
    private let transport: NIOTransport
    private let pool: NIOThreadPool
    private let eventLoop: any EventLoop
    private var completion: ((FileFailure?) -> Void)?
    private var isReading = false

    init(
        file: OpenFile, transport: NIOTransport, pool: NIOThreadPool, eventLoop: any EventLoop,
        completion: @escaping (FileFailure?) -> Void
    ) {
        self.file = file
        self.transport = transport
        self.pool = pool
        self.eventLoop = eventLoop
        self.completion = completion
    }

    /// Goes on, if the transport is ready for more.
    func resume() {
        guard completion != nil, !isReading, transport.isReadyForFile else { return }
        // A fast peer must not keep the loop from its other connections.
        var budget = 4
        while file.count > 0 {
            guard budget > 0 else { return yield() }
            budget -= 1
            switch transport.sendFileDirectly(file) {
            case .success(let sent)? where sent > 0:
                file.advance(sent)
            case .success?:
                return waitForSocket()
            case .failure(let failure)?:
                return fail(failure)
            case nil:
                return readPiece()
            }
        }
        fail(nil)
    }

    /// Ends with `failure`, or well when that is nil.
    func fail(_ failure: FileFailure?) {
        guard let completion else { return }
        self.completion = nil
        completion(failure)
    }

    private func yield() {
        isReading = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isReading = false
            bound.value.transport.loop.turn { bound.value.resume() }
        }
    }

    /// The socket is full. What goes through the channel now leaves when it is not. Reading it here blocks no more
    /// than `sendfile` does.
    private func waitForSocket() {
        take(.success(file.read(upTo: Self.waitingPieceSize)))
    }

    private func readPiece() {
        isReading = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        file.read(upTo: Self.pieceSize, on: pool, for: eventLoop).whenComplete { result in
            let sender = bound.value
            sender.isReading = false
            sender.transport.loop.turn { sender.take(result) }
        }
    }

    private func take(_ result: Result<Result<ByteBuffer, FileFailure>, any Error>) {
        guard completion != nil else { return }
        switch result {
        case .success(.success(let piece)):
            file.advance(piece.readableBytes)
            transport.send(piece)
            resume()
        case .success(.failure(let failure)):
            fail(failure)
        case .failure:
            fail(.connectionClosed)
        }
    }
}
