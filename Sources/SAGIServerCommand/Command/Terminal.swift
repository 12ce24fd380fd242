#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output or standard error, and whether it shows colours.
package struct Terminal: Sendable {
    private let descriptor: CInt
    package var hasColor: Bool

    package static var output: Terminal { Terminal(STDOUT_FILENO) }
    package static var error: Terminal { Terminal(STDERR_FILENO) }

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
        let environment = Program.environment
        // https://no-color.org: set and not empty.
        hasColor =
            isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    var isInteractive: Bool { isatty(descriptor) == 1 && isatty(STDIN_FILENO) == 1 }

    package enum Style: String, Sendable {
        case bold = "1"
        case faint = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    package func styled(_ text: String, _ style: Style) -> String {
        hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes a text at once, so that lines of several threads do not mix. What cannot be written is lost.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = systemWrite(descriptor, UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest)))
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
