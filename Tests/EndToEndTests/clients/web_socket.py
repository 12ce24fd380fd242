"""WebSockets: by hand, and with the library `websockets`."""

import asyncio
import os
import signal
import socket
import time

import websockets
from frames import BINARY, PING, PONG, TEXT, close, closed, frame, handshake, open_socket, receive
from wire import Failed, between, check, equal, insecure, main, request, require, seen


def url(server, path="/ws", secure=False):
    host, port = server.https if secure else server.http
    return f"{'wss' if secure else 'ws'}://{host}:{port}{path}"


def connect(server, path="/ws", secure=False, **options):
    return websockets.connect(
        url(server, path, secure), ssl=insecure() if secure else None, max_size=None, open_timeout=10, **options)


@check
def echo(server):
    """Messages of every kind and size come back, with deflate and without, over TLS and not."""
    async def talk(secure, compression):
        async with connect(server, secure=secure, compression=compression, subprotocols=["b", "a"]) as ws:
            equal(ws.subprotocol, "b", "the subprotocol")
            messages = ["", "x", "grüße €😀", "y" * 125, "y" * 126, "z" * 65535, "€" * 70_000, b"", b"\x00\xff",
                        os.urandom(65536), os.urandom(300_000), b"a" * 5_000_000]
            for message in messages:
                await ws.send(message)
                equal(await asyncio.wait_for(ws.recv(), 20), message, "the echo")
            await ws.send(["in ", "four ", "frag", "ments"])
            equal(await asyncio.wait_for(ws.recv(), 5), "in four fragments", "the echo")
            await asyncio.wait_for(await ws.ping(b"now"), 5)
            # Many at once.
            texts = [f"message {number}" for number in range(2000)]
            for text in texts:
                await ws.send(text)
            for text in texts:
                equal(await asyncio.wait_for(ws.recv(), 5), text, "the echo")
            await ws.close(3000, "bye")
        equal((ws.close_code, ws.close_reason), (3000, ""), "the close")

    for secure in (False, True):
        for compression in (None, "deflate"):
            asyncio.run(asyncio.wait_for(talk(secure, compression), 50))
    seen("every message came back")


@check
def deflate(server):
    async def talk():
        async with connect(server, "/ws") as ws:
            require("permessage-deflate" in ws.response.headers["Sec-WebSocket-Extensions"], "no deflate")
            text = "the same words again and again, " * 50
            for _ in range(20):
                await ws.send(text)
                equal(await ws.recv(), text, "the echo")
        async with connect(server, "/ws?deflate=0") as ws:
            equal(ws.response.headers.get("Sec-WebSocket-Extensions"), None, "the application said no")

    asyncio.run(asyncio.wait_for(talk(), 20))
    offers = {
        "permessage-deflate": "permessage-deflate; server_max_window_bits=12",
        "permessage-deflate; client_max_window_bits":
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "permessage-deflate; server_max_window_bits=8": None,
        "permessage-deflate; unknown, permessage-deflate; server_no_context_takeover":
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=12",
        "x-other": None,
    }
    for offer, answer in offers.items():
        with open_socket(server, fields=f"Sec-WebSocket-Extensions: {offer}\r\n") as connection:
            equal(connection.handshake["sec-websocket-extensions"], answer, offer)
    seen("what is offered is answered")


@check
def deflate_off(server):
    """--no-ws-deflate"""
    with open_socket(server, fields="Sec-WebSocket-Extensions: permessage-deflate\r\n") as connection:
        equal(connection.handshake["sec-websocket-extensions"], None, "the extension")


@check
def refused_handshakes(server):
    text, _ = handshake()
    wrong = {
        "a version": (handshake(version="8")[0], 426), "a key": (handshake(key="x")[0], 400),
        "no key": ("".join(line for line in text.splitlines(True) if "Key" not in line), 400),
        "POST": (text.replace("GET", "POST"), 400),
        "content": (text.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx"), 400),
        "subprotocols": (handshake(fields="Sec-WebSocket-Protocol: a b\r\n")[0], 400),
        "extensions": (handshake(fields="Sec-WebSocket-Extensions: ;\r\n")[0], 400),
    }
    for name, (data, status) in wrong.items():
        with server.connect() as connection:
            connection.send(data)
            response = connection.response()
            equal(response.status, status, name)
            require(len(response.body) > 5, f"{name}: no text")
            if status == 426:
                equal(response["sec-websocket-version"], "13", "the version that would do")
                equal(response["upgrade"], "websocket", "Upgrade")
            connection.ends()
    # What is no WebSocket is an ordinary request.
    for data in (text.replace("websocket", "unheard-of"), text.replace("Connection: Upgrade", "Connection: keep-alive"),
                 text.replace("HTTP/1.1", "HTTP/1.0")):
        with server.connect() as connection:
            connection.send(data.replace("GET /ws", "GET /page"))
            equal(connection.response().status, 200, data)
    seen("each is refused for its own reason")


@check
def denial(server):
    for path, status in (("/ws/deny?status=401", 401), ("/ws/refuse", 403), ("/ws/fail", 500)):
        with server.connect() as connection:
            # What is sent too early must not be taken for a request.
            connection.send(handshake(path)[0].encode() + request("/smuggled"))
            response = connection.response()
            equal((response.status, response["connection"]), (status, "close"), path)
            connection.ends()
    equal(server.get("/ws/nothing").status, 404, "a path without a WebSocket")
    with server.connect() as connection:
        connection.send(handshake("/page")[0])
        equal(connection.response().status, 200, "a WebSocket where there is only a page")
    with open_socket(server, "/ws/fail?accept=1&unsupported=1") as connection:
        equal(closed(connection)[0], 1011, "a WebSocket that is open cannot be a page")
    require("smuggled" not in server.log(), "the rest was taken for a request")
    seen("a handshake can be answered with any response")


@check
def second_request(server):
    with server.connect() as connection:
        connection.send(request("/"))
        equal(connection.response().status, 200, "the first request")
        connection.send(handshake()[0].encode() + frame(TEXT, "at once"))
        equal(connection.head().status, 101, "the second request")
        equal(receive(connection), (TEXT, b"at once"), "the echo")
    seen("what comes before the answer is kept")


@check
def closing(server):
    with open_socket(server, "/ws/note") as connection:
        connection.send(close(4321, "by the client"))
        equal(closed(connection), (4321, ""), "the answer")
        connection.ends()
    equal(server.noted("ws"), "4321 by the client", "what the application saw")
    with open_socket(server, "/ws/note") as connection:
        connection.send(frame(8))
        equal(closed(connection), (None, ""), "the answer")
        connection.ends()
    server.get("/")
    end = time.monotonic() + 5
    while server.noted("ws") != "1005 ":
        require(time.monotonic() < end, server.noted("ws"))
    with open_socket(server, "/ws/close?code=4999") as connection:
        equal(closed(connection), (4999, "That is all."), "the close")
        connection.send(close(4999))
        connection.ends()
    with open_socket(server, "/ws/return") as connection:
        equal(closed(connection), (1000, ""), "an application that returns")
    with open_socket(server, "/ws/fail?accept=1") as connection:
        equal(closed(connection), (1011, ""), "an application that throws")
    server.await_log("threw while its WebSocket was open")
    seen("both sides can close")


@check
def close_is_unanswered(server):
    """--ws-close-timeout 300ms"""
    start = time.monotonic()
    with open_socket(server, "/ws/return") as connection:
        equal(closed(connection), (1000, ""), "the close")
        connection.ends()
    between(time.monotonic() - start, 0.2, 2.5, "the end")
    seen("a client that does not answer is left")


@check
def gone(server):
    with open_socket(server, "/ws/note"):
        pass
    equal(server.noted("ws"), "1006 client_closed", "what the application saw")
    seen("a connection that ends without a Close is 1006")


@check
def violations(server):
    cases = {
        "no mask": (frame(TEXT, "a", masked=False), 1002), "RSV1": (frame(TEXT, "a", reserved=4), 1002),
        "opcode 3": (frame(3), 1002), "a fragmented ping": (frame(PING, final=False), 1002),
        "no UTF-8": (frame(TEXT, b"\xc3\x28"), 1007), "a long ping": (frame(PING, b"x" * 126), 1002),
        "code 1005": (close(1005), 1002), "a close of one byte": (frame(8, b"x"), 1002),
        "nothing to continue": (frame(0, "a"), 1002), "too large": (frame(BINARY, b"x" * 5000), 1009),
        "too large together": (b"".join([frame(BINARY, b"x" * 1000, final=False)] + [frame(0, b"x" * 1000, final=False)] * 2),
                               1009),
    }
    for name, (data, code) in cases.items():
        with open_socket(server, "/ws/note") as connection:
            connection.send(frame(PING, "before") + data)
            equal(receive(connection), (PONG, b"before"), name)
            equal(closed(connection)[0], code, name)
            connection.ends()
    equal(server.noted("ws"), "1009 body_too_large", "what the application saw")
    require("1002 protocol_error" in server.get("/seen/ws").text, "the application saw no violation")
    require("ERROR" not in server.log(), "a peer's mistake is in the log as an error")
    seen("each is answered with its code")


@check
def message_before_violation(server):
    with open_socket(server) as connection:
        connection.send(frame(TEXT, "one") + frame(TEXT, "two") + frame(3))
        equal([receive(connection), receive(connection)], [(TEXT, b"one"), (TEXT, b"two")], "the echoes")
        equal(closed(connection)[0], 1002, "the close")
    with open_socket(server) as connection:
        connection.send(frame(TEXT, "one") + close(1000))
        equal(receive(connection), (TEXT, b"one"), "the echo")
        equal(closed(connection), (1000, ""), "the close")
    seen("what came before is answered")


@check
def misuse(server):
    with open_socket(server, "/ws/misuse") as connection:
        texts = [receive(connection)[1].decode() for _ in range(6)]
        for text, part in zip(texts, ["not been accepted", "never-offered", "accepted already", "accepted already",
                                      "1005 may not be sent", "longer than 123"]):
            require(part in text, f"{part!r} is not in {text!r}")
        equal(closed(connection), (1000, ""), "the close")
        connection.send(close())
        connection.ends()
    equal(server.noted("ws"), "The WebSocket is closed. | taken", "after the close")
    seen("what breaks a rule throws, and nothing of it is sent")


@check
def keepalive(server):
    """--ws-ping-interval 200ms --ws-ping-timeout 300ms"""
    with open_socket(server, "/ws/note") as connection:
        start = time.monotonic()
        for _ in range(3):
            opcode, payload = receive(connection)
            equal(opcode, PING, "the opcode")
            connection.send(frame(PONG, payload))
        between(time.monotonic() - start, 0.5, 2, "three pings")
        # No answer now.
        equal(receive(connection)[0], PING, "the opcode")
        start = time.monotonic()
        connection.rest()
        between(time.monotonic() - start, 0.2, 1.5, "the end")
    equal(server.noted("ws"), "1006 keepalive_timeout", "what the application saw")
    with open_socket(server, "/ws/note") as connection:
        for _ in range(8):
            time.sleep(0.1)
            connection.send(frame(TEXT, "still here"))
        connection.sock.setblocking(False)
        try:
            raise Failed(f"a client that talks was sent {connection.sock.recv(100)!r}")
        except BlockingIOError:
            pass
    seen("a client that says nothing is asked, and left")


@check
def keepalive_of_application(server):
    """--ws-ping-interval off"""
    with open_socket(server, "/ws/keepalive?ms=100&timeout=200") as connection:
        equal(receive(connection)[0], PING, "the opcode")
        connection.rest()
    equal(server.noted("ws"), "1006 keepalive_timeout", "what the application saw")
    with open_socket(server, "/ws/note") as connection:
        connection.is_quiet(0.5)


@check
def slow_application_keeps_its_client(server):
    """--ws-ping-interval 100ms --ws-ping-timeout 500ms --ws-queue-messages 2: the server does not read, and so sees no pong."""
    with open_socket(server, "/ws/quiet?ms=1200") as connection:
        for _ in range(20):
            connection.send(frame(TEXT, "x" * 100))
        total = 0
        answers = []
        while total < 20:
            opcode, payload = receive(connection)
            if opcode == PING:
                connection.send(frame(PONG, payload))
            else:
                total += 1
                answers.append(int(payload))
        equal(answers, [100 * number for number in range(1, 21)], "the counts")
    seen("every message arrived")


@check
def idle(server):
    """--ws-idle-timeout 300ms --ws-ping-interval off"""
    with open_socket(server, "/ws/note") as connection:
        start = time.monotonic()
        for _ in range(4):
            time.sleep(0.15)
            connection.send(frame(TEXT, "x"))
        equal(closed(connection)[0], 1001, "the close")
        between(time.monotonic() - start, 0.8, 2, "the end")
    equal(server.noted("ws"), "1001 idle_timeout", "what the application saw")


@check
def handshake_is_unanswered(server):
    """--ws-handshake-timeout 300ms"""
    start = time.monotonic()
    with server.connect() as connection:
        connection.send(handshake("/ws/never")[0])
        equal(connection.response().status, 503, "the status")
    between(time.monotonic() - start, 0.2, 1.5, "the answer")


@check
def too_many(server):
    """--ws-connections 2"""
    with open_socket(server), open_socket(server):
        with server.connect() as connection:
            connection.send(handshake()[0])
            response = connection.response()
            equal((response.status, response["retry-after"]), (503, "5"), "the third")
        equal(server.get("/").status, 200, "an ordinary request")
    end = time.monotonic() + 5
    while True:
        with server.connect() as connection:
            connection.send(handshake()[0])
            if connection.head().status == 101:
                break
        require(time.monotonic() < end, "the first two still count")
    seen("a WebSocket that is over does not count")


@check
def origins(server):
    """--ws-origin https://good.test --ws-origin http://localhost:3000"""
    for origin, status in (("https://good.test", 101), ("HTTPS://GOOD.TEST", 101), ("http://localhost:3000", 101),
                           ("https://evil.test", 403), ("https://good.test.evil.test", 403), ("null", 403),
                           ("http://good.test", 403), (None, 101)):
        with server.connect() as connection:
            connection.send(handshake(fields=f"Origin: {origin}\r\n" if origin else "")[0])
            equal(connection.head().status, status, str(origin))


@check
def slow_reader(server):
    """A client that reads nothing holds no memory, and nobody up; it gets everything in the end."""
    before = server.memory()
    with open_socket(server, "/ws/flood?count=2000&size=65536", receive_buffer=65536) as connection:
        time.sleep(0.5)
        for _ in range(10):
            equal(server.get("/").status, 200, "somebody else")
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
        for _ in range(2000):
            opcode, payload = receive(connection)
            require(opcode == BINARY and len(payload) == 65536, "a message is not whole")
        equal(closed(connection), (1000, ""), "the close")
    seen(f"{grown >> 10} KiB")


@check
def pings_without_reading(server):
    """A client that sends pings and reads nothing."""
    before = server.memory()
    with open_socket(server, "/ws/flood?count=2000&size=65536", receive_buffer=4096) as connection:
        connection.sock.settimeout(0.5)
        ping = frame(PING, b"x" * 125) * 500
        try:
            for _ in range(400):
                connection.send(ping)
        except (TimeoutError, socket.timeout):
            pass
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
    equal(server.get("/").status, 200, "somebody else")
    seen(f"{grown >> 10} KiB")


@check
def bomb(server):
    """A message that inflates to a gigabyte."""
    import zlib
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(compressor.compress(b"\0" * (1 << 20)) for _ in range(1024))
    data += compressor.flush(zlib.Z_SYNC_FLUSH)[:-4]
    before = server.memory()
    with open_socket(server, "/ws/note", "Sec-WebSocket-Extensions: permessage-deflate\r\n") as connection:
        connection.send(frame(BINARY, data, reserved=4))
        equal(closed(connection)[0], 1009, "the close")
    grown = server.memory() - before
    require(grown < 32 << 20, f"the server grew by {grown >> 20} MiB")
    seen(f"{len(data) >> 10} KiB of input, {grown >> 10} KiB of memory")


@check
def shutdown(server):
    with open_socket(server, "/ws/note") as connection, open_socket(server) as other:
        os.kill(server.pid, signal.SIGTERM)
        for each in (connection, other):
            equal(closed(each)[0], 1001, "the close")
            each.send(close(1001))
            each.ends()
    server.gone(5)
    seen("every client is told")


if __name__ == "__main__":
    main()
