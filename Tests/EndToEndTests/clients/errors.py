"""What a request that breaks a rule is answered: one response, then the connection's end."""

from wire import Failed, check, equal, main, request, require, seen

HOST = "Host: a\r\n"
GET = f"GET / HTTP/1.1\r\n{HOST}"
POST = f"POST /echo HTTP/1.1\r\n{HOST}"
# What must never be served, after each of them.
NEXT = f"GET /headers HTTP/1.1\r\n{HOST}\r\n"


def refused(server, data, status, secure=False):
    """The request gets `status`, a text, and the end; nothing that follows is served."""
    with server.connect(secure) as connection:
        connection.send(data if isinstance(data, bytes) else data.encode("latin-1"))
        try:
            response = connection.response()
        except (Failed, OSError) as failure:
            raise Failed(f"{data[:120]!r}: {failure}")
        equal(response.status, status, f"{data[:120]!r}")
        require(response.framing == "length" and 0 < len(response.body) < 200, f"{data[:80]!r}: no short text")
        require(response["content-type"].startswith("text/plain"), "the type of the text")
        equal(response["connection"], "close", f"{data[:120]!r}: Connection")
        connection.ends()


def all_refused(server, cases, status):
    for case in cases:
        refused(server, case if isinstance(case, bytes) else case + NEXT, status)
        seen(repr(case[:100]))
    equal(server.get().status, 200, "the server goes on")


@check
def bad_request_line(server):
    all_refused(server, [
        "GET  / HTTP/1.1\r\n" + HOST + "\r\n", " GET / HTTP/1.1\r\n" + HOST + "\r\n",
        "GET / HTTP/1.1 \r\n" + HOST + "\r\n",
        "GET /\r\n" + HOST + "\r\n", "GET / \r\n\r\n", "GET\r\n\r\n", "GE(T / HTTP/1.1\r\n" + HOST + "\r\n",
        "GET / http/1.1\r\n" + HOST + "\r\n", "GET / HTTP/1\r\n" + HOST + "\r\n",
        "GET / HTTP/1.10\r\n" + HOST + "\r\n",
        "GET / HTTP/11.1\r\n" + HOST + "\r\n", "GET / HTTP 1.1\r\n" + HOST + "\r\n",
        "GET\t/ HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a b HTTP/1.1\r\n" + HOST + "\r\n", "GET /a#b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /\x00 HTTP/1.1\r\n" + HOST + "\r\n", "GET /\x7f HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /\xe9 HTTP/1.1\r\n" + HOST + "\r\n", "GET a HTTP/1.1\r\n" + HOST + "\r\n",
        "GET ftp://a/ HTTP/1.1\r\n" + HOST + "\r\n", "GET http:/// HTTP/1.1\r\n" + HOST + "\r\n",
        "GET http://a@b/ HTTP/1.1\r\n" + HOST + "\r\n", "GET / HTTP/1.1\rX\n" + HOST + "\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 32 + b"\r\n\r\n",
    ], 400)


@check
def bad_fields(server):
    all_refused(server, [
        GET + "X : 1\r\n\r\n", GET + " X: 1\r\n\r\n", GET + "X: 1\r\n folded\r\n\r\n", GET + "X: 1\r\n\tfolded\r\n\r\n",
        GET + ": 1\r\n\r\n", GET + "X\r\n\r\n", GET + "X(: 1\r\n\r\n", GET + "X\xe9: 1\r\n\r\n",
        GET + "X: a\x00b\r\n\r\n", GET + "X: a\x01b\r\n\r\n", GET + "X: a\x7fb\r\n\r\n", GET + "X: a\rb\r\n\r\n",
        GET + "X: 1\r\r\n\r\n", "GET / HTTP/1.1\r\n X: 1\r\n" + HOST + "\r\n", GET + "X: 1\n\r\n", GET + "X: 1\r\n\n",
        "GET / HTTP/1.1\n" + HOST + "\r\n",
    ], 400)


@check
def bad_host(server):
    line = "GET / HTTP/1.1\r\n"
    all_refused(server, [
        line + "\r\n", line + HOST + HOST + "\r\n", line + "Host: a, b\r\n\r\n", line + "Host: a b\r\n\r\n",
        line + "Host: a/b\r\n\r\n", line + "Host: a:b\r\n\r\n", line + "Host: a:99999999\r\n\r\n",
        line + "Host: a@b\r\n\r\n", line + "Host: [::1\r\n\r\n", line + HOST + "host: a\r\n\r\n",
        "GET / HTTP/1.0\r\n" + HOST + "Host: b\r\n\r\n",
    ], 400)
    for host in ("a", "a.b:80", "[::1]:80", "127.0.0.1", "a_b", "xn--a", "a."):
        equal(server.get("/").status, 200, host)
        with server.connect() as connection:
            connection.send(f"{line}Host: {host}\r\n\r\n")
            equal(connection.response().status, 200, f"Host: {host}")


@check
def bad_content_length(server):
    all_refused(server, [
        POST + f"Content-Length: {value}\r\n\r\nabc"
        for value in (
            "", "+3", "-3", "3 3", "0x3", "3,3", "3, 4", "3.0", "three", "3;", "\xb3", "\xef\xbc\x93",
        )
    ] + [
        POST + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        POST + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    ], 400)
    refused(server, POST + "Content-Length: 99999999999999999999999999\r\n\r\n", 413)


@check
def bad_transfer_encoding(server):
    chunk = "3\r\nabc\r\n0\r\n\r\n"
    all_refused(server, [
        POST + fields + "\r\n" + chunk
        for fields in (
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \x0bchunked\r\n", "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding:\r\n",
            "Transfer-Encoding: chunked;a=b\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        )
    ] + ["POST /echo HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunk], 400)
    refused(server, POST + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk + NEXT, 501)


@check
def bad_chunks(server):
    all_refused(server, [
        POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks
        for chunks in (
            "x\r\n", "\r\n", "-3\r\nabc\r\n", "+3\r\nabc\r\n", "0x3\r\nabc\r\n", " 3\r\nabc\r\n", "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc0\r\n\r\n", "3\rabc", "fffffffffffffffff\r\n", ";a\r\n",
            "3;a\x00\r\nabc\r\n", "3 3\r\nabc\r\n", "3;a\rb\r\nabc\r\n",
        )
    ], 400)


@check
def bad_trailers(server):
    start = POST.replace("/echo", "/count") + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
    for trailer in (
        "X\r\n\r\n", "X : 1\r\n\r\n", " X: 1\r\n\r\n", "X: a\x00\r\n\r\n", "X: 1\n\r\n", "X: 1\r\n y\r\n\r\n",
    ):
        refused(server, start + trailer + NEXT, 400)


@check
def bad_chunks_after_start(server):
    """The echo has begun when the content turns out to be bad: it is cut off."""
    with server.connect() as connection:
        connection.send(POST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        head = connection.head()
        equal(head.status, 200, "the start of the echo")
        connection.take(len("3\r\nabc\r\n"))
        connection.send("what\r\n" + NEXT)
        data = connection.rest()
        require(b"0\r\n\r\n" not in data and b"HTTP/1.1" not in data, f"what follows the bad chunk: {data!r}")


@check
def expectation_failed(server):
    all_refused(server, [POST + "Content-Length: 3\r\nExpect: 200-ok\r\n\r\nabc"], 417)


@check
def version_not_supported(server):
    all_refused(server, [
        "GET / HTTP/2.0\r\n" + HOST + "\r\n", "GET / HTTP/0.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n",
    ], 505)


@check
def method_too_long(server):
    all_refused(server, ["M" * 65 + " / HTTP/1.1\r\n" + HOST + "\r\n"], 501)
    equal(server.get(method="M" * 64).status, 200, "64 bytes")


@check
def errors_over_tls(server):
    for data, status in ((GET + "X : 1\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505)):
        refused(server, data, status, secure=True)


@check
def answers_before_bad_request(server):
    """What came before the bad request is answered first."""
    with server.connect() as connection:
        connection.send(request("/slow?ms=200") + request() + b"BAD\r\n\r\n" + request())
        equal([connection.response().status for _ in range(3)], [200, 200, 400], "the statuses")
        connection.ends()


@check
def answer_survives_the_rest(server):
    """A client that goes on sending still gets the refusal: it is not reset at once."""
    with server.connect() as connection:
        connection.send(GET + "X : 1\r\n\r\n")
        for _ in range(10):
            connection.send(b"x" * 1000)
        equal(connection.response().status, 400, "the status")


if __name__ == "__main__":
    main()
