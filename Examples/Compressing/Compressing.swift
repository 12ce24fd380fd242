// Fewer bytes: content that is compressed both ways, and not sent again to a client that has it.
//
//     swift run Compressing
//     curl -i --compressed http://127.0.0.1:8000/                                 compressed as curl likes it best
//     curl -iN -H 'Accept-Encoding: gzip' http://127.0.0.1:8000/ticks --output - | gunzip      each tick as it comes
//     curl -i -H 'If-None-Match: "…"' http://127.0.0.1:8000/                      304, with the ETag of the first
//     gzip -c README.md | curl --data-binary @- -H 'Content-Encoding: gzip' http://127.0.0.1:8000/count
//     curl -OJ -C - http://127.0.0.1:8000/program                                 a file: ranges, a name, an ETag
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Compressing: ServerApplication {
    private let application: any Application

    init() throws {
        let page = Response.html(
            "<!doctype html><title>Numbers</title>"
                + (1...500).map { "<p>The square of \($0) is \($0 * $0).\n" }.joined())
        let program = CommandLine.arguments[0]
        let router = try Router { routes in
            routes.get("/") { _ in page }
            routes.get("/ticks") { _ in
                Response.stream(contentType: "text/plain") { writer in
                    for number in 1...5 {
                        // No flush is needed: while this waits, the client gets what there is.
                        try await writer.write("tick \(number)\n")
                        try await Task.sleep(for: .milliseconds(300))
                    }
                }
            }
            routes.post("/count") { request in
                var count = 0
                for try await bytes in request.body { count += bytes.readableBytes }
                return "\(count) bytes\n"
            }
            routes.get("/program") { request in
                try Response.file(program, for: request, disposition: .attachment(filename: "compressing"))
            }
        }
        application = router.wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: Decompression())
            .wrapped(by: Compression())
    }

    func handle(_ exchange: Exchange) async throws { try await application.handle(exchange) }
}
