"""Timeouts, each set low by a flag."""

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
        ("Transfer-Encoding: chunked\r\n", b"5"), ("Transfer-Encoding: chunked\r\n", b"5\r\nhel"),
        ("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n"),
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
def drain_stall(server):
    """--timeout-body 1s: unread content that does not come."""
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(request("/ignore", "Content-Length: 100\r\n", "POST") + b"x" * 50)
        equal(connection.response().status, 200, "the status")
        connection.ends(4)
        between(time.monotonic() - start, 0.9, 2.5, "the end")


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
