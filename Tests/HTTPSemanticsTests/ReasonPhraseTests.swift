import HTTPSemantics
import Testing

@Suite("Reason phrases") struct ReasonPhraseTests {
    @Test(
        "RFC 9110 §15: the registered codes have their phrases",
        arguments: [
            (100, "Continue"), (101, "Switching Protocols"), (103, "Early Hints"), (200, "OK"),
            (206, "Partial Content"),
            (301, "Moved Permanently"), (304, "Not Modified"), (308, "Permanent Redirect"), (400, "Bad Request"),
            (404, "Not Found"), (408, "Request Timeout"), (413, "Content Too Large"), (414, "URI Too Long"),
            (417, "Expectation Failed"), (421, "Misdirected Request"), (422, "Unprocessable Content"),
            (425, "Too Early"),
            (429, "Too Many Requests"), (431, "Request Header Fields Too Large"),
            (451, "Unavailable For Legal Reasons"),
            (500, "Internal Server Error"), (501, "Not Implemented"), (503, "Service Unavailable"),
            (505, "HTTP Version Not Supported"), (511, "Network Authentication Required"),
        ])
    func registered(_ code: Int, _ phrase: String) { #expect(ReasonPhrase.of(code)?.description == phrase) }

    @Test(
        "Other codes have none",
        arguments: [-1, 0, 99, 104, 199, 227, 299, 306, 418, 420, 430, 499, 509, 512, 599, 600, 1000])
    func unregistered(_ code: Int) { #expect(ReasonPhrase.of(code) == nil) }

    @Test("RFC 9112 §4: every phrase can stand in a status line")
    func bytes() {
        for code in 100...599 {
            guard let phrase = ReasonPhrase.of(code)?.description else { continue }
            #expect(!phrase.isEmpty && phrase.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(code)")
        }
    }
}
