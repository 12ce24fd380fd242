import HTTPSemantics
import HTTPTypes
import NIOCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Request {
    /// How much content is read at once where nothing else is said: 1 MiB.
    public static let defaultLimit = 1 << 20

    /// The content as text.
    ///
    /// - Throws: ``HTTPError`` 413 when it is longer than `limit` bytes, 400 when it is no UTF-8, 415 when
    ///   `Content-Type` names another charset; ``RequestBodyError``.
    public nonisolated(nonsending) func text(upTo limit: Int = defaultLimit) async throws -> String {
        if let charset = contentType?["charset"]?.lowercased(), charset != "utf-8", charset != "us-ascii" {
            throw HTTPError(.unsupportedMediaType, "Text is read as UTF-8 here, and this is \(charset).")
        }
        let bytes = try await body.collect(upTo: limit)
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw HTTPError(.badRequest, "The content is not valid UTF-8.")
        }
        return text
    }

    /// The content as JSON.
    ///
    /// - Parameters:
    ///   - type: what to read.
    ///   - limit: the greatest number of bytes.
    ///   - decoder: how to read it.
    /// - Throws: ``HTTPError`` 415 when `Content-Type` says that it is something else, 413 when it is too long, 400
    ///   when it is no such JSON, with the path of what is wrong; ``RequestBodyError``.
    public nonisolated(nonsending) func json<Value: Decodable>(
        _ type: Value.Type = Value.self, upTo limit: Int = defaultLimit, decoder: JSONDecoder = JSONDecoder()
    ) async throws -> Value {
        if let contentType, !contentType.isJSON {
            throw HTTPError(.unsupportedMediaType, "This takes JSON, and the content is \(contentType.essence).")
        }
        let bytes = try await body.collect(upTo: limit)
        return try DecodingProblem.describing("The content is no valid JSON") {
            try bytes.withUnsafeReadableBytes { try decoder.decode(type, from: Data($0)) }
        }
    }
}

/// What a decoder found wrong, as a client is told.
enum DecodingProblem {
    /// Runs `body`, and turns what a decoder throws into a 400 that says where the content is wrong.
    static func describing<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DecodingError {
            throw HTTPError(.badRequest, "\(what)\(sentence(error))")
        }
    }

    private static func sentence(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): " here: \(path(context.codingPath + [key])) is missing."
        case .valueNotFound(let type, let context): " here: \(path(context.codingPath)) is null, not \(type)."
        case .typeMismatch(let type, let context): " here: \(path(context.codingPath)) is no \(type)."
        // What the parser says is about its own insides.
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "." : " here: \(path(context.codingPath)) is not valid."
        @unknown default: "."
        }
    }

    /// "items[2].name".
    private static func path(_ keys: [any CodingKey]) -> String {
        var result = ""
        for key in keys {
            if let index = key.intValue {
                result += "[\(index)]"
            } else {
                result += result.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return result.isEmpty ? "the whole" : result
    }
}
