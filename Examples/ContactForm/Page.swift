/// The page with the form.
struct Page {
    let message: Message
    let problems: [Message.Field: String]
    let notice: String?
    let token: String

    var markup: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Contact</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
        label, input, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit }
        input, textarea { margin-bottom: 1rem; padding: .4rem }
        .problem { color: #b00020 }
        </style>
        <h1>Write to us</h1>
        \(notice.map { "<p role=\"status\">\(Self.escape($0))</p>" } ?? "")
        <form method="post" action="/contact" enctype="multipart/form-data">
        <input type="hidden" name="csrf_token" value="\(Self.escape(token))">
        \(input(.name, "Your name", message.name, "autocomplete=\"name\" required"))
        \(input(.mail, "Your mail address", message.mail, "type=\"email\" autocomplete=\"email\" required"))
        \(label(.text, "Your message"))
        <textarea id="text" name="text" rows="8" required\(state(.text))>\n\(Self.escape(message.text))</textarea>
        \(label(.files, "Up to 3 files of 2 MiB"))
        <input id="files" name="files" type="file" multiple\(state(.files))>
        <button>Send</button>
        </form>
        </html>

        """
    }

    private func input(_ field: Message.Field, _ title: String, _ value: String, _ attributes: String) -> String {
        """
        \(label(field, title))
        <input id="\(field.rawValue)" name="\(field.rawValue)" value="\(Self.escape(value))" \(attributes)\(state(field))>
        """
    }

    private func label(_ field: Message.Field, _ title: String) -> String {
        let name = field.rawValue
        let problem = problems[field].map { "\n<p class=\"problem\" id=\"\(name)-problem\">\(Self.escape($0))</p>" }
        return "<label for=\"\(name)\">\(title)</label>\(problem ?? "")"
    }

    /// What programs that read the page aloud are told.
    private func state(_ field: Message.Field) -> String {
        problems[field] == nil ? "" : " aria-invalid=\"true\" aria-describedby=\"\(field.rawValue)-problem\""
    }

    /// Text as it can stand in content, and in an attribute with quotes around it.
    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
