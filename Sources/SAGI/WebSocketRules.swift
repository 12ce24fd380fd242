package import HTTPTypes

/// The order of a WebSocket's events, and what may be in them: the same for every server and every version of HTTP.
///
/// Each method checks one event and notes it, or throws and changes nothing.
package struct WebSocketRules: Sendable {
    package enum Phase: Sendable {
        /// Neither accepted nor denied.
        case connecting
        case open
        /// The application has closed the socket.
        case closed
        case denied
    }

    package private(set) var phase = Phase.connecting
    private let subprotocols: [String]
    /// Whether the message that has been begun with `more` is a text; nil when there is none.
    private var isTextOpen: Bool?

    package init(subprotocols: [String]) { self.subprotocols = subprotocols }

    package func checkAccept(_ subprotocol: String?) throws(ExchangeError) {
        try checkConnecting()
        // RFC 6455 §4.2.2: one of those that the client offers.
        if let subprotocol, !subprotocols.contains(subprotocol) {
            throw .wrongEvent("The client does not offer the subprotocol \"\(subprotocol)\".")
        }
    }

    package mutating func accepted() { phase = .open }

    /// The fields of an answer that accepts, of those that the application gives.
    package static func fields(_ given: HTTPFields, subprotocol: String?) -> HTTPFields {
        var fields = given
        // RFC 6455 §4.2.2: these say what was agreed on.
        for name in ownFields { fields[name] = nil }
        if let subprotocol { fields[.secWebSocketProtocol] = subprotocol }
        return fields
    }

    private static let ownFields: [HTTPField.Name] = [
        .secWebSocketAccept, .secWebSocketExtensions, .secWebSocketKey, .secWebSocketProtocol, .secWebSocketVersion,
    ]

    package func checkDenial(_ response: HTTPResponse) throws(ExchangeError) {
        try checkConnecting()
        guard (200...599).contains(response.status.code) else { throw .invalidStatus(response.status.code) }
    }

    package mutating func denied() { phase = .denied }

    private func checkConnecting() throws(ExchangeError) {
        switch phase {
        case .connecting: return
        case .open: throw .wrongEvent("The WebSocket has been accepted already.")
        case .closed: throw .wrongEvent("The WebSocket is closed.")
        case .denied: throw .wrongEvent("The WebSocket has been denied.")
        }
    }

    package func checkOpen() throws(ExchangeError) {
        switch phase {
        case .connecting: throw .wrongEvent("The WebSocket has not been accepted yet.")
        case .open: return
        case .closed: throw .wrongEvent("The WebSocket is closed.")
        case .denied: throw .wrongEvent("The WebSocket has been denied.")
        }
    }

    package mutating func message(isText: Bool, more: Bool) throws(ExchangeError) {
        try checkOpen()
        guard isTextOpen ?? isText == isText else {
            throw .wrongEvent("A \(isText ? "text" : "binary") message came in the middle of another message.")
        }
        isTextOpen = more ? isText : nil
    }

    /// Notes the close; false when it had come already.
    package mutating func close(code: UInt16, reason: String) throws(ExchangeError) -> Bool {
        if phase == .closed { return false }
        if phase == .denied { throw .wrongEvent("The WebSocket has been denied.") }
        // RFC 6455 §7.4 and §5.5.
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw .wrongEvent("The close code \(code) may not be sent.")
        }
        guard reason.utf8.count <= 123 else { throw .wrongEvent("A close reason is longer than 123 bytes.") }
        if phase == .open { phase = .closed }
        return true
    }

    /// What an application is told that goes on receiving after it has denied the socket.
    package static let afterDenial = WebSocketInbound.disconnect(code: 1006, reason: DisconnectReason.completed.name)
}
