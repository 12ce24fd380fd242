import Testing

@testable import SAGIServerCommand

@Suite struct ValueTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("512B", 512), ("64KiB", 65_536), ("64kib", 65_536), ("16MiB", 16_777_216),
        ("1GiB", 1_073_741_824), ("10KB", 10_000), ("10MB", 10_000_000), ("2GB", 2_000_000_000),
    ])
    func `a size is bytes with an optional unit`(text: String, bytes: Int) {
        #expect(Size.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "-1", "+1", "1.5MiB", "1 MiB", "MiB", "16XB", "1MiB2", "99999999999999999999", "9999999999GiB", "１２",
    ])
    func `what is no size is refused`(text: String) {
        #expect(Size.parse(text) == nil)
    }

    @Test(arguments: [512, 8 * 1024, 16 << 20, 3 << 30, 1000, 1025, 0])
    func `a size that is shown can be read again`(size: Int) {
        #expect(Size.parse(Size.format(size)) == size)
    }

    @Test func `a size is shown with the unit that divides it`() {
        #expect(Size.format(8192) == "8KiB")
        #expect(Size.format(16 << 20) == "16MiB")
        #expect(Size.format(1000) == "1000")
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("30", .seconds(30)), ("5m", .seconds(300)),
        ("1h", .seconds(3600)), ("1h30m", .seconds(5400)), ("2d", .seconds(172_800)), ("1m30s", .seconds(90)),
        ("1s500ms", .milliseconds(1500)), ("1.5s", .milliseconds(1500)), ("0.25", .milliseconds(250)), ("0", .zero),
    ])
    func `a time is numbers with units, and seconds without`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "s", "-1s", "1x", "30m1h", "1h1h", "1.s", ".5s", "1..5s", "1 s", "1s ", "4000d", "99999999999999999999",
        "1h30",
    ])
    func `what is no time is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func `a time is shown with the unit that divides it`() {
        #expect(DurationText.format(.seconds(75)) == "75s")
        #expect(DurationText.format(.seconds(60)) == "1m")
        #expect(DurationText.format(.milliseconds(250)) == "250ms")
        #expect(DurationText.format(.seconds(7200)) == "2h")
        #expect(DurationText.format(.zero) == "0s")
    }

    @Test(arguments: ["on", "true", "yes", "ON", "True"])
    func `on has several words`(text: String) throws {
        #expect(try ValueFormat.toggle.parse(text) == true)
    }

    @Test(arguments: ["off", "false", "no"])
    func `off has several words`(text: String) throws {
        #expect(try ValueFormat.toggle.parse(text) == false)
    }

    @Test(arguments: ["", "1", "0", "maybe"])
    func `other words are neither on nor off`(text: String) throws {
        #expect(try ValueFormat.toggle.parse(text) == nil)
    }

    @Test func `permissions are octal`() throws {
        #expect(try ValueFormat.fileMode.parse("0660") == 0o660)
        #expect(try ValueFormat.fileMode.parse("660") == 0o660)
        for text in ["", "0o660", "999", "66", "07777", "rw"] { #expect(try ValueFormat.fileMode.parse(text) == nil) }
    }

    @Test func `field values have no control characters`() throws {
        #expect(try ValueFormat.fieldValue.parse("sagi/0.1 (x)") == "sagi/0.1 (x)")
        for text in ["", "a\r\nb", "a\u{0}", " a", "a "] { #expect(try ValueFormat.fieldValue.parse(text) == nil) }
    }

    @Test func `host names have no port`() throws {
        for text in ["example.org", "*.example.org", "localhost", "127.0.0.1", "::1"] {
            #expect(try ValueFormat.hostName.parse(text) == text)
        }
        for text in ["", "*.", "example.org:80", "a:80", "a b", "a/b", "*.*.org", "[::1]"] {
            #expect(try ValueFormat.hostName.parse(text) == nil)
        }
    }

    @Test func `mount paths begin with a slash`() throws {
        #expect(try ValueFormat.mountPath.parse("/app/v1") == "/app/v1")
        #expect(try ValueFormat.mountPath.parse("") == "")
        for text in ["app", "/", "/app/", "/a?b", "/a b"] { #expect(try ValueFormat.mountPath.parse(text) == nil) }
    }
}
