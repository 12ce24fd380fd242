import HTTPSemantics
import SAGI

/// What proxies have told of a request.
struct ForwardedFacts: Sendable {
    /// Who the client is; `nil` when nobody tells.
    var client: ForwardedNode?
    var scheme: String?
    /// The host, with its port where it has one.
    var host: String?
    var port: Int?
    var prefix = ""
    var hops = 0
    /// Something of it could not be read.
    var isMalformed = false

    func agrees(with other: ForwardedFacts) -> Bool {
        isSameClient(as: other) && scheme == other.scheme && host?.lowercased() == other.host?.lowercased()
            && !isMalformed && !other.isMalformed
    }

    /// Few proxies write the port into both fields, so it differs only where both tell it.
    private func isSameClient(as other: ForwardedFacts) -> Bool {
        guard case .address(let address, let port)? = client, case .address(address, let otherPort)? = other.client
        else { return client == other.client }
        return port == nil || otherPort == nil || port == otherPort
    }

    func applied(to scope: RequestScope) -> RequestScope {
        var result = scope
        var forwarding = Forwarding(
            peer: scope.client, scheme: scope.scheme, authority: scope.authority, rootPath: scope.rootPath,
            prefix: prefix, clientName: nil, hops: hops)
        switch client {
        case .address(let address, let port)?: result.client = .ip(address.description, port: port ?? 0)
        case .unknown?:
            result.client = nil
            forwarding.clientName = "unknown"
        case .obfuscated(let name)?:
            result.client = nil
            forwarding.clientName = name
        case nil: break
        }
        if let scheme { result.scheme = scheme }
        if let authority = authority(scope) { result.authority = authority }
        if !prefix.isEmpty { result.rootPath = prefix + scope.rootPath }
        result.values[ForwardingKey.self] = forwarding
        return result
    }

    /// The host and port that the client asked for; `nil` when nothing of them is told.
    private func authority(_ scope: RequestScope) -> String? {
        guard host != nil || port != nil, let told = host ?? scope.authority else { return nil }
        let name = HostPattern.host(of: told)
        // The port that stands with the host is the client's own.
        guard let port, host == nil || name.count == told.count else { return told }
        return port == ((scheme ?? scope.scheme) == "https" ? 443 : 80) ? String(name) : "\(name):\(port)"
    }
}

/// Reads what proxies have written into the fields of a request.
struct ForwardedReader {
    let scope: RequestScope
    let trusted: AddressSet
    let facts: ProxyHeaders.Facts
    let maximumHops: Int

    var hasForwarded: Bool { scope[.forwarded] != nil }
    var hasXForwarded: Bool {
        [.xForwardedFor, .xRealIP, .xForwardedProto, .xForwardedHost, .xForwardedPort].contains { scope[$0] != nil }
    }

    /// `Forwarded` (RFC 7239).
    func readForwarded() -> ForwardedFacts {
        var result = ForwardedFacts()
        for text in ReversedElements(scope[.forwarded] ?? "", quotes: true).prefix(maximumHops) {
            guard let element = ForwardedElement(text) else {
                result.isMalformed = true
                break
            }
            result.hops += 1
            // The outermost proxy that tells it is right; those behind it may have seen their own connection only.
            if let scheme = element.scheme { takeScheme(scheme, &result) }
            if let host = element.host { takeHost(host, &result) }
            guard let source = element.source else { break }
            guard let node = ForwardedNode(source) else {
                result.isMalformed = true
                break
            }
            if facts.contains(.client) { result.client = node }
            guard case .address(let address, _) = node, trusted.contains(address) else { break }
        }
        takePrefix(scope[.xForwardedPrefix], &result)
        return result
    }

    /// `X-Forwarded-For` or `X-Real-IP`, and the other `X-Forwarded-` fields.
    func readXForwarded() -> ForwardedFacts {
        var result = ForwardedFacts()
        if let list = scope[.xForwardedFor] {
            for text in ReversedElements(list, quotes: false).prefix(maximumHops) {
                guard let node = ForwardedNode(plain: text) else {
                    result.isMalformed = true
                    break
                }
                result.hops += 1
                if facts.contains(.client) { result.client = node }
                guard case .address(let address, _) = node, trusted.contains(address) else { break }
            }
        } else if let text = scope[.xRealIP] {
            result.hops = 1
            let node = ForwardedNode(plain: text)
            if facts.contains(.client) { result.client = node }
            if node == nil { result.isMalformed = true }
        }
        // A proxy writes one value, or adds its own at the end as it does to X-Forwarded-For.
        let hops = max(1, result.hops)
        func told(_ list: String?) -> String? {
            list.flatMap { Array(ReversedElements($0, quotes: false).prefix(hops)).last }
        }
        if let scheme = told(scope[.xForwardedProto]) { takeScheme(scheme.lowercased(), &result) }
        if let host = told(scope[.xForwardedHost]) { takeHost(host, &result) }
        if let port = told(scope[.xForwardedPort]) { takePort(port, &result) }
        takePrefix(told(scope[.xForwardedPrefix]), &result)
        return result
    }

    private func takeScheme(_ scheme: String, _ result: inout ForwardedFacts) {
        guard facts.contains(.scheme) else { return }
        switch scheme {
        case "http", "ws": result.scheme = "http"
        case "https", "wss": result.scheme = "https"
        default: result.isMalformed = true
        }
    }

    private func takeHost(_ host: String, _ result: inout ForwardedFacts) {
        guard facts.contains(.host) else { return }
        if !host.isEmpty, Authority.isHostField(host) { result.host = host } else { result.isMalformed = true }
    }

    private func takePort(_ text: String, _ result: inout ForwardedFacts) {
        guard facts.contains(.host) else { return }
        if text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = Int(text), (1...65535).contains(port) {
            result.port = port
        } else {
            result.isMalformed = true
        }
    }

    /// A prefix gets into links and redirects: it must not lead to another host.
    private func takePrefix(_ text: String?, _ result: inout ForwardedFacts) {
        guard facts.contains(.prefix), var prefix = text?[...] else { return }
        while prefix.last == "/" { prefix.removeLast() }
        guard !prefix.isEmpty else { return }
        let segments = prefix.split(separator: "/", omittingEmptySubsequences: false)
        let isPath = prefix.utf8.allSatisfy { byte in
            0x21..<0x7F ~= byte && !"?#\\\"<>^`{|}".utf8.contains(byte)
        }
        guard prefix.first == "/", isPath, segments.dropFirst().allSatisfy({ !["", ".", ".."].contains($0) }) else {
            result.isMalformed = true
            return
        }
        result.prefix = String(prefix)
    }
}
