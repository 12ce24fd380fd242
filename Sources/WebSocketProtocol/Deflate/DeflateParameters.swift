/// What both sides have agreed on about permessage-deflate (RFC 7692 §7.1).
package struct DeflateParameters: Sendable, Equatable {
    package var serverNoContextTakeover = false
    package var clientNoContextTakeover = false
    /// Nil where nothing is said, which means 15.
    package var serverMaxWindowBits: Int?
    package var clientMaxWindowBits: Int?

    package init() {}

    /// The extension as a field value.
    package var fieldValue: String {
        var value = "permessage-deflate"
        if serverNoContextTakeover { value += "; server_no_context_takeover" }
        if clientNoContextTakeover { value += "; client_no_context_takeover" }
        if let serverMaxWindowBits { value += "; server_max_window_bits=\(serverMaxWindowBits)" }
        if let clientMaxWindowBits { value += "; client_max_window_bits=\(clientMaxWindowBits)" }
        return value
    }

    /// Takes the first offer that can be met (RFC 7692 §5.1, §7.1); nil when there is none.
    package static func accept(_ offers: [WebSocketExtension], _ options: DeflateOptions) -> DeflateParameters? {
        for offer in offers where offer.name == "permessage-deflate" {
            if let parameters = answer(offer, options) { return parameters }
        }
        return nil
    }

    private static func answer(_ offer: WebSocketExtension, _ options: DeflateOptions) -> DeflateParameters? {
        guard let offered = Offer(offer) else { return nil }
        var answer = DeflateParameters()
        answer.serverNoContextTakeover = offered.serverNoContextTakeover || !options.keepsContext
        answer.clientNoContextTakeover = offered.clientNoContextTakeover || !options.keepsContext
        // zlib has no window of 256 bytes to compress with.
        guard offered.serverMaxWindowBits != 8 else { return nil }
        let serverBits = min(offered.serverMaxWindowBits ?? 15, options.serverWindowBits)
        if offered.serverMaxWindowBits != nil || serverBits < 15 { answer.serverMaxWindowBits = serverBits }
        // §7.1.2.2: only a client that says that it can is asked to.
        if let clientBits = offered.clientMaxWindowBits {
            answer.clientMaxWindowBits = min(clientBits, options.clientWindowBits)
        }
        return answer
    }

    /// What a client offers. Nil when it breaks a rule, which makes an offer one that cannot be met (§7).
    private struct Offer {
        var serverNoContextTakeover = false
        var clientNoContextTakeover = false
        var serverMaxWindowBits: Int?
        var clientMaxWindowBits: Int?

        init?(_ offer: WebSocketExtension) {
            var seen: Set<String> = []
            for (name, value) in offer.parameters {
                guard seen.insert(name).inserted else { return nil }
                switch (name, value) {
                case ("server_no_context_takeover", nil): serverNoContextTakeover = true
                case ("client_no_context_takeover", nil): clientNoContextTakeover = true
                case ("client_max_window_bits", nil): clientMaxWindowBits = 15
                case ("client_max_window_bits", let value?):
                    guard let bits = Self.bits(value) else { return nil }
                    clientMaxWindowBits = bits
                case ("server_max_window_bits", let value?):
                    guard let bits = Self.bits(value) else { return nil }
                    serverMaxWindowBits = bits
                default: return nil
                }
            }
        }

        /// 8 to 15, without a leading zero.
        private static func bits(_ text: String) -> Int? {
            guard let bits = Int(text), String(bits) == text, (8...15).contains(bits) else { return nil }
            return bits
        }
    }

    // MARK: The two halves

    /// The halves of a server that has agreed on this.
    package func makeServerHalves(_ options: DeflateOptions) -> (Inflater, Deflater) {
        (
            Inflater(windowBits: clientMaxWindowBits ?? 15, keepsContext: !clientNoContextTakeover),
            Deflater(
                windowBits: serverMaxWindowBits ?? 15, keepsContext: !serverNoContextTakeover, options: options)
        )
    }

    /// The halves of a client that has agreed on this.
    package func makeClientHalves(_ options: DeflateOptions) -> (Inflater, Deflater) {
        (
            Inflater(windowBits: serverMaxWindowBits ?? 15, keepsContext: !serverNoContextTakeover),
            Deflater(
                windowBits: max(9, clientMaxWindowBits ?? 15), keepsContext: !clientNoContextTakeover, options: options)
        )
    }

    /// Reads what a server has answered to `offer`; nil when it may not answer so.
    package init?(answer: WebSocketExtension) {
        guard answer.name == "permessage-deflate", let offer = Offer(answer),
            !answer.parameters.contains(where: { $0.name == "client_max_window_bits" && $0.value == nil })
        else { return nil }
        serverNoContextTakeover = offer.serverNoContextTakeover
        clientNoContextTakeover = offer.clientNoContextTakeover
        serverMaxWindowBits = offer.serverMaxWindowBits
        clientMaxWindowBits = offer.clientMaxWindowBits
    }
}
