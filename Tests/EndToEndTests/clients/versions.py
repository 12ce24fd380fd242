"""Requests and responses, over every version of HTTP."""

import hashlib
import os
import time

import h2.errors

from ways import every_way, every_way_in_turn
from wire import between, equal, main, require

HELLO = b"Hello, world!\n"
# What the versions say of a message's framing, and what differs from one response to the next.
OWN = {"connection", "transfer-encoding", "date"}


def fields_of(answer):
    return sorted((name, value) for name, value in answer.fields if name not in OWN)


# Responses


@every_way
def hello(server, way):
    with way.connect(server) as connection:
        for _ in range(20):
            answer = connection.get("/")
            equal((answer.status, answer.body, answer.trailers), (200, HELLO, []), "the response")
            equal(fields_of(answer), [("content-length", "14"), ("content-type", "text/plain"), ("server", "sagi")],
                  "the fields")
            require(answer["date"], "no Date")


@every_way
def head(server, way):
    with way.connect(server) as connection:
        for path in ("/", "/bytes/5000", "/file", "/page", "/status/404"):
            got, told = connection.get(path), connection.get(path, "HEAD")
            equal((told.status, told.body), (got.status, b""), f"HEAD {path}")
            equal(fields_of(told), fields_of(got), f"the fields of {path}")
        told = connection.get("/stream?chunks=3&ms=1", "HEAD")
        equal((told.status, told["content-length"], told.body), (200, None, b""), "HEAD of a stream")
        equal(connection.get("/").body, HELLO, "the next response")


@every_way
def statuses_without_content(server, way):
    with way.connect(server) as connection:
        for status in (204, 304):
            answer = connection.get(f"/status/{status}")
            equal((answer.status, answer.body, answer["transfer-encoding"]), (status, b"", None), "the response")
            if status == 204:
                equal(answer["content-length"], None, "Content-Length of 204")
            equal(connection.get("/").body, HELLO, f"what follows {status}")


@every_way
def streams_at_once(server, way):
    with way.connect(server) as connection:
        exchange = connection.open("/stream?chunks=3&ms=200")
        start = time.monotonic()
        for number in (1, 2, 3):
            exchange.until(lambda: len(exchange.answer.body) >= 8 * number, f"chunk {number}")
            between(time.monotonic() - start, 0.2 * (number - 1) - 0.05, 0.2 * (number - 1) + 1.5, f"chunk {number}")
        answer = exchange.wait()
        equal((answer["content-length"], answer.body), (None, b"chunk 1\nchunk 2\nchunk 3\n"), "the stream")


@every_way
def promises(server, way):
    """Content-Length is a promise of the application."""
    with way.connect(server) as connection:
        answer = connection.get("/promise/5?sent=5")
        equal((answer["content-length"], answer.body, answer.ended), ("5", b"xxxxx", True), "a promise that is kept")
        answer = connection.get("/promise/5?sent=3")
        equal((answer.status, answer.body, answer.is_cut), (200, b"xxx", True), "too little")
        connection.goes_on()
    with way.connect(server) as connection:
        answer = connection.get("/promise/5?sent=7")
        # HTTP/1.1 cannot say that a response failed which has all of its bytes, and sends none of them.
        equal((answer.body, answer.is_cut), (b"" if way.is_first else b"xxxxx", True), "too much")
        connection.goes_on()
    server.await_log("promised 5 bytes with Content-Length")


@every_way
def errors(server, way):
    for path in ("/error", "/nothing"):
        with way.connect(server) as connection:
            answer = connection.get(path)
            equal((answer.status, answer["content-type"], answer.ended), (500, "text/plain; charset=utf-8", True), path)
            equal(answer.text, "The server failed to answer this request.\n", "the text")
            connection.goes_on()
    with way.connect(server) as connection:
        answer = connection.get("/abort")
        equal((answer.status, answer.body, answer.is_cut), (200, b"This response has no", True), "an error in the middle")
        if not way.is_first:
            equal(answer.reset, h2.errors.ErrorCodes.INTERNAL_ERROR, "the reset")
        connection.goes_on()
    for sentence in ("throws before its response", "throws in the middle of its response", "without"):
        server.await_log(sentence)


@every_way
def early_hints(server, way):
    with way.connect(server) as connection:
        answer = connection.get("/hints")
        equal([(status, dict(fields)["link"]) for status, fields in answer.informational],
              [(103, "</style.css>; rel=preload; as=style")], "the informational response")
        equal((answer.status, answer.body), (200, b"Hints came before.\n"), "the response")


@every_way
def trailers(server, way):
    wanted = [("x-checksum", "abc123")]
    with way.connect(server) as connection:
        answer = connection.get("/trailers", fields=[("te", "trailers")])
        equal((answer.body, list(answer.trailers)), (HELLO, wanted), "with TE: trailers")
        answer = connection.get("/trailers")
        equal((answer.body, answer.trailers), (HELLO, []), "without TE")
        equal(connection.get("/trailers", "HEAD", [("te", "trailers")]).body, b"", "HEAD")


# Requests


@every_way
def facts(server, way):
    """What the application is told of a request."""
    fields = [("X-A", "1"), ("x-a", "two"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("X-E", ""), ("X-Long", "v" * 20000)]
    with way.connect(server) as connection:
        told = connection.get("/%68eaders?q=%20%zz&&=+", fields=fields, authority="example.org:81").json()
        equal([told[name] for name in ("method", "path", "rawPath", "query", "rootPath", "authority")],
              ["GET", "/headers", "/%68eaders", "q=%20%zz&&=+", "", "example.org:81"], "the request")
        equal((told["version"], told["scheme"]), (way.version, "https" if way.secure else "http"), "the connection")
        port = (server.https if way.secure else server.http)[1]
        require(told["client"].startswith("127.0.0.1:") and told["server"] == f"127.0.0.1:{port}", "the addresses")
        got = [(name.lower(), value) for name, value in told["headers"]]
        equal(sorted(got), sorted([("host", "example.org:81"), ("x-a", "1"), ("x-a", "two"), ("cookie", "a=1; b=2"),
                                   ("x-e", ""), ("x-long", "v" * 20000)]), "the fields")
        equal([value for name, value in got if name == "x-a"], ["1", "two"], "their order")
        told = connection.get("/headers").json()
        equal((told["query"], told["tls"] is not None), (None, way.secure), "without a query, and TLS")
        if way.secure:
            equal(told["tls"]["applicationProtocol"], None if way.is_first else "h2", "ALPN")


@every_way
def methods(server, way):
    with way.connect(server) as connection:
        for method in ("PATCH", "QUERY", "M-SEARCH", "OPTIONS", "!#$%&'*+.^_`|~09azAZ", "M" * 64):
            equal(connection.get("/headers", method).json()["method"], method, "the method")
        equal(connection.get("*", "OPTIONS").status, 404, "OPTIONS * reaches the application")
        equal(connection.get("/headers/../%68eaders").status, 404, "dots are not removed")


@every_way
def echo(server, way):
    """More than any window or buffer, both ways at once."""
    content = hashlib.shake_128(b"content").digest(3_000_000)
    with way.connect(server, timeout=20) as connection:
        for path, method in (("/", "POST"), ("/echo", "PUT"), ("/", "GET"), ("/echo", "ODD")):
            answer = connection.get(path, method, [("content-type", "x/y")], content)
            equal((answer.status, answer["content-type"], answer["content-length"]), (200, "x/y", "3000000"), "the head")
            require(answer.body == content, f"{method} {path} came back changed")
        exchange = connection.open("/echo", "POST", end=False)
        for start in range(0, 300_000, 70_000):
            exchange.send(content[start:start + 70_000])
        answer = exchange.end(content[350_000:]).wait()
        equal((answer["content-length"], answer.body == content), (None, True), "content of unknown length")
        equal(len(connection.get("/bytes/5000000").body), 5_000_000, "a download")
        equal(connection.get("/echo", "POST", content=b"").body, b"", "no content")


@every_way
def part_by_part(server, way):
    """What has been sent reaches the application, and what it answers the client, before there is more."""
    with way.connect(server) as connection:
        exchange = connection.open("/echo", "POST", end=False)
        sent = b""
        for number in range(5):
            part = f"part {number} ".encode()
            exchange.send(part)
            sent += part
            # The last part that came is held until it is known whether it was the last one.
            exchange.until(lambda: exchange.answer.body == sent, f"part {number}")
        equal(exchange.end().wait().body, sent, "the echo")


@every_way
def request_trailers(server, way):
    with way.connect(server) as connection:
        fields = [("te", "trailers"), ("trailer", "X-Sum")]
        exchange = connection.open("/trailers", "POST", fields, end=False)
        answer = exchange.end(b"a", trailers=[("x-sum", "99")]).wait()
        equal(list(answer.trailers), [("x-sum", "99"), ("x-checksum", "abc123")], "the trailers")
        exchange = connection.open("/trailers", "POST", fields, end=False)
        late = [("content-length", "5"), ("cookie", "a=b"), ("authorization", "x"), ("x-sum", "1")]
        answer = exchange.end(b"a", trailers=late).wait()
        equal(list(answer.trailers), [("x-sum", "1"), ("x-checksum", "abc123")], "forbidden trailers")
        equal(connection.get("/").body, HELLO, "the next request")


@every_way
def expectation(server, way):
    expect = ("expect", "100-continue")
    with way.connect(server) as connection:
        exchange = connection.open("/echo", "POST", [expect, ("content-length", "3")], end=False)
        exchange.until(lambda: exchange.answer.informational, "100")
        answer = exchange.end(b"abc").wait()
        equal(([status for status, _ in answer.informational], answer.body), ([100], b"abc"), "the answer")
        equal(connection.get("/", fields=[expect]).informational, [], "without content")
        equal(connection.get("/").informational, [], "without Expect")
    with way.connect(server) as connection:
        exchange = connection.open("/ignore", "POST", [expect, ("content-length", "3")], end=False)
        answer = exchange.wait()
        equal((answer.status, answer.informational), (200, []), "content that is not wanted")
        connection.goes_on()


@every_way
def unwanted_content(server, way):
    """A response that does not want the content comes before it, and the connection is good for another request."""
    with way.connect(server) as connection:
        for count in range(3):
            equal(connection.get("/ignore", "POST", content=b"x" * 1000).text, "The content was not read.\n", "the response")
        exchange = connection.open("/ignore", "POST", [("content-length", "10")], end=False)
        answer = exchange.wait()
        equal((answer.status, answer.ended), (200, True), "the response before the content")
        if way.is_first:
            # HTTP/2 has told the client to stop (RFC 9113 §8.1).
            exchange.end(b"0123456789")
        equal(connection.get("/").body, HELLO, "the next response")


# Files


def path_of(server):
    return server.get("/file/path").text.strip()


@every_way
def file(server, way):
    with open(path_of(server), "rb") as one:
        content = one.read()
    size = len(content)
    equal(size, 1 << 20, "the size")
    with way.connect(server) as connection:
        for _ in range(2):
            answer = connection.get("/file")
            equal((answer["content-length"], answer.body == content), (str(size), True), "the file")
        for text, low, high in (("0-0", 0, 1), ("5-9", 5, 10), ("1000000-", 1000000, size), ("-7", size - 7, size),
                                (f"{size - 1}-{size + 500}", size - 1, size), (f"-{size * 2}", 0, size)):
            answer = connection.get("/file", fields=[("range", f"bytes={text}")])
            equal((answer.status, answer["content-range"], answer["content-length"]),
                  (206, f"bytes {low}-{high - 1}/{size}", str(high - low)), text)
            require(answer.body == content[low:high], f"{text}: other bytes")
        for text in (f"{size}-", "-0"):
            answer = connection.get("/file", fields=[("range", f"bytes={text}")])
            equal((answer.status, answer["content-range"], answer.body), (416, f"bytes */{size}", b""), text)
        for text in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6"):
            answer = connection.get("/file", fields=[("range", text)])
            equal((answer.status, len(answer.body)), (200, size), text)


@every_way
def missing_file(server, way):
    with way.connect(server) as connection:
        answer = connection.get("/file/missing")
        require(answer.is_cut and not answer.body, f"a response whose file is missing: {answer}")
        connection.goes_on()
    server.await_log("/there/is/no/such/file")


@every_way
def empty_file(server, way):
    os.truncate(path_of(server), 0)
    with way.connect(server) as connection:
        answer = connection.get("/file")
        equal((answer.status, answer["content-length"], answer.body), (200, "0", b""), "an empty file")
        equal(connection.get("/").body, HELLO, "the next response")


@every_way_in_turn
def shrinking_file(server, way):
    """A file that becomes shorter while it is sent: what is missing is seen."""
    os.truncate(path_of(server), 64 << 20)
    with way.connect(server, receive_buffer=65536) as connection:
        exchange = connection.open("/file")
        exchange.until(lambda: exchange.answer.body, "the beginning")
        os.truncate(path_of(server), 100)
        answer = exchange.wait()
        require(answer.is_cut and len(answer.body) < 64 << 20, f"the file is whole: {answer}")
        connection.goes_on()
    server.await_log("became shorter")


if __name__ == "__main__":
    main()
