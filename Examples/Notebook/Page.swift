/// The page with the notes.
enum Page {
    static func all(_ notes: [String]) -> String {
        """
        <!doctype html><title>Notebook</title>
        <h1>Notebook</h1>
        <ul>\(notes.map { "<li>\(escape($0))</li>" }.joined())</ul>
        <form method="post" action="/notes"><input name="text" required><button>Add</button></form>
        <form method="post" action="/upload" enctype="multipart/form-data">
          <input type="file" name="file"><button>Upload, a note a line</button></form>
        <p><a href="/export">Export</a></p>
        """
    }

    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }
}
