import HTTPTypes

/// Tells objects that an application sends again and again from those that it makes anew each time, which may get the same
/// address by chance, and are not worth keeping.
struct Sightings {
    /// What was seen last, and how often in a row.
    private var candidate: UInt = 0
    private var count = 0

    private static let worthKeeping = 16

    /// Whether what was seen now has been seen often enough.
    mutating func isWorthKeeping(_ identity: UInt) -> Bool {
        count = candidate == identity ? count + 1 : 1
        candidate = identity
        return count >= Self.worthKeeping
    }
}

extension HTTPFields {
    /// Whether a value is one reference, which ``identity`` is.
    static let hasIdentity = MemoryLayout<HTTPFields>.size == MemoryLayout<UInt>.size

    /// Two values with the same identity are the same value, as long as one of them is kept alive: the storage is copied
    /// before it is changed.
    @inline(__always)
    var identity: UInt { withUnsafeBytes(of: self) { $0.loadUnaligned(as: UInt.self) } }
}
