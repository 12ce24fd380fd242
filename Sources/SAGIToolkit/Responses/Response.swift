public import HTTPTypes
public import NIOCore
public import SAGI

/// A response: status, header fields and content, as a value.
///
/// ```swift
/// Response.text("Hello")
/// try Response.json(note, status: .created)
/// Response.redirect(to: "/notes/\(note.id)")
/// ```
///
/// It can be sent as often as one likes, and is an application that answers every request with itself. The server adds
/// `Content-Length` where the length is known.
public struct Response: Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// The header fields.
    public var headerFields: HTTPFields
    /// The content.
    public var body: ResponseBody
    private var extras: Extras?

    /// What few responses have.
    private struct Extras: Sendable {
        var earlyHints: [HTTPFields] = []
        var background: [@Sendable () async throws -> Void] = []
    }

    public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
    }

    /// The value of a header field.
    public subscript(_ name: HTTPField.Name) -> String? {
        get { headerFields[name] }
        set { headerFields[name] = newValue }
    }

    /// Interim responses (103, RFC 8297) that go out before this one, one for each element. Default none.
    public var earlyHints: [HTTPFields] {
        get { extras?.earlyHints ?? [] }
        set { change { $0.earlyHints = newValue } }
    }

    /// Work to be done after the response has been sent, in the order given. It keeps the exchange open and sees
    /// nothing of the client; an error ends it, and is logged by the server.
    public var background: [@Sendable () async throws -> Void] {
        get { extras?.background ?? [] }
        set { change { $0.background = newValue } }
    }

    /// Whether there is anything to be done besides sending it.
    var hasExtras: Bool { extras != nil }

    private mutating func change(_ body: (inout Extras) -> Void) {
        var changed = extras ?? Extras()
        body(&changed)
        extras = changed
    }
}

/// What a response carries.
public enum ResponseBody: Sendable {
    /// Nothing.
    case empty
    /// Bytes that are there.
    case bytes(ByteBuffer)
    /// A part of a file, which the server sends.
    case file(FileRange)
    /// What a function writes while it runs; see ``ResponseWriter``.
    case stream(@Sendable (ResponseWriter) async throws -> Void)
}
