import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// The order of a response's events and the promise of its length.
///
/// Each method checks one event and either notes it or throws, so that an event that breaks a rule changes
/// nothing.
struct ResponseRules: Sendable {
    enum Phase: Sendable {
        case idle
        case started
        case contentEnded
        case complete
    }

    private(set) var phase = Phase.idle
    private(set) var announcedTrailers = false
    /// Whether the client gets content: not for HEAD, 204 and 304 (RFC 9110 §6.4.1).
    private(set) var hasContent = true
    private var promised: Int?
    private var sent = 0

    func checkInformational(_ response: HTTPResponse) throws(ExchangeError) {
        guard phase == .idle else {
            throw .wrongEvent("An informational response can only come before the response.")
        }
        guard (102...199).contains(response.status.code) else { throw .invalidStatus(response.status.code) }
        _ = try response.headerFields.check()
    }

    /// - Returns: the promised length.
    @discardableResult
    mutating func start(_ response: HTTPResponse, isHead: Bool, trailers: Bool) throws(ExchangeError) -> Int? {
        guard phase == .idle else { throw .wrongEvent("The response has been started already.") }
        let code = response.status.code
        guard (200...599).contains(code) else { throw .invalidStatus(code) }
        let length = try response.headerFields.check()
        phase = .started
        announcedTrailers = trailers
        hasContent = !isHead && HTTPResponse.Status.allowsContent(code)
        promised = hasContent ? length : nil
        return length
    }

    /// Notes `count` bytes of content. Returns whether that is the end of the content.
    mutating func content(_ count: Int, more: Bool) throws(ExchangeError) -> Bool {
        switch phase {
        case .idle: throw .wrongEvent("Content came before the start of the response.")
        case .started: break
        case .contentEnded: throw .wrongEvent("The content has ended already; trailers are due.")
        case .complete: throw .wrongEvent("The response is complete already.")
        }
        if let promised, count > promised - sent { throw .contentLengthExceeded(promised: promised) }
        sent += count
        // What falls short of the promise is never taken for whole.
        guard !more, isPromiseKept else { return false }
        phase = announcedTrailers ? .contentEnded : .complete
        return true
    }

    mutating func trailers(_ fields: HTTPFields) throws(ExchangeError) {
        guard announcedTrailers else { throw .wrongEvent("The start did not announce trailers.") }
        switch phase {
        case .idle: throw .wrongEvent("Trailers came before the start of the response.")
        case .complete: throw .wrongEvent("The response is complete already.")
        case .started, .contentEnded: break
        }
        guard isPromiseKept else { throw .wrongEvent("Trailers came before the content that was promised.") }
        for field in fields where TrailerFields.forbids(field.name.canonicalName) {
            throw .forbiddenTrailer(field.name.rawName)
        }
        _ = try fields.check()
        phase = .complete
    }

    /// The application has returned. Whether that leaves the response whole: it is complete, or there is
    /// nothing that could still come, or its end is the end of the content.
    mutating func returned(endsContent: Bool) -> Bool {
        if phase == .started, !announcedTrailers, endsContent || !hasContent || promised == sent { phase = .complete }
        return phase == .complete
    }

    private var isPromiseKept: Bool { promised.map { $0 == sent } ?? true }
}

extension HTTPFields {
    /// Looks for what may not be sent, and returns the promised length.
    ///
    /// - Throws: ``ExchangeError/invalidField(_:)``.
    func check() throws(ExchangeError) -> Int? {
        var length: Int?
        for field in self {
            let isValid = field.withUnsafeBytesOfValue { FieldSyntax.isFieldValue(UnsafeRawBufferPointer($0)) }
            guard isValid else { throw .invalidField(field.name.rawName) }
            guard field.name == .contentLength else { continue }
            // RFC 9110 §8.6: digits; and once.
            guard length == nil, field.value.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(field.value)
            else { throw .invalidField(field.name.rawName) }
            length = number
        }
        return length
    }

    /// The fields that an application may send: not those of the connection (RFC 9110 §7.6.1), and a length only
    /// with a response.
    func sendable(allowsLength: Bool) -> HTTPFields {
        filter { field in
            switch field.name.canonicalName {
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade": false
            case "content-length": allowsLength
            default: true
            }
        }
    }
}
