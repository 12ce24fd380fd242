"""How requests and responses are delimited (RFC 9112)."""

import re

from wire import check, equal, main, request, require, seen

HELLO = b"Hello, world!\n"


@check
def hello_exact(server):
    with server.connect() as connection:
        connection.send(request() + request(fields="Connection: close\r\n"))
        data = connection.rest()
    date = rb"Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT\r\n"
    common = rb"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: sagi\r\n" + date + rb"Content-Length: 14\r\n"
    pattern = common + rb"\r\n" + HELLO + common + rb"Connection: close\r\n\r\n" + HELLO
    require(re.fullmatch(pattern, data), f"not the expected bytes: {data!r}")
    seen("two responses, byte for byte")


@check
def chunked_exact(server):
    with server.connect() as connection:
        connection.send(request("/stream?chunks=2&ms=20", "Connection: close\r\n"))
        head = connection.head()
        equal(head["transfer-encoding"], "chunked", "Transfer-Encoding")
        equal(head["content-length"], None, "Content-Length")
        equal(connection.rest(), b"8\r\nchunk 1\n\r\n8\r\nchunk 2\n\r\n0\r\n\r\n", "the chunks")


@check
def http10_closes(server):
    with server.connect() as connection:
        connection.send(request(version="HTTP/1.0"))
        response = connection.response()
        equal((response.version, response.status, response.body), ("HTTP/1.1", 200, HELLO), "the response")
        connection.ends()
    with server.connect() as connection:
        connection.send("GET / HTTP/1.0\r\n\r\n")
        equal(connection.response().status, 200, "1.0 without Host")
    with server.connect() as connection:
        connection.send(request("/stream?chunks=2&ms=1", version="HTTP/1.0"))
        response = connection.response()
        equal((response.framing, response.body), ("close", b"chunk 1\nchunk 2\n"), "a stream for 1.0")


@check
def http10_keep_alive(server):
    keep = "Connection: keep-alive\r\n"
    with server.connect() as connection:
        for _ in range(3):
            connection.send(request(fields=keep, version="HTTP/1.0"))
            response = connection.response()
            equal(response["connection"].lower(), "keep-alive", "Connection")
            equal(response.body, HELLO, "the content")
        connection.send(request("/stream?chunks=1&ms=1", keep, version="HTTP/1.0"))
        response = connection.response()
        require(response.framing in ("close", "length"), f"a stream for 1.0 is {response.framing}")


@check
def higher_minor_version(server):
    with server.connect() as connection:
        connection.send(request(version="HTTP/1.7"))
        response = connection.response()
        equal((response.version, response.status), ("HTTP/1.1", 200), "the answer to HTTP/1.7")


@check
def connection_close(server):
    for fields in ("Connection: close\r\n", "Connection: x, Close\r\n", "Connection: x\r\nConnection: close\r\n"):
        with server.connect() as connection:
            connection.send(request(fields=fields) + request("/headers"))
            response = connection.response()
            equal(response["connection"], "close", "Connection")
            connection.ends()
    seen("closed after the response, and the next request was not served")


@check
def pipelining(server):
    with server.connect() as connection:
        connection.send(b"".join(request(f"/bytes/{count}") for count in range(100)))
        for count in range(100):
            equal(len(connection.response().body), count, "the content")
        # A slow one in front, and one with content in the middle.
        post = request("/echo", "Content-Length: 5\r\n", "POST") + b"12345"
        connection.send(request("/slow?ms=300") + post + request("/status/404") + request())
        equal(
            [connection.response().body for _ in range(4)], [b"That took a while.\n", b"12345", b"404\n", HELLO],
            "the contents")
    seen("answers come in the order of the requests")


@check
def pipelined_byte_by_byte(server):
    data = request("/echo", "Content-Length: 3\r\n", "POST") + b"abc" + request()
    data += request("/echo", "Transfer-Encoding: chunked\r\n", "PUT") + b"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nA: b\r\n\r\n"
    with server.connect() as connection:
        for byte in data:
            connection.send(bytes([byte]))
        equal([connection.response().body for _ in range(3)], [b"abc", HELLO, b"abcd"], "the contents")


@check
def absolute_form(server):
    with server.connect() as connection:
        connection.send(request("http://shop.example:81/headers?x=1", host="other.example"))
        facts = connection.response().json()
        equal(facts["authority"], "shop.example:81", "the authority is that of the target")
        equal((facts["path"], facts["query"]), ("/headers", "x=1"), "the path and the query")
        connection.send(request("http://shop.example", host="shop.example"))
        equal(connection.response().body, HELLO, "an empty path")


@check
def asterisk_and_authority_form(server):
    with server.connect() as connection:
        connection.send(request("*", method="OPTIONS"))
        equal(connection.response().status, 404, "OPTIONS * reaches the application")
        connection.send(request("example.org:443", method="CONNECT", host="example.org:443"))
        require(connection.response("CONNECT").status >= 400, "CONNECT was accepted")
    for target, method in (("*", "GET"), ("example.org:443", "GET"), ("/", "CONNECT"), ("example.org", "CONNECT")):
        equal(server.get(target, method=method).status, 400, f"{method} {target}")


@check
def header_fields(server):
    with server.connect() as connection:
        connection.send(request("/headers", "X-A: 1\r\nx-a:  two \t\r\nCookie: a=1\r\nCookie: b=2\r\nX-E:\r\n"))
        pairs = connection.response().json()["headers"]
    lower = [(name.lower(), value) for name, value in pairs]
    for wanted in (("x-a", "1"), ("x-a", "two"), ("cookie", "a=1; b=2"), ("x-e", "")):
        require(wanted in lower, f"{wanted} is not in {pairs}")


@check
def chunked_request(server):
    chunks = b"5\r\nhello\r\n1 ; a=\"b\" \r\n \r\n0006;x\r\nworld!\r\n000\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n"
    with server.connect() as connection:
        connection.send(request("/echo", "Transfer-Encoding: Chunked\r\nContent-Type: a/b\r\n", "POST") + chunks)
        response = connection.response()
        equal((response.body, response["content-type"]), (b"hello world!", "a/b"), "the echo")
        connection.send(request())
        equal(connection.response().body, HELLO, "the next response")


@check
def trailers_for_those_who_ask(server):
    with server.connect() as connection:
        connection.send(request("/trailers", "TE: gzip\r\n"))
        equal(connection.response().trailers, [], "with another TE")


@check
def request_trailers(server):
    fields = "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\n"
    with server.connect() as connection:
        connection.send(request("/trailers", fields, "POST") + b"1\r\na\r\n0\r\nX-Sum: 99\r\n\r\n")
        require(("x-sum", "99") in connection.response().trailers, "the trailers did not reach the application")
        # Neither taken for fields of the head, nor for another request, nor handed on.
        late = b"Content-Length: 5\r\nHost: b\r\nTransfer-Encoding: chunked\r\nCookie: a=b\r\nConnection: close\r\n"
        connection.send(request("/trailers", fields, "POST") + b"1\r\na\r\n0\r\n" + late + b"X-Sum: 1\r\n\r\n")
        equal(connection.response().trailers, [("x-sum", "1"), ("x-checksum", "abc123")], "forbidden trailers")
        connection.send(request())
        equal(connection.response().body, HELLO, "the next request")


@check
def early_hints(server):
    with server.connect() as connection:
        connection.send(request("/hints"))
        hints = connection.response()
        equal((hints.status, hints.reason), (103, "Early Hints"), "the interim response")
        equal(hints["link"], "</style.css>; rel=preload; as=style", "Link")
        equal(connection.response().body, b"Hints came before.\n", "the response")
        connection.send(request("/hints", version="HTTP/1.0"))
        equal(connection.response().status, 200, "1.0 gets no interim response")


@check
def no_continue_when_content_came(server):
    with server.connect() as connection:
        connection.send(request("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n", "POST") + b"abc")
        equal(connection.response().status, 200, "the first response")
    with server.connect() as connection:
        connection.send(request("/", "Expect: 100-continue\r\n"))
        equal(connection.response().status, 200, "without content")
    with server.connect() as connection:
        fields = "Content-Length: 3\r\nExpect: 100-continue\r\n"
        connection.send(request("/echo", fields, "POST", version="HTTP/1.0") + b"abc")
        equal(connection.response().status, 200, "for 1.0")


@check
def no_continue_when_not_wanted(server):
    with server.connect() as connection:
        connection.send(request("/ignore", "Content-Length: 3\r\nExpect: 100-continue\r\n", "POST"))
        response = connection.response()
        equal(response.status, 200, "the first response")
        equal(response["connection"], "close", "the client may or may not send its content now")
        connection.ends()


@check
def empty_lines_before_request(server):
    with server.connect() as connection:
        connection.send(b"\r\n\r\n" + request() + b"\r\n" + request())
        equal([connection.response().body for _ in range(2)], [HELLO, HELLO], "the contents")


@check
def bare_line_feed_allowed(server):
    with server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\r\nHost: a\n\r\n")
        equal([connection.response().body for _ in range(2)], [HELLO, HELLO], "the contents")


@check
def unread_content_is_drained(server):
    smuggled = request("/headers")
    with server.connect() as connection:
        for count in range(3):
            connection.send(request("/ignore", f"Content-Length: {len(smuggled)}\r\n", "POST") + smuggled)
            equal(connection.response().body, b"The content was not read.\n", "the response")
        # Later than the response.
        connection.send(request("/ignore", f"Content-Length: {len(smuggled)}\r\n", "POST"))
        equal(connection.response().body, b"The content was not read.\n", "the response")
        connection.send(smuggled + request())
        equal(connection.response().body, HELLO, "what follows the unread content")
        chunk = f"{len(smuggled):x}\r\n".encode() + smuggled + b"\r\n0\r\n\r\n"
        connection.send(request("/ignore", "Transfer-Encoding: chunked\r\n", "POST") + chunk + request())
        equal([connection.response().status for _ in range(2)], [200, 200], "with chunks")
        connection.is_quiet(0.3)
    seen("the content was never taken for a request")


@check
def unread_content_closes(server):
    smuggled = request("/headers") * 20000
    with server.connect() as connection:
        try:
            connection.send(request("/ignore", f"Content-Length: {len(smuggled)}\r\n", "POST") + smuggled)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            response = connection.response()
        except ConnectionResetError:
            seen("reset before the response could be read")
            return
        equal(response.body, b"The content was not read.\n", "the response")
        equal(connection.rest(), b"", "what follows")
    seen("closed, and nothing of the content was served")


@check
def half_close(server):
    import socket
    with server.connect() as connection:
        connection.send(request("/slow?ms=400"))
        connection.sock.shutdown(socket.SHUT_WR)
        equal(connection.response().status, 200, "the answer after the client closed its half")
        connection.ends()
    with server.connect() as connection:
        connection.send(request("/echo", "Content-Length: 100000\r\n", "POST") + b"x" * 100000 + request())
        connection.sock.shutdown(socket.SHUT_WR)
        equal(len(connection.response().body), 100000, "the echo")
        equal(connection.response().body, HELLO, "the pipelined request")
        connection.ends()
    with server.connect() as connection:
        connection.send(request("/bytes/20000000"))
        connection.sock.shutdown(socket.SHUT_WR)
        equal(len(connection.response().body), 20000000, "a long answer")


@check
def half_close_in_head(server):
    import socket
    with server.connect() as connection:
        connection.send("GET / HTTP/1.1\r\nHost: ")
        connection.sock.shutdown(socket.SHUT_WR)
        data = connection.rest()
        require(data == b"" or data.startswith(b"HTTP/1.1 400 "), f"an unfinished request got {data!r}")


@check
def error_after_start(server):
    for secure in (False, True):
        with server.connect(secure) as connection:
            connection.send(request("/abort", version="HTTP/1.0"))
            connection.head()
            data = connection.rest()
            # Without chunks only the way the connection ends can tell.
            require(connection.was_reset, f"the end of a close-delimited response looks regular: {data!r}")
    seen("cut off visibly")


if __name__ == "__main__":
    main()
