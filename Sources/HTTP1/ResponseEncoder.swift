package import HTTPSemantics
package import HTTPTypes

/// How the end of a response's content is told to the client (RFC 9112 §6).
package enum ResponseFraming: Sendable, Equatable {
    /// There is no content: HEAD, 204, 304 (RFC 9112 §6.3).
    case none
    /// The response's own `Content-Length`.
    case length
    /// `Content-Length` is added: the whole content is known with the head.
    case knownLength(Int)
    /// Chunked, for a client of HTTP/1.1.
    case chunked
    /// The connection's end ends the content, for a client of HTTP/1.0.
    case untilClose
}

/// The sending half of HTTP/1.1: responses in, bytes out.
package enum ResponseEncoder {
    /// Writes the status line and the response's own fields, and leaves the section open for the server's. Nothing
    /// is left of it when a field is invalid.
    ///
    /// `Connection`, `Keep-Alive`, `Proxy-Connection`, `Transfer-Encoding` and `Upgrade` belong to the connection
    /// and are left out (RFC 9110 §7.6.1), and so is the `Content-Length` of a 204.
    package static func writeStart(
        _ status: Int, _ fields: HTTPFields, into output: OutputBuffer
    ) throws(InvalidField) -> ResponseFacts {
        let start = output.count
        writeStatusLine(status, into: output)
        do {
            // RFC 9110 §8.6: no Content-Length in a 204.
            return try writeFields(fields, allowsLength: status != 204, into: output)
        } catch {
            output.count = start
            throw error
        }
    }

    /// Writes an interim response (RFC 9110 §15.2), whole, or nothing.
    package static func writeInformational(
        _ status: Int, _ fields: HTTPFields, into output: OutputBuffer
    ) throws(InvalidField) {
        let start = output.count
        writeStatusLine(status, into: output)
        do {
            _ = try writeFields(fields, allowsLength: false, into: output)
        } catch {
            output.count = start
            throw error
        }
        output.append("\r\n")
    }

    /// Ends the header section, with the fields that frame the content and steer the connection.
    ///
    /// - Parameter connection: the value of `Connection`, when it has to be said.
    package static func writeHeadEnd(
        _ framing: ResponseFraming, connection: StaticString?, into output: OutputBuffer
    ) {
        switch framing {
        case .none, .length, .untilClose:
            break
        case .knownLength(let length):
            output.append("Content-Length: ")
            output.append(decimal: length)
            output.append("\r\n")
        case .chunked:
            output.append("Transfer-Encoding: chunked\r\n")
        }
        if let connection {
            output.append("Connection: ")
            output.append(connection)
            output.append("\r\n\r\n")
        } else {
            output.append("\r\n")
        }
    }

    /// Writes the size line of a chunk (RFC 9112 §7.1). The data and a CRLF follow.
    package static func writeChunkStart(_ size: Int, into output: OutputBuffer) {
        output.append(hexadecimal: size)
        output.append("\r\n")
    }

    /// Writes the last chunk and the trailer section.
    package static func writeLastChunk(
        trailers: HTTPFields?, into output: OutputBuffer
    ) throws(InvalidField) {
        let start = output.count
        output.append("0\r\n")
        if let trailers {
            do {
                _ = try writeFields(trailers, allowsLength: false, into: output)
            } catch {
                output.count = start
                throw error
            }
        }
        output.append("\r\n")
    }

    private static func writeStatusLine(_ code: Int, into output: OutputBuffer) {
        if code == 200 {
            output.append("HTTP/1.1 200 OK\r\n")
            return
        }
        output.append("HTTP/1.1 ")
        output.append(decimal: code)
        output.append(" ")
        // A reason phrase has no meaning (RFC 9112 §4): a registered code has its own.
        if let reason = ReasonPhrase.of(code) { output.append(reason) }
        output.append("\r\n")
    }

    private static func writeFields(
        _ fields: HTTPFields, allowsLength: Bool = true, into output: OutputBuffer
    ) throws(InvalidField) -> ResponseFacts {
        var facts = ResponseFacts()
        for field in fields {
            guard try facts.note(field.name.canonicalName, field.value, allowsLength: allowsLength) else { continue }
            let isValid = field.withUnsafeBytesOfValue { value in
                let value = UnsafeRawBufferPointer(value)
                guard FieldSyntax.isFieldValue(value) else { return false }
                output.append(string: field.name.rawName)
                output.append(": ")
                output.append(value)
                output.append("\r\n")
                return true
            }
            guard isValid else { throw InvalidField(name: field.name.rawName) }
        }
        return facts
    }
}
