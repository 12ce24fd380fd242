/// What `Accept` says (RFC 9110 §12.5.1).
package enum Accept {
    /// Whether a media range names exactly `text/event-stream` with a weight above zero.
    package static func namesEventStream(_ head: RequestHead) -> Bool {
        guard head.facts.contains(.accept) else { return false }
        var found = false
        head.forEachValue(of: "accept") { value in
            for range in ListElements(value) where !found {
                var parts = ListElements(range, separator: UInt8(ascii: ";"))
                guard let type = parts.next(), FieldSyntax.equal(type, lowercased: "text/event-stream") else {
                    continue
                }
                found = !parts.contains(where: isZeroWeight)
            }
        }
        return found
    }

    /// "q=0", "q=0.", "q=0.0" … "q=0.000" refuse a type (RFC 9110 §12.4.2).
    private static func isZeroWeight(_ parameter: UnsafeRawBufferPointer) -> Bool {
        guard parameter.count >= 3, parameter[0] | 0x20 == UInt8(ascii: "q"), parameter[1] == UInt8(ascii: "=") else {
            return false
        }
        return parameter[2...].allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    }
}
