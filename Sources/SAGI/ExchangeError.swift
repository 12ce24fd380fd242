/// Why an event was refused. Nothing of the event has been sent.
public enum ExchangeError: Error, Hashable, CustomStringConvertible {
    /// The event may not come now: content before the start, a second start, anything after the end.
    case wrongEvent(String)
    /// A status that the event cannot carry.
    case invalidStatus(Int)
    /// A field whose name or value has a byte that may not be sent (RFC 9110 §5.1, §5.5).
    case invalidField(String)
    /// A field that has to be known before the content, and so cannot be sent after it (RFC 9110 §6.5.1).
    case forbiddenTrailer(String)
    /// More content than the response's `Content-Length` promised.
    case contentLengthExceeded(promised: Int)
    /// A server-sent event that cannot be written as one.
    case invalidEvent(String)
    /// A file that cannot be opened or read, and why.
    case file(String, reason: String)
    /// Two tasks received from one exchange at the same time.
    case concurrentReceive

    public var description: String {
        switch self {
        case .wrongEvent(let sentence), .invalidEvent(let sentence): sentence
        case .invalidStatus(let code): "The status \(code) cannot be sent here."
        case .invalidField(let name): "The field \"\(name)\" has a byte that may not stand in a header field."
        case .forbiddenTrailer(let name):
            "The field \"\(name)\" means nothing after the content: it belongs to the start of the response."
        case .contentLengthExceeded(let promised):
            "The response promised \(promised) bytes with Content-Length, and this event goes beyond them."
        case .file(let path, let reason): "The file \(path) cannot be sent: \(reason)."
        case .concurrentReceive: "Another task is receiving from this exchange already."
        }
    }
}
