import HTTP1
import HTTPSemantics
import Testing

/// One row of the table: some bytes, and what a server must make of them.
struct Rule: Sendable, CustomTestStringConvertible {
    let section: String
    let name: String
    let bytes: [UInt8]
    let limits: HTTP1Limits
    let verdict: Verdict

    enum Verdict: Sendable {
        /// Refused for exactly this reason.
        case refused(HTTP1Error)
        /// Taken, every byte of it, with the last request as said.
        case accepted([Want])
        /// Neither taken nor refused before more has come.
        case waits
    }

    /// Each character of `text` below U+0100 is one byte.
    init(
        _ section: String, _ name: String, _ text: String, _ verdict: Verdict,
        limits change: (inout HTTP1Limits) -> Void = { _ in }
    ) {
        var limits = HTTP1Limits()
        change(&limits)
        self.section = section
        self.name = name
        self.bytes = latin(text)
        self.limits = limits
        self.verdict = verdict
    }

    var testDescription: String { "\(section): \(name)" }

    /// Feeds the bytes whole, split at every place into two, byte by byte, and pulled in small parts.
    func check() {
        let (whole, difference) = Outcome.ofEverySplit(bytes, limits: limits)
        #expect(difference == nil, "\(testDescription): \(whole) differs when")
        switch verdict {
        case .refused(let error):
            #expect(whole.error == error, "\(testDescription)")
        case .waits:
            #expect(
                whole.error == nil && whole.messages.allSatisfy(\.isWhole) && whole.waiting > 0, "\(testDescription)")
        case .accepted(let wants):
            #expect(whole.error == nil, "\(testDescription)")
            #expect(whole.waiting == 0, "\(testDescription)")
            guard let message = whole.messages.last else {
                Issue.record("\(testDescription): there is no request")
                return
            }
            #expect(message.isWhole, "\(testDescription)")
            for want in wants { want.check(message, whole, testDescription) }
        }
    }
}

/// Something that must be true of an accepted request.
enum Want: Sendable {
    case count(Int)
    case method(String)
    case target(String)
    case path(String)
    case query(String?)
    case scheme(String)
    case authority(String)
    case version(HTTPVersion)
    case length(Int?)
    case field(String)
    case fields([String])
    case body(String)
    case trailer([String])
    case has(RequestHead.Facts)
    case lacks(RequestHead.Facts)

    func check(_ message: Message, _ outcome: Outcome, _ name: String) {
        switch self {
        case .count(let count): #expect(outcome.messages.count == count, "\(name)")
        case .method(let method): #expect(message.method == method, "\(name)")
        case .target(let target): #expect(message.target == target, "\(name)")
        case .path(let path): #expect(message.path == path, "\(name)")
        case .query(let query): #expect(message.query == query, "\(name)")
        case .scheme(let scheme): #expect(message.scheme == scheme, "\(name)")
        case .authority(let authority): #expect(message.authority == authority, "\(name)")
        case .version(let version): #expect(message.version == version, "\(name)")
        case .length(let length): #expect(message.contentLength == length, "\(name)")
        case .field(let field): #expect(message.fields.contains(field), "\(name)")
        case .fields(let fields): #expect(message.fields == fields, "\(name)")
        case .body(let body): #expect(message.body == latin(body), "\(name)")
        case .trailer(let trailer): #expect(message.trailer == trailer, "\(name)")
        case .has(let facts): #expect(message.facts.isSuperset(of: facts), "\(name)")
        case .lacks(let facts): #expect(message.facts.isDisjoint(with: facts), "\(name)")
        }
    }
}

/// The bytes of a text whose characters are all below U+0100.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// A head of these lines, with the empty line that ends it.
func head(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }

/// A GET with these field lines after its Host.
func get(_ lines: String...) -> String {
    (["GET / HTTP/1.1", "Host: a"] + lines).map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A POST with these field lines after its Host.
func post(_ lines: String...) -> String {
    (["POST / HTTP/1.1", "Host: a"] + lines).map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A chunked POST with this content.
func chunked(_ content: String) -> String { post("Transfer-Encoding: chunked") + content }
