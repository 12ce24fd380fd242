import GRDB
import HTTPTypes
import SAGIToolkit

/// The books, in a database.
///
/// What waits for the database does so on GRDB's own threads: the event loop goes on meanwhile.
struct Library: Sendable {
    private let database: any DatabaseWriter

    /// Opens the database and brings it up to date.
    ///
    /// - Parameter path: where it is, or will be; `nil` for one in memory.
    init(path: String?) throws {
        database = if let path { try DatabasePool(path: path) } else { try DatabaseQueue() }
        var migrator = DatabaseMigrator()
        migrator.registerMigration("books") { database in
            try database.create(table: Book.databaseTableName) { table in
                // The number of a book that is gone is not given to another one.
                table.autoIncrementedPrimaryKey("id")
                table.column("version", .integer).notNull()
                table.column("isbn", .text).notNull().unique()
                table.column("title", .text).notNull()
                table.column("author", .text).notNull().indexed()
                table.column("year", .integer)
            }
        }
        try migrator.migrate(database)
    }

    /// Brings what is in the log into the database, and closes it.
    func close() throws {
        try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try database.close()
    }

    /// Books in the order of their numbers.
    ///
    /// - Parameters:
    ///   - author: whose; `nil` for everybody's.
    ///   - number: those behind this one.
    ///   - limit: how many at most.
    func books(by author: String?, after number: Int64, limit: Int) async throws -> [Book] {
        try await database.read { database in
            var request = Book.filter(Book.Columns.id > number).order(Book.Columns.id).limit(limit)
            if let author { request = request.filter(Book.Columns.author == author) }
            return try request.fetchAll(database)
        }
    }

    /// The book of that number; `nil` when there is none.
    func book(_ id: Int64) async throws -> Book? {
        try await database.read { try Book.fetchOne($0, key: id) }
    }

    /// - Throws: ``LibraryError/known(isbn:)``.
    func add(_ draft: Draft) async throws -> Book {
        try await write(draft) { database in
            try Book(isbn: draft.isbn, title: draft.title, author: draft.author, year: draft.year).inserted(database)
        }
    }

    /// Changes a book if it is one that the client has seen; `nil` when there is none of that number.
    ///
    /// - Throws: ``LibraryError``.
    func change(_ id: Int64, to draft: Draft, ifMatch tags: EntityTagList) async throws -> Book? {
        // One transaction: nobody changes the book between the look and the change.
        try await write(draft) { database in
            guard var book = try Book.fetchOne(database, key: id) else { return nil }
            guard tags.matchesStrongly(book.tag) else { throw LibraryError.changed(id) }
            (book.isbn, book.title, book.author, book.year) = (draft.isbn, draft.title, draft.author, draft.year)
            book.version += 1
            try book.update(database)
            return book
        }
    }

    /// Removes a book; false when there was none of that number.
    func remove(_ id: Int64) async throws -> Bool {
        try await database.write { try Book.deleteOne($0, key: id) }
    }

    private func write<Result: Sendable>(
        _ draft: Draft, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.write(body)
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw LibraryError.known(isbn: draft.isbn)
        }
    }
}

/// Why a book was not kept, and how that is answered.
enum LibraryError: HTTPStatusError {
    /// There is a book with that ISBN.
    case known(isbn: String)
    /// The book is not as the client has seen it.
    case changed(Int64)

    var status: HTTPResponse.Status {
        switch self {
        case .known: .conflict
        case .changed: .preconditionFailed
        }
    }

    var detail: String? {
        switch self {
        case .known(let isbn): "There is a book with the ISBN \(isbn) already."
        case .changed(let id): "Book \(id) has been changed meanwhile. Get it again, and then change it."
        }
    }
}
