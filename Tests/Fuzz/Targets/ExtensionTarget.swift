import WebSocketProtocol

/// `Sec-WebSocket-Extensions`: what is agreed on can be read again, and asks for nothing that was not offered.
struct ExtensionTarget: FuzzTarget {
    static let corpus = [
        "permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"11\", permessage-deflate",
        "permessage-deflate;server_no_context_takeover;client_no_context_takeover", "x; a=b, permessage-deflate",
    ]
    static let tokens = [
        "permessage-deflate", "; ", ", ", "=", "\"", "server_max_window_bits", "client_max_window_bits=", "8", "9",
        "15",
        "16", "09", "server_no_context_takeover", "client_no_context_takeover", "\\", " ", "\t",
    ]

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        try check(input, bits: 9 + random.below(7), keepsContext: random.oneIn(2))
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        for bits in 9...15 { _ = try check(input, bits: bits, keepsContext: bits.isMultiple(of: 2)) }
    }

    private func check(_ input: [UInt8], bits: Int, keepsContext: Bool) throws(Violation) -> UInt64 {
        guard let offers = WebSocketExtension.parse(String(decoding: input, as: UTF8.self)) else { return 0 }
        var options = DeflateOptions()
        options.serverWindowBits = bits
        options.clientWindowBits = bits
        options.keepsContext = keepsContext
        guard let agreed = DeflateParameters.accept(offers, options) else { return UInt64(1 + min(offers.count, 8)) }
        guard let read = WebSocketExtension.parse(agreed.fieldValue), read.count == 1,
            DeflateParameters(answer: read[0]) == agreed
        else { throw Violation("\(agreed.fieldValue) cannot be read") }
        guard (9...bits).contains(agreed.serverMaxWindowBits ?? 15) || bits == 15,
            (8...15).contains(agreed.clientMaxWindowBits ?? 15)
        else { throw Violation("\(agreed.fieldValue) with \(bits)") }
        let names = offers.flatMap { $0.parameters.map(\.name) }
        guard agreed.clientMaxWindowBits == nil || names.contains("client_max_window_bits") else {
            throw Violation("the client did not say that it can limit its window")
        }
        var digest = Digest()
        digest.addCounted(agreed.fieldValue)
        return digest.value
    }
}
