import Testing

@Suite("Files")
struct FilesTests {
    @Test("A file arrives as it is") func whole() async throws { try await check(tls: true) }
    @Test("A file that shrinks is cut off visibly") func shrinks() async throws { try await check(tls: true) }
    @Test("A file that vanishes") func vanishes() async throws { try await check() }
    @Test("A file for HTTP/1.0") func http10() async throws { try await check() }
    @Test("A large file, in little memory") func large() async throws { try await check(tls: true) }
    @Test("Many at once leave no descriptor open") func many() async throws {
        try await check("--event-loops", "2", tls: true)
    }
}
