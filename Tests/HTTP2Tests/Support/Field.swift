import HPACK
import HTTPSemantics

/// A field of a request.
struct Field: Equatable, Sendable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [Field] {
    static let get = request("GET")
    static let post = request("POST")

    /// A request of `method` for "/", with fields behind it.
    static func request(_ method: String, path: String = "/", _ fields: (String, String)...) -> [Field] {
        list([(":method", method), (":scheme", "https"), (":path", path), (":authority", "a")] + fields)
    }

    static func list(_ fields: [(String, String)]) -> [Field] { fields.map { Field($0.0, $0.1) } }

    /// With fields behind it.
    func adding(_ fields: (String, String)...) -> [Field] { self + .list(fields) }

    /// Without a field.
    func without(_ name: String) -> [Field] { filter { $0.name != name } }

    /// With another value of a field.
    func setting(_ name: String, _ value: String) -> [Field] {
        map { $0.name == name ? Field(name, value) : $0 }
    }
}

/// A header block that depends on no other, and on which none does.
func block(_ fields: [Field]) -> [UInt8] { HPACKEncoder().block(fields, .without) }

extension HPACKEncoder {
    func block(_ fields: [Field], _ indexing: FieldIndexing? = nil) -> [UInt8] {
        let output = OutputBuffer(capacity: 256)
        begin(into: output)
        for field in fields {
            latin(field.name).withUnsafeBytes { name in
                latin(field.value).withUnsafeBytes { value in
                    encode(name: name, value: value, indexing: indexing, into: output)
                }
            }
        }
        return Array(output.bytes)
    }
}
