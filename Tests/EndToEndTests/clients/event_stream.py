"""Event streams: exact bytes, and what a client that reconnects needs."""

import os
import signal
import time

from wire import between, check, equal, main, request, require, seen

ACCEPT = "Accept: text/event-stream\r\n"


def stream(server, path="/sse", fields=ACCEPT, method="GET", content=b"", secure=False):
    """A connection on which a stream has begun, and its head."""
    connection = server.connect(secure)
    if content:
        fields += f"Content-Length: {len(content)}\r\n"
    connection.send(request(path, fields, method) + content)
    head = connection.head()
    equal((head.status, head["content-type"]), (200, "text/event-stream"), path)
    equal(head["cache-control"], "no-cache", "Cache-Control")
    return connection


def chunk(connection):
    size = int(connection.line(), 16)
    data = connection.take(size)
    equal(connection.take(2), b"\r\n", "the end of a chunk")
    return data


@check
def events(server):
    for secure in (False, True):
        with stream(server, "/sse?ms=100", secure=secure) as connection:
            start = time.monotonic()
            for number in range(1, 6):
                equal(chunk(connection), f"event: tick\nid: {number}\nretry: 100\ndata: event {number}\n\n".encode(),
                      "the event")
                # Each is sent at once.
                between(time.monotonic() - start, (number - 1) * 0.1 - 0.03, (number - 1) * 0.1 + 0.6, f"event {number}")
            equal(chunk(connection), b"", "the end")
            # The connection goes on.
            connection.send(request("/"))
            equal(connection.response().status, 200, "another request")
    seen("five events, each at once")


@check
def detection(server):
    for accept, is_stream in (("text/event-stream", True), ("Text/Event-Stream", True),
                              ("text/html, text/event-stream;q=0.5", True), ("text/event-stream; q=0", False),
                              ("*/*", False), ("text/*", False), ("text/event-streams", False)):
        response = server.get("/sse/decline", fields=f"Accept: {accept}\r\n")
        equal(response.text == "Not here.\n", is_stream, accept)
    with server.connect() as connection:
        connection.send(request("/page", ACCEPT, "HEAD"))
        response = connection.response("HEAD")
        equal((response.status, response["content-type"]), (200, server.get("/page")["content-type"]), "HEAD")
    # An application without a stream here answers as ever.
    equal(server.get("/page", fields=ACCEPT).status, 200, "a page")
    equal(server.get("/", fields=ACCEPT).text, "Hello, world!\n", "the greeting")
    seen("Accept says it, without case, and with its weight")


@check
def unsupported(server):
    chunked = ACCEPT + "Transfer-Encoding: chunked\r\n"
    with server.connect() as connection:
        for _ in range(2):
            # The content comes while the application is asked for the first time, and after that.
            connection.send(request("/echo", chunked, "POST") + b"4\r\none \r\n")
            connection.send(b"3\r\ntwo\r\n0\r\n\r\n")
            equal(connection.response().body, b"one two", "the content of a request that is asked again")
    for method, fields, content in (("POST", chunked, b"4\r\none \r\n"), ("POST", ACCEPT + "Content-Length: 3\r\n", b"one"),
                                    ("GET", ACCEPT, b"")):
        with server.connect() as connection:
            connection.send(request("/sse/received", fields, method) + content)
            response = connection.response()
            # Asked again, it would be a 404.
            equal((response.status, response["connection"]), (500, "close"), f"{method} {fields}")
    with stream(server, "/sse/fail?unsupported=1") as connection:
        equal(chunk(connection), b"data: one\n\n", "the event")
        equal(connection.rest(), b"", "what comes after it")
    server.await_log("does not serve eventStream exchanges")
    seen("only a request of which nothing has been received is asked again")


@check
def lines(server):
    response = server.get("/sse/lines", fields=ACCEPT)
    equal(response.body,
          b"event: lines\ndata: one\ndata: two\ndata: three\ndata: four\n\n" b": a\n: b\n\n" b"data:\n\n", "the bytes")
    require(b"never" not in response.body, "the reason of the close is on the wire")


@check
def content(server):
    with stream(server, "/sse/echo", method="POST", content=b"hello") as connection:
        equal(chunk(connection), b"data: POST hello\n\n", "the event")
    with server.connect() as connection:
        connection.send(request("/sse/echo", ACCEPT + "Transfer-Encoding: chunked\r\n", "POST"))
        connection.send(b"3\r\nabc\r\n3\r\ndef\r\n0\r\nX: y\r\n\r\n")
        connection.head()
        equal(chunk(connection), b"data: POST abcdef\n\n", "the event")
    seen("a stream can be asked for with any method, and content")


@check
def misuse(server):
    with stream(server, "/sse/misuse") as connection:
        sentences = [chunk(connection).decode() for _ in range(8)]
        for sentence, part in zip(sentences, ["before the start", "before the start", "started already",
                                              "started already", "line break", "NUL", "NUL", "below zero"]):
            require(part in sentence, f"{part!r} is not in {sentence!r}")
        equal(chunk(connection), b"", "the end")
    require("is closed" in server.noted("sse"), server.noted("sse"))


@check
def decline(server):
    with server.connect() as connection:
        for path, status in (("/sse/decline", 404), ("/sse", 204)):
            connection.send(request(path, ACCEPT + "Last-Event-ID: 5\r\n"))
            response = connection.response()
            equal(response.status, status, path)
            require(response["content-type"] != "text/event-stream", path)
    with stream(server, fields=ACCEPT + "Last-Event-ID: 3\r\n") as connection:
        require(chunk(connection).startswith(b"event: tick\nid: 4\n"), "the stream does not go on")
    seen("a stream goes on after the last event, and can be declined")


@check
def keepalive(server):
    """--sse-keepalive 200ms"""
    with stream(server, "/sse/quiet") as connection:
        start = time.monotonic()
        for _ in range(3):
            equal(chunk(connection), b":\n\n", "the comment")
        between(time.monotonic() - start, 0.5, 2, "three comments")
    with stream(server, "/sse/quiet?ms=100") as connection:
        equal(chunk(connection), b": still here\n\n", "the application's own")
    with stream(server, "/sse/forever?ms=50") as connection:
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            require(chunk(connection).startswith(b"data: "), "a comment between events")
    seen("only silence is broken")


@check
def idle(server):
    """--sse-idle-timeout 300ms --sse-keepalive 100ms"""
    with stream(server, "/sse/quiet") as connection:
        start = time.monotonic()
        while chunk(connection):
            pass
        between(time.monotonic() - start, 0.2, 1.5, "the end")
    equal(server.noted("sse"), "idle_timeout", "what the application saw")
    seen("comments do not count")


@check
def disconnect(server):
    with stream(server, "/sse/quiet"):
        pass
    equal(server.noted("sse"), "client_closed", "what the application saw")


@check
def failure(server):
    with stream(server, "/sse/fail") as connection:
        equal(chunk(connection), b"data: one\n\n", "the event")
        data = connection.rest()
        require(b"0\r\n\r\n" not in data, "a stream that failed looks whole")
    server.await_log("This event stream fails")


@check
def slow_reader(server):
    before = server.memory()
    connection = server.connect(receive_buffer=4096)
    with connection:
        connection.send(request("/sse/forever?ms=0", ACCEPT))
        time.sleep(1)
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
        equal(server.get("/").status, 200, "somebody else")
    seen(f"{grown >> 10} KiB")


@check
def shutdown(server):
    with stream(server, "/sse/quiet") as connection, stream(server, "/sse/forever") as other:
        os.kill(server.pid, signal.SIGTERM)
        equal(chunk(connection), b"", "the end of the stream")
        while chunk(other):
            pass
    server.gone(5)
    seen("streams end as if they were whole")


if __name__ == "__main__":
    main()
