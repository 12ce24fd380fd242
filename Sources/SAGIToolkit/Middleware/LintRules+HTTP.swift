import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// The rules of `docs/spec/http.md` for responses.
struct HTTPRules: LintRules {
    private enum Phase { case idle, started, contentEnded, complete }

    private let isHead: Bool
    private var phase = Phase.idle
    private var hasTrailers = false
    private var allowsContent = true
    private var promised: Int?
    /// The bytes that have been sent; nil when a file's length is not known.
    private var sent: Int? = 0

    init(isHead: Bool) { self.isHead = isHead }

    static func mayComeLate(_ event: HTTPResponseEvent) -> Bool { if case .flush = event { true } else { false } }

    func breach(of event: HTTPResponseEvent) -> LintFinding? {
        switch event {
        case .informational(let response):
            guard phase == .idle else {
                return LintFinding("HTTP-27", "An informational response came after the start of the response.")
            }
            guard (102...199).contains(response.status.code) else {
                return LintFinding("HTTP-29", "The informational status \(response.status.code) is not 102 to 199.")
            }
            if response.headerFields.contains(.contentLength) {
                return LintFinding("HTTP-41", "An informational response has a Content-Length.")
            }
            return FieldRules.breach(response.headerFields)
        case .start(let response, _):
            guard phase == .idle else { return LintFinding("HTTP-27", "The response was started twice.") }
            return FieldRules.breach(ofHead: response)
        case .body(let bytes, _): return breach(ofContent: bytes.readableBytes)
        case .file(let range, _):
            guard range.offset >= 0, range.length.map({ $0 >= 0 }) ?? true else {
                return LintFinding("HTTP-51", "The offset or the length of a file is negative.")
            }
            return breach(ofContent: range.length ?? 0)
        case .trailers(let fields):
            guard phase != .idle, phase != .complete else {
                return LintFinding("HTTP-27", "Trailers came before the start or after the end of the response.")
            }
            guard hasTrailers else { return LintFinding("HTTP-30", "The start did not announce trailers.") }
            if allowsContent, !isHead, let promised, let sent, sent < promised {
                return LintFinding(
                    "HTTP-86", "Trailers came after \(sent) of the \(promised) bytes that were promised.")
            }
            if let field = fields.first(where: { TrailerFields.forbids($0.name.canonicalName) }) {
                return LintFinding("HTTP-87", "The field \(field.name.rawName) cannot be a trailer.")
            }
            return FieldRules.breach(fields)
        case .flush: return nil
        }
    }

    private func breach(ofContent count: Int) -> LintFinding? {
        switch phase {
        case .idle: return LintFinding("HTTP-27", "Content came before the start of the response.")
        case .contentEnded: return LintFinding("HTTP-27", "Content came where only trailers were due.")
        case .complete: return LintFinding("HTTP-27", "Content came after the end of the response.")
        case .started: break
        }
        if !allowsContent, count > 0 {
            return LintFinding("HTTP-46", "A response that has no content, by its status, was given some.")
        }
        if let promised, let sent, !isHead, sent + count > promised {
            return LintFinding("HTTP-42", "\(sent + count) bytes go beyond the Content-Length of \(promised).")
        }
        return nil
    }

    mutating func noteSent(_ event: HTTPResponseEvent) {
        switch event {
        case .start(let response, let trailers):
            phase = .started
            hasTrailers = trailers
            allowsContent = HTTPResponse.Status.allowsContent(response.status.code)
            promised = response.headerFields[.contentLength].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
        case .body(let bytes, let more): noteContent(bytes.readableBytes, more: more)
        case .file(let range, let more): noteContent(range.length, more: more)
        case .trailers: phase = .complete
        case .informational, .flush: break
        }
    }

    private mutating func noteContent(_ count: Int?, more: Bool) {
        sent = sent.flatMap { sent in count.map { sent + $0 } }
        if !more { phase = hasTrailers ? .contentEnded : .complete }
    }

    func breachOfReturning() -> LintFinding? {
        let hasContent = allowsContent && !isHead
        switch phase {
        case .idle:
            return LintFinding("HTTP-56", "The application returned without a response. Was a send not awaited?")
        case .contentEnded:
            return LintFinding("HTTP-57", "The trailers that were announced have not been sent.")
        case .started:
            if !hasTrailers, !hasContent || promised != nil && promised == sent { return nil }
            return LintFinding("HTTP-57", "The application returned before the end of its response.")
        case .complete:
            guard hasContent, let promised, let sent, sent < promised else { return nil }
            return LintFinding("HTTP-43", "\(sent) bytes are fewer than the Content-Length of \(promised).")
        }
    }
}

/// The rules for the head of a response, whatever the kind of exchange.
enum FieldRules {
    static func breach(ofHead response: HTTPResponse) -> LintFinding? {
        guard (200...599).contains(response.status.code) else {
            return LintFinding("HTTP-28", "The status \(response.status.code) is not 200 to 599.")
        }
        if response.status == .noContent, response.headerFields.contains(.contentLength) {
            return LintFinding("HTTP-41", "A 204 has a Content-Length.")
        }
        return breach(response.headerFields)
    }

    static func breach(_ fields: HTTPFields) -> LintFinding? {
        var lengths = 0
        for field in fields {
            let isValid = field.withUnsafeBytesOfValue { FieldSyntax.isFieldValue(UnsafeRawBufferPointer($0)) }
            guard isValid else {
                return LintFinding("HTTP-34", "The field \(field.name.rawName) has a byte that it may not have.")
            }
            switch field.name.canonicalName {
            case "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
                return LintFinding("HTTP-36", "The field \(field.name.rawName) is the server's business.")
            case "connection" where field.value.lowercased() != "close":
                return LintFinding("HTTP-36", "The field Connection is the server's business, but for \"close\".")
            case "content-length":
                lengths += 1
                let isNumber = !field.value.isEmpty && field.value.utf8.allSatisfy { $0 &- 0x30 < 10 }
                guard isNumber, Int(field.value) != nil, lengths == 1 else {
                    return LintFinding("HTTP-38", "Content-Length is no number, or is there twice.")
                }
            default: break
            }
        }
        return nil
    }

    /// An ordinary response with its whole content, in the place of a stream, a socket or a session.
    static func breach(ofDecline response: HTTPResponse, count: Int) -> LintFinding? {
        if let finding = breach(ofHead: response) { return finding }
        if !HTTPResponse.Status.allowsContent(response.status.code), count > 0 {
            return LintFinding("HTTP-46", "A response that has no content, by its status, was given some.")
        }
        guard let promised = response.headerFields[.contentLength].flatMap({ Int($0) }) else { return nil }
        if count > promised, HTTPResponse.Status.allowsContent(response.status.code) {
            return LintFinding("HTTP-42", "\(count) bytes go beyond the Content-Length of \(promised).")
        }
        return nil
    }
}
