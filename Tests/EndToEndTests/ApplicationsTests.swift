import Testing

/// The examples that are whole applications.
@Suite("Applications")
struct ApplicationsTests {
    @Test("Notebook") func notebook() async throws { try await check(program: "Notebook") }
    @Test("Books") func books() async throws {
        try await check(program: "Books", environment: ["BOOKS_DATABASE": "$FOLDER/books.sqlite"], exits: 0)
    }
    @Test("ContactForm") func contactForm() async throws {
        try await check(program: "ContactForm", environment: ["CONTACT_INBOX": "$FOLDER/inbox"])
    }
    @Test("Downloads") func downloads() async throws {
        try await check(program: "Downloads", environment: ["DOWNLOADS": "$FOLDER"])
    }
}
