import NIOCore

/// Bytes that wait, in the pieces in which they came.
struct BufferQueue {
    private var pieces: [ByteBuffer] = []
    private var first = 0
    private(set) var bytes = 0

    var isEmpty: Bool { first == pieces.count }

    mutating func append(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        pieces.append(piece)
        bytes += piece.readableBytes
    }

    /// The first piece, or at most `limit` bytes of it.
    mutating func next(upTo limit: Int = .max) -> ByteBuffer? {
        guard !isEmpty else { return nil }
        guard let part = pieces[first].readSlice(length: min(limit, pieces[first].readableBytes)) else { return nil }
        bytes -= part.readableBytes
        if pieces[first].readableBytes == 0 { first += 1 }
        // What has been taken is let go of when all has, or when it is half of it.
        if isEmpty {
            removeAll()
        } else if first >= 32, first * 2 >= pieces.count {
            pieces.removeFirst(first)
            first = 0
        }
        return part
    }

    /// What is left of the piece that was taken last comes first again.
    mutating func putBack(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        pieces.insert(piece, at: first)
        bytes += piece.readableBytes
    }

    mutating func removeAll() {
        if !pieces.isEmpty { pieces = [] }
        first = 0
        bytes = 0
    }
}
