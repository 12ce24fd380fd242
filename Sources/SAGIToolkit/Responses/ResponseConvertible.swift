public import HTTPTypes
public import NIOCore

/// What a handler can return.
///
/// A ``Response``, a `String` (plain text), a `ByteBuffer`, a status, any `Encodable` value (JSON), an optional of
/// those (404 for `nil`), and a pair of a status and one of those.
public protocol ResponseConvertible: Sendable {
    /// The response that stands for this value.
    func response(to request: Request) throws -> Response
}

extension Response: ResponseConvertible {
    public func response(to request: Request) -> Response { self }
}

extension String: ResponseConvertible {
    public func response(to request: Request) -> Response { .text(self) }
}

extension ByteBuffer: ResponseConvertible {
    public func response(to request: Request) -> Response { .bytes(self) }
}

extension HTTPResponse.Status: ResponseConvertible {
    public func response(to request: Request) -> Response { .empty(self) }
}

extension Optional: ResponseConvertible where Wrapped: ResponseConvertible {
    /// - Throws: ``HTTPError`` 404 for `nil`.
    public func response(to request: Request) throws -> Response {
        guard let self else { throw HTTPError(.notFound) }
        return try self.response(to: request)
    }
}

/// A value that is sent as JSON; see ``Response/json(_:status:encoder:)``.
public struct JSON<Value: Sendable>: Sendable {
    public var value: Value

    public init(_ value: Value) { self.value = value }
}

extension JSON: ResponseConvertible where Value: Encodable {
    public func response(to request: Request) throws -> Response { try .json(value) }
}

/// A response under another status.
public struct WithStatus<Content: ResponseConvertible>: ResponseConvertible {
    public var status: HTTPResponse.Status
    public var content: Content

    public init(_ status: HTTPResponse.Status, _ content: Content) {
        self.status = status
        self.content = content
    }

    public func response(to request: Request) throws -> Response {
        var response = try content.response(to: request)
        response.status = status
        return response
    }
}
