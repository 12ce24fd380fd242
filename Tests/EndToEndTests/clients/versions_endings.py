"""How exchanges and the server end, and what the access log says of them, over every version of HTTP."""

import json
import os
import re
import signal
import time

from access_log import TIME, lines
from ways import WAYS, every_way, reset
from wire import between, check, equal, main, open_socket, require, seen


def begun(server, connection, path, *arguments, **options):
    """An exchange that the application is at work on, by what it has noted under the last part of the path."""
    exchange = connection.open(path, *arguments, **options)
    equal(server.notes(path.split("?")[0].split("/")[-1]), ["begun"], "the notes")
    return exchange


# How exchanges end


@every_way
def client_leaves(server, way):
    """--timeout-half-closed 200ms: a client that closes its connection may have closed its half alone."""
    for name, leave in (("close", lambda connection, _: connection.leave()), ("reset", lambda connection, _: reset(connection)),
                        ("abandon", lambda _, exchange: exchange.abandon())):
        connection = way.connect(server)
        mark = f"{way.mark}-{name}"
        exchange = begun(server, connection, f"/watch/{mark}?ms=20000")
        leave(connection, exchange)
        equal(sorted(server.notes(mark, 3)), ["begun", "cancelled", "disconnected: client_closed"], f"after {name}")
        connection.leave()
    require("ERROR" not in server.log(), "a client that goes is no error")


@every_way
def client_leaves_without_cancellation(server, way):
    """--no-cancel"""
    connection = way.connect(server)
    begun(server, connection, f"/watch/{way.mark}?ms=700")
    reset(connection)
    equal(server.notes(way.mark, 2), ["begun", "disconnected: client_closed"], "the notes")
    time.sleep(1)  # the application is at work for that long, and would note that it was cancelled
    equal(len(server.notes(way.mark)), 2, "the number of notes")


@every_way
def client_leaves_while_sending(server, way):
    for name, fields in (("length", [("content-length", "100")]), ("parts", [])):
        for leave in ("leave", "abandon"):
            with way.connect(server) as connection:
                mark = f"{way.mark}-{name}-{leave}"
                exchange = begun(server, connection, f"/received/{mark}", "POST", fields, end=False)
                exchange.send(b"x" * 50)
                getattr(exchange if leave == "abandon" else connection, leave)()
                equal(server.notes(mark, 2), ["begun", "disconnect: client_closed"], f"the notes of {mark}")


@every_way
def client_leaves_after_sending(server, way):
    with way.connect(server) as connection:
        exchange = begun(server, connection, f"/received/{way.mark}", "POST", end=False)
        exchange.end(b"12345", trailers=[("x", "y")])
        equal(server.notes(way.mark, 3), ["begun", "content: 5", "trailers: 1"], "the notes")
        exchange.abandon()
        equal(server.notes(way.mark, 4)[3], "disconnect: client_closed", "the last note")


@every_way
def completion(server, way):
    with way.connect(server) as connection:
        equal(connection.get(f"/watch/{way.mark}?ms=10").text, "Nobody left.\n", "the response")
        equal(server.notes(way.mark, 2), ["begun", "completed"], "the notes")


# The access log


def asked(server, way):
    """A list of requests, one after another."""
    with way.connect(server) as connection:
        fields = [("referer", "http://r/"), ("user-agent", "test/1.0 (x)")]
        connection.get("/bytes/5?a=%20b", fields=fields, authority="h.example")
        connection.get("/status/204")
        connection.get("/bytes/1000", "HEAD")
        connection.get("/file")
        connection.get("/echo", "POST", content=b"x" * 70_000)
        connection.get("/stream?chunks=3&ms=50")
    way.get(server, "/error")
    way.get(server, "/abort")
    way.get(server, "/bytes/1", "HEAD", authority="other.test")
    way.get(server, "/elsewhere", authority="elsewhere.test")
    with way.connect(server) as connection:
        exchange = connection.open("/bytes/50000000")
        exchange.until(lambda: exchange.answer.status, "the head")
        exchange.abandon()
        # It is the last line.
        server.await_file("access.log", "/bytes/50000000")


@check
def log_as_json(server):
    """--access-log $FOLDER/access.log --access-log-format json"""
    count = 0
    wanted = None
    for way in WAYS:
        asked(server, way)
        got = [json.loads(line) for line in lines(server, count + 11)[count:]]
        count += 11
        for line in got:
            require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.pop("time")), "the time")
            least = 100_000 if line["path"] == "/stream" else 0
            between(line.pop("microseconds"), least, least + 2_000_000, f"the duration of {line['path']}")
            equal((line.pop("protocol"), line.pop("scheme")), (way.version, "https" if way.secure else "http"),
                  "what differs")
            # How much had been taken when the client left.
            if line["ending"] == "client_closed":
                line.pop("bytes")
        equal(got[0], {
            "client": "127.0.0.1", "method": "GET", "path": "/bytes/5", "query": "a=%20b", "host": "h.example",
            "status": 200, "bytes": 5, "ending": "completed", "referer": "http://r/", "user_agent": "test/1.0 (x)",
        }, "the members")
        equal([(line["path"], line["status"], line.get("bytes"), line["ending"]) for line in got[1:]], [
            ("/status/204", 204, 0, "completed"), ("/bytes/1000", 200, 0, "completed"), ("/file", 200, 1 << 20, "completed"),
            ("/echo", 200, 70_000, "completed"), ("/stream", 200, 24, "completed"), ("/error", 500, 0, "completed"),
            ("/abort", 200, 20, "server_error"), ("/bytes/1", 200, 0, "completed"),
            ("/elsewhere", 421, 0, "protocol_error"), ("/bytes/50000000", 200, None, "client_closed"),
        ], f"the lines over {way}")
        wanted = wanted or got
        equal(got, wanted, f"the lines over {way}, and over {WAYS[0]}")
        seen(way)


@check
def log_combined(server):
    """--access-log $FOLDER/access.log --access-log-format combined"""
    for number, way in enumerate(WAYS):
        asked(server, way)
        first, second = lines(server, 11 * number + 11)[11 * number:][:2]
        version = re.escape(way.version)
        for line, pattern in (
            (first, rf'127\.0\.0\.1 - - {TIME} "GET /bytes/5\?a=%20b {version}" 200 5 "http://r/" "test/1\.0 \(x\)"'),
            (second, rf'127\.0\.0\.1 - - {TIME} "GET /status/204 {version}" 204 - "-" "-"'),
        ):
            require(re.fullmatch(pattern, line), f"{line!r} is not like {pattern}")
        seen(way)


# Shutdown


def terminate(server):
    os.kill(server.pid, signal.SIGTERM)
    server.await_log("stopping")


@check
def shutdown(server):
    """What is in flight is answered whole, and each connection is told that it ends."""
    slow, streams, uploads, idle = ([way.connect(server) for way in WAYS] for _ in range(4))
    for connection in idle:
        equal(connection.get("/").status, 200, "a request before")
    slow_ones = [begun(server, connection, f"/watch/{way.mark}?ms=700") for way, connection in zip(WAYS, slow)]
    stream_ones = [connection.open("/stream?chunks=4&ms=250") for connection in streams]
    upload_ones = [connection.open("/echo", "POST", [("content-length", "10")], end=False).send(b"01234") for connection in uploads]
    for exchange in stream_ones + upload_ones:
        exchange.until(lambda: exchange.answer.body, "the beginning")
    terminate(server)
    # Nobody is accepted any more: refused, or not heard while the last ones are taken.
    end = time.monotonic() + 5
    while True:
        try:
            open_socket(server.http, 0.5).close()
        except ConnectionRefusedError:
            break
        except TimeoutError:
            pass
        require(time.monotonic() < end, "the server still accepts")
        time.sleep(0.02)
    for number, way in enumerate(WAYS):
        equal(upload_ones[number].end(b"56789").wait().body, b"0123456789", f"{way}: the upload")
        answer = slow_ones[number].wait()
        equal((answer.status, answer.text), (200, "Nobody left.\n"), f"{way}: the slow response")
        slow[number].is_closing(answer)
        equal(stream_ones[number].wait().body, b"chunk 1\nchunk 2\nchunk 3\nchunk 4\n", f"{way}: the stream")
        for connection in (streams[number], uploads[number], idle[number]):
            connection.is_closing_idle()
    for connection in slow + streams + uploads + idle:
        connection.leave()
    server.gone(5)


@check
def late_request(server):
    """--timeout-shutdown-grace 2s: a request that was on its way when the signal came is answered."""
    connections = [way.connect(server) for way in WAYS]
    for connection in connections:
        equal(connection.get("/").status, 200, "a request before")
    terminate(server)
    answers = [connection.get("/") for connection in connections]
    for way, connection, answer in zip(WAYS, connections, answers):
        equal((answer.status, answer.ended), (200, True), f"{way}: a request after")
        connection.is_closing(answer)
        connection.leave()
    server.gone(5)


@check
def shutdown_in_time(server):
    """--timeout-shutdown 500ms --access-log $FOLDER/access.log --access-log-format '%U %x'"""
    connections = [way.connect(server) for way in WAYS]
    exchanges = [begun(server, connection, f"/watch/{way.mark}?ms=30000") for way, connection in zip(WAYS, connections)]
    start = time.monotonic()
    terminate(server)
    for way, exchange in zip(WAYS, exchanges):
        answer = exchange.wait(timeout=5)
        require(answer.is_cut and answer.status is None, f"{way}: {answer}")
        exchange.connection.leave()
    between(time.monotonic() - start, 0.3, 4, "the end")
    server.gone(5)
    with open(os.path.join(server["folder"], "access.log")) as file:
        got = [line for line in file.read().splitlines() if line.startswith("/watch/")]
    equal(sorted(got), sorted(f"/watch/{way.mark} server_shutdown" for way in WAYS), "the access log")


if __name__ == "__main__":
    main()
