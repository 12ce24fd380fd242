import SAGI
import Testing

@Suite("Values under keys that are types")
struct TypedValuesTests {
    @Test("are found under their key, replaced, and forgotten")
    func values() {
        var values = TypedValues()
        #expect(values.isEmpty)
        values[Number.self] = 1
        values[Name.self] = "one"
        #expect((values[Number.self], values[Name.self]) == (1, "one"))
        values[Number.self] = 2
        #expect(values[Number.self] == 2)
        values[Number.self] = nil
        values[Number.self] = nil
        #expect((values[Number.self], values[Name.self]) == (nil, "one"))
        #expect(!values.isEmpty)
    }

    @Test("are changed in one copy only")
    func copies() {
        var original = TypedValues()
        original[Number.self] = 1
        var copy = original
        copy[Number.self] = 2
        copy[Name.self] = "two"
        #expect((original[Number.self], original[Name.self]) == (1, nil))
    }

    @Test("capabilities are found by their own type")
    func extensions() {
        var extensions = Extensions()
        extensions[FullFlush.self] = FullFlush()
        extensions[TLSInfo.self] = TLSInfo(serverName: "a")
        var copy = extensions
        copy[TLSInfo.self] = nil
        #expect(extensions[TLSInfo.self]?.serverName == "a")
        #expect(extensions[EarlyHints.self] == nil)
        #expect((copy[TLSInfo.self] == nil, copy[FullFlush.self] == nil) == (true, false))
    }
}

@Suite("Addresses and reasons")
struct NameTests {
    @Test("an address has the text that people write")
    func addresses() {
        #expect(PeerAddress.ip("127.0.0.1", port: 80).description == "127.0.0.1:80")
        #expect(PeerAddress.ip("::1", port: 80).description == "[::1]:80")
        #expect(PeerAddress.unix("/run/a.sock").description == "unix:/run/a.sock")
        #expect((PeerAddress.unix("").host, PeerAddress.unix("").port) == (nil, nil))
    }

    @Test("a server's own reason cannot be taken for a declared one")
    func reasons() {
        #expect(DisconnectReason(own: "quota").name == "x-quota")
        #expect(DisconnectReason(own: "completed") != .completed)
        let declared: [DisconnectReason] = [
            .completed, .clientClosed, .clientTimeout, .idleTimeout, .keepaliveTimeout, .writeTimeout, .writeError,
            .readError, .protocolError, .serverShutdown, .serverError, .bodyTooLarge, .queueOverflow,
        ]
        #expect(Set(declared).count == declared.count)
        #expect(declared.allSatisfy { !$0.name.hasPrefix("x-") && "\($0)" == $0.name })
    }
}
