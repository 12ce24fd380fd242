import Testing

/// A step of an example: a block, what it means, and the dynamic table afterwards.
struct Step: Sendable {
    let block: [UInt8]
    let fields: [TextField]
    let table: [TextField]
    let tableSize: Int

    init(_ block: String, _ fields: [TextField], table: [TextField], size: Int) {
        self.block = hex(block)
        self.fields = fields
        self.table = table
        tableSize = size
    }
}

/// One of RFC 7541's examples: the blocks of one connection.
struct Example: Sendable, CustomTestStringConvertible {
    let section: String
    var tableSize = 4096
    let steps: [Step]

    var testDescription: String { section }

    private static let get = TextField(":method", "GET")
    private static let http = TextField(":scheme", "http")
    private static let root = TextField(":path", "/")
    private static let authority = TextField(":authority", "www.example.com")
    private static let noCache = TextField("cache-control", "no-cache")
    private static let custom = TextField("custom-key", "custom-value")
    private static let firstDate = TextField("date", "Mon, 21 Oct 2013 20:13:21 GMT")
    private static let nextDate = TextField("date", "Mon, 21 Oct 2013 20:13:22 GMT")
    private static let isPrivate = TextField("cache-control", "private")
    private static let location = TextField("location", "https://www.example.com")
    private static let gzip = TextField("content-encoding", "gzip")
    private static let cookie = TextField("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")

    /// RFC 7541 §C.2: single fields.
    static let single: [Example] = {
        let header = TextField("custom-key", "custom-header")
        return [
            Example(
                section: "C.2.1",
                steps: [
                    Step(
                        "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", [header], table: [header],
                        size: 55)
                ]),
            Example(
                section: "C.2.2",
                steps: [
                    Step(
                        "040c 2f73 616d 706c 652f 7061 7468", [TextField(":path", "/sample/path")], table: [], size: 0)
                ]),
            Example(
                section: "C.2.3",
                steps: [
                    Step(
                        "1008 7061 7373 776f 7264 0673 6563 7265 74", [TextField("password", "secret")], table: [],
                        size: 0)
                ]),
            Example(section: "C.2.4", steps: [Step("82", [get], table: [], size: 0)]),
        ]
    }()

    private static func requests(_ section: String, _ first: String, _ second: String, _ third: String) -> Example {
        Example(
            section: section,
            steps: [
                Step(first, [get, http, root, authority], table: [authority], size: 57),
                Step(second, [get, http, root, authority, noCache], table: [noCache, authority], size: 110),
                Step(
                    third,
                    [
                        get, TextField(":scheme", "https"), TextField(":path", "/index.html"), authority, custom,
                    ], table: [custom, noCache, authority], size: 164),
            ])
    }

    private static func responses(_ section: String, _ first: String, _ second: String, _ third: String) -> Example {
        let found = TextField(":status", "302")
        let redirect = TextField(":status", "307")
        return Example(
            section: section, tableSize: 256,
            steps: [
                Step(
                    first, [found, isPrivate, firstDate, location], table: [location, firstDate, isPrivate, found],
                    size: 222),
                Step(
                    second, [redirect, isPrivate, firstDate, location],
                    table: [redirect, location, firstDate, isPrivate], size: 222),
                Step(
                    third, [TextField(":status", "200"), isPrivate, nextDate, location, gzip, cookie],
                    table: [cookie, gzip, nextDate], size: 215),
            ])
    }

    /// RFC 7541 §C.3: requests without Huffman code.
    static let plainRequests = requests(
        "C.3", "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65")
    /// RFC 7541 §C.4: requests with Huffman code.
    static let codedRequests = requests(
        "C.4", "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")
    /// RFC 7541 §C.5: responses without Huffman code, in a small table.
    static let plainResponses = responses(
        "C.5",
        """
        4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
        546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
        """, "4803 3330 37c1 c0bf",
        """
        88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
        6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
        2076 6572 7369 6f6e 3d31
        """)
    /// RFC 7541 §C.6: responses with Huffman code, in a small table.
    static let codedResponses = responses(
        "C.6",
        """
        4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
        8f0b 97c8 e9ae 82ae 43d3
        """, "4883 640e ffc1 c0bf",
        """
        88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
        dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
        """)

    static let all = single + [plainRequests, codedRequests, plainResponses, codedResponses]
}
