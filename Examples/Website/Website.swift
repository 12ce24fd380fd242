// A website: the files of a folder below a path, an API beside them, and around both what a site on the internet has.
//
//     SITE=public swift run Website
//     curl -i http://127.0.0.1:8000/                              a redirect to the pages
//     curl -i --compressed http://127.0.0.1:8000/site/            index.html, or index.html.br if that lies beside it
//     curl -i http://127.0.0.1:8000/downloads/film.webm -r 0-99   the same files, in front of the router
//     curl -i http://127.0.0.1:8000/api/greeting
//
// A name that begins with a dot, a link, and whatever else leads out of the folder is not there.
import Foundation
import HTTPTypes
import NIOCore
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Website: ServerApplication {
    private let application: any Application

    init() throws {
        let folder = ProcessInfo.processInfo.environment["SITE"] ?? "public"
        var options = StaticFiles.Options()
        options.cacheControl = "no-cache"
        let pages = StaticFiles(folder, options: options)
        let router = try Router { routes in
            routes.get("/") { _ in Response.redirect(to: "/site/") }
            routes.get("/api/greeting") { _ in ["greeting": "Hello!"] }
            routes.mount("/site", pages)
        }
        let notFound = ErrorHandler().page(for: .notFound) { _, _ in Response.text("There is nothing here.\n") }
        application = router.wrapped(by: Static(folder, at: "/downloads", options: options))
            .wrapped(by: notFound).wrapped(by: ETag()).wrapped(by: ConditionalGet()).wrapped(by: Compression())
            .wrapped(by: SecurityHeaders(contentSecurityPolicy: "default-src 'self'"))
    }

    func handle(_ exchange: Exchange) async throws { try await application.handle(exchange) }
}
