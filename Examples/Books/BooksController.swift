import HTTPTypes
import SAGI
import SAGIToolkit

/// What can be done with books, over HTTP.
struct BooksController: Controller {
    func define(_ routes: inout Routes) {
        routes.get("/", name: "all") { try await list($0) }
        routes.post("/") { try await add($0) }
        routes.get("/{id:Int}", name: "one") { try await show($0) }
        routes.put("/{id:Int}") { try await change($0) }
        routes.delete("/{id:Int}") { try await remove($0) }
    }

    /// What can be asked of the list, in the query.
    struct Search: Decodable {
        var author: String?
        var after: Int64?
        var limit: Int?
    }

    /// A part of the list, and where the next one is.
    struct Page: Codable {
        var books: [Book]
        var next: String?
    }

    func list(_ request: Request) async throws -> JSON<Page> {
        let search = try request.query.decode(Search.self)
        let limit = search.limit ?? 20
        guard (1...100).contains(limit) else { throw HTTPError(.badRequest, "The limit is between 1 and 100.") }
        // One more than is shown says whether there is a next page.
        let found = try await request.library.books(by: search.author, after: search.after ?? 0, limit: limit + 1)
        var page = Page(books: Array(found.prefix(limit)))
        if found.count > limit, let last = page.books.last?.id {
            var query: Parameters = ["after": "\(last)", "limit": "\(limit)"]
            if let author = search.author { query.items.append(.init(name: "author", value: author)) }
            page.next = try request.url(for: "books.all", query: query)
        }
        return JSON(page)
    }

    func add(_ request: Request) async throws -> Response {
        let book = try await request.library.add(draft(of: request))
        var response = try answer(book, status: .created)
        if let id = book.id { response[.location] = try request.url(for: "books.one", ["id": id]) }
        return response
    }

    func show(_ request: Request) async throws -> Response? {
        try await request.library.book(id(of: request)).map { try answer($0) }
    }

    func change(_ request: Request) async throws -> Response? {
        guard let tags = request.ifMatch else {
            throw HTTPError(.preconditionRequired, "A change needs If-Match with the ETag of the book.")
        }
        let draft = try await draft(of: request)
        return try await request.library.change(id(of: request), to: draft, ifMatch: tags).map { try answer($0) }
    }

    func remove(_ request: Request) async throws -> HTTPResponse.Status? {
        try await request.library.remove(id(of: request)) ? .noContent : nil
    }

    /// A book with its tag, so that a client can say which version it means.
    private func answer(_ book: Book, status: HTTPResponse.Status = .ok) throws -> Response {
        var response = try Response.json(book, status: status)
        response[.eTag] = book.tag.description
        return response
    }

    private func draft(of request: Request) async throws -> Draft {
        let draft = try await request.json(Draft.self)
        try draft.validate()
        return draft
    }

    private func id(of request: Request) throws -> Int64 { try request.parameter("id", as: Int64.self) }
}

extension Request {
    fileprivate var library: Library {
        get throws {
            guard let library = state[LibraryKey.self] else { throw HTTPError(.internalServerError) }
            return library
        }
    }
}
