import HTTP2
import HTTPSemantics

/// What an engine said, in values that can be compared: streams by their number.
enum Event: Equatable, Sendable {
    case request(UInt32, Message, end: Bool)
    case refused(UInt32, Int, end: Bool)
    case data(UInt32, [UInt8], end: Bool)
    case trailers(UInt32, [String])
    case trailersTooLarge(UInt32)
    case reset(UInt32, ErrorCode, byPeer: Bool)
    case windowGrew(UInt32?)
    case reprioritized(UInt32, Priority)
    case goAway(ErrorCode)
    case pong(UInt64)
    case acknowledged

    /// The stream that it concerns.
    var stream: UInt32? {
        switch self {
        case .request(let stream, _, _), .refused(let stream, _, _), .data(let stream, _, _),
            .trailers(let stream, _), .trailersTooLarge(let stream), .reset(let stream, _, _),
            .reprioritized(let stream, _):
            stream
        case .windowGrew(let stream): stream
        case .goAway, .pong, .acknowledged: nil
        }
    }
}

/// A request's head.
struct Message: Equatable, Sendable {
    var method: String
    var scheme: String
    var authority: String
    var target: String
    var path: String
    var query: String?
    var connectProtocol: String
    var facts: RequestHead.Facts
    var contentLength: Int?
    var fields: [String]
    var priority: Priority

    init(_ head: RequestHead, _ priority: Priority) {
        method = head.text(head.method)
        scheme = head.text(head.scheme)
        authority = head.text(head.authority)
        target = head.text(head.target)
        path = head.text(head.path)
        query = head.hasQuery ? head.text(head.query) : nil
        connectProtocol = head.text(head.connectProtocol)
        facts = head.facts
        contentLength = head.contentLength
        fields = head.fields.map { "\(head.text($0.name)): \(head.text($0.value))" }
        self.priority = priority
    }
}
