import HTTPSemantics
import Testing

@Suite("Authority") struct AuthorityTests {
    @Test(
        "RFC 9110 §7.2: what a Host may be",
        arguments: [
            "", "a", "a.example", "A.Example.", "xn--bcher-kva.example", "localhost:8080", "a:", "a:0", "a:80",
            "a:65535", "a:00080",
            "127.0.0.1", "127.0.0.1:80", "256.1.1.1", "my_host", "a~b", "!$&'()*+,;=", "%41", "a%2eb%C3%A9:80", "1",
            "-",
            "[::]", "[::1]", "[::1]:", "[::1]:443", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]",
            "[2001:DB8::1]",
            "[fe80::a:b]", "[::ffff:192.0.2.1]", "[::192.0.2.1]", "[1:2:3:4:5:6:192.0.2.255]", "[1::]", "[0000::0000]",
        ])
    func host(_ text: String) { #expect(text.withBytes(Authority.isHostField)) }

    @Test(
        "RFC 3986 §3.2: what it may not be",
        arguments: [
            " ", "a b", "a\t", "a/", "/a", "a?b", "a#b", "a@b", "u:p@a", "@", "a,b c", "a\0", "a\u{7F}", "é", "\u{80}",
            "a\\b", "\"a\"",
            "<a>", "a|b", "a^b", "`a`", "{a}", "%", "%4", "a%", "a%4", "%zz", "a%4z:80", "a%4:80", ":", ":80", "a::80",
            "a:80:80", "a:b",
            "a:-1", "a:+1", "a: 80", "a:80 ", "a:65536", "a:99999", "a:000080", "a:123456", "a:8\0", "::1",
            "1:2:3:4:5:6:7:8",
            "[]", "[", "]", "[::1", "::1]", "[[::1]]", "[::1]]", "[::1]a", "[::1]80", "[::1]:a", "[::1]:65536",
            "a[::1]", "[a]",
            "[127.0.0.1]", "[:]", "[:::]", "[1:2]", "[:1]", "[1:]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
            "[1:2:3:4:5:6:7:8::]",
            "[1::2:3:4:5:6:7:8]", "[::1::]", "[1::2::3]", "[1:::2]", "[12345::]", "[g::]", "[::1.2.3]", "[::1.2.3.4.5]",
            "[::1.2.3.256]",
            "[::01.2.3.4]", "[::1..2.3]", "[::1.2.3.]", "[::1.2.3.4:5]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::.1.2.3]",
            "[::a.2.3.4]",
            "[fe80::1%25eth0]", "[fe80::1%eth0]", "[v1.a]", "[::1 ]", "[ ::1]", "*.example ", "http://a",
        ])
    func notHost(_ text: String) {
        #expect(!text.withBytes(Authority.isHostField))
        #expect(!text.withBytes(Authority.isHostAndPort))
    }

    @Test(
        "RFC 9112 §3.2.3: CONNECT names a host and a port",
        arguments: [
            ("a:443", true), ("a.example:1", true), ("127.0.0.1:80", true), ("[::1]:443", true), ("a:0", true),
            ("", false),
            ("a", false), ("a:", false), (":443", false), ("[::1]", false), ("[::1]:", false), ("a:65536", false),
        ])
    func hostAndPort(_ text: String, _ isValid: Bool) { #expect(text.withBytes(Authority.isHostAndPort) == isValid) }

    @Test("RFC 3986 §3.2.2: the bytes that a name may have")
    func nameBytes() {
        let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;="
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
            let isValid = [0x61, byte, 0x62].withUnsafeBytes(Authority.isHostField)
            #expect(isValid == allowed.utf8.contains(byte), "\(byte)")
        }
    }
}
