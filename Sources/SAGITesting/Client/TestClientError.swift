/// Why a test's request did not get what it asked for.
public enum TestClientError: Error, Hashable, CustomStringConvertible {
    /// Something did not happen in time.
    case timeout(String)
    /// The application could not start: it answered `startupFailed`, or declined a lifespan that it has to take.
    case startupFailed(String)
    /// The application answered `shutdownFailed`, or its lifespan threw after the startup.
    case shutdownFailed(String)
    /// The application returned without a response, or the connection was closed before there was one.
    case noResponse(String)
    /// The response ended before it was whole.
    case truncated(String)
    /// The test disconnected before the response began.
    case disconnected
    /// More redirects than ``TestClient/Options/maximumRedirects``.
    case tooManyRedirects(Int)
    /// A redirect asks for the content again, and content that is streamed can be sent once.
    case bodyNotRepeatable
    /// A target or an option that cannot be used.
    case invalidRequest(String)
    /// The content of a response is not what the test takes it for.
    case unexpectedContent(String)

    public var description: String {
        switch self {
        case .timeout(let sentence), .invalidRequest(let sentence), .unexpectedContent(let sentence),
            .noResponse(let sentence), .truncated(let sentence):
            sentence
        case .startupFailed(let message): "The application cannot start: \(message)"
        case .shutdownFailed(let message): "The application could not shut down: \(message)"
        case .disconnected: "The client disconnected before the response began."
        case .tooManyRedirects(let limit): "There were more than \(limit) redirects."
        case .bodyNotRepeatable: "A redirect asks for the content again, but a stream can be sent only once."
        }
    }
}
