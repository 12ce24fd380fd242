import HTTPTypes
import NIOCore
import SAGI

/// The rules for event streams. Their number is that of a general rule, or a section of WHATWG HTML.
struct EventStreamRules: LintRules {
    private enum Phase { case idle, started, ended }

    private var phase = Phase.idle

    func breach(of event: EventStreamEvent) -> LintFinding? {
        switch event {
        case .start(let response):
            guard phase == .idle else { return LintFinding("CORE-25", "The event stream was started twice.") }
            if response.headerFields.contains(.contentLength) {
                return LintFinding("HTTP-42", "An event stream has no length that could be promised.")
            }
            if let finding = FieldRules.breach(ofHead: response) { return finding }
            return HTTPResponse.Status.allowsContent(response.status.code)
                ? nil : LintFinding("HTTP-46", "An event stream was started with a status that has no content.")
        case .decline(let response, let body):
            guard phase == .idle else {
                return LintFinding("CORE-48", "An event stream was declined after it had been started or declined.")
            }
            return FieldRules.breach(ofDecline: response, count: body.readableBytes)
        case .send(_, let name, let id, let retry):
            if let finding = breachOfOrder() { return finding }
            if let name, name.unicodeScalars.contains(where: { $0 == "\r" || $0 == "\n" }) {
                return LintFinding("HTML §9.2.5", "The name of an event has a line break.")
            }
            if let id, id.unicodeScalars.contains(where: { $0 == "\r" || $0 == "\n" || $0 == "\0" }) {
                return LintFinding("HTML §9.2.5", "The ID of an event has a line break or NUL.")
            }
            if let retry, retry < 0 { return LintFinding("HTML §9.2.6", "The time to reconnect is negative.") }
            return nil
        case .keepalive(let interval, _):
            if let interval, interval <= .zero {
                return LintFinding("CORE-25", "The interval of a keepalive is not positive.")
            }
            return breachOfOrder()
        case .comment, .close: return breachOfOrder()
        }
    }

    private func breachOfOrder() -> LintFinding? {
        switch phase {
        case .idle: LintFinding("CORE-25", "An event came before the start of the event stream.")
        case .started: nil
        case .ended: LintFinding("CORE-25", "An event came after the end of the event stream.")
        }
    }

    mutating func noteSent(_ event: EventStreamEvent) {
        switch event {
        case .start: phase = .started
        case .decline, .close: phase = .ended
        case .send, .comment, .keepalive: break
        }
    }

    func breachOfReturning() -> LintFinding? {
        phase == .idle
            ? LintFinding("HTTP-56", "The application returned without starting or declining the event stream.") : nil
    }
}

/// The rules for WebSockets. Their number is that of a general rule, or a section of RFC 6455.
struct WebSocketRules: LintRules {
    private enum Phase { case idle, asked, open, closed }
    private enum Message { case text, bytes }

    private let offered: [String]
    private var phase = Phase.idle
    private var isClosedByPeer = false
    /// The message of which more is to come.
    private var unfinished: Message?

    init(offered: [String]) { self.offered = offered }

    mutating func noteReceived(_ event: WebSocketInbound) {
        switch event {
        case .connect: if phase == .idle { phase = .asked }
        case .disconnect: isClosedByPeer = true
        case .text, .bytes: break
        }
    }

    func breach(of event: WebSocketOutbound) -> LintFinding? {
        switch event {
        case .accept(let subprotocol, let fields, _):
            guard isUnanswered else { return LintFinding("CORE-25", "The WebSocket was answered twice.") }
            if let subprotocol, !offered.contains(subprotocol) {
                return LintFinding("RFC 6455 §4.2.2", "The client has not offered the subprotocol \(subprotocol).")
            }
            return FieldRules.breach(fields)
        case .deny(let response, let body):
            guard isUnanswered else { return LintFinding("CORE-48", "The WebSocket was answered twice.") }
            return FieldRules.breach(ofDecline: response, count: body.readableBytes)
        case .text: return breach(ofMessage: .text)
        case .bytes: return breach(ofMessage: .bytes)
        case .keepalive(let interval, let timeout):
            guard interval.map({ $0 > .zero }) ?? true, timeout.map({ $0 > .zero }) ?? true else {
                return LintFinding("CORE-25", "The interval or the timeout of a keepalive is not positive.")
            }
            return breachOfOrder()
        case .close(let code, let reason):
            if phase == .closed, !isClosedByPeer { return LintFinding("CORE-25", "The WebSocket was closed twice.") }
            // §7.4: 1004 to 1006 and 1015 are not sent, and the others are given away or an application's own.
            guard (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code) else {
                return LintFinding("RFC 6455 §7.4", "The close code \(code) cannot be sent.")
            }
            guard reason.utf8.count <= 123 else {
                return LintFinding("RFC 6455 §5.5", "The reason for closing has more than 123 bytes.")
            }
            return nil
        }
    }

    private var isUnanswered: Bool { phase == .idle || phase == .asked }

    private func breach(ofMessage message: Message) -> LintFinding? {
        if let finding = breachOfOrder() { return finding }
        guard unfinished == nil || unfinished == message else {
            return LintFinding("RFC 6455 §5.4", "A message was begun before the one before it had ended.")
        }
        return nil
    }

    private func breachOfOrder() -> LintFinding? {
        // The peer may close at any time: what is on its way then is no mistake.
        if isClosedByPeer { return nil }
        return switch phase {
        case .idle, .asked: LintFinding("CORE-25", "An event came before the WebSocket was accepted.")
        case .open: nil
        case .closed: LintFinding("CORE-25", "An event came after the WebSocket was closed or denied.")
        }
    }

    mutating func noteSent(_ event: WebSocketOutbound) {
        switch event {
        case .accept: phase = .open
        case .deny, .close: phase = .closed
        case .text(_, let more): unfinished = more ? .text : nil
        case .bytes(_, let more): unfinished = more ? .bytes : nil
        case .keepalive: break
        }
    }

    func breachOfReturning() -> LintFinding? {
        if isClosedByPeer { return nil }
        if isUnanswered {
            return LintFinding("HTTP-56", "The application returned without accepting or denying the WebSocket.")
        }
        guard phase == .open, unfinished != nil else { return nil }
        return LintFinding("RFC 6455 §5.4", "The application returned in the middle of a message.")
    }
}

/// The rules for WebTransport sessions. Their number is that of a general rule.
struct WebTransportRules: LintRules {
    private enum Phase { case idle, open, closed }

    private var phase = Phase.idle
    private var isClosedByPeer = false
    /// Streams that have been ended; the first ones, for there can be very many.
    private var ended: Set<WebTransportStreamID> = []

    mutating func noteReceived(_ event: WebTransportInbound) {
        if case .disconnect = event { isClosedByPeer = true }
    }

    func breach(of event: WebTransportOutbound) -> LintFinding? {
        switch event {
        case .accept(let fields):
            guard phase == .idle else { return LintFinding("CORE-25", "The session was answered twice.") }
            return FieldRules.breach(fields)
        case .refuse(let response, let body):
            guard phase == .idle else { return LintFinding("CORE-48", "The session was answered twice.") }
            return FieldRules.breach(ofDecline: response, count: body.readableBytes)
        case .data(let stream, _, _), .reset(let stream, _):
            if let finding = breachOfOrder() { return finding }
            guard !ended.contains(stream) else {
                return LintFinding("CORE-25", "Something was sent on a stream that had been ended.")
            }
            return nil
        case .stopSending, .datagram: return breachOfOrder()
        case .close(_, let reason):
            if phase == .closed, !isClosedByPeer { return LintFinding("CORE-25", "The session was closed twice.") }
            guard reason.utf8.count <= 1024 else {
                return LintFinding("WebTransport §5", "The reason for closing has more than 1024 bytes.")
            }
            return nil
        }
    }

    private func breachOfOrder() -> LintFinding? {
        if isClosedByPeer { return nil }
        return switch phase {
        case .idle: LintFinding("CORE-25", "An event came before the session was accepted.")
        case .open: nil
        case .closed: LintFinding("CORE-25", "An event came after the session was closed.")
        }
    }

    mutating func noteSent(_ event: WebTransportOutbound) {
        switch event {
        case .accept: phase = .open
        case .refuse, .close: phase = .closed
        case .data(let stream, _, let more): if !more { noteEnd(of: stream) }
        case .reset(let stream, _): noteEnd(of: stream)
        case .stopSending, .datagram: break
        }
    }

    private mutating func noteEnd(of stream: WebTransportStreamID) {
        if ended.count < 10_000 { ended.insert(stream) }
    }

    func breachOfReturning() -> LintFinding? {
        phase == .idle && !isClosedByPeer
            ? LintFinding("HTTP-56", "The application returned without accepting or refusing the session.") : nil
    }
}
