/// How urgent a response is for its client (RFC 9218 §4).
@usableFromInline
package struct Priority: Sendable, Equatable {
    /// From 0, the most urgent, to 7.
    package var urgency: UInt8 = 3
    /// Whether the client can use a part of it: then it may take turns with others.
    package var isIncremental = false
    /// The client has said so.
    package var isGiven = false

    package init() {}

    /// Reads a field value: a dictionary of which `u` and `i` are known. What is malformed counts as not there.
    package init(_ value: UnsafeRawBufferPointer) {
        isGiven = true
        for member in value.split(separator: UInt8(ascii: ",")) {
            let text = member.drop { $0 == 0x20 || $0 == 0x09 }
            let parts = Array(text.prefix { $0 != 0x20 && $0 != 0x09 && $0 != UInt8(ascii: ";") })
            switch parts.count {
            case 1 where parts[0] == UInt8(ascii: "i"): isIncremental = true
            case 3 where parts[0] == UInt8(ascii: "u") && parts[1] == UInt8(ascii: "="):
                if 0x30...0x37 ~= parts[2] { urgency = parts[2] - 0x30 }
            case 4
            where parts[0] == UInt8(ascii: "i") && parts[1] == UInt8(ascii: "=") && parts[2] == UInt8(ascii: "?"):
                if 0x30...0x31 ~= parts[3] { isIncremental = parts[3] == 0x31 }
            default: break
            }
        }
    }
}
