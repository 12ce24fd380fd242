public import HTTPTypes

/// An error that is answered with a status and a sentence.
///
/// ```swift
/// throw HTTPError(.notFound, "There is no note \(id).")
/// ```
///
/// The client sees the sentence: say nothing in it that it must not know.
public struct HTTPError: Error, Sendable, CustomStringConvertible, HTTPStatusError, SourceLocated {
    /// The status of the response.
    public var status: HTTPResponse.Status
    /// What went wrong, as a sentence for the client; `nil` for no more than the status says.
    public var detail: String?
    /// Fields for the response, such as `WWW-Authenticate` or `Retry-After`.
    public var headerFields: HTTPFields
    /// Where it was made, for developers.
    public let fileID: String
    public let line: Int

    public init(
        _ status: HTTPResponse.Status, _ detail: String? = nil, headerFields: HTTPFields = [:],
        fileID: String = #fileID, line: Int = #line
    ) {
        self.status = status
        self.detail = detail
        self.headerFields = headerFields
        self.fileID = fileID
        self.line = line
    }

    public var description: String { detail ?? "\(status.code) \(status.reasonPhrase)" }
}

/// An error of your own that knows how it is answered.
public protocol HTTPStatusError: Error {
    /// The status of the response.
    var status: HTTPResponse.Status { get }
    /// What went wrong, as a sentence for the client. Default `nil`.
    var detail: String? { get }
    /// Fields for the response. Default none.
    var headerFields: HTTPFields { get }
}

extension HTTPStatusError {
    public var detail: String? { nil }
    public var headerFields: HTTPFields { [:] }
}

extension RequestBodyError: HTTPStatusError {
    /// 500 for content that is read twice, which is the application's mistake; 400 for a client that has gone.
    public var status: HTTPResponse.Status {
        switch self {
        case .alreadyRead: .internalServerError
        case .disconnected: .badRequest
        }
    }
}
