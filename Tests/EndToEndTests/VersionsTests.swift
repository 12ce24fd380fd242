import Testing

/// What works on one version works on the others: each check runs over HTTP/1.1 and HTTP/2, in cleartext and over TLS.
@Suite("The same over every version of HTTP")
struct VersionsTests {
    // MARK: Responses

    @Test("The greeting") func hello() async throws { try await check(tls: true) }
    @Test("HEAD gets the fields of GET and no content") func head() async throws { try await check(tls: true) }
    @Test("204 and 304 have no content") func statusesWithoutContent() async throws { try await check(tls: true) }
    @Test("What is sent leaves at once") func streamsAtOnce() async throws { try await check(tls: true) }
    @Test("An application that does not keep its Content-Length is cut off") func promises() async throws {
        try await check(tls: true)
    }
    @Test("Errors before and after the start, and no answer at all") func errors() async throws {
        try await check(tls: true)
    }
    @Test("Early hints come before the response") func earlyHints() async throws { try await check(tls: true) }
    @Test("Trailers are for those who ask") func trailers() async throws { try await check(tls: true) }

    // MARK: Requests

    @Test("What the application is told") func facts() async throws { try await check(tls: true) }
    @Test("Any token is a method") func methods() async throws { try await check(tls: true) }
    @Test("Large content both ways") func echo() async throws { try await check(tls: true) }
    @Test("Content goes and comes part by part") func partByPart() async throws { try await check(tls: true) }
    @Test("A request's trailers reach the application") func requestTrailers() async throws {
        try await check(tls: true)
    }
    @Test("100 is sent when the application receives") func expectation() async throws { try await check(tls: true) }
    @Test("Content that is not wanted") func unwantedContent() async throws { try await check(tls: true) }

    // MARK: Files

    @Test("A file and its ranges") func file() async throws { try await check(tls: true) }
    @Test("A file that is not there, after the start") func missingFile() async throws { try await check(tls: true) }
    @Test("An empty file") func emptyFile() async throws { try await check(tls: true) }
    @Test("A file that shrinks is cut off visibly") func shrinkingFile() async throws { try await check(tls: true) }
}
