import HTTPTypes
import Logging
public import SAGI

/// Gives each request an identifier: in ``RequestScope/requestID``, in each line of its logger, and in a field of its
/// response.
///
/// ```swift
/// app.wrapped(by: RequestID())
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `header` | `X-Request-ID` | the field of request and response |
/// | `trustsClient` | `false` | whether a request's own identifier is taken over: only behind a proxy that sets it |
/// | `generate` | 128 random bits in hexadecimal digits | makes an identifier |
///
/// An identifier of a client is taken over only when it has 1 to 128 letters, digits, `-`, `_`, `.`, `:`, `/`, `+` or
/// `=`, so that it can break neither a log nor a field.
public struct RequestID: Middleware {
    private let header: HTTPField.Name
    private let trustsClient: Bool
    private let generate: @Sendable () -> String

    public init(
        header: String = "X-Request-ID", trustsClient: Bool = false,
        generate: @escaping @Sendable () -> String = RequestID.random
    ) {
        self.header = HTTPField.Name(header) ?? .xRequestID
        self.trustsClient = trustsClient
        self.generate = generate
    }

    /// 128 random bits in hexadecimal digits.
    public static func random() -> String {
        let hex = { (number: UInt64) in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(.random(in: .min ... .max)) + hex(.random(in: .min ... .max))
    }

    public nonisolated(nonsending) func handle(_ exchange: Exchange, next: some Application) async throws {
        guard let scope = exchange.request else { return try await next.handle(exchange) }
        let id = trustsClient ? scope[header].flatMap(Self.valid) ?? generate() : generate()
        var exchange = exchange
        exchange.request?.values[RequestIDKey.self] = id
        try await next.handle(exchange.changingResponse { [header] in $0.headerFields[header] = id })
    }

    private static func valid(_ id: String) -> String? {
        let isValid = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "="):
                true
            default: false
            }
        }
        return isValid && (1...128).contains(id.utf8.count) ? id : nil
    }
}

private enum RequestIDKey: ValueKey { typealias Value = String }

extension RequestScope {
    /// The identifier that `RequestID` gave to this request; `nil` without it.
    public var requestID: String? { values[RequestIDKey.self] }
}

extension HTTPField.Name {
    static let xRequestID = parsed("X-Request-ID")

    /// A name that is written in this toolkit.
    static func parsed(_ name: StaticString) -> HTTPField.Name {
        guard let parsed = HTTPField.Name("\(name)") else { preconditionFailure("no field name: \(name)") }
        return parsed
    }
}
