import HTTP1
import HTTPSemantics
import Testing

extension Rule {
    static let contentLength: [Rule] = [
        Rule(
            "RFC 9112 §6.2", "a length", post("Content-Length: 5") + "hello",
            .accepted([.length(5), .body("hello"), .has(.hasBody), .trailer([])])),
        Rule(
            "RFC 9112 §6.2", "no content without a length", post(),
            .accepted([.length(nil), .body(""), .lacks(.hasBody)])),
        Rule("RFC 9112 §6.2", "zero", post("Content-Length: 0"), .accepted([.length(0), .body(""), .lacks(.hasBody)])),
        Rule("RFC 9112 §6.2", "content of a GET", get("Content-Length: 2") + "hi", .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §6.2", "leading zeros", post("Content-Length: 0005") + "hello",
            .accepted([.length(5), .body("hello")])),
        Rule(
            "RFC 9112 §6.2", "any bytes", post("Content-Length: 4") + "\0\r\n\u{FF}", .accepted([.body("\0\r\n\u{FF}")])
        ),
        Rule(
            "RFC 9112 §6.2", "white space around it", post("Content-Length: \t2 ") + "hi",
            .accepted([.length(2), .body("hi")])),
        Rule(
            "RFC 9112 §6.2", "content of a 1.0 client", head("POST / HTTP/1.0", "Content-Length: 2") + "hi",
            .accepted([.body("hi")])),
        Rule("RFC 9110 §8.6", "a plus sign", post("Content-Length: +5") + "hello", .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "a minus sign", post("Content-Length: -5") + "hello", .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "minus zero", post("Content-Length: -0"), .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "a space", post("Content-Length: 5 5") + "hello", .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "hexadecimal", post("Content-Length: 0x5") + "hello", .refused(.invalidContentLength)),
        Rule(
            "RFC 9110 §8.6", "a hexadecimal digit", post("Content-Length: a") + "hello", .refused(.invalidContentLength)
        ),
        Rule("RFC 9110 §8.6", "a fraction", post("Content-Length: 5.0") + "hello", .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "an exponent", post("Content-Length: 1e1") + "hello", .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "nothing", post("Content-Length:"), .refused(.invalidContentLength)),
        Rule(
            "RFC 9110 §8.6", "a digit that is not ASCII", post("Content-Length: \u{B2}"),
            .refused(.invalidContentLength)),
        Rule("RFC 9112 §6.3", "a list", post("Content-Length: 5,5") + "hello", .refused(.invalidContentLength)),
        Rule(
            "RFC 9112 §6.3", "a list with a space", post("Content-Length: 5, 5") + "hello",
            .refused(.invalidContentLength)),
        Rule("RFC 9112 §6.3", "a comma", post("Content-Length: 5,") + "hello", .refused(.invalidContentLength)),
        Rule(
            "RFC 9112 §6.3", "two equal fields", post("Content-Length: 5", "Content-Length: 5") + "hello",
            .refused(.invalidContentLength)),
        Rule(
            "RFC 9112 §6.3", "two different fields", post("Content-Length: 5", "content-length: 6") + "hello!",
            .refused(.invalidContentLength)),
        Rule("RFC 9110 §8.6", "2^63", post("Content-Length: 9223372036854775808"), .refused(.bodyTooLarge)),
        Rule(
            "RFC 9110 §8.6", "2^63 where there is no limit", post("Content-Length: 9223372036854775808"),
            .refused(.bodyTooLarge)
        ) { $0.body = nil },
        Rule(
            "RFC 9110 §8.6", "2^64 + 5", post("Content-Length: 18446744073709551621") + "hello", .refused(.bodyTooLarge)
        ) {
            $0.body = nil
        },
        Rule(
            "RFC 9110 §8.6", "thirty digits", post("Content-Length: 100000000000000000000000000005") + "hello",
            .refused(.bodyTooLarge)
        ) { $0.body = nil },
        Rule(
            "RFC 9110 §8.6", "thirty digits and a letter", post("Content-Length: 10000000000000000000000000000x"),
            .refused(.invalidContentLength)
        ) { $0.body = nil },
        Rule(
            "RFC 9110 §8.6", "thirty zeros before a digit",
            post("Content-Length: 0000000000000000000000000000002") + "hi",
            .accepted([.length(2), .body("hi")])),
    ]

    static let transferEncoding: [Rule] = [
        Rule(
            "RFC 9112 §6.1", "chunked", post("Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n\r\n",
            .accepted([.body("hi"), .length(nil), .has(.hasBody), .trailer([])])),
        Rule(
            "RFC 9112 §7", "any case", post("transfer-encoding: Chunked") + "2\r\nhi\r\n0\r\n\r\n",
            .accepted([.body("hi")])),
        Rule(
            "RFC 9110 §5.6.1", "empty elements", post("Transfer-Encoding: , chunked,,") + "2\r\nhi\r\n0\r\n\r\n",
            .accepted([.body("hi")])),
        Rule(
            "RFC 9112 §6.1", "another coding before chunked", post("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n",
            .refused(.unsupportedTransferCoding)),
        Rule(
            "RFC 9112 §6.1", "another coding in a field before",
            post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"),
            .refused(.unsupportedTransferCoding)),
        Rule(
            "RFC 9112 §6.3", "another coding after chunked", post("Transfer-Encoding: chunked, gzip"),
            .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §6.3", "another coding alone", post("Transfer-Encoding: gzip"), .refused(.invalidTransferEncoding)
        ),
        Rule(
            "RFC 9112 §6.1", "chunked twice", post("Transfer-Encoding: chunked, chunked"),
            .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "chunked in two fields", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
            .refused(.invalidTransferEncoding)),
        Rule("RFC 9112 §6.1", "identity", post("Transfer-Encoding: identity"), .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "identity before chunked", post("Transfer-Encoding: identity, chunked"),
            .refused(.unsupportedTransferCoding)),
        Rule("RFC 9112 §6.1", "nothing", post("Transfer-Encoding:"), .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "nothing, with a length", post("Transfer-Encoding:", "Content-Length: 2") + "hi",
            .refused(.contentLengthWithTransferEncoding)),
        Rule("RFC 9112 §7", "a parameter", post("Transfer-Encoding: chunked;q=1"), .refused(.invalidTransferEncoding)),
        Rule("RFC 9112 §7", "in quotes", post("Transfer-Encoding: \"chunked\""), .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §7", "something like it", post("Transfer-Encoding: xchunked"), .refused(.invalidTransferEncoding)),
        Rule("RFC 9112 §7", "a space in it", post("Transfer-Encoding: chun ked"), .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9110 §5.5", "a vertical tab before it", post("Transfer-Encoding: \u{0B}chunked"),
            .refused(.invalidFieldValue)),
        Rule(
            "RFC 9112 §6.1", "from a 1.0 client", head("POST / HTTP/1.0", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            .refused(.invalidTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "with a length", post("Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n",
            .refused(.contentLengthWithTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "after a length", post("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            .refused(.contentLengthWithTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "with a length of zero",
            post("Content-Length: 0", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            .refused(.contentLengthWithTransferEncoding)),
        Rule(
            "RFC 9112 §6.1", "identity with a length", post("Content-Length: 2", "Transfer-Encoding: identity") + "hi",
            .refused(.contentLengthWithTransferEncoding)),
    ]
}

@Suite("Framing") struct FramingTests {
    @Test("A Content-Length is one decimal number", arguments: Rule.contentLength)
    func contentLength(_ rule: Rule) { rule.check() }

    @Test("A Transfer-Encoding is chunked and nothing else", arguments: Rule.transferEncoding)
    func transferEncoding(_ rule: Rule) { rule.check() }
}
