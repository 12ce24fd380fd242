import Testing

@Suite("Access log")
struct AccessLogTests {
    @Test("The default format") func presetDefault() async throws {
        try await check("--access-log", "$FOLDER/access.log")
    }
    @Test("common") func presetCommon() async throws {
        try await check("--access-log", "$FOLDER/access.log", "--access-log-format", "common")
    }
    @Test("tiny") func presetTiny() async throws {
        try await check("--access-log", "$FOLDER/access.log", "--access-log-format", "tiny")
    }
    @Test("Every atom") func atoms() async throws {
        try await check(
            "--access-log", "$FOLDER/access.log", "--access-log-format",
            "%h|%l|%u|%t|%r|%m|%U|%q|%H|%R|%S|%v|%s|%st|%b|%B|%T|%d|%M|%D|%f|%a|%p|%x|%{Host}i|%{Content-Type}o|%{FLAVOUR}e|%%",
            environment: ["FLAVOUR": "flavour"])
    }
    @Test("Nothing breaks out of its quotes") func escaping() async throws {
        try await check("--access-log", "$FOLDER/access.log", "--access-log-format", "combined")
    }
    @Test("Nothing breaks out of its JSON") func escapingJson() async throws {
        try await check("--access-log", "$FOLDER/access.log", "--access-log-format", "json")
    }
    @Test("Refused requests are logged") func refusals() async throws {
        try await check("--access-log", "$FOLDER/access.log")
    }
    @Test("SIGUSR1 opens the file again and loses no line") func reopen() async throws {
        try await check("--access-log", "$FOLDER/access.log")
    }
    @Test("Everything is written before the end") func everythingIsWritten() async throws {
        try await check("--access-log", "$FOLDER/access.log", exits: 0)
    }
    @Test("To standard output") func toStandardOutput() async throws { try await check("--access-log", "stdout") }
    @Test("Off by default") func off() async throws { try await check() }

    @Test("A format or file that cannot be used ends the start with a sentence")
    func badFormats() async throws {
        func refused(_ format: String, _ sentences: String...) async throws {
            try await expectEnd(
                ["--bind", "127.0.0.1:0", "--access-log", "stdout", "--access-log-format", format], status: 2, sentences
            )
        }
        try await refused("%h %Z", "%Z")
        try await refused("%{Host", "%{")
        try await refused("%{Host}x", "%{Host}")
        try await refused("%h %", "%")
        try await expectEnd(
            ["--bind", "127.0.0.1:0", "--access-log", "/none/such/access.log"], status: 2, ["/none/such/access.log"])
    }
}
