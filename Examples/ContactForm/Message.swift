import SAGIToolkit

/// What somebody has written into the form.
struct Message: Codable, Sendable {
    var name = ""
    var mail = ""
    var text = ""

    /// What can be wrong.
    enum Field: String, Sendable {
        case name, mail, text, files
    }

    /// An empty form.
    init() {}

    init(_ form: FormData) {
        name = Self.trimmed(form["name"])
        mail = Self.trimmed(form["mail"])
        text = Self.trimmed(form["text"])
    }

    private static func trimmed(_ text: String?) -> String {
        var text = (text ?? "")[...].drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// What is wrong with it, as sentences; empty when nothing is.
    func problems(files: [Upload]) -> [Field: String] {
        var problems: [Field: String] = [:]
        if name.isEmpty { problems[.name] = "Please tell us your name." }
        if name.count > 100 { problems[.name] = "The name has more than 100 characters." }
        if !isMail { problems[.mail] = "We need an address that we can answer to." }
        if text.isEmpty { problems[.text] = "Please write something." }
        if text.count > 5000 { problems[.text] = "The message has more than 5000 characters." }
        if files.count > 3 { problems[.files] = "No more than 3 files, please." }
        if let large = files.first(where: { $0.size > 2 << 20 }) {
            problems[.files] = "\(large.basename ?? "A file") has more than 2 MiB."
        }
        return problems
    }

    /// Something on both sides of an "@", and no blanks: only a mail that arrives can tell more.
    private var isMail: Bool {
        let parts = mail.split(separator: "@", omittingEmptySubsequences: false)
        return mail.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && mail.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.value >= 0x20 && $0.value != 0x7F }
    }
}
