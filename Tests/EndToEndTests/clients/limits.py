"""Limits, each set low by a flag."""

import time

from errors import GET, HOST, NEXT, POST, refused
from wire import between, check, equal, main, request, require, seen


def accepted(server, data, status=200):
    with server.connect() as connection:
        connection.send(data)
        equal(connection.response().status, status, f"{data[:60]!r}")


@check
def request_line(server):
    """--limit-request-line 100"""
    def line(count):
        return "GET /" + "x" * (count - len("GET / HTTP/1.1")) + " HTTP/1.1"
    accepted(server, line(100) + "\r\n" + HOST + "\r\n", 404)
    refused(server, line(120) + "\r\n" + HOST + "\r\n" + NEXT, 414)
    refused(server, line(100000)[:50000], 414)
    seen("414 before the line's end has come")


@check
def header_size(server):
    """--limit-header-size 1000"""
    accepted(server, GET + "X: " + "x" * 900 + "\r\n\r\n")
    refused(server, GET + "X: " + "x" * 1000 + "\r\n\r\n" + NEXT, 431)
    refused(server, GET + "X: " + "x" * 2000, 431)
    refused(server, GET + "X: y\r\n" * 300, 431)
    accepted(server, (GET + "X: " + "x" * 900 + "\r\n\r\n"))


@check
def header_size_default(server):
    accepted(server, GET + "X: " + "x" * 30000 + "\r\n\r\n")
    refused(server, GET + "X: " + "x" * 40000 + "\r\n\r\n" + NEXT, 431)


@check
def header_count(server):
    """--limit-header-count 10"""
    accepted(server, GET + "X: y\r\n" * 9 + "\r\n")
    refused(server, GET + "X: y\r\n" * 10 + "\r\n" + NEXT, 431)


@check
def body(server):
    """--limit-body 1000"""
    accepted(server, POST + "Content-Length: 1000\r\n\r\n" + "x" * 1000)
    refused(server, POST + "Content-Length: 1001\r\n\r\n" + "x" * 1001 + NEXT, 413)
    accepted(server, POST + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + "x" * 1000 + "\r\n0\r\n\r\n")
    count = POST.replace("/echo", "/count")
    refused(server, count + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + "x" * 1001 + "\r\n0\r\n\r\n" + NEXT, 413)
    many = "a\r\n0123456789\r\n" * 101 + "0\r\n\r\n"
    refused(server, count + "Transfer-Encoding: chunked\r\n\r\n" + many + NEXT, 413)
    # The client hears of it without sending anything.
    refused(server, POST + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413)


@check
def trailer_size(server):
    """--limit-trailer-size 100"""
    count = POST.replace("/echo", "/count") + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
    accepted(server, count + "X: " + "x" * 80 + "\r\n\r\n")
    refused(server, count + "X: " + "x" * 100 + "\r\n\r\n" + NEXT, 431)
    refused(server, count + "X: " + "x" * 5000, 431)


@check
def chunk_extensions(server):
    """--limit-chunk-extensions 100"""
    count = POST.replace("/echo", "/count") + "Transfer-Encoding: chunked\r\n\r\n"
    accepted(server, count + "1;" + "x" * 90 + "\r\na\r\n0\r\n\r\n")
    refused(server, count + "1;" + "x" * 200, 400)
    refused(server, count + "1;xxxxxxxxxxxxxxxxxxx\r\na\r\n" * 20 + "0\r\n\r\n" + NEXT, 400)


@check
def drain(server):
    """--limit-drain 1000"""
    def post(count):
        return request("/ignore", f"Content-Length: {count}\r\n", "POST") + b"x" * count
    with server.connect() as connection:
        connection.send(post(1000) + request())
        equal([connection.response().status for _ in range(2)], [200, 200], "drained")
        connection.send(post(2000) + request())
        equal(connection.response().status, 200, "too much to drain")
        equal(connection.rest(), b"", "what follows")


@check
def connections(server):
    """--limit-connections 2"""
    first, second = server.connect(), server.connect()
    for one in (first, second):
        one.send(request())
        equal(one.response().status, 200, "one of two")
    with server.connect() as third:
        third.send(request())
        response = third.response()
        equal(response.status, 503, "one too many")
        require(int(response["retry-after"]) > 0, "Retry-After")
        equal(response["connection"], "close", "Connection")
        third.ends()
    first.sock.close()
    end = time.monotonic() + 3
    while server.get().status != 200:
        require(time.monotonic() < end, "the place of a closed connection is not free")
        time.sleep(0.05)
    second.send(request())
    equal(second.response().status, 200, "the other one goes on")


@check
def requests(server):
    """--limit-requests 3"""
    with server.connect() as connection:
        connection.send(request() * 5)
        answers = [connection.response() for _ in range(3)]
        equal([one["connection"] for one in answers], [None, None, "close"], "Connection")
        connection.ends()


@check
def connection_age(server):
    """--timeout-connection-age 1s"""
    with server.connect() as connection:
        connection.send(request())
        equal(connection.response()["connection"], None, "Connection")
        start = time.monotonic()
        connection.ends(4)
        between(time.monotonic() - start, 0.5, 2, "the idle connection's end")
    # Whoever is being answered when the age is reached is told with the response.
    with server.connect() as connection:
        connection.send(request("/slow?ms=1500") + request())
        response = connection.response()
        equal((response.status, response["connection"]), (200, "close"), "the response after the age")
        connection.ends()


@check
def water_marks(server):
    """--limit-high-water 4KiB --limit-low-water 1KiB --limit-input-buffer 2KiB"""
    for secure in (False, True):
        equal(len(server.get("/bytes/3000000", secure).body), 3000000, "a download")
        with server.connect(secure) as connection:
            connection.send(request("/count", "Content-Length: 1000000\r\n", "POST") + b"x" * 1000000)
            equal(connection.response().body, b"1000000\n", "an upload")
            connection.send(request("/bytes/1000") * 40)
            equal({len(connection.response().body) for _ in range(40)}, {1000}, "more requests than the buffer holds")


@check
def host_not_served(server):
    """--server-name a.example --server-name *.b.example"""
    for host in ("a.example", "A.Example:8000", "x.b.example", "x.y.b.example", "a.example."):
        accepted(server, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
    for host in ("b.example", "c.example", "127.0.0.1", "xa.example", ""):
        refused(server, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n" + NEXT, 421)
    refused(server, "GET http://c.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n" + NEXT, 421)


if __name__ == "__main__":
    main()
