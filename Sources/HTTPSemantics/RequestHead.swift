/// A request's head: its bytes, copied once, and where the parts are in them.
///
/// An engine fills it, for any version of HTTP; nothing is turned into a `String` before somebody asks.
/// The arrays keep their capacity from one request to the next.
@usableFromInline
package struct RequestHead: Sendable {
    /// A run of bytes in ``RequestHead/bytes``.
    @usableFromInline
    package struct Slice: Sendable, Equatable, BitwiseCopyable {
        @usableFromInline package var start: UInt32
        @usableFromInline package var count: UInt32

        @inlinable @inline(__always)
        package init(_ start: Int, _ count: Int) {
            self.start = UInt32(truncatingIfNeeded: start)
            self.count = UInt32(truncatingIfNeeded: count)
        }

        package static let empty = Slice(0, 0)
    }

    @usableFromInline
    package struct Field: Sendable, Equatable, BitwiseCopyable {
        @usableFromInline package var name: Slice
        @usableFromInline package var value: Slice

        @inlinable @inline(__always)
        package init(name: Slice, value: Slice) {
            self.name = name
            self.value = value
        }
    }

    /// What the engine learned of the head while it read it.
    @usableFromInline
    package struct Facts: OptionSet, Sendable {
        @usableFromInline package let rawValue: UInt16

        @inlinable
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        @inlinable
        package func contains(_ fact: Facts) -> Bool { rawValue & fact.rawValue != 0 }

        @inlinable @discardableResult
        package mutating func insert(_ fact: Facts) -> (inserted: Bool, memberAfterInsert: Facts) {
            let isNew = !contains(fact)
            self = Facts(rawValue: rawValue | fact.rawValue)
            return (isNew, fact)
        }

        /// The connection may serve another request after this one (RFC 9112 §9.3).
        @inlinable package static var keepAlive: Facts { Facts(rawValue: 1 << 0) }
        /// The client waits for `100 Continue` (RFC 9110 §10.1.1).
        @inlinable package static var expectsContinue: Facts { Facts(rawValue: 1 << 1) }
        /// The client reads trailer fields: `TE: trailers` (RFC 9110 §10.1.4).
        @inlinable package static var acceptsTrailers: Facts { Facts(rawValue: 1 << 2) }
        /// `Connection: upgrade` came with an `Upgrade` field (RFC 9110 §7.8).
        @inlinable package static var upgrade: Facts { Facts(rawValue: 1 << 3) }
        /// An `Accept` field is present; whether it names event streams is worked out on demand.
        @inlinable package static var accept: Facts { Facts(rawValue: 1 << 4) }
        /// A body follows.
        @inlinable package static var hasBody: Facts { Facts(rawValue: 1 << 5) }
        /// A 1.0 client asked for the connection to be kept, and is told so.
        @inlinable package static var persistent10: Facts { Facts(rawValue: 1 << 6) }
        /// The target was in absolute form, or a pseudo-header named the authority.
        @inlinable package static var authorityInTarget: Facts { Facts(rawValue: 1 << 7) }
        /// The method is HEAD: the response has no content.
        @inlinable package static var isHead: Facts { Facts(rawValue: 1 << 8) }
        /// The request is the handshake of a WebSocket that the server can open.
        @inlinable package static var webSocket: Facts { Facts(rawValue: 1 << 9) }
    }

    /// The methods that are told apart without looking at the bytes again.
    @usableFromInline
    package enum KnownMethod: UInt8, Sendable {
        case other, get, head, post, put, connect
    }

    @usableFromInline package var bytes = ReusedArray<UInt8>()
    package var fields = ReusedArray<Field>()
    package var method = Slice.empty
    package var target = Slice.empty
    package var path = Slice.empty
    /// The query without its `?`; meaningful when ``hasQuery``.
    package var query = Slice.empty
    package var hasQuery = false
    package var scheme = Slice.empty
    package var authority = Slice.empty
    /// What a CONNECT is to become: `:protocol` (RFC 8441 §4).
    package var connectProtocol = Slice.empty
    package var version = HTTPVersion.http11
    package var facts: Facts = []
    package var knownMethod = KnownMethod.other
    /// The value of `Content-Length`, when there is one.
    package var contentLength: Int?

    package init() {}

    /// Forgets the request and keeps the memory, unless a large head has made it large.
    package mutating func reset() {
        if bytes.capacity > 16 * 1024 {
            bytes = .init()
            fields = .init()
        } else {
            bytes.removeAll()
            fields.removeAll()
        }
        method = .empty
        target = .empty
        path = .empty
        query = .empty
        hasQuery = false
        scheme = .empty
        authority = .empty
        connectProtocol = .empty
        version = .http11
        facts = []
        knownMethod = .other
        contentLength = nil
    }

    @inlinable @inline(__always)
    package func withBytes<Result>(of slice: Slice, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[Int(slice.start)..<Int(slice.start) + Int(slice.count)]))
        }
    }

    /// The slice as text: UTF-8, or ISO 8859-1 when it is no UTF-8.
    package func text(_ slice: Slice) -> String { withBytes(of: slice, PercentCoding.text) }

    package func isEqual(_ slice: Slice, to text: StaticString) -> Bool {
        withBytes(of: slice) { bytes in
            bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    /// Appends a part and says where it is.
    package mutating func append(_ part: some Sequence<UInt8>) -> Slice {
        let start = bytes.count
        bytes.append(contentsOf: part)
        return Slice(start, bytes.count - start)
    }

    /// Sets ``knownMethod``, and the fact that a response has no content.
    package mutating func noteMethod(_ method: UnsafeRawBufferPointer) {
        knownMethod = .other
        switch method.count {
        case 3:
            if method[0] == UInt8(ascii: "G"), method[1] == UInt8(ascii: "E"), method[2] == UInt8(ascii: "T") {
                knownMethod = .get
            } else if method[0] == UInt8(ascii: "P"), method[1] == UInt8(ascii: "U"), method[2] == UInt8(ascii: "T") {
                knownMethod = .put
            }
        case 4:
            if method.elementsEqual("POST".utf8) { knownMethod = .post }
            if method.elementsEqual("HEAD".utf8) {
                knownMethod = .head
                facts.insert(.isHead)
            }
        case 7:
            if method.elementsEqual("CONNECT".utf8) { knownMethod = .connect }
        default:
            break
        }
    }

    /// Sets ``path`` and ``query`` from a target in origin form.
    package mutating func splitTarget(_ slice: Slice) {
        let mark: Int? = withBytes(of: slice) { $0.firstIndex(of: UInt8(ascii: "?")) }
        if let mark {
            path = Slice(Int(slice.start), mark)
            query = Slice(Int(slice.start) + mark + 1, Int(slice.count) - mark - 1)
            hasQuery = true
        } else {
            path = slice
            hasQuery = false
        }
    }

    /// Turns the head of a request that asked for HTTP/2 into one of it: what belonged to the connection is left out.
    package mutating func becomeHTTP2() {
        version = .http2
        facts = Facts(rawValue: facts.rawValue & ~(Facts.upgrade.rawValue | Facts.keepAlive.rawValue))
        let all = fields
        fields.removeAll()
        for field in all {
            let isOfConnection = withBytes(of: field.name) { name in
                FieldSyntax.equal(name, lowercased: "connection") || FieldSyntax.equal(name, lowercased: "upgrade")
                    || FieldSyntax.equal(name, lowercased: "http2-settings")
                    || FieldSyntax.equal(name, lowercased: "keep-alive")
                    || FieldSyntax.equal(name, lowercased: "proxy-connection")
            }
            if !isOfConnection { fields.append(field) }
        }
    }

    /// The values of the fields called `name`, in order.
    package func values(of name: some StringProtocol) -> [Slice] {
        var name = String(name)
        return name.withUTF8 { name in
            let name = UnsafeRawBufferPointer(name)
            return fields.compactMap { field in
                Int(field.name.count) == name.count
                    && withBytes(of: field.name) { FieldSyntax.equalIgnoringCase($0, name) }
                    ? field.value : nil
            }
        }
    }

    /// Calls `body` with the value of each field of that name, without making a `String`.
    package func forEachValue(of lowercasedName: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) {
        for field in fields where Int(field.name.count) == lowercasedName.utf8CodeUnitCount {
            if withBytes(of: field.name, { FieldSyntax.equal($0, lowercased: lowercasedName) }) {
                withBytes(of: field.value, body)
            }
        }
    }
}

/// The version of HTTP that a request came in.
public enum HTTPVersion: UInt8, Sendable, Hashable, CustomStringConvertible {
    case http10, http11, http2, http3

    /// "HTTP/1.0", "HTTP/1.1", "HTTP/2" or "HTTP/3".
    public var description: String {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2"
        case .http3: "HTTP/3"
        }
    }
}
