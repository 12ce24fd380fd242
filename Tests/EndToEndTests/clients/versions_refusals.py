"""Limits and times, over every version of HTTP."""

import os
import time

import h2.errors

from ways import every_way, every_way_in_turn
from wire import between, equal, main, require


def refused(connection, answer, status, what):
    """The server's own answer: a short text, after which the connection ends or goes on as its version has it."""
    equal((answer.status, answer.ended), (status, True), what)
    equal(answer["content-type"], "text/plain; charset=utf-8", f"{what}: the type")
    require(0 < len(answer.body) < 100 and answer.body.endswith(b".\n"), f"{what}: no short text")
    connection.goes_on()


# Limits


@every_way
def content(server, way):
    """--limit-body 1000"""
    def post(path, size, fields=(), **options):
        return connection.open(path, "POST", [*fields, ("content-length", str(size))], end=False, **options)
    with way.connect(server) as connection:
        equal(connection.get("/count", "POST", content=b"x" * 1000).text, "1000\n", "as much as is allowed")
        equal(connection.open("/count", "POST", end=False).end(b"x" * 1000).wait().text, "1000\n", "the same in parts")
        refused(connection, post("/count", 1001).wait(), 413, "a length beyond the limit")
    with way.connect(server) as connection:
        refused(connection, post("/count", 1001).end(b"x" * 1001).wait(), 413, "its content")
    with way.connect(server) as connection:
        answer = post("/count", 1001, [("expect", "100-continue")]).wait()
        equal(answer.informational, [], "100")
        refused(connection, answer, 413, "a client that has waited")
    for sent in (b"x" * 1001, b"x" * 100_000):
        with way.connect(server) as connection:
            refused(connection, connection.open("/count", "POST", end=False).send(sent).wait(), 413, "content in parts")
    with way.connect(server) as connection:
        exchange = connection.open("/count", "POST", end=False)
        for _ in range(101):
            exchange.send(b"0123456789")
        refused(connection, exchange.wait(), 413, "content in very many parts")
    with way.connect(server) as connection:
        connection.open(f"/received/{way.mark}", "POST", end=False).send(b"x" * 1001).wait()
    equal(server.noted(way.mark), "disconnect: body_too_large", "what the application saw")
    with way.connect(server) as connection:
        exchange = connection.open("/echo", "POST", end=False).send(b"x" * 500)
        exchange.until(lambda: exchange.answer.body, "the echo")
        answer = exchange.send(b"x" * 501).wait()
        require(answer.status == 200 and answer.is_cut, f"too much after the start: {answer}")
        connection.goes_on()


@every_way
def fields(server, way):
    """--limit-header-size 1000 --limit-header-count 20 --limit-trailer-size 100"""
    for what, lines in (("bytes", [("x", "y" * 1000)]), ("bytes together", [("x", "y" * 50)] * 19),
                        ("fields", [("x", "y")] * 30)):
        for method in ("GET", "HEAD"):
            with way.connect(server) as connection:
                answer = connection.get("/", method, lines)
                if method == "GET":
                    refused(connection, answer, 431, f"too many {what}")
                else:
                    equal((answer.status, answer.body), (431, b""), f"too many {what}")
                    connection.goes_on()
    with way.connect(server) as connection:
        # In HTTP/2 each field counts for 32 bytes more (RFC 9113 §6.5.2).
        equal(connection.get("/", fields=[("x", "y" * 700)]).status, 200, "bytes enough")
        equal(connection.get("/", fields=[("x", "y")] * 17).status, 200, "fields enough")
        exchange = connection.open("/count", "POST", end=False)
        equal(exchange.end(b"x", trailers=[("x", "y" * 50)]).wait().text, "1\n", "trailers enough")
        exchange = connection.open("/count", "POST", end=False)
        refused(connection, exchange.end(b"x", trailers=[("x", "y" * 100)]).wait(), 431, "too large trailers")


@every_way
def host(server, way):
    """--server-name a.example --server-name *.b.example"""
    with way.connect(server) as connection:
        for name in ("a.example", "A.Example:8000", "x.b.example", "x.y.b.example", "a.example."):
            equal(connection.get("/", authority=name).status, 200, name)
    for name in ("b.example", "c.example", "127.0.0.1", "xa.example"):
        with way.connect(server) as connection:
            answer = connection.get("/", authority=name)
            equal((answer.status, answer.ended), (421, True), name)
            require(b"host" in answer.body, f"the text {answer.body!r}")


@every_way
def expectation(server, way):
    with way.connect(server) as connection:
        refused(connection, connection.get("/echo", "POST", [("expect", "200-ok")], content=b"abc"), 417, "an expectation")
    with way.connect(server) as connection:
        equal(connection.get("/echo", "M" * 65).status, 501, "a long method")


@every_way
def malformed(server, way):
    """What is malformed is 400 over HTTP/1.1, and a stream error over HTTP/2 (RFC 9112 §3.2, RFC 9113 §8.1.1)."""
    for what, lines in (
        ("a byte in a value", [("x", "a\x01b")]), ("a space in a name", [("x y", "z")]), ("no name", [("", "x")]),
        ("a length that is none", [("content-length", "x")]), ("a list of lengths", [("content-length", "3, 3")]),
        ("two lengths", [("content-length", "3"), ("content-length", "4")]), ("another host", [("host", "b")]),
        ("a host that is none", None),
    ):
        with way.connect(server, validate=False) as connection:
            options = {"authority": "a b"} if lines is None else {}
            answer = connection.open("/headers", "POST", lines or (), end=False, **options).wait()
            if way.is_first:
                refused(connection, answer, 400, what)
            else:
                equal((answer.status, answer.reset), (None, h2.errors.ErrorCodes.PROTOCOL_ERROR), what)
                connection.goes_on()


@every_way_in_turn
def connections(server, way):
    """--limit-connections 2"""
    idle = server.descriptors()
    with way.connect(server) as first, way.connect(server) as second:
        for one in (first, second):
            equal(one.get("/").status, 200, "one of two")
        if way.is_first:
            with way.connect(server) as third:
                answer = third.get("/")
                equal((answer.status, answer["retry-after"]), (503, "5"), "one too many")
                third.is_closing(answer)
        elif way.secure:
            # A connection that cannot begin says why; there is no request that could be answered.
            with way.connect(server) as third:
                third.ends()
                equal(third.client.goodbye.error_code, h2.errors.ErrorCodes.ENHANCE_YOUR_CALM, "GOAWAY")
        equal(second.get("/").status, 200, "the others go on")
    # The server notices a moment later that connections are closed.
    end = time.monotonic() + 5
    while server.descriptors() > idle or way.get(server, "/").status != 200:
        require(time.monotonic() < end, "the place of a closed connection is not free")
        time.sleep(0.02)
    while server.descriptors() > idle:
        require(time.monotonic() < end, "a closed connection is still open")
        time.sleep(0.02)


@every_way
def requests(server, way):
    """--limit-requests 3"""
    with way.connect(server) as connection:
        answers = [connection.get("/") for _ in range(3)]
        equal([(one.status, one.body) for one in answers], [(200, b"Hello, world!\n")] * 3, "the answers")
        equal([one["connection"] for one in answers[:2]], [None, None], "Connection")
        connection.is_closing(answers[2])


@every_way
def water_marks(server, way):
    """--limit-high-water 4KiB --limit-low-water 1KiB --limit-input-buffer 2KiB"""
    with way.connect(server) as connection:
        equal(len(connection.get("/bytes/3000000").body), 3_000_000, "a download")
        equal(connection.get("/count", "POST", content=b"x" * 1_000_000).body, b"1000000\n", "an upload")
        equal(len(connection.get("/file").body), 1 << 20, "a file")


# Times


@every_way
def content_stalls(server, way):
    """--timeout-body 500ms"""
    for fields, data in (([("content-length", "100")], b""), ([("content-length", "100")], b"x" * 99), ([], b"hel")):
        with way.connect(server) as connection:
            start = time.monotonic()
            answer = connection.open("/count", "POST", fields, end=False).send(data).wait()
            between(time.monotonic() - start, 0.4, 3, "the time")
            refused(connection, answer, 408, "content that stalls")
    with way.connect(server) as connection:
        start = time.monotonic()
        exchange = connection.open("/echo", "POST", [("content-length", "100")], end=False).send(b"x" * 50)
        answer = exchange.wait()
        between(time.monotonic() - start, 0.4, 3, "the time")
        require(answer.status == 200 and answer.is_cut and len(answer.body) <= 50, f"after the start: {answer}")
        connection.goes_on()
        connection.leave()
    with way.connect(server) as connection:
        equal(connection.open(f"/received/{way.mark}", "POST", end=False).send(b"x").wait().status, 408, "the status")
    equal(server.noted(way.mark), "disconnect: client_timeout", "what the application saw")


@every_way
def slow_application(server, way):
    """--timeout-body 300ms: it is not the client's fault when the application takes long."""
    with way.connect(server) as connection:
        exchange = connection.open("/count?ms=700", "POST", end=False).send(b"x")
        time.sleep(0.5)  # the application is what takes so long
        equal(exchange.end(b"x").wait().text, "2\n", "the count")


@every_way
def content_trickles(server, way):
    """--timeout-body 500ms, and the default for the lowest rate: a byte from time to time does not help."""
    with way.connect(server) as connection:
        start = time.monotonic()
        exchange = connection.open("/count", "POST", end=False)
        while not exchange.poll(0.1):
            require(time.monotonic() < start + 5, "content that trickles was not cut off")
            exchange.send(b"x")
        refused(connection, exchange.wait(), 408, "content that trickles")
        between(time.monotonic() - start, 0.4, 4, "the end")


@every_way
def content_may_trickle(server, way):
    """--timeout-body 1s --limit-rate off: only a stall counts."""
    with way.connect(server) as connection:
        exchange = connection.open("/count", "POST", [("content-length", "12")], end=False)
        for _ in range(11):
            exchange.poll(0.15)
            exchange.send(b"x")
        equal(exchange.end(b"x").wait().text, "12\n", "the count")


@every_way
def idle(server, way):
    """--timeout-keep-alive 500ms --timeout-header 500ms"""
    with way.connect(server) as connection, way.connect(server) as silent:
        equal(connection.get("/slow?ms=1000").status, 200, "a request is not idleness")
        start = time.monotonic()
        connection.is_closing_idle()
        between(time.monotonic() - start, 0.3, 2.5, "the idle connection's end")
        silent.is_closing_idle()


@every_way
def connection_age(server, way):
    """--timeout-connection-age 2s"""
    with way.connect(server) as connection, way.connect(server) as silent:
        equal(silent.get("/").status, 200, "a request in time")
        answer = connection.get("/slow?ms=2500")
        equal((answer.status, answer.ended), (200, True), "what was begun")
        connection.is_closing(answer)
        silent.is_closing_idle()


@every_way
def response_is_not_taken(server, way):
    """--timeout-write 500ms --access-log stdout --access-log-format '%R %x'"""
    os.truncate(server.get("/file/path").text.strip(), 64 << 20)
    for path in (f"/bytes/100000000?{way.mark}", f"/file?{way.mark}"):
        with way.connect(server, receive_buffer=4096) as connection:
            exchange = connection.open(path)
            exchange.until(lambda: exchange.answer.status, "the head")
            server.await_log(f"{path} write_timeout")


@every_way
def slow_reader_is_served(server, way):
    """--timeout-write 500ms"""
    with way.connect(server, receive_buffer=65536) as connection:
        exchange = connection.open("/bytes/3000000")
        for size in range(0, 3_000_000, 200_000):
            time.sleep(0.1)  # the slowness is what is tried
            exchange.until(lambda: len(exchange.answer.body) >= size, f"{size} bytes")
        equal(len(exchange.wait().body), 3_000_000, "the content")


if __name__ == "__main__":
    main()
