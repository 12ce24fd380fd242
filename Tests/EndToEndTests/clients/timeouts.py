"""Timeouts, each set low by a flag."""

import os
import select
import socket
import time

from wire import Failed, between, check, equal, main, request, require, seen


def cut(connection, start, low, high, status=None):
    """The connection is answered `status`, or nothing, and ends between `low` and `high` seconds after `start`."""
    connection.sock.settimeout(high + 2)
    if status:
        response = connection.response()
        equal((response.status, response["connection"]), (status, "close"), "the response")
        require(len(response.body) > 0, "the response has no text")
    connection.ends(high + 2)
    between(time.monotonic() - start, low, high, "the end")


@check
def header_trickle(server):
    """--timeout-header 1s"""
    with server.connect() as connection:
        start = time.monotonic()
        for byte in request("/", "X: " + "x" * 100 + "\r\n"):
            connection.send(bytes([byte]))
            if select.select([connection.sock], [], [], 0.05)[0]:
                break
        else:
            raise Failed("the head was not cut off")
        cut(connection, start, 0.9, 2.5, 408)
    seen("a byte from time to time does not help")


@check
def header_stall(server):
    """--timeout-header 1s"""
    for first in (b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n", b"\r\n"):
        with server.connect() as connection:
            start = time.monotonic()
            connection.send(first)
            cut(connection, start, 0.9, 2.5, 408)
    with server.connect() as connection:
        cut(connection, time.monotonic(), 0.9, 2.5)
    seen("a silent client is closed without a word")


@check
def header_stall_of_second(server):
    """--timeout-header 1s"""
    with server.connect() as connection:
        connection.send(request())
        connection.response()
        time.sleep(1.3)
        start = time.monotonic()
        connection.send(b"GET / HTTP/1.1\r\n")
        cut(connection, start, 0.9, 2.5, 408)
        seen("the time counts from the first byte")
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(request() + b"GET / HTTP")
        equal(connection.response().status, 200, "the first")
        cut(connection, start, 0.9, 2.5, 408)
    with server.connect() as connection:
        connection.send(request("/slow?ms=1500") + b"GET / HTTP")
        equal(connection.response().status, 200, "a slow first")
        start = time.monotonic()
        cut(connection, start, 0.9, 2.5, 408)
        seen("while the application works the time stands still")


@check
def body_stall(server):
    """--timeout-body 1s"""
    for fields, data in (
        ("Content-Length: 100\r\n", b""), ("Content-Length: 100\r\n", b"x" * 99),
        ("Transfer-Encoding: chunked\r\n", b"5\r\nhel"), ("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n"),
    ):
        with server.connect() as connection:
            start = time.monotonic()
            connection.send(request("/count", fields, "POST") + data)
            cut(connection, start, 0.9, 2.5, 408)
    with server.connect() as connection:
        connection.send(request("/count", "Content-Length: 2000\r\n", "POST"))
        for _ in range(10):
            time.sleep(0.3)
            connection.send("x" * 200)
        equal(connection.response().body, b"2000\n", "content that comes slowly, but comes")


@check
def body_trickle(server):
    """--timeout-body 1s, and the default for the lowest rate: a byte from time to time does not help."""
    for fields, piece in (("Content-Length: 1000\r\n", b"x"), ("Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n")):
        with server.connect() as connection:
            start = time.monotonic()
            connection.send(request("/count", fields, "POST"))
            while not select.select([connection.sock], [], [], 0.2)[0]:
                connection.send(piece)
                require(time.monotonic() < start + 5, "content that trickles was not cut off")
            cut(connection, start, 0.9, 4, 408)


@check
def body_trickle_allowed(server):
    """--timeout-body 1s, without a lowest rate: only a stall counts."""
    with server.connect() as connection:
        connection.send(request("/count", "Content-Length: 10\r\n", "POST"))
        for _ in range(10):
            time.sleep(0.3)
            connection.send("x")
        equal(connection.response().body, b"10\n", "the count")


@check
def read_trickle(server):
    """--timeout-write 1s: a reader that takes a few bytes from time to time is cut off like one that takes nothing."""
    with server.connect(receive_buffer=4096) as connection:
        connection.send(request("/bytes/100000000"))
        connection.head()
        start = time.monotonic()
        while "write_timeout" not in server.log():
            require(time.monotonic() < start + 10, "a reader that trickles was not cut off")
            try:
                connection.sock.recv(10)
            except ConnectionResetError:
                pass
            time.sleep(0.2)


@check
def body_stall_after_start(server):
    """--timeout-body 1s"""
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(request("/echo", "Content-Length: 100\r\n", "POST") + b"x" * 50)
        equal(connection.head().status, 200, "the start of the echo")
        require(len(connection.rest()) <= 50, "more came back than was sent")
        between(time.monotonic() - start, 0.9, 2.5, "the end")


@check
def body_time_of_application(server):
    """--timeout-body 1s: it is not the client's fault when the application takes long."""
    with server.connect() as connection:
        connection.send(request("/count?ms=1500", "Content-Length: 2\r\n", "POST") + b"x")
        time.sleep(1.2)
        connection.send(b"x")
        equal(connection.response().body, b"2\n", "the count")


@check
def drain_stall(server):
    """--timeout-body 1s: unread content that does not come."""
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(request("/ignore", "Content-Length: 100\r\n", "POST") + b"x" * 50)
        equal(connection.response().status, 200, "the status")
        connection.ends(4)
        between(time.monotonic() - start, 0.9, 2.5, "the end")


@check
def keep_alive(server):
    """--timeout-keep-alive 1s"""
    with server.connect() as connection:
        for _ in range(3):
            connection.send(request())
            connection.response()
            time.sleep(0.6)
        start = time.monotonic()
        connection.send(request())
        connection.response()
        connection.ends(4)
        between(time.monotonic() - start, 0.9, 2.5, "the idle connection's end")
        with server.connect() as other:
            other.send(request("/slow?ms=1500"))
            equal(other.response().status, 200, "a request is not idleness")


@check
def write_stall(server):
    """--timeout-write 1s, and an access log"""
    for path in ("/bytes/100000000", "/file"):
        for secure in (False, True):
            with server.connect(secure, receive_buffer=4096) as connection:
                before = server.log().count("write_timeout")
                connection.send(request(path) * (1 if path[1] == "b" else 40))
                connection.head()
                end = time.monotonic() + 10
                while server.log().count("write_timeout") == before:
                    require(time.monotonic() < end, f"{path}: no end after 10 s")
                    time.sleep(0.02)
                data = 0
                try:
                    while part := connection.sock.recv(1 << 20):
                        data += len(part)
                        require(data < 90_000_000, "the response goes on")
                except OSError:
                    pass
    seen("a client that does not read is reset")


@check
def slow_reader_is_served(server):
    """--timeout-write 1s"""
    for secure in (False, True):
        with server.connect(secure, receive_buffer=65536) as connection:
            connection.send(request("/bytes/12000000"))
            connection.head()
            start, got = time.monotonic(), len(connection.buffer)
            while got < 12_000_000:
                part = connection.sock.recv(65536)
                require(part, f"cut off after {got} bytes and {time.monotonic() - start:.1f} s")
                got += len(part)
                if time.monotonic() < start + 3:
                    time.sleep(0.05)
    seen("slow is not stalled")


@check
def half_closed(server):
    """--timeout-half-closed 500ms"""
    with server.connect() as connection:
        connection.send(request("/watch/half?ms=8000"))
        connection.sock.shutdown(socket.SHUT_WR)
        start = time.monotonic()
        try:
            connection.sock.recv(100)
        except ConnectionResetError:
            pass
        between(time.monotonic() - start, 0.3, 2, "the end")
    end = time.monotonic() + 2
    while "disconnected" not in (notes := server.get("/seen/half").text):
        require(time.monotonic() < end, f"the application saw {notes!r}")
        time.sleep(0.05)
    require("disconnected: client_closed" in notes.split("\n"), f"the application saw {notes!r}")


@check
def disconnect_is_seen(server):
    for name, leave in (("close", close), ("reset", reset)):
        for secure in (False, True):
            connection = server.connect(secure)
            connection.send(request(f"/watch/{name}{secure}?ms=20000"))
            time.sleep(0.1)
            start = time.monotonic()
            leave(connection.sock)
            while "cancelled" not in (notes := server.get(f"/seen/{name}{secure}").text):
                require(time.monotonic() < start + 5, f"after {name} the application saw {notes!r}")
                time.sleep(0.05)
            lines = notes.split()
            require("completed" not in lines, f"complete and disconnected: {notes!r}")
            equal(len([line for line in lines if line == "disconnected:"]), 1, "the number of notes")
            seen(f"{name}, {'TLS' if secure else 'cleartext'}: {lines} after {time.monotonic() - start:.2f} s")
    require("ERROR" not in server.log(), "a client that goes is no error")


def close(sock):
    sock.close()


def reset(sock):
    import struct
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@check
def disconnect_without_cancellation(server):
    """--no-cancel"""
    connection = server.connect()
    connection.send(request("/watch/x?ms=700"))
    time.sleep(0.1)
    reset(connection.sock)
    time.sleep(1.2)
    notes = server.get("/seen/x").text
    require("disconnected" in notes and "cancelled" not in notes, f"the application saw {notes!r}")


@check
def completion_is_seen(server):
    equal(server.get("/watch/done?ms=10").status, 200, "the status")
    equal(server.get("/seen/done").text, "completed\n", "what the application saw")


@check
def linger(server):
    """--timeout-linger 500ms: after its last response the server waits for the client to close, but not for long."""
    with server.connect() as connection:
        connection.send(request(fields="Connection: close\r\n"))
        connection.response()
        connection.ends(1)
        # Closed for good: what is sent now is refused.
        end = time.monotonic() + 4
        try:
            while time.monotonic() < end:
                connection.send("x")
                time.sleep(0.1)
            raise Failed("the server still takes bytes")
        except (BrokenPipeError, ConnectionResetError):
            seen("gone")


@check
def linger_over_tls(server):
    """--timeout-linger 500ms: a client that does not answer the server's goodbye."""
    before = server.descriptors()
    with server.connect(True) as connection:
        connection.send(request(fields="Connection: close\r\n"))
        connection.response()
        connection.ends(1)
        start = time.monotonic()
        while server.descriptors() > before:
            require(time.monotonic() < start + 2.5, "the server keeps the connection")
            time.sleep(0.02)
        seen(f"closed for good after {time.monotonic() - start:.2f} s")


@check
def handshake(server):
    """--timeout-handshake 1s"""
    for first in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        with server.connect(False) as _:
            from wire import Connection, open_socket
            with Connection(open_socket(server.https, first=first)) as connection:
                start = time.monotonic()
                connection.ends(4)
                between(time.monotonic() - start, 0.8, 2.5, "the end")
    seen("a handshake that does not come")


@check
def timeouts_off(server):
    """every timeout off"""
    with server.connect() as connection:
        connection.send("GET / HTTP/1.1\r\n")
        time.sleep(0.5)
        connection.send("Host: a\r\n\r\n")
        equal(connection.response().status, 200, "the status")
        time.sleep(0.5)
        connection.send(request("/count", "Content-Length: 1\r\n", "POST"))
        time.sleep(0.5)
        connection.send("x" + request().decode())
        equal([connection.response().status for _ in range(2)], [200, 200], "the statuses")


if __name__ == "__main__":
    main()
