/// A content coding: a way to compress what a message carries (RFC 9110 §8.4.1).
public enum ContentCoding: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// `zstd` (RFC 8878), with a window of at most 8 MiB (RFC 9659).
    case zstd
    /// `br` (RFC 7932).
    case brotli
    /// `gzip` (RFC 1952).
    case gzip
    /// `deflate`: the format of zlib (RFC 1950), as RFC 9110 §8.4.1.2 says, and not the bare one (RFC 1951).
    case deflate

    /// The name in `Content-Encoding` and `Accept-Encoding`.
    public var name: String {
        switch self {
        case .brotli: "br"
        case .zstd: "zstd"
        case .gzip: "gzip"
        case .deflate: "deflate"
        }
    }

    /// The coding of that name in any case; `x-gzip` is `gzip` (RFC 9110 §8.4.1.3).
    public init?(name: some StringProtocol) {
        switch name.lowercased() {
        case "br": self = .brotli
        case "zstd": self = .zstd
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        default: return nil
        }
    }

    public var description: String { name }

    /// The levels there are, the fastest first and the one that makes the least bytes last.
    public var levels: ClosedRange<Int> {
        switch self {
        case .brotli: 0...11
        // Those above are for windows that RFC 9659 does not allow.
        case .zstd: 1...19
        case .gzip, .deflate: 1...9
        }
    }

    /// A level for what is made anew for each request.
    public var defaultLevel: Int {
        switch self {
        case .brotli: 4
        case .zstd: 3
        case .gzip, .deflate: 6
        }
    }
}
