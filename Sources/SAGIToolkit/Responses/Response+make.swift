import HTTPSemantics
public import HTTPTypes
public import NIOCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Response {
    // The same value each time, which servers know again.
    private static let textFields: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
    private static let htmlFields: HTTPFields = [.contentType: "text/html; charset=utf-8"]
    private static let jsonFields: HTTPFields = [.contentType: "application/json"]

    /// Nothing but a status; 204 by default.
    public static func empty(_ status: HTTPResponse.Status = .noContent) -> Response { Response(status: status) }

    /// Plain text.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headerFields: textFields, body: .bytes(ByteBuffer(string: text)))
    }

    /// A page. The markup is sent as it is.
    public static func html(_ markup: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headerFields: htmlFields, body: .bytes(ByteBuffer(string: markup)))
    }

    /// Bytes.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - contentType: the media type; `application/octet-stream` by default.
    ///   - status: 200 by default.
    public static func bytes(
        _ bytes: ByteBuffer, contentType: String = "application/octet-stream", status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(status: status, headerFields: [.contentType: contentType], body: .bytes(bytes))
    }

    /// A value as JSON.
    ///
    /// - Parameters:
    ///   - value: the value.
    ///   - status: 200 by default.
    ///   - encoder: how to write it; by default with sorted keys, and `/` as it is.
    /// - Throws: what the encoder throws.
    public static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, encoder: JSONEncoder? = nil
    ) throws -> Response {
        let data = try (encoder ?? Self.encoder).encode(value)
        return Response(status: status, headerFields: jsonFields, body: .bytes(ByteBuffer(bytes: data)))
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// A redirect.
    ///
    /// - Parameters:
    ///   - location: where to: a path or a URL. What may not stand in a URL is percent-encoded.
    ///   - status: 303 by default, with which the client goes there with GET; 307 and 308 keep the method.
    public static func redirect(to location: String, status: HTTPResponse.Status = .seeOther) -> Response {
        Response(status: status, headerFields: [.location: encodeLocation(location)])
    }

    /// A redirect that stays on this host, for a target that a client has given, as in `?next=`: anything but a path
    /// is replaced by `fallback`.
    public static func redirect(
        toLocal path: String, otherwise fallback: String = "/", status: HTTPResponse.Status = .seeOther
    ) -> Response {
        // Browsers read "//host", "/\host" and, without tabs and line ends, "/<TAB>/host" as another host.
        let bytes = path.utf8
        let isLocal =
            bytes.first == UInt8(ascii: "/") && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && bytes.dropFirst().first.map { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") } ?? true
        return redirect(to: isLocal ? path : fallback, status: status)
    }

    /// Percent-encodes what may not stand in a URL (RFC 3986 §2), and nothing else.
    static func encodeLocation(_ location: String) -> String {
        PercentCoding.encode(location, allowing: "%:/?#[]@!$&'()*+,;=")
    }

    /// Content that is written while it is sent.
    ///
    /// - Parameters:
    ///   - contentType: the media type; `application/octet-stream` by default.
    ///   - status: 200 by default.
    ///   - body: writes it. When it throws, the response is cut off, and the client sees that.
    public static func stream(
        contentType: String = "application/octet-stream", status: HTTPResponse.Status = .ok,
        _ body: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        Response(status: status, headerFields: [.contentType: contentType], body: .stream(body))
    }

    /// Content that comes from a sequence, each element sent as soon as the client takes it.
    public static func stream<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, contentType: String = "application/octet-stream", status: HTTPResponse.Status = .ok
    ) -> Response where Chunks.Element == ByteBuffer {
        stream(contentType: contentType, status: status) { writer in
            for try await chunk in chunks {
                try await writer.write(chunk)
                try await writer.flush()
            }
        }
    }
}

extension HTTPFields {
    /// Adds `name` to `Vary`, unless it is there or is `*`.
    public mutating func addVary(_ name: HTTPField.Name) {
        let present = self[.vary] ?? ""
        let names = present.split(separator: ",").map { $0.drop { $0 == " " }.lowercased() }
        guard !names.contains("*"), !names.contains(name.canonicalName) else { return }
        self[.vary] = present.isEmpty ? name.rawName : "\(present), \(name.rawName)"
    }
}
