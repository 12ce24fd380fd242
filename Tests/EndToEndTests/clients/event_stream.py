"""Event streams, over every version of HTTP: exact bytes, and what a client that reconnects needs."""

import os
import signal
import time

from ways import WAYS, every_way, every_way_in_turn
from wire import between, check, equal, main, require, seen

ACCEPT = ("accept", "text/event-stream")


class Stream:
    """A stream that has begun."""

    def __init__(self, connection, path="/sse", fields=(), method="GET", content=None):
        self.exchange = connection.open(path, method, [ACCEPT, *fields], end=content is None)
        if content is not None:
            self.exchange.end(content)
        self.answer = self.exchange.answer
        self.taken = 0
        self.exchange.until(lambda: self.answer.status, "the head")
        equal((self.answer.status, self.answer["content-type"]), (200, "text/event-stream"), path)
        equal(self.answer["cache-control"], "no-cache", "Cache-Control")

    def next(self):
        """The bytes of the next event or comment; none at the end of a stream that is whole."""
        self.exchange.until(lambda: b"\n\n" in self.answer.body[self.taken:] or self.answer.is_over, "an event")
        if b"\n\n" not in self.answer.body[self.taken:]:
            require(self.answer.ended and len(self.answer.body) == self.taken, f"the stream is cut off: {self.answer}")
            return b""
        end = self.answer.body.index(b"\n\n", self.taken) + 2
        event, self.taken = self.answer.body[self.taken:end], end
        return event


@every_way
def events(server, way):
    with way.connect(server) as connection:
        stream = Stream(connection, "/sse?ms=100")
        start = time.monotonic()
        for number in range(1, 6):
            equal(stream.next(), f"event: tick\nid: {number}\nretry: 100\ndata: event {number}\n\n".encode(), "the event")
            # Each is sent at once.
            between(time.monotonic() - start, (number - 1) * 0.1 - 0.03, (number - 1) * 0.1 + 0.7, f"event {number}")
        equal(stream.next(), b"", "the end")
        equal(connection.get("/").status, 200, "the connection goes on")


@every_way
def detection(server, way):
    """Accept says it, without case, and with its weight."""
    with way.connect(server) as connection:
        for accept, is_stream in (("text/event-stream", True), ("Text/Event-Stream", True),
                                  ("text/html, text/event-stream;q=0.5", True), ("text/event-stream; q=0", False),
                                  ("*/*", False), ("text/*", False), ("text/event-streams", False)):
            answer = connection.get("/sse/decline", fields=[("accept", accept)])
            equal(answer.text == "Not here.\n", is_stream, accept)
        told = connection.get("/page", "HEAD", [ACCEPT])
        equal((told.status, told["content-type"]), (200, connection.get("/page")["content-type"]), "HEAD")
        # An application without a stream here answers as ever.
        equal(connection.get("/page", fields=[ACCEPT]).status, 200, "a page")
        equal(connection.get("/", fields=[ACCEPT]).text, "Hello, world!\n", "the greeting")


@every_way
def unsupported(server, way):
    """Only a request of which nothing has been received is asked again."""
    with way.connect(server) as connection:
        for _ in range(2):
            # The content comes while the application is asked for the first time, and after that.
            exchange = connection.open("/echo", "POST", [ACCEPT], end=False).send(b"one ")
            equal(exchange.end(b"two").wait().body, b"one two", "the content of a request that is asked again")
    for method, fields, content in (("POST", [], b"one "), ("POST", [("content-length", "3")], b"one"), ("GET", [], None)):
        with way.connect(server) as connection:
            exchange = connection.open("/sse/received", method, [ACCEPT, *fields], end=content is None)
            if content:
                exchange.send(content)
            # Asked again, it would be a 404.
            equal(exchange.wait().status, 500, f"{method} {fields}")
            connection.goes_on()
    with way.connect(server) as connection:
        stream = Stream(connection, "/sse/fail?unsupported=1")
        equal(stream.next(), b"data: one\n\n", "the event")
        require(stream.exchange.wait().is_cut, "a stream that failed looks whole")
        connection.goes_on()
    server.await_log("does not serve eventStream exchanges")


@every_way
def lines(server, way):
    answer = way.get(server, "/sse/lines", fields=[ACCEPT])
    equal(answer.body,
          b"event: lines\ndata: one\ndata: two\ndata: three\ndata: four\n\n" b": a\n: b\n\n" b"data:\n\n", "the bytes")


@every_way
def content(server, way):
    """A stream can be asked for with any method, and content."""
    with way.connect(server) as connection:
        for sent in (b"hello", b"", b"x" * 100_000):
            stream = Stream(connection, "/sse/echo", method="POST", content=sent)
            equal(stream.next(), b"data: POST " + sent + b"\n\n", "the event")
            equal(stream.next(), b"", "the end")
        exchange = connection.open("/sse/echo", "QUERY", [ACCEPT], end=False).send(b"abc")
        answer = exchange.end(b"def", trailers=[("x", "y")]).wait()
        equal(answer.body, b"data: QUERY abcdef\n\n", "the event")


@every_way
def misuse(server, way):
    with way.connect(server) as connection:
        stream = Stream(connection, f"/sse/misuse?as={way.mark}")
        sentences = [stream.next().decode() for _ in range(8)]
        for sentence, part in zip(sentences, ["before the start", "before the start", "started already",
                                              "started already", "line break", "NUL", "NUL", "below zero"]):
            require(part in sentence, f"{part!r} is not in {sentence!r}")
        equal(stream.next(), b"", "the end")
    require("is closed" in server.noted(way.mark), server.noted(way.mark))


@every_way
def decline(server, way):
    with way.connect(server) as connection:
        for path, status in (("/sse/decline", 404), ("/sse", 204)):
            answer = connection.get(path, fields=[ACCEPT, ("last-event-id", "5")])
            equal(answer.status, status, path)
            require(answer["content-type"] != "text/event-stream", path)
        stream = Stream(connection, fields=[("last-event-id", "3")])
        require(stream.next().startswith(b"event: tick\nid: 4\n"), "the stream does not go on")


@every_way
def keepalive(server, way):
    """--sse-keepalive 200ms: only silence is broken."""
    with way.connect(server) as connection:
        stream = Stream(connection, "/sse/quiet")
        start = time.monotonic()
        for _ in range(3):
            equal(stream.next(), b":\n\n", "the comment")
        between(time.monotonic() - start, 0.5, 2, "three comments")
    with way.connect(server) as connection:
        equal(Stream(connection, "/sse/quiet?ms=100").next(), b": still here\n\n", "the application's own")
    with way.connect(server) as connection:
        stream = Stream(connection, "/sse/forever?ms=50")
        for number in range(1, 12):
            equal(stream.next(), f"data: {number}\n\n".encode(), "an event")


@every_way
def idle(server, way):
    """--sse-idle-timeout 300ms --sse-keepalive 100ms: comments do not count."""
    with way.connect(server) as connection:
        stream = Stream(connection, f"/sse/quiet?as={way.mark}")
        start = time.monotonic()
        while stream.next():
            pass
        between(time.monotonic() - start, 0.2, 1.5, "the end")
    equal(server.noted(way.mark), "idle_timeout", "what the application saw")


@every_way
def disconnect(server, way):
    """--timeout-half-closed 200ms"""
    for leave in ("leave", "abandon"):
        with way.connect(server) as connection:
            mark = f"{way.mark}-{leave}"
            stream = Stream(connection, f"/sse/quiet?as={mark}")
            getattr(connection if leave == "leave" else stream.exchange, leave)()
            equal(server.noted(mark), "client_closed", f"what the application saw after {leave}")
    require("ERROR" not in server.log(), "a client that goes is no error")


@every_way
def failure(server, way):
    with way.connect(server) as connection:
        stream = Stream(connection, "/sse/fail")
        equal(stream.next(), b"data: one\n\n", "the event")
        require(stream.exchange.wait().is_cut, "a stream that failed looks whole")
        connection.goes_on()
    server.await_log("This event stream fails")


@every_way_in_turn
def slow_reader(server, way):
    before = server.memory()
    with way.connect(server, receive_buffer=4096) as connection:
        connection.open("/sse/forever?ms=0", fields=[ACCEPT])
        time.sleep(0.5)  # time enough for a stream without a bound to fill the memory
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
        equal(server.get("/").status, 200, "somebody else")
    seen(f"{grown >> 10} KiB")


@check
def shutdown(server):
    """Streams end as if they were whole."""
    connections = [(way, way.connect(server), way.connect(server)) for way in WAYS]
    streams = [(way, Stream(one, "/sse/quiet"), Stream(other, "/sse/forever")) for way, one, other in connections]
    os.kill(server.pid, signal.SIGTERM)
    for way, quiet, forever in streams:
        equal(quiet.next(), b"", f"{way}: the end of the stream")
        while forever.next():
            pass
        for stream in (quiet, forever):
            stream.exchange.connection.ends()
            stream.exchange.connection.leave()
    server.gone(5)


if __name__ == "__main__":
    main()
