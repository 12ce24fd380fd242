/// A session as it is kept: short, and the same bytes for the same session.
///
/// A byte for the version, then numbers of 7 bits a byte, the lowest first: when it was made and when it expires, in
/// seconds since 1970, and for each value, in the order of their names, the lengths of its name and its content, and
/// these.
package struct SessionRecord: Sendable, Equatable {
    private static let version: UInt8 = 1

    package var created: Int
    package var expires: Int
    /// JSON, under the names of the keys.
    package var values: [String: [UInt8]]

    package init(created: Int, expires: Int, values: [String: [UInt8]]) {
        self.created = max(0, created)
        self.expires = max(0, expires)
        self.values = values
    }

    package var bytes: [UInt8] {
        var result = [Self.version]
        Self.append(created, to: &result)
        Self.append(expires, to: &result)
        for (name, content) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            Self.append(name.utf8.count, to: &result)
            Self.append(content.count, to: &result)
            result += name.utf8
            result += content
        }
        return result
    }

    /// Reads it; `nil` when it is none.
    package init?(bytes: some Collection<UInt8>) {
        var rest = Array(bytes)[...]
        guard rest.popFirst() == Self.version, let created = Self.number(&rest), let expires = Self.number(&rest) else {
            return nil
        }
        self.init(created: created, expires: expires, values: [:])
        var last: String?
        while !rest.isEmpty {
            guard let nameCount = Self.number(&rest), let count = Self.number(&rest), nameCount <= rest.count,
                count <= rest.count - nameCount,
                let name = String(validating: rest.prefix(nameCount), as: UTF8.self),
                last.map({ $0.utf8.lexicographicallyPrecedes(name.utf8) }) ?? true
            else { return nil }
            rest.removeFirst(nameCount)
            values[name] = Array(rest.prefix(count))
            rest.removeFirst(count)
            last = name
        }
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var number = UInt64(number)
        while number > 127 {
            bytes.append(UInt8(number & 127) | 128)
            number >>= 7
        }
        bytes.append(UInt8(number))
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var result: UInt64 = 0
        // Nine times 7 bits are what a positive number has.
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            result |= UInt64(byte & 127) << shift
            guard byte < 128 else { continue }
            // One number has one form.
            return byte == 0 && shift > 0 ? nil : Int(result)
        }
        return nil
    }
}
