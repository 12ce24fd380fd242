public import SAGI

/// Where in a response the client goes away.
public struct DisconnectPoint: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case events(Int)
        case bytes(Int)
    }

    package var place: Place
    /// The reason that the application sees. A live server finds its own: mostly `clientClosed`.
    public var reason = DisconnectReason.clientClosed

    /// After so many events of the response: informational responses, its start, each part of the content and the
    /// trailers. 0 is before any of them. In memory these are the events that the application sends; over a socket
    /// they are what arrives, where parts of the content may have been joined or split.
    public static func afterEvents(_ count: Int, reason: DisconnectReason = .clientClosed) -> DisconnectPoint {
        DisconnectPoint(place: .events(count), reason: reason)
    }

    /// After exactly so many bytes of the content.
    public static func afterBytes(_ count: Int, reason: DisconnectReason = .clientClosed) -> DisconnectPoint {
        DisconnectPoint(place: .bytes(count), reason: reason)
    }

    /// As soon as the request has been sent.
    public static let atOnce = afterEvents(0)
}
