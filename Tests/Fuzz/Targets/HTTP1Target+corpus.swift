extension HTTP1Target {
    static let corpus: [String] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a/b?c=d HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: x/1.0\r\nAccept: text/html,*/*;q=0.8\r\n"
            + "Accept-Encoding: gzip, br\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\n\r\n",
        "HEAD /%41%zz HTTP/1.1\r\nHost: [::1]:80\r\nX: \t y \t\r\n\r\n",
        "GET http://b.example:81/c?d HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET https://b?c HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
        "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n",
        "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: A\r\n\r\n"
            + "a;x=y;z=\"q\"\r\n0123456789\r\n0;last\r\nA: b\r\nC:\td \r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\u{0}\r\n\u{FF}GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \u{E9}\u{C3}\u{A9}\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\nContent-Length: 1\n\nx",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        // At the small limits, and one beyond.
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "30\r\n\(String(repeating: "x", count: 48))\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "31\r\n\(String(repeating: "x", count: 49))\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 49\r\n\r\n" + String(repeating: "x", count: 49),
        "GET /\(String(repeating: "a", count: 34)) HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\(String(repeating: "a", count: 35)) HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\n" + "\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\n" + "\r\n",
    ]

    static let tokens: [String] = [
        "\r\n", "\r", "\n", "\r\n\r\n", "\n\n", "\r\r\n", " ", "\t", ":", ": ", ",", ";", "\u{0}", "\u{7F}", "\u{FF}",
        "/", "?",
        "#", "%", "*", "GET ", "HEAD ", "POST / ", "CONNECT ", "OPTIONS ", "GET / HTTP/1.1\r\n", " HTTP/1.1",
        " HTTP/1.0",
        " HTTP/1.2", " HTTP/2.0", "HTTP/", "http://", "https://b", "http://u@b/", "Host: a\r\n", "Host:\r\n",
        "Host: [::1]:80\r\n",
        "\r\nHost: b", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 9223372036854775807\r\n", "Content-Length: 9223372036854775808\r\n", "Content-Length:",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:", "chunked", ", chunked", "gzip", "identity", "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Connection: upgrade\r\nUpgrade: x\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n", "TE: trailers\r\n",
        "Accept: text/event-stream\r\n", "X: y\r\n", "X : y\r\n", " folded\r\n", ": y\r\n", "0\r\n\r\n", "0\r\n",
        "1\r\na\r\n",
        "5\r\nhello\r\n", "a\r\n", "A;b=c\r\n", "00000000000000000", "ffffffffffffffff", "7fffffffffffffff",
        "fffffffffffffff",
        "-1", "0x5", "A: b\r\n\r\n", "\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
}
