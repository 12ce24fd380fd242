import HTTPTypes

/// A request for an event stream was answered with something else: another status than 200, or another type.
public struct EventStreamDeclined: Error, CustomStringConvertible {
    /// The response.
    public let response: TestResponse

    public var description: String {
        let type = response[.contentType].map { " and the type \($0)" } ?? ""
        return "Instead of an event stream came a response with \(response.status.code)\(type)."
    }
}
