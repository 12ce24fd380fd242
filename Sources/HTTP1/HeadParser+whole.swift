import HTTPSemantics

/// The rules that need the whole head: what the target means, and how the content is framed.
extension HeadParser {
    func finishTarget(_ head: inout RequestHead) throws(HTTP1Error) {
        // RFC 9112 §3.2: exactly one valid Host, which only a 1.0 client may leave out.
        guard progress.hostCount <= 1 else { throw .invalidHost }
        if progress.hostCount == 0, head.version == .http11 { throw .missingHost }
        guard Authority.isHostField(slice(progress.host)) else { throw .invalidHost }

        let target = slice(head.target)
        let method = slice(head.method)
        head.noteMethod(method)
        if head.knownMethod == .connect {
            // RFC 9112 §3.2.3: authority form.
            guard Authority.isHostAndPort(target) else { throw .invalidTarget }
            head.authority = head.target
            head.facts.insert(.authorityInTarget)
            head.path = .empty
        } else if target[0] == UInt8(ascii: "/") {
            head.splitTarget(head.target)
        } else if target.count == 1, target[0] == UInt8(ascii: "*") {
            // RFC 9112 §3.2.4: asterisk form, for OPTIONS.
            guard method.elementsEqual("OPTIONS".utf8) else { throw .invalidTarget }
            head.path = head.target
        } else {
            try splitAbsoluteForm(target, &head)
        }
    }

    /// RFC 9112 §3.2.2: the authority in the target replaces Host.
    private func splitAbsoluteForm(_ target: UnsafeRawBufferPointer, _ head: inout RequestHead) throws(HTTP1Error) {
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), colon + 2 < target.count,
            target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/")
        else { throw .invalidTarget }
        let scheme = UnsafeRawBufferPointer(rebasing: target[0..<colon])
        guard FieldSyntax.equal(scheme, lowercased: "http") || FieldSyntax.equal(scheme, lowercased: "https") else {
            throw .invalidTarget
        }
        let start = colon + 3
        let end = target[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.count
        let authority = UnsafeRawBufferPointer(rebasing: target[start..<end])
        guard !authority.isEmpty, Authority.isHostField(authority) else { throw .invalidTarget }
        let base = Int(head.target.start)
        head.scheme = .init(base, colon)
        head.authority = .init(base + start, end - start)
        head.facts.insert(.authorityInTarget)
        if end == target.count || target[end] == UInt8(ascii: "?") {
            // RFC 9110 §4.2.3: an empty path is "/".
            let query = head.target
            let root = head.append(CollectionOfOne(UInt8(ascii: "/")))
            if end < target.count {
                head.query = .init(base + end + 1, Int(query.count) - end - 1)
                head.hasQuery = true
            }
            head.path = root
        } else {
            head.splitTarget(.init(base + end, target.count - end))
        }
    }

    func finishFraming(_ head: inout RequestHead) throws(HTTP1Error) {
        if progress.hasTransferEncoding {
            // RFC 9112 §6.1: together they are a smuggling attempt; a 1.0 client cannot have meant it.
            guard !progress.hasContentLength else { throw .contentLengthWithTransferEncoding }
            guard head.version == .http11, progress.isChunked else { throw .invalidTransferEncoding }
            guard progress.codingCount == 1 else { throw .unsupportedTransferCoding }
            head.facts.insert(.hasBody)
        } else if let length = head.contentLength, length > 0 {
            if let limit = limits.body, length > limit { throw .bodyTooLarge }
            head.facts.insert(.hasBody)
        }
        // RFC 9112 §9.3.
        if head.version == .http11 {
            if !progress.connectionClose { head.facts.insert(.keepAlive) }
            // RFC 9110 §10.1.1: an expectation without content, or from a 1.0 client, is ignored.
            if progress.hasExpect, head.facts.contains(.hasBody) { head.facts.insert(.expectsContinue) }
            if progress.connectionUpgrade, progress.hasUpgrade { head.facts.insert(.upgrade) }
        } else if progress.connectionKeepAlive, !progress.connectionClose {
            head.facts.formUnion([.keepAlive, .persistent10])
        }
    }
}
