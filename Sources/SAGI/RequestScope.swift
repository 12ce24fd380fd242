public import HTTPSemantics
public import HTTPTypes
public import Logging
import Synchronization

/// The facts of a request: the same for HTTP, event streams, WebSockets and WebTransport.
///
/// A small value over one shared box: copying it costs one retain. Strings are made when they are asked for.
/// Setting a property changes this copy only, never the scope of a layer above.
public struct RequestScope: Sendable {
    package private(set) var storage: Storage
    /// What the toolkit's router found. It costs nothing where there is none.
    package var attachment: (any AnyObject & Sendable)?

    package init(storage: Storage) { self.storage = storage }

    /// Makes a scope of a request: for tests, and for servers that have an `HTTPRequest` at hand.
    ///
    /// - Parameters:
    ///   - request: the request. Its path may hold a query, and is still percent-encoded.
    ///   - version: the version of HTTP that it came in.
    ///   - client: the peer's address, when known.
    ///   - server: the local address, when known.
    ///   - state: what the application prepared at startup.
    ///   - extensions: the capabilities of the server for this exchange.
    ///   - connection: whether the peer is still there; ``transport`` too, when it is a ``TransportState``.
    ///   - logger: what ``logger`` is made from.
    public init(
        request: HTTPRequest, version: HTTPVersion = .http11, client: PeerAddress? = nil,
        server: PeerAddress? = nil, state: State = State(), extensions: Extensions = Extensions(),
        connection: any ConnectionState = DetachedConnection(), logger: Logger = Logger(label: "sagi")
    ) {
        let link = Link(
            scheme: request.scheme ?? "http", client: client, server: server, state: state, extensions: extensions,
            logger: logger)
        storage = Storage(link: link, connection: connection)
        storage.contents.pointee.head = RequestHead(request, version: version)
    }

    /// The request's method.
    public var method: HTTPRequest.Method {
        get {
            if let method = storage.changes?.method { return method }
            return switch storage.contents.pointee.head.knownMethod {
            case .get: .get
            case .head: .head
            case .post: .post
            case .put: .put
            case .connect: .connect
            case .other: HTTPRequest.Method(rawValue: storage.text(storage.contents.pointee.head.method)) ?? .get
            }
        }
        set { change { $0.method = newValue } }
    }

    /// "http" or "https".
    public var scheme: String {
        get { storage.changes?.scheme ?? storage.contents.pointee.link.scheme }
        set { change { $0.scheme = newValue } }
    }

    /// The host and port that the client asked for: of the target or `:authority`, else of `Host`.
    public var authority: String? {
        get {
            if let authority = storage.changes?.authority { return authority }
            let head = storage.contents.pointee.head
            if head.facts.contains(.authorityInTarget) { return head.text(head.authority) }
            return head.values(of: "host").first.map(head.text)
        }
        set { change { $0.authority = newValue } }
    }

    /// The path, percent-decoded once and read as UTF-8; bytes that are no UTF-8 become the characters with
    /// the same numbers.
    public var path: String {
        get {
            if let path = storage.changes?.path { return path }
            let slice = storage.contents.pointee.head.path
            return storage.contents.pointee.head.withBytes(of: slice, PercentCoding.decode)
        }
        set { change { $0.path = newValue } }
    }

    /// The path as the client sent it, without the query.
    public var rawPath: String {
        get { storage.changes?.rawPath ?? storage.text(storage.contents.pointee.head.path) }
        set { change { $0.rawPath = newValue } }
    }

    /// Calls `body` with the bytes of ``rawPath``, without making a `String`.
    package func withRawPath<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if var path = storage.changes?.rawPath { return path.withUTF8 { body(UnsafeRawBufferPointer($0)) } }
        let contents = storage.contents
        return contents.pointee.head.bytes.withUnsafeBytes { bytes in
            let path = contents.pointee.head.path
            return body(UnsafeRawBufferPointer(rebasing: bytes[Int(path.start)..<Int(path.start) + Int(path.count)]))
        }
    }

    /// What follows `?` in the target, still percent-encoded; `nil` when there is no `?`.
    public var query: String? {
        get {
            if let query = storage.changes?.query { return query }
            return storage.contents.pointee.head.hasQuery ? storage.text(storage.contents.pointee.head.query) : nil
        }
        set { change { $0.query = .some(newValue) } }
    }

    /// The part of `path` under which this application is mounted; empty at the root.
    public var rootPath: String {
        get { storage.changes?.rootPath ?? storage.contents.pointee.link.rootPath }
        set { change { $0.rootPath = newValue } }
    }

    /// All header fields, in the order of the request. Several `Cookie` fields are joined into one. Made at the
    /// first call and kept; ``subscript(_:)`` is cheaper for one of them.
    public var headerFields: HTTPFields {
        get { storage.changes?.headerFields ?? storage.headerFields() }
        set { change { $0.headerFields = newValue } }
    }

    /// The value of one field, several of that name joined with ", " (and `Cookie` with "; "). Nothing but
    /// that value is made.
    public subscript(_ name: HTTPField.Name) -> String? {
        if let fields = storage.changes?.headerFields { return fields[name] }
        let head = storage.contents.pointee.head
        let values = head.values(of: name.canonicalName)
        switch values.count {
        case 0: return nil
        case 1: return head.text(values[0])
        default: return values.map(head.text).joined(separator: name == .cookie ? "; " : ", ")
        }
    }

    /// The version of HTTP.
    public var version: HTTPVersion { storage.contents.pointee.head.version }

    /// The peer's address; `nil` on a Unix socket.
    public var client: PeerAddress? {
        get { storage.changes?.client ?? storage.contents.pointee.link.client }
        set { change { $0.client = .some(newValue) } }
    }

    /// The local address.
    public var server: PeerAddress? {
        get { storage.changes?.server ?? storage.contents.pointee.link.server }
        set { change { $0.server = .some(newValue) } }
    }

    /// What the application prepared at startup; a copy of this exchange's own.
    public var state: State {
        get { storage.changes?.state ?? storage.contents.pointee.link.state }
        set { change { $0.state = newValue } }
    }

    /// What this server can do beyond the core.
    public var extensions: Extensions {
        get {
            if let extensions = storage.changes?.extensions { return extensions }
            var extensions = storage.contents.pointee.link.extensions
            // RFC 9110 §15.2 and §6.5.1: not every request can be answered with them.
            let readsTrailers = storage.contents.pointee.head.facts.contains(.acceptsTrailers)
            if version == .http10 { extensions[EarlyHints.self] = nil }
            if version == .http10 || !readsTrailers { extensions[Trailers.self] = nil }
            if !storage.contents.pointee.head.facts.contains(.webSocket) { extensions[DenialResponse.self] = nil }
            return extensions
        }
        set { change { $0.extensions = newValue } }
    }

    /// What middleware hands down, under keys that are types.
    public var values: TypedValues {
        get { storage.changes?.values ?? TypedValues() }
        set { change { $0.values = newValue } }
    }

    /// Whether the peer is still there, and how the exchange ended.
    public var connection: any ConnectionState { storage.contents.pointee.connection ?? DetachedConnection.shared }

    /// How much waits to be sent; `nil` where the server cannot tell.
    public var transport: (any TransportState)? { storage.contents.pointee.connection as? any TransportState }

    /// A logger whose lines say which request they belong to. Made at each call: keep it if you log much.
    public var logger: Logger {
        var logger = storage.contents.pointee.link.logger
        logger[metadataKey: "method"] = "\(method)"
        logger[metadataKey: "path"] = "\(rawPath)"
        if let client { logger[metadataKey: "client"] = "\(client)" }
        return logger
    }

    /// The request in the currency type of the ecosystem.
    public var request: HTTPRequest {
        let path = query.map { "\(rawPath)?\($0)" } ?? rawPath
        return HTTPRequest(
            method: method, scheme: scheme, authority: authority, path: path, headerFields: headerFields)
    }

    private mutating func change(_ body: (inout Changes) -> Void) {
        storage = Storage(copying: storage)
        var changes = storage.changes ?? Changes()
        body(&changes)
        storage.changes = changes
    }
}

extension RequestScope {
    /// What is the same for every exchange of a connection.
    package final class Link: Sendable {
        package let scheme: String
        package let client: PeerAddress?
        package let server: PeerAddress?
        package let state: State
        package let extensions: Extensions
        package let rootPath: String
        package let logger: Logger

        package init(
            scheme: String, client: PeerAddress?, server: PeerAddress?, state: State, extensions: Extensions,
            rootPath: String = "", logger: Logger
        ) {
            self.scheme = scheme
            self.client = client
            self.server = server
            self.state = state
            self.extensions = extensions
            self.rootPath = rootPath
            self.logger = logger
        }
    }

    struct Changes: Sendable {
        var method: HTTPRequest.Method?
        var scheme: String?
        var authority: String?
        var path: String?
        var rawPath: String?
        var query: String??
        var rootPath: String?
        var headerFields: HTTPFields?
        var client: PeerAddress??
        var server: PeerAddress??
        var state: State?
        var extensions: Extensions?
        var values: TypedValues?
    }

    /// The box behind a scope.
    ///
    /// `@unchecked Sendable`: a server writes the contents only while it holds the one reference
    /// (`isKnownUniquelyReferenced`), before an application sees the box; `changes` is written once, by the copy
    /// that ``RequestScope`` makes, before it is shared. After that nothing but the locked cache changes.
    package final class Storage: @unchecked Sendable {
        package struct Contents {
            package var head = RequestHead()
            package var link: Link
            package var connection: (any ConnectionState)?
        }

        /// Behind a pointer, where no access is checked for exclusivity.
        package let contents: UnsafeMutablePointer<Contents>
        @exclusivity(unchecked) fileprivate var changes: Changes?
        private let cachedFields = Mutex<HTTPFields?>(nil)
        private let hasCachedFields = Atomic<Bool>(false)

        package init(link: Link, connection: (any ConnectionState)?) {
            contents = .allocate(capacity: 1)
            contents.initialize(to: Contents(link: link, connection: connection))
        }

        convenience init(copying other: Storage) {
            self.init(link: other.contents.pointee.link, connection: other.contents.pointee.connection)
            contents.pointee.head = other.contents.pointee.head
            changes = other.changes
        }

        deinit {
            contents.deinitialize(count: 1)
            contents.deallocate()
        }

        func text(_ slice: RequestHead.Slice) -> String {
            // The array by itself: the whole head would be copied first.
            contents.pointee.head.bytes.withUnsafeBytes { bytes in
                let start = Int(slice.start)
                return PercentCoding.text(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(slice.count)]))
            }
        }

        /// Makes the box ready for the next request. For the holder of the only reference.
        package func reset() {
            contents.pointee.head.reset()
            guard hasCachedFields.load(ordering: .relaxed) else { return }
            hasCachedFields.store(false, ordering: .relaxed)
            cachedFields.withLock { $0 = nil }
        }

        func headerFields() -> HTTPFields {
            cachedFields.withLock { cached in
                if let cached { return cached }
                let fields = contents.pointee.head.makeFields()
                cached = fields
                hasCachedFields.store(true, ordering: .relaxed)
                return fields
            }
        }
    }
}

extension RequestHead {
    /// Copies a request into bytes and slots.
    package init(_ request: HTTPRequest, version: HTTPVersion) {
        self.init()
        self.version = version
        method = append(request.method.rawValue.utf8)
        bytes.withUnsafeBytes { bytes in noteMethod(bytes) }
        target = append((request.path ?? "/").utf8)
        splitTarget(target)
        if let authority = request.authority {
            self.authority = append(authority.utf8)
            facts.insert(.authorityInTarget)
        }
        for field in request.headerFields {
            let name = append(field.name.canonicalName.utf8)
            let value = field.withUnsafeBytesOfValue { append($0) }
            fields.append(Field(name: name, value: value))
            if field.name == .accept { facts.insert(.accept) }
            if field.name == .contentLength { contentLength = Int(field.value) }
        }
        facts.insert(.acceptsTrailers)
    }

    func makeFields() -> HTTPFields {
        var result = HTTPFields()
        result.reserveCapacity(fields.count)
        var cookies: String?
        for field in fields {
            guard let name = HTTPField.Name(text(field.name)) else { continue }
            guard name != .cookie else {
                let value = text(field.value)
                cookies = cookies.map { "\($0); \(value)" } ?? value
                continue
            }
            withBytes(of: field.value) { result.append(HTTPField(name: name, lenientValue: $0)) }
        }
        if let cookies { result.append(HTTPField(name: .cookie, lenientValue: cookies.utf8)) }
        return result
    }
}
