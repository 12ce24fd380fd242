// A notebook for each visitor: routes, a session, an upload and a streamed response. docs/guides/tutorial.md builds it step
// by step.
//
//     swift run Notebook --bind 127.0.0.1:8000      and open http://127.0.0.1:8000
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Notebook {
    /// What is served, and what the tests drive.
    static func application() throws -> some Application {
        try Router { routes in
            routes.use(Sessions(MemoryStore()))
            routes.get("/", name: "home") { request in
                Response.html(Page.all(try request.session[Notes.self] ?? []))
            }
            routes.post("/upload") { request in
                for try await part in try request.multipart() where part.isFile {
                    try await add(part.text(upTo: 10_000).split(separator: "\n").map(String.init), to: request)
                }
                return Response.redirect(to: try request.url(for: "home"))
            }
            routes.get("/export") { request in
                let notes = try request.session[Notes.self] ?? []
                return Response.stream(contentType: "text/plain; charset=utf-8") { writer in
                    for note in notes { try await writer.write("- \(note)\n") }
                }
            }
            routes.group("/notes", name: "notes") { notes in
                notes.get("/") { request in try request.session[Notes.self] ?? [] }
                notes.get("/{number:Int}") { request in
                    let number = try request.parameter("number", as: Int.self)
                    let all = try request.session[Notes.self] ?? []
                    return all.indices.contains(number) ? all[number] : nil
                }
                notes.post("/") { request in
                    try await add([request.form().require("text")], to: request)
                    return Response.redirect(to: try request.url(for: "home"))
                }
            }
        }
    }

    /// Puts notes into the session of a request.
    static func add(_ more: [String], to request: Request) async throws {
        let session = try request.session
        let notes = (session[Notes.self] ?? []) + more
        guard notes.count <= 100 else { throw HTTPError(.conflict, "The notebook is full.") }
        session[Notes.self] = notes
    }

    static func main() async {
        await ServerCommand(name: "Notebook").main(try application())
    }
}

/// The notes of a visitor, in the session.
enum Notes: SessionKey { typealias Value = [String] }
