import CZlib
package import HTTPSemantics

/// Deflates the messages for one peer (RFC 7692 §7.2.1), with zlib.
///
/// zlib's memory is there from the first compressed message until ``release()``.
package final class Deflater {
    private let options: DeflateOptions
    private let windowBits: CInt
    private let keepsContext: Bool
    // zlib keeps the address of this, so it must not move.
    private var stream: UnsafeMutablePointer<z_stream>?

    /// - Parameters:
    ///   - windowBits: the size of the window that was agreed on: 9 to 15.
    ///   - keepsContext: whether a message may refer to those before it.
    package init(windowBits: Int, keepsContext: Bool, options: DeflateOptions) {
        self.windowBits = CInt(windowBits)
        self.keepsContext = keepsContext
        self.options = options
    }

    deinit { release() }

    /// Deflates a part of a message into `output`. The last one ends on a byte, without the four bytes that the receiver
    /// adds (§7.2.1).
    package func deflate(_ bytes: UnsafeRawBufferPointer, isLast: Bool, into output: OutputBuffer) {
        let stream = start()
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: Bytef.self))
        // One event is not larger than this.
        stream.pointee.avail_in = uInt(bytes.count)
        let begin = output.count
        repeat {
            let room = max(256, min(bytes.count, 64 << 10))
            let space = output.reserve(room)
            stream.pointee.next_out = space.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(room)
            // It cannot fail: the stream is whole, and there is room.
            _ = CZlib.deflate(stream, Z_SYNC_FLUSH)
            output.count += room - Int(stream.pointee.avail_out)
        } while stream.pointee.avail_out == 0
        guard isLast else { return }
        // Nothing to compress after a flush makes nothing at all; RFC 7692 §7.2.3.6 wants one byte for that.
        if output.count - begin >= 4 { output.count -= 4 }
        if output.count == begin { output.append([0x00]) }
        if !keepsContext { _ = deflateReset(stream) }
    }

    /// Gives zlib's memory back. The next message refers to nothing before it.
    package func release() {
        guard let stream else { return }
        _ = deflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }

    private func start() -> UnsafeMutablePointer<z_stream> {
        if let stream { return stream }
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        fresh.initialize(to: z_stream())
        let code = deflateInit2_(
            fresh, CInt(options.level), Z_DEFLATED, -windowBits, CInt(options.memoryLevel), Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        // The parameters are within their bounds, so only memory can be missing.
        precondition(code == Z_OK, "zlib has no memory")
        stream = fresh
        return fresh
    }
}
