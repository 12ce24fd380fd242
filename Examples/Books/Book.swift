import GRDB
import HTTPTypes
import SAGIToolkit

/// A book, as it is kept, and as clients get it.
struct Book: Codable, Equatable, Sendable {
    /// Given when it is kept.
    var id: Int64?
    /// Counts its changes, from 1.
    var version = 1
    var isbn: String
    var title: String
    var author: String
    var year: Int?

    /// Says which version this is.
    var tag: EntityTag { EntityTag("\(version)") }
}

extension Book: FetchableRecord, MutablePersistableRecord {
    static let databaseTableName = "book"

    enum Columns {
        static let id = Column(CodingKeys.id)
        static let author = Column(CodingKeys.author)
    }

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// What a client says of a book.
struct Draft: Codable, Sendable {
    var isbn: String
    var title: String
    var author: String
    var year: Int?

    /// - Throws: ``HTTPError`` 422 that says what is wrong.
    func validate() throws {
        guard isbn.count == 13, isbn.allSatisfy(\.isASCIIDigit) else {
            throw HTTPError(.unprocessableContent, "The isbn has 13 digits.")
        }
        for (name, text) in [("title", title), ("author", author)] where text.isEmpty || text.count > 200 {
            throw HTTPError(.unprocessableContent, "The \(name) has between 1 and 200 characters.")
        }
        if let year, !(1...9999).contains(year) {
            throw HTTPError(.unprocessableContent, "The year is between 1 and 9999.")
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
