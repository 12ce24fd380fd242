import SAGIServer

/// The name of a new project: its directory, its module and, with a capital, the type of its application.
struct ProjectName: Sendable, CustomStringConvertible {
    let description: String

    /// The name of the application's type.
    var type: String { description.prefix(1).uppercased() + description.dropFirst() }

    /// - Throws: ``ConfigurationError`` that says what is wrong with it.
    init(_ text: String) throws {
        let isIdentifier =
            text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            } && text.first?.isLetter == true && text.utf8.count <= 64
        guard isIdentifier else {
            throw ConfigurationError(
                "A project cannot be called \"\(text)\": a name is up to 64 letters, digits and underscores, and begins "
                    + "with a letter.")
        }
        guard !Self.taken.contains(text.lowercased()) else {
            throw ConfigurationError("A project cannot be called \"\(text)\": Swift or SAGI uses this name.")
        }
        description = text
    }

    /// Keywords, and the modules and types that the project's own names would hide, in lower case.
    private static let taken: Set<String> = Set(
        """
        actor any as associatedtype async await break case catch class continue default defer deinit do else enum \
        extension fallthrough false fileprivate for func get guard if import in init inout internal is let macro main \
        mutating nil operator package precedencegroup private protocol public repeat rethrows return self set some \
        static struct subscript super switch test tests throw throws true try type typealias var where while \
        swift testing foundation dispatch glibc synchronization logging crypto yams atomics \
        sagi sagiserver sagiservercommand sagitoolkit sagitesting sagilivetesting httpsemantics http1 httptypes nio \
        niocore nioposix niossl niotls conformance fuzz \
        application serverapplication exchange httpexchange httpresponse httprequest httpfield httpfields unsupported \
        string int bool array error package target product testclient
        """.split(separator: " ").map(String.init))
}
