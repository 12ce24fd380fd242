public import HTTPTypes
public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A response that has come to its end.
public struct TestResponse: Sendable {
    /// The request that it answers: the last one, when redirects were followed.
    public var request: HTTPRequest
    public var status: HTTPResponse.Status
    public var headerFields: HTTPFields
    /// The content.
    public var body: ByteBuffer
    /// The trailer fields; empty when there were none.
    public var trailers: HTTPFields
    /// The informational responses before it, such as 103 Early Hints, in order.
    public var informational: [HTTPResponse]
    /// Whether it ended before it was whole: because the application failed, or because the test disconnected.
    public var isTruncated: Bool
    /// What the application threw, with ``TestClient/Options/raisesApplicationErrors`` off or after the test
    /// disconnected.
    public var error: (any Error)?
    /// The redirects that led here, first one first.
    public var history: [TestResponse]

    /// The value of a field, several of that name joined with ", ".
    public subscript(_ name: HTTPField.Name) -> String? { headerFields[name] }

    /// The content as text: ISO 8859-1 when `Content-Type` says so, else UTF-8.
    public var text: String {
        let type = headerFields[.contentType]?.lowercased() ?? ""
        if type.contains("charset=iso-8859-1") || type.contains("charset=latin1") {
            return String(decoding: body.readableBytesView.map { UInt16($0) }, as: UTF16.self)
        }
        return String(buffer: body)
    }

    /// The content as JSON.
    ///
    /// - Throws: ``TestClientError/unexpectedContent(_:)`` that shows the status, the type and the content.
    public func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch {
            let preview = text.prefix(1000)
            throw TestClientError.unexpectedContent(
                "The content is no JSON of \(type): \(error). Status \(status.code), "
                    + "type \(headerFields[.contentType] ?? "none"), \(body.readableBytes) bytes: \(preview)")
        }
    }
}
