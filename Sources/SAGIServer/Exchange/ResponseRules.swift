import HTTPSemantics
import HTTPTypes
import SAGI

/// The order of a response's events and the promise of its length: the same for every version of HTTP.
///
/// Each method checks one event and either notes it or throws, so that an event that breaks a rule changes
/// nothing.
struct ResponseRules {
    enum Phase: Comparable {
        case idle
        case started
        case contentEnded
        case complete
    }

    private(set) var phase = Phase.idle
    /// What is left of the promised length.
    private(set) var remaining: Int?
    private var promised = 0
    private var announcedTrailers = false
    /// Whether the response has content on the wire: not for HEAD, 204 and 304 (RFC 9110 §6.4.1).
    private(set) var hasContent = true

    mutating func reset() { self = ResponseRules() }

    func checkInformational(_ status: Int) throws {
        guard phase == .idle else {
            throw ExchangeError.wrongEvent("An informational response can only come before the response.")
        }
        // 101 changes the protocol, which is the server's business.
        guard (102...199).contains(status) else { throw ExchangeError.invalidStatus(status) }
    }

    func checkStart(_ status: Int) throws {
        guard phase == .idle else { throw ExchangeError.wrongEvent("The response has been started already.") }
        guard (200...599).contains(status) else { throw ExchangeError.invalidStatus(status) }
    }

    mutating func start(_ status: Int, isHead: Bool, contentLength: Int?, trailers: Bool) {
        phase = .started
        hasContent = !isHead && HTTPResponse.Status.allowsContent(status)
        remaining = hasContent ? contentLength : nil
        promised = contentLength ?? 0
        announcedTrailers = trailers
    }

    /// Notes `count` bytes of content. Returns whether the last of them fell short of the promise.
    mutating func content(_ count: Int, more: Bool) throws -> Bool {
        switch phase {
        case .idle: throw ExchangeError.wrongEvent("Content came before the start of the response.")
        case .started: break
        case .contentEnded: throw ExchangeError.wrongEvent("The content has ended already; trailers are due.")
        case .complete: throw ExchangeError.wrongEvent("The response is complete already.")
        }
        if let remaining {
            guard count <= remaining else { throw ExchangeError.contentLengthExceeded(promised: promised) }
            self.remaining = remaining - count
        }
        guard !more else { return false }
        if let remaining, remaining > 0 { return true }
        phase = announcedTrailers ? .contentEnded : .complete
        return false
    }

    /// Checks the fields too: whether they are sent at all is up to the client and to the version of HTTP, and a
    /// mistake must not depend on that.
    func checkTrailers(_ fields: HTTPFields) throws {
        guard announcedTrailers else { throw ExchangeError.wrongEvent("The start did not announce trailers.") }
        switch phase {
        case .idle: throw ExchangeError.wrongEvent("Trailers came before the start of the response.")
        case .complete: throw ExchangeError.wrongEvent("The response is complete already.")
        case .started, .contentEnded: break
        }
        guard remaining ?? 0 == 0 else {
            throw ExchangeError.wrongEvent("Trailers came before the content that was promised.")
        }
        for field in fields {
            // RFC 9110 §6.5.1.
            guard !TrailerFields.forbids(field.name.canonicalName) else {
                throw ExchangeError.forbiddenTrailer(field.name.rawName)
            }
            // RFC 9110 §5.5.
            let isValid = field.withUnsafeBytesOfValue { FieldSyntax.isFieldValue(UnsafeRawBufferPointer($0)) }
            guard isValid else { throw ExchangeError.invalidField(field.name.rawName) }
        }
    }

    mutating func trailersSent() { phase = .complete }

    /// Whether a client sees that more should come, after what has been sent.
    var isVisiblyShort: Bool { phase != .complete && hasContent && remaining != 0 }

    /// The application has returned. Whether that leaves the response whole: it is complete, or there is
    /// nothing that could still come, or its end is the end of the content.
    mutating func returned(endsContent: Bool) -> Bool {
        if phase == .started, !announcedTrailers, endsContent || !hasContent || remaining == 0 { phase = .complete }
        return phase == .complete
    }
}
