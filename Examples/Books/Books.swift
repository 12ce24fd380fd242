// A REST service: books in SQLite, by GRDB. Tests/BooksTests has its tests.
//
//     BOOKS_DATABASE=books.sqlite swift run Books --bind 127.0.0.1:8000
//     curl -i http://127.0.0.1:8000/books -H 'Content-Type: application/json' \
//         -d '{"isbn": "9780141439518", "title": "Pride and Prejudice", "author": "Jane Austen", "year": 1813}'
//     curl -i 'http://127.0.0.1:8000/books?author=Jane%20Austen&limit=10'
//     curl -i http://127.0.0.1:8000/books/1                                  with an ETag, which a change needs
//     curl -i -X PUT http://127.0.0.1:8000/books/1 -H 'Content-Type: application/json' -H 'If-Match: "1"' \
//         -d '{"isbn": "9780141439518", "title": "Pride and Prejudice", "author": "Jane Austen"}'
//     curl -i -X DELETE http://127.0.0.1:8000/books/1
import Foundation
import SAGI
import SAGIServerCommand
import SAGIToolkit

@main
struct Books {
    /// What is served, and what the tests drive.
    ///
    /// - Parameter database: the path of the database; `nil` for one in memory.
    static func application(database: String?) throws -> some Application {
        try Router { routes in
            try routes.group("/books", name: "books", BooksController())
        }
        .wrapped {
            ErrorHandler()
            ConditionalGet()
        }
        .onStartup { state in state[LibraryKey.self] = try Library(path: database) }
        .onShutdown { state in try state[LibraryKey.self]?.close() }
    }

    static func main() async {
        let path = ProcessInfo.processInfo.environment["BOOKS_DATABASE"] ?? "books.sqlite"
        await ServerCommand(name: "Books").main(try application(database: path))
    }
}

/// The library, in the state that is made at startup.
enum LibraryKey: ValueKey { typealias Value = Library }
