import HTTPSemantics
import SAGI

extension RequestScope {
    /// The path and query as the client sent them, whatever a mount or a rewrite has made of them since, with the
    /// prefix that a proxy has taken away; percent-encoded where a client has not. `nil` for `OPTIONS *` and CONNECT,
    /// which have no path.
    var sentTarget: String? {
        let head = storage.contents.pointee.head
        let path = head.text(head.path)
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let query = head.hasQuery ? "?" + head.text(head.query) : ""
        return Response.encodeLocation((forwarding?.prefix ?? "") + path + query)
    }

    /// Whether the client has named its host once: `Host` is there at most once, and agrees with the target (RFC 9112
    /// §3.2.2).
    var namesOneHost: Bool {
        let head = storage.contents.pointee.head
        let hosts = head.values(of: "host").map(head.text)
        guard let host = hosts.first, hosts.count == 1 else { return hosts.isEmpty }
        return !head.facts.contains(.authorityInTarget) || host.lowercased() == head.text(head.authority).lowercased()
    }

    /// The host that the client asked for, without its port; `nil` when there is none, or it is no host.
    var validHost: Substring? {
        guard let authority, Authority.isHostField(authority) else { return nil }
        let host = HostPattern.host(of: authority)
        return host.isEmpty ? nil : host
    }

    /// The port that the client asked for; `nil` when it named none.
    var authorityPort: Int? {
        guard let authority else { return nil }
        return Int(authority.dropFirst(HostPattern.host(of: authority).count + 1))
    }
}

extension Authority {
    static func isHostField(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { isHostField(UnsafeRawBufferPointer($0)) }
    }
}
