/// What `Accept-Encoding` says (RFC 9110 §12.5.3).
package struct AcceptEncoding: Sendable {
    private let list: QualityList

    /// Takes the value of the field; `nil`, like an empty value, asks for no coding.
    package init(_ text: String?) { list = QualityList(text ?? "") }

    /// The weight of a content coding, 0 to 1000; 0 means that it is not to be sent.
    package func quality(of coding: String) -> Int {
        // "x-gzip" is another name of "gzip" (RFC 9110 §8.4.1.3).
        list.quality(of: coding) ?? (coding == "gzip" ? list.quality(of: "x-gzip") : nil) ?? list.quality(of: "*") ?? 0
    }

    /// Whether content as it is is not to be sent: by a weight of zero of its own, or of everything not named.
    package var refusesIdentity: Bool { (list.quality(of: "identity") ?? list.quality(of: "*")) == 0 }

    /// The coding to send: the one with the highest weight, and of several the first of `codings`; `nil` is none.
    ///
    /// Content as it is wins only where the client gives `identity` a weight of its own that is higher.
    package func best(of codings: some Sequence<String>) -> String? {
        var best: String?
        var quality = max(0, list.quality(of: "identity").map { $0 - 1 } ?? 0)
        for coding in codings {
            let own = self.quality(of: coding)
            guard own > quality else { continue }
            best = coding
            quality = own
        }
        return best
    }
}
