import HTTPTypes
import SAGIToolkit

/// Queries and forms: against the plainest reading there can be, written again, and as values of several types.
struct URLEncodedTarget: FuzzTarget {
    static let corpus = [
        "", "a=1&b=2", "a+b=%41%zz&c", "a=1&a=2&a[]=3&a[0]=4", "a.b=1&a[c]=2&a.b.c=3", "x[5]=1&x[2]=2&x[]=3",
        "a[999999999]=1&a[1000000000]=2&a[-1]=3", "a[b=1&a]b=2&[=3&.=4&a..b=5", "%FF=%C3%A9&\u{C3}\u{A9}=\u{FF}",
        "n=5&s=x&f=1.5&b=on&l=1&l=2&g.s=x&i[0].s=a&m[k]=1", "n=&s=&b=&l=&g=&m=", "a=1&a.b=2&a[0]=3&a[][]=4",
        "r.r.r.r.r.r.r.r.r.r.r.r.r.r.r.n=1", "r[r][r][n]=1",
    ]
    static let tokens = [
        "&", "=", "+", "%", "%41", "%5B", "%5D", "%2E", "%FF", "%00", "[", "]", "[]", "[0]", "[1]", "[7]", ".", ".a",
        "a",
        "b", "n=1", "s=", "f=nan", "b=yes", "l=", "l[]=1", "g.s=", "g.n=2", "i[", "m[x]=", "r.", "[r]", "i.0.s=1",
        "999999999", "99999999999999999999", "\u{C3}\u{A9}", "\u{FF}", ";",
    ]

    /// One of everything that can be asked for.
    private final class Shape: Decodable {
        struct Group: Decodable {
            var s: String?
            var n: Int?
        }
        var n: Int?
        var s: String?
        var f: Double?
        var b: Bool?
        var l: [Int]
        var g: Group?
        var i: [Group]
        var m: [String: [String]]?
        var r: Shape?
    }

    mutating func check(_ input: [UInt8], using random: inout Generator) throws(Violation) -> UInt64 {
        let text = String(decoding: input, as: UTF8.self)
        let parameters = Parameters(query: text)
        let expected = Self.read(Array(text.utf8))
        guard parameters.items.count == expected.count else { throw Violation("\(parameters.items.count) parameters") }
        for (item, pair) in zip(parameters.items, expected) {
            guard item.name.utf8.elementsEqual(String(decoding: pair.0, as: UTF8.self).utf8),
                item.value.utf8.elementsEqual(String(decoding: pair.1, as: UTF8.self).utf8)
            else { throw Violation("\(item), not \(pair)") }
        }
        let isStrict = expected.allSatisfy { pair in
            String(validating: pair.0, as: UTF8.self) != nil && String(validating: pair.1, as: UTF8.self) != nil
        }
        guard ((try? Parameters(strictly: text)) != nil) == isStrict else { throw Violation("UTF-8 \(isStrict)") }
        guard Parameters(query: parameters.encoded).items.elementsEqual(parameters.items, by: Self.isSame) else {
            throw Violation("\(parameters.encoded) is read as something else")
        }
        var digest = Digest()
        digest.add(min(parameters.items.count, 16))
        digest.addCounted(try outcome { try parameters.decode(Shape.self) })
        digest.addCounted(try outcome { try parameters.decode([String: [String]].self) })
        digest.addCounted(try outcome { try parameters.decode([String: [String: Int]].self) })
        return digest.value
    }

    mutating func checkThoroughly(_ input: [UInt8]) throws(Violation) {
        var random = Generator(seed: 1)
        _ = try check(input, using: &random)
    }

    private static func isSame(_ left: Parameters.Item, _ right: Parameters.Item) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Decoding gives a value, or says what is wrong.
    private func outcome(_ decode: () throws -> Any) throws(Violation) -> String {
        do {
            _ = try decode()
            return "fine"
        } catch let error as HTTPError where error.status == .badRequest && error.detail != nil {
            // Without the name, of which there are as many as inputs.
            return (error.detail ?? "").split(separator: "\"").last.map(String.init) ?? ""
        } catch {
            throw Violation("\(error)")
        }
    }

    private static func read(_ text: [UInt8]) -> [([UInt8], [UInt8])] {
        text.split(separator: 0x26).map { pair in
            let halves = pair.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            return (unescape(Array(halves[0])), halves.count > 1 ? unescape(Array(halves[1])) : [])
        }
    }

    private static func unescape(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let digits = index + 2 < bytes.count ? String(decoding: bytes[index + 1...index + 2], as: UTF8.self) : ""
            if bytes[index] == 0x25, digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let byte = UInt8(digits, radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index] == 0x2B ? 0x20 : bytes[index])
                index += 1
            }
        }
        return result
    }
}
