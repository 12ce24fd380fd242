/// The few pages that the toolkit itself makes.
enum HTML {
    /// `text` as it can stand in content and in a quoted attribute.
    static func escape(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A page, light or dark as its reader likes it. `title` is text; `style` and `body` are put in as they are.
    static func page(title: String, style: String = "", body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escape(title))</title>
        <style>
        :root { color-scheme: light dark }
        body { font: 1rem/1.6 system-ui, sans-serif; max-width: 48rem; margin: 0 auto; padding: 2rem 1rem }
        h1 { font-size: 1.5rem; overflow-wrap: anywhere }
        \(style)</style>
        </head>
        <body>
        \(body)
        </body>
        </html>

        """
    }
}
