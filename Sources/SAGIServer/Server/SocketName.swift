import SAGI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Socket addresses and their text.
enum SocketName {
    static func local(_ descriptor: CInt) -> PeerAddress {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return .unix("") }
        return withUnsafePointer(to: &address) { text($0, length) }
    }

    private static func text(_ address: UnsafePointer<sockaddr_storage>, _ length: socklen_t) -> PeerAddress {
        if CInt(address.pointee.ss_family) == AF_UNIX {
            return address.withMemoryRebound(to: sockaddr_un.self, capacity: 1) { pointer in
                guard Int(length) > 2 else { return .unix("") }
                return withUnsafeBytes(of: pointer.pointee.sun_path) { bytes in
                    .unix(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
                }
            }
        }
        var host = [CChar](repeating: 0, count: 256)
        var port = [CChar](repeating: 0, count: 32)
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = getnameinfo($0, length, &host, 256, &port, 32, NI_NUMERICHOST | NI_NUMERICSERV)
        }
        func string(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return .ip(string(host), port: Int(string(port)) ?? 0)
    }

    static func unix(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
        }
        return address
    }
}
