/// A frame as it is on the wire, written and read without the engine's help (RFC 9113 §4.1).
struct Frame: Equatable, Sendable, CustomStringConvertible {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    init(_ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8] = []) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    var description: String { "\(type)/\(flags) on \(stream), \(payload.count) bytes" }

    var bytes: [UInt8] { Array(big(UInt32(payload.count)).dropFirst()) + [type, flags] + big(stream) + payload }

    /// The frames of some bytes, which have to end with a whole one.
    static func parse(_ bytes: [UInt8]) -> [Frame]? {
        var frames: [Frame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 9 else { return nil }
            let header = Array(rest.prefix(9))
            let length = Int(number(header[0..<3]))
            rest = rest.dropFirst(9)
            guard rest.count >= length else { return nil }
            frames.append(
                Frame(header[3], flags: header[4], stream: number(header[5..<9]), Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return frames
    }

    var endsStream: Bool { (type == 0 || type == 1) && flags & 1 != 0 }
    /// The code of a RST_STREAM, the increment of a WINDOW_UPDATE.
    var number: UInt32 { Frame.number(payload[..<4]) }

    static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}

/// A number of four bytes.
func big(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

/// The bytes of a text whose characters are all below U+0100.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

extension Frame {
    static func data(_ stream: UInt32, _ text: String = "", end: Bool = false, padding: Int? = nil) -> Frame {
        Frame(0, flags: (end ? 1 : 0) | (padding == nil ? 0 : 8), stream: stream, padded(latin(text), padding))
    }

    static func headers(
        _ stream: UInt32, _ fields: [Field] = .get, end: Bool = true, whole: Bool = true, padding: Int? = nil,
        dependency: UInt32? = nil
    ) -> Frame {
        headers(stream, block: block(fields), end: end, whole: whole, padding: padding, dependency: dependency)
    }

    static func headers(
        _ stream: UInt32, block: [UInt8], end: Bool = true, whole: Bool = true, padding: Int? = nil,
        dependency: UInt32? = nil
    ) -> Frame {
        let priority = dependency.map { big($0) + [15] } ?? []
        let flags: UInt8 =
            (end ? 1 : 0) | (whole ? 4 : 0) | (padding == nil ? 0 : 8) | (dependency == nil ? 0 : 0x20)
        return Frame(1, flags: flags, stream: stream, padded(priority + block, padding))
    }

    static func continuation(_ stream: UInt32, _ block: [UInt8], whole: Bool = true) -> Frame {
        Frame(9, flags: whole ? 4 : 0, stream: stream, block)
    }

    private static func padded(_ payload: [UInt8], _ padding: Int?) -> [UInt8] {
        guard let padding else { return payload }
        return [UInt8(padding)] + payload + Array(repeating: 0, count: padding)
    }

    static func priority(_ stream: UInt32, on dependency: UInt32 = 0) -> Frame {
        Frame(2, stream: stream, big(dependency) + [15])
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> Frame { Frame(3, stream: stream, big(code)) }

    static func settings(_ pairs: (UInt16, UInt32)...) -> Frame {
        Frame(4, stream: 0, pairs.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 0xFF)] + big($0.1) })
    }

    static let acknowledgement = Frame(4, flags: 1, stream: 0)

    static func ping(_ text: String = "\0\0\0\0\0\0\0\u{7}", acknowledgement: Bool = false) -> Frame {
        Frame(6, flags: acknowledgement ? 1 : 0, stream: 0, latin(text))
    }

    static func goAway(_ last: UInt32 = 0, _ code: UInt32 = 0, _ text: String = "") -> Frame {
        Frame(7, stream: 0, big(last) + big(code) + latin(text))
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> Frame {
        Frame(8, stream: stream, big(increment))
    }

    static func priorityUpdate(_ stream: UInt32, _ value: String) -> Frame {
        Frame(0x10, stream: 0, big(stream) + latin(value))
    }
}
