import HTTPSemantics
import HTTPTypes
import NIOCore
import SAGI

/// One line of the access log, written from an exchange that has ended.
struct AccessLogEntry {
    let head: RequestHead
    let link: RequestScope.Link
    let status: Int
    let contentBytes: Int
    let nanoseconds: Int64
    let ending: String
    let responseFields: HTTPFields?

    func write(_ format: AccessLogFormat, time: String, into output: inout ByteBuffer) {
        if format.isJSON { return writeJSON(time: time, into: &output) }
        for atom in format.atoms { write(atom, time: time, into: &output) }
        output.writeStaticString("\n")
    }

    private func write(_ atom: AccessLogFormat.Atom, time: String, into output: inout ByteBuffer) {
        switch atom {
        case .text(let text): output.writeString(text)
        case .client: output.writeString(client)
        case .time: output.writeString(time)
        case .requestLine:
            write(head.method, into: &output)
            output.writeStaticString(" ")
            write(head.target, into: &output)
            output.writeStaticString(" ")
            output.writeString(head.version.description)
        case .method: write(head.method, into: &output)
        case .path: write(head.path, into: &output)
        case .query: writeQuery(into: &output)
        case .pathAndQuery:
            write(head.path, into: &output)
            writeQuery(into: &output)
        case .proto: output.writeString(head.version.description)
        case .scheme: output.writeString(link.scheme)
        case .host: writeField("host", into: &output)
        case .status: output.writeString(String(status))
        case .reason: output.writeStaticString(ReasonPhrase.of(status) ?? "-")
        case .bytesOrDash: output.writeString(contentBytes == 0 ? "-" : String(contentBytes))
        case .bytes: output.writeString(String(contentBytes))
        case .seconds: output.writeString(String(nanoseconds / 1_000_000_000))
        case .decimalSeconds:
            let milliseconds = nanoseconds / 1_000_000
            let fraction = String(milliseconds % 1000)
            output.writeString("\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)")
        case .milliseconds: output.writeString(String(nanoseconds / 1_000_000))
        case .microseconds: output.writeString(String(nanoseconds / 1000))
        case .ending: output.writeString(ending)
        case .requestField(let name): writeField(name, into: &output)
        case .responseField(let name):
            if let value = responseFields?[name] {
                LogEscape.write(value.utf8, into: &output)
            } else {
                output.writeStaticString("-")
            }
        }
    }

    private var client: String {
        switch link.client {
        case .ip(let host, _)?: host
        case .unix?, nil: "unix"
        }
    }

    private func write(_ slice: RequestHead.Slice, into output: inout ByteBuffer) {
        head.withBytes(of: slice) { LogEscape.write($0, into: &output) }
    }

    private func writeQuery(into output: inout ByteBuffer) {
        guard head.hasQuery else { return }
        output.writeStaticString("?")
        write(head.query, into: &output)
    }

    private func writeField(_ name: String, into output: inout ByteBuffer) {
        let values = head.values(of: name)
        guard !values.isEmpty else {
            output.writeStaticString("-")
            return
        }
        for (index, value) in values.enumerated() {
            if index > 0 { output.writeStaticString(", ") }
            write(value, into: &output)
        }
    }

    private func writeJSON(time: String, into output: inout ByteBuffer) {
        output.writeString("{\"time\":\"\(time)\",\"client\":")
        LogEscape.writeJSON(client, into: &output)
        output.writeStaticString(",\"method\":")
        LogEscape.writeJSON(head.text(head.method), into: &output)
        output.writeStaticString(",\"path\":")
        LogEscape.writeJSON(head.text(head.path), into: &output)
        output.writeStaticString(",\"query\":")
        LogEscape.writeJSON(head.hasQuery ? head.text(head.query) : "", into: &output)
        output.writeString(",\"protocol\":\"\(head.version)\",\"scheme\":\"\(link.scheme)\",\"host\":")
        LogEscape.writeJSON(head.values(of: "host").first.map(head.text) ?? "", into: &output)
        output.writeString(",\"status\":\(status),\"bytes\":\(contentBytes),\"microseconds\":\(nanoseconds / 1000)")
        output.writeString(",\"ending\":\"\(ending)\",\"referer\":")
        LogEscape.writeJSON(head.values(of: "referer").first.map(head.text) ?? "", into: &output)
        output.writeStaticString(",\"user_agent\":")
        LogEscape.writeJSON(head.values(of: "user-agent").first.map(head.text) ?? "", into: &output)
        output.writeStaticString("}\n")
    }
}

/// Makes text from outside harmless in a line of a log.
enum LogEscape {
    private static let hex = Array("0123456789abcdef".utf8)

    /// Quotes, backslashes, control characters and bytes above ASCII become `\xNN`.
    static func write(_ bytes: some Collection<UInt8>, into output: inout ByteBuffer) {
        let isPlain = bytes.allSatisfy {
            $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain {
            output.writeBytes(bytes)
            return
        }
        for byte in bytes {
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                output.writeInteger(byte)
            } else {
                output.writeStaticString("\\x")
                output.writeInteger(hex[Int(byte >> 4)])
                output.writeInteger(hex[Int(byte & 15)])
            }
        }
    }

    /// A JSON string (RFC 8259 §7).
    static func writeJSON(_ text: String, into output: inout ByteBuffer) {
        output.writeStaticString("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output.writeStaticString("\\\"")
            case "\\": output.writeStaticString("\\\\")
            case _
            where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                output.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: output.writeString(String(scalar))
            }
        }
        output.writeStaticString("\"")
    }
}
