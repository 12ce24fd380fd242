import HTTP2
import HTTPSemantics

/// What is true of each request that an engine takes, and of all that it writes.
enum HTTP2Rules {
    // MARK: Requests (RFC 9113 §8)

    static func check(_ head: RequestHead, end: Bool, allowsProtocol: Bool) throws(Violation) {
        let method = head.withBytes(of: head.method) { Array($0) }
        guard !method.isEmpty, method.allSatisfy(isTokenByte) else { throw Violation("a method: \(method)") }
        let target = head.withBytes(of: head.target) { Array($0) }
        let hasProtocol = head.connectProtocol.count > 0
        let isConnect = method == latin("CONNECT")
        guard !hasProtocol || allowsProtocol && isConnect else { throw Violation("a protocol of \(method)") }
        if isConnect, !hasProtocol {
            guard target.isEmpty, head.scheme.count == 0, head.authority.count > 0 else {
                throw Violation("CONNECT of \(target)")
            }
        } else {
            guard target.first == 0x2F || target == [0x2A] && method == latin("OPTIONS"),
                target.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x23 }), head.scheme.count > 0
            else { throw Violation("a target: \(target)") }
        }
        guard head.version == .http2, head.facts.contains(.hasBody) == !end, !end || head.contentLength ?? 0 == 0 else {
            throw Violation("facts: \(head.facts), \(String(describing: head.contentLength))")
        }
        guard head.values(of: "host").count == 1, head.values(of: "content-length").count <= 1 else {
            throw Violation("fields that are there twice, or no host")
        }
        for field in head.fields {
            try checkField(
                head.withBytes(of: field.name) { Array($0) }, head.withBytes(of: field.value) { Array($0) })
        }
    }

    static func checkField(_ name: [UInt8], _ value: [UInt8]) throws(Violation) {
        guard !name.isEmpty, name.allSatisfy({ isTokenByte($0) && !(0x41...0x5A ~= $0) }),
            value.allSatisfy({ $0 == 9 || $0 >= 0x20 && $0 != 0x7F }), value.first != 0x20, value.first != 9,
            value.last != 0x20, value.last != 9, !connectionSpecific.contains(name)
        else { throw Violation("a field: \(name): \(value)") }
    }

    private static let connectionSpecific = Set(
        ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map(latin))

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: latin("!#$%&'*+-.^_`|~").contains(byte)
        }
    }

    // MARK: Output

    /// Checks frames that were written, and the windows that they and the frames of `input` leave.
    ///
    /// - Parameter input: all that was read; empty when the windows are not to be looked at.
    /// - Returns: whether the last frame is whole.
    static func checkOutput(
        _ output: [UInt8], of settings: HTTP2Settings, connectionWindow: Int, input: [UInt8]
    ) throws(Violation) -> Bool {
        var receive = 65535
        var send = 65535
        let most = max(65535, connectionWindow)
        var resets: Set<UInt32> = []
        let isWhole = try forEachFrame(output[...]) { (type, stream, payload) throws(Violation) in
            switch type {
            case 0: send -= payload.count
            case 3: resets.insert(stream)
            case 8:
                let increment = payload.reduce(0) { $0 << 8 | Int($1) }
                guard 1...0x7FFF_FFFF ~= increment else { throw Violation("an increment of \(increment)") }
                if stream == 0 { receive += increment }
            case 1, 4, 6, 7, 9: break
            default: throw Violation("a frame of type \(type)")
            }
            guard type != 0 && type != 1 || !resets.contains(stream) else {
                throw Violation("\(stream) after its reset")
            }
        }
        let preface = 24
        guard input.count > preface else { return isWhole }
        _ = try forEachFrame(input[preface...]) { (type, stream, payload) throws(Violation) in
            if type == 0 { receive -= payload.count }
            if type == 8, stream & 0x7FFF_FFFF == 0 { send += payload.reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF }
        }
        guard 0...most ~= receive, send >= 0 else { throw Violation("windows of \(receive) and \(send)") }
        return isWhole
    }

    /// - Returns: whether the last frame is whole.
    private static func forEachFrame(
        _ bytes: ArraySlice<UInt8>, _ body: (UInt8, UInt32, ArraySlice<UInt8>) throws(Violation) -> Void
    ) throws(Violation) -> Bool {
        var rest = bytes
        while rest.count >= 9 {
            let start = rest.startIndex
            let length = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
            let stream = rest[start + 5..<start + 9].reduce(0) { $0 << 8 | UInt32($1) }
            guard rest.count >= 9 + length else { return false }
            try body(rest[start + 3], stream, rest[start + 9..<start + 9 + length])
            rest = rest.dropFirst(9 + length)
        }
        return rest.isEmpty
    }
}
