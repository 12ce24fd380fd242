// A contact form: fields that are checked, files that are uploaded, and nothing that another site could send.
//
//     CONTACT_INBOX=inbox swift run ContactForm --bind 127.0.0.1:8000      and open http://127.0.0.1:8000/contact
//
// Each message becomes a directory of the inbox. CONTACT_SECRET (openssl rand -base64 32) keeps forms good over a restart.
import Foundation
import HTTPTypes
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct ContactForm {
    /// What is served, and what a test would drive.
    static func application(inbox: Inbox, keys: CookieKeys) throws -> some Application {
        try Router { routes in
            routes.get("/") { _ in Response.redirect(to: "/contact") }
            routes.get("/contact", name: "contact") { request in
                let notice = try request.session[Flash.self]
                // It is shown once.
                try request.session[Flash.self] = nil
                return try page(for: request, Message(), notice: notice)
            }
            routes.post("/contact") { request in try await receive(request, inbox) }
        }
        .wrapped {
            SecurityHeaders(contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
            ErrorHandler()
            Sessions(MemoryStore())
            // Content with files is not read by CSRF: `receive` looks for the token itself.
            CSRF(keys, exempt: ["/contact"])
        }
    }

    /// What a form may have: beyond this it is not read any further, and answered 413. What is too much for us, but not
    /// for the server, is told in the page; see ``Message/problems(files:)``.
    private static let limits = MultipartLimits { limits in
        limits.totalBytes = 12 << 20
        limits.fields = 10
        limits.fieldBytes = 64 << 10
        limits.files = 5
        limits.fileBytes = 8 << 20
    }

    private static func receive(_ request: Request, _ inbox: Inbox) async throws -> Response {
        // Files go to disk as they come, without a name: those of a message that is not taken leave nothing behind.
        let form = try await request.formData(limits)
        guard request.isValidCSRFToken(form["csrf_token"]) else {
            throw HTTPError(.forbidden, "This form is too old. Load the page again.")
        }
        let message = Message(form)
        let problems = message.problems(files: form.files("files"))
        guard problems.isEmpty else {
            return try page(for: request, message, problems, status: .unprocessableContent)
        }
        try await inbox.add(message, form.files("files"))
        // The answer is a redirect, so that loading the page again sends nothing again.
        try request.session[Flash.self] = "Thank you, \(message.name). We have your message."
        return Response.redirect(to: try request.url(for: "contact"))
    }

    private static func page(
        for request: Request, _ message: Message, _ problems: [Message.Field: String] = [:], notice: String? = nil,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let page = Page(message: message, problems: problems, notice: notice, token: try request.csrfToken)
        var response = Response.html(page.markup, status: status)
        response[.cacheControl] = "no-store"
        return response
    }

    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        await ServerCommand(name: "ContactForm").main(
            try application(
                inbox: Inbox(directory: environment["CONTACT_INBOX"] ?? "inbox"),
                keys: environment["CONTACT_SECRET"].map { try CookieKeys($0) } ?? .random()))
    }
}

/// What the next page says.
enum Flash: SessionKey { typealias Value = String }
