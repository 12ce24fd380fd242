// Downloads: a directory with a listing, files that are saved under their names, and all of them as one archive.
//
//     DOWNLOADS=docs swift run Downloads --bind 127.0.0.1:8000      and open http://127.0.0.1:8000/files/
//     curl -i -r 0-99 http://127.0.0.1:8000/files/TENETS.md                  a range
//     curl -OJ -C - http://127.0.0.1:8000/save/TENETS.md                     saved under its name, and gone on with
//     curl -i -H 'If-None-Match: "…"' http://127.0.0.1:8000/files/TENETS.md  304, with the ETag of the first
//     curl http://127.0.0.1:8000/all.tar | tar -tv                           made while it is sent
//
// A file "app.js.gz" beside "app.js" is sent in its place to those who take gzip.
import Foundation
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Downloads {
    static func application(directory: String) throws -> some Application {
        var options = StaticFiles.Options()
        options.listsDirectories = true
        options.cacheControl = "public, max-age=60"
        return try Router { routes in
            routes.get("/") { _ in Response.redirect(to: "/files/") }
            routes.get("/save/*name") { request in
                // Nothing outside of the directory is sent, whatever the name is.
                try Response.file(request.parameter("name"), in: directory, for: request, disposition: .attachment())
            }
            routes.get("/all.tar") { _ in
                let files = try await offLoop { try Archive.files(in: directory) }
                var response = Response.stream(contentType: "application/x-tar") { writer in
                    // How long it becomes is not said: a client sees by the framing whether it is whole.
                    try await Archive.write(files, to: writer)
                }
                response[.contentDisposition] = Disposition.attachment(filename: "all.tar").description
                return response
            }
        }
        .wrapped(by: Static(directory, at: "/files", options: options))
        .onStartup { _ in
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue
            else { throw MissingDirectory(path: directory) }
        }
    }

    static func main() async {
        let directory = ProcessInfo.processInfo.environment["DOWNLOADS"] ?? "downloads"
        await ServerCommand(name: "Downloads").main(try application(directory: directory))
    }
}

struct MissingDirectory: Error, CustomStringConvertible {
    let path: String

    var description: String { "There is no directory \(path): DOWNLOADS says which one is served." }
}
