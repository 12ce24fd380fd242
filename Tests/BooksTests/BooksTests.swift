import HTTPTypes
import SAGITesting
import Testing

@testable import Books

/// Each test has a database of its own, in memory.
@Suite("Books")
struct BooksTests {
    private let emma = Draft(isbn: "9780141439587", title: "Emma", author: "Jane Austen", year: 1815)

    private func run(_ body: (TestClient) async throws -> Void) async throws {
        try await TestClient.run(Books.application(database: nil), body)
    }

    @Test func `a book that is added can be read where Location says`() async throws {
        try await run { client async throws in
            let added = try await client.post("/books", body: .json(emma))
            #expect(added.status == .created)
            let book = try await client.get(#require(added[.location]))
            #expect(book.text == added.text)
            #expect(try book.json(as: Book.self).title == "Emma")
            #expect(try await client.get("/books/2").status == .notFound)
        }
    }

    @Test func `a second book with the same ISBN is a conflict, as problem details`() async throws {
        try await run { client async throws in
            _ = try await client.post("/books", body: .json(emma))
            let second = try await client.post("/books", body: .json(emma))
            #expect(second.status == .conflict)
            #expect(second[.contentType] == "application/problem+json")
            #expect(second.text.contains("9780141439587"))
        }
    }

    @Test(arguments: [
        (#"{"isbn": "9780141439587"}"#, 400, "title is missing"),
        (#"{"isbn": "9780141439587", "title": 1, "author": "x"}"#, 400, "title is no String"),
        (#"{"isbn": "978", "title": "x", "author": "x"}"#, 422, "13 digits"),
        (#"{"isbn": "9780141439587", "title": "", "author": "x"}"#, 422, "title has between"),
        (#"{"isbn": "9780141439587", "title": "x", "author": "x", "year": 0}"#, 422, "year is between"),
    ])
    func `a book that is none is refused with the reason`(content: String, status: Int, reason: String) async throws {
        try await run { client async throws in
            let answer = try await client.post("/books", body: .text(content, contentType: "application/json"))
            #expect(answer.status.code == status)
            #expect(answer.text.contains(reason))
            #expect(try await client.get("/books").json(as: BooksController.Page.self).books.isEmpty)
        }
    }

    @Test func `the list comes in pages, each of which leads to the next one`() async throws {
        try await run { client async throws in
            for number in 1...5 {
                let author = number == 2 ? "Somebody" : "Jane Austen"
                let draft = Draft(isbn: "978014143958\(number)", title: "Book \(number)", author: author)
                #expect(try await client.post("/books", body: .json(draft)).status == .created)
            }
            var titles: [String] = []
            var path: String? = "/books?author=Jane%20Austen&limit=3"
            while let next = path, titles.count < 10 {
                let page = try await client.get(next).json(as: BooksController.Page.self)
                titles += page.books.map(\.title)
                path = page.next
            }
            #expect(titles == ["Book 1", "Book 3", "Book 4", "Book 5"])
            for query in ["limit=0", "limit=101", "limit=many", "after=x"] {
                #expect(try await client.get("/books?\(query)").status == .badRequest)
            }
        }
    }

    @Test func `only who has seen the last version can change a book`() async throws {
        try await run { client async throws in
            let tag = try #require(try await client.post("/books", body: .json(emma))[.eTag])
            var draft = emma
            draft.year = 1816
            let body = try RequestBody.json(draft)
            #expect(try await client.put("/books/1", body: body).status == .preconditionRequired)
            let changed = try await client.put("/books/1", headers: [.ifMatch: tag], body: body)
            #expect(try changed.json(as: Book.self).year == 1816)
            let late = try await client.put("/books/1", headers: [.ifMatch: tag], body: body)
            #expect(late.status == .preconditionFailed)
            #expect(try await client.put("/books/7", headers: [.ifMatch: tag], body: body).status == .notFound)

            // Who has it already gets no content.
            let fields: HTTPFields = [.ifNoneMatch: try #require(changed[.eTag])]
            #expect(try await client.get("/books/1", headers: fields).status == .notModified)
            #expect(try await client.get("/books/1", headers: [.ifNoneMatch: tag]).status == .ok)
        }
    }

    @Test func `a book that has been removed is gone, and its number is not used again`() async throws {
        try await run { client async throws in
            _ = try await client.post("/books", body: .json(emma))
            #expect(try await client.delete("/books/1").status == .noContent)
            #expect(try await client.get("/books/1").status == .notFound)
            #expect(try await client.delete("/books/1").status == .notFound)
            #expect(try await client.post("/books", body: .json(emma))[.location] == "/books/2")
        }
    }
}
