import HTTP1
import HTTPSemantics

extension RequestHead {
    /// The first rule that this head, which has been accepted, breaks. Written without the parser's own means, as
    /// far as that goes.
    func brokenRule(taken: Int, _ limits: HTTP1Limits) -> String? {
        guard bytes.count == taken || bytes.count == taken + 1 else {
            return "a head of \(bytes.count) in \(taken) bytes"
        }
        guard taken <= limits.headerSection else { return "a head of \(taken) bytes" }
        guard fields.count <= limits.fieldCount else { return "\(fields.count) fields" }
        return brokenRequestLine(limits) ?? brokenLineEnds(taken, limits) ?? brokenFields() ?? brokenFraming(limits)
    }

    private func brokenRequestLine(_ limits: HTTP1Limits) -> String? {
        guard 1...64 ~= method.count, withBytes(of: method, { FieldSyntax.isToken($0) }) else { return "the method" }
        guard withBytes(of: target, { !$0.isEmpty && $0.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x23 } }) else {
            return "the target"
        }
        guard Int(method.count + target.count) + 10 <= limits.requestLine else {
            return "the length of the request line"
        }
        guard version == .http10 || version == .http11 else { return "the version" }
        let isConnect = isEqual(method, to: "CONNECT")
        if facts.contains(.authorityInTarget) {
            guard authority.count > 0, withBytes(of: authority, Authority.isHostField) else { return "the authority" }
            guard isConnect ? scheme.count == 0 && path.count == 0 : scheme.count >= 4 else { return "the scheme" }
        } else if authority.count > 0 || scheme.count > 0 {
            return "an authority from nowhere"
        }
        guard isConnect || withBytes(of: path, { $0.first == 0x2F || ($0.count == 1 && $0.first == 0x2A) }) else {
            return "the path"
        }
        return withBytes(of: path) { $0.contains(0x3F) } ? "a query in the path" : nil
    }

    /// CR and LF are there as line ends only, and each line is one that is known.
    private func brokenLineEnds(_ taken: Int, _ limits: HTTP1Limits) -> String? {
        var lines = 0
        var previous: UInt8 = 0
        for byte in bytes.prefix(taken) {
            guard byte != 0 else { return "NUL" }
            if previous == 0x0D, byte != 0x0A { return "CR alone" }
            if byte == 0x0A {
                if previous != 0x0D, !limits.allowsBareLineFeed { return "LF alone" }
                lines += 1
            }
            previous = byte
        }
        // The request line, the fields and the empty line; and empty lines before.
        return lines >= fields.count + 2 ? nil : "a field without a line"
    }

    private func brokenFields() -> String? {
        var end = 0
        for field in fields {
            guard Int(field.name.start) >= end, field.value.start > field.name.start else {
                return "the order of fields"
            }
            end = Int(field.value.start + field.value.count)
            guard withBytes(of: field.name, { FieldSyntax.isToken($0) }) else { return "a name" }
            let isValid = withBytes(of: field.value) { value in
                value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
                    && value.first.map { $0 != 0x20 && $0 != 0x09 } ?? true
                    && value.last.map { $0 != 0x20 && $0 != 0x09 } ?? true
            }
            guard isValid else { return "a value" }
        }
        return nil
    }

    private func brokenFraming(_ limits: HTTP1Limits) -> String? {
        let hosts = values(of: "host")
        guard hosts.count == 1 || (hosts.isEmpty && version == .http10) else { return "\(hosts.count) Hosts" }
        if let host = hosts.first, !withBytes(of: host, Authority.isHostField) { return "the Host" }
        let lengths = values(of: "content-length")
        let codings = values(of: "transfer-encoding")
        guard lengths.count <= 1, lengths.isEmpty || codings.isEmpty else { return "two framings" }
        if let length = lengths.first.map({ text($0) }) {
            guard length.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), Int(length) == contentLength else {
                return "the length"
            }
            if let limit = limits.body, contentLength ?? 0 > limit { return "more content than allowed" }
        } else if contentLength != nil {
            return "a length from nowhere"
        }
        if !codings.isEmpty {
            let all = codings.map { text($0) }.joined(separator: ",").lowercased()
            let elements = all.split(whereSeparator: { ", \t".contains($0) })
            guard elements == ["chunked"], version == .http11 else { return "the coding" }
        }
        let hasBody = !codings.isEmpty || contentLength ?? 0 > 0
        return hasBody == facts.contains(.hasBody) ? nil : "whether there is content"
    }
}
