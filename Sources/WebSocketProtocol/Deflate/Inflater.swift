import CZlib
package import NIOCore

/// Inflates the messages of one peer (RFC 7692 §7.2.2), with zlib.
///
/// zlib's memory is there from the first compressed message until ``release()``.
package final class Inflater {
    private let windowBits: CInt
    private let keepsContext: Bool
    // zlib keeps the address of this, so it must not move.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// What the window held when the memory was given back.
    private var window: [UInt8] = []

    /// - Parameters:
    ///   - windowBits: the size of the peer's window: 8 to 15.
    ///   - keepsContext: whether a message may refer to those before it.
    package init(windowBits: Int, keepsContext: Bool) {
        // zlib compresses with 9 where 8 is asked for; a peer may do so too.
        self.windowBits = CInt(max(9, windowBits))
        self.keepsContext = keepsContext
    }

    deinit { end() }

    /// Inflates a piece of a message into `output`, and returns how many bytes that made.
    ///
    /// - Throws: ``WebSocketError/messageTooLarge`` as soon as there are more than `limit`.
    package func inflate(
        _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int
    ) throws(WebSocketError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        let stream = try start()
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(bytes.count)
        var total = 0
        while true {
            var code = Z_OK
            let made = output.writeWithUnsafeMutableBytes(minimumWritableBytes: 512) { space in
                let room = min(space.count, limit - total + 1, 1 << 20)
                stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(room)
                code = CZlib.inflate(stream, Z_SYNC_FLUSH)
                return room - Int(stream.pointee.avail_out)
            }
            total += made
            guard total <= limit else { throw .messageTooLarge }
            switch code {
            case Z_OK:
                // Room that is left means that there is no more to come.
                if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return total }
            case Z_BUF_ERROR:
                return total
            case Z_STREAM_END:
                // RFC 7692 §7.2.3.4: others may follow a last block, and refer to what came before it.
                guard inflateResetKeep(stream) == Z_OK else { throw .invalidCompression }
                if stream.pointee.avail_in == 0 { return total }
            default:
                throw .invalidCompression
            }
        }
    }

    /// Ends a message: inflates the four bytes that the sender has left off (RFC 7692 §7.2.2).
    package func finish(into output: inout ByteBuffer, limit: Int) throws(WebSocketError) -> Int {
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        let result = tail.withUnsafeBytes { bytes in
            Result { () throws(WebSocketError) in try inflate(bytes, into: &output, limit: limit) }
        }
        let count = try result.get()
        if !keepsContext, let stream { _ = inflateReset(stream) }
        return count
    }

    /// Gives zlib's memory back, and keeps what the next message may refer to.
    package func release() {
        guard let stream else { return }
        if keepsContext {
            window = [UInt8](unsafeUninitializedCapacity: 1 << 15) { space, count in
                var size = uInt(0)
                let code = inflateGetDictionary(stream, space.baseAddress, &size)
                count = code == Z_OK ? Int(size) : 0
            }
            // No more than there is.
            window = window.isEmpty ? [] : Array(window)
        }
        end()
    }

    private func start() throws(WebSocketError) -> UnsafeMutablePointer<z_stream> {
        if let stream { return stream }
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        fresh.initialize(to: z_stream())
        stream = fresh
        // Negative: deflate without the wrapping of zlib.
        let code = inflateInit2_(fresh, -windowBits, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw .invalidCompression }
        if !window.isEmpty {
            let code = window.withUnsafeMutableBufferPointer {
                inflateSetDictionary(fresh, $0.baseAddress, uInt($0.count))
            }
            guard code == Z_OK else { throw .invalidCompression }
            window = []
        }
        return fresh
    }

    private func end() {
        guard let stream else { return }
        _ = inflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }
}
