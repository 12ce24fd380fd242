"""Limits, each set low by a flag."""


from errors import GET, HOST, NEXT, POST, refused
from wire import check, equal, main, request, seen


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
def requests(server):
    """--limit-requests 3"""
    with server.connect() as connection:
        connection.send(request() * 5)
        answers = [connection.response() for _ in range(3)]
        equal([one["connection"] for one in answers], [None, None, "close"], "Connection")
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
    accepted(server, "GET http://a.example/ HTTP/1.1\r\nHost: c.example\r\n\r\n")
    refused(server, "GET / HTTP/1.1\r\nHost: \r\n\r\n" + NEXT, 421)
    refused(server, "GET http://c.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n" + NEXT, 421)


if __name__ == "__main__":
    main()
