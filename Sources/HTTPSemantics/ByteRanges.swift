/// What `Range` asks for (RFC 9110 §14.1, §14.2).
public struct ByteRanges: Sendable, Hashable {
    public enum Specifier: Sendable, Hashable {
        /// From the first position to the last one, both included.
        case closed(Int, Int)
        case from(Int)
        /// The last bytes, as many.
        case suffix(Int)
    }

    /// What the ranges select of a representation.
    public enum Selection: Sendable, Hashable {
        /// Answer as if there were no `Range`.
        case whole
        /// 206, with one part or several.
        case parts([Range<Int>])
        /// 416: every range lies outside.
        case unsatisfiable
    }

    public let specifiers: [Specifier]
    private let isOverLimit: Bool

    /// Reads the value of a `Range` field; `nil` when it is malformed or in another unit, and is to be ignored.
    ///
    /// - Parameters:
    ///   - text: the value.
    ///   - limit: how many ranges are answered. With more of them ``select(from:)`` gives the whole. No more are
    ///     kept, whatever the request holds.
    public init?(_ text: String, limit: Int) {
        let bytes = text.utf8
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")),
            text[..<equals].lowercased() == "bytes"
        else { return nil }
        var specifiers: [Specifier] = []
        var count = 0
        for element in bytes[bytes.index(after: equals)...].split(separator: UInt8(ascii: ",")) {
            let element = Self.trimmed(element)
            if element.isEmpty { continue }
            guard let specifier = Self.specifier(element) else { return nil }
            count += 1
            if count <= limit { specifiers.append(specifier) }
        }
        guard count > 0 else { return nil }
        self.specifiers = specifiers
        isOverLimit = count > limit
    }

    /// The parts of a representation of `size` bytes, in the order asked for.
    ///
    /// Too many ranges, and ranges that together hold more than the representation, select the whole: answering
    /// them would cost more than that (RFC 9110 §14.2, §17.15). So does any range of an empty representation,
    /// because `Content-Range` cannot express one.
    public func select(from size: Int) -> Selection {
        guard size > 0, !isOverLimit else { return .whole }
        var parts: [Range<Int>] = []
        var total = 0
        for specifier in specifiers {
            let part: Range<Int>
            switch specifier {
            case .closed(let first, let last):
                guard first < size else { continue }
                part = first..<min(last, size - 1) + 1
            case .from(let first):
                guard first < size else { continue }
                part = first..<size
            case .suffix(let count):
                guard count > 0 else { continue }
                part = max(0, size - count)..<size
            }
            total += part.count
            guard total <= size else { return .whole }
            parts.append(part)
        }
        return parts.isEmpty ? .unsatisfiable : .parts(parts)
    }

    private static func specifier(_ bytes: Substring.UTF8View) -> Specifier? {
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let first = bytes[..<dash]
        let last = bytes[bytes.index(after: dash)...]
        if first.isEmpty { return number(last).map(Specifier.suffix) }
        guard let first = number(first) else { return nil }
        if last.isEmpty { return .from(first) }
        guard let last = number(last), first <= last else { return nil }
        return .closed(first, last)
    }

    // Beyond what an Int holds every number means the same: past the end.
    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard !digits.isEmpty else { return nil }
        var result = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            result = overflow || carry || result == .max ? .max : sum
        }
        return result
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes.drop(while: FieldSyntax.isBlank)
        while let last = bytes.last, FieldSyntax.isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }
}
