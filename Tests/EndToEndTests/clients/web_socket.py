"""WebSockets: by hand over every version of HTTP, and with the library `websockets`."""

import asyncio
import os
import signal
import zlib

import websockets
from frames import BINARY, TEXT, close, closed, frame, handshake, message, receive
from ways import WAYS, every_way, every_way_in_turn, opened
from wire import check, equal, insecure, main, request, require, seen


def url(server, path="/ws", secure=False):
    host, port = server.https if secure else server.http
    return f"{'wss' if secure else 'ws'}://{host}:{port}{path}"


def connect(server, path="/ws", secure=False, **options):
    return websockets.connect(
        url(server, path, secure), ssl=insecure() if secure else None, max_size=None, open_timeout=10, **options)


@every_way
def frames_by_hand(server, way):
    """Messages of every length, whole and in parts."""
    with way.connect(server) as connection:
        socket = opened(connection)
        for size in (0, 1, 125, 126, 65535, 65536, 1_000_000):
            content = os.urandom(size)
            socket.send(frame(BINARY, content))
            equal(message(socket), (BINARY, content), f"{size} bytes")
        socket.send(frame(TEXT, "in ", final=False) + frame(0, "parts"))
        equal(message(socket), (TEXT, b"in parts"), "the parts")
        socket.send(close(3000, "bye"))
        equal(closed(socket), (3000, ""), "the close")
        socket.ends()
        connection.goes_on()


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


@every_way
def offers(server, way):
    """What is offered is answered."""
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
        with way.connect(server) as connection:
            socket = opened(connection, fields=[("sec-websocket-extensions", offer)])
            equal(socket.answer["sec-websocket-extensions"], answer, offer)


@every_way
def compressed(server, way):
    with way.connect(server) as connection:
        offer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
        socket = opened(connection, fields=[("sec-websocket-extensions", offer)])
        text = b"again and again, " * 200
        deflate = zlib.compressobj(wbits=-15)
        packed = (deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        socket.send(frame(TEXT, packed, reserved=4))
        first, second = socket.take(2)
        equal(first, 0xC0 | TEXT, "the head of a compressed message")
        inflate = zlib.decompressobj(wbits=-15)
        equal(inflate.decompress(socket.take(second) + b"\0\0\xff\xff"), text, "the message")


@every_way
def deflate_off(server, way):
    """--no-ws-deflate"""
    with way.connect(server) as connection:
        socket = opened(connection, fields=[("sec-websocket-extensions", "permessage-deflate")])
        equal(socket.answer["sec-websocket-extensions"], None, "the extension")


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
def early_bytes(server):
    """What is sent before the answer to a handshake must not be taken for a request."""
    for path, status in (("/ws/deny?status=401", 401), ("/ws/refuse", 403), ("/ws/fail", 500)):
        with server.connect() as connection:
            connection.send(handshake(path)[0].encode() + request("/smuggled"))
            response = connection.response()
            equal((response.status, response["connection"]), (status, "close"), path)
            connection.ends()
    require("smuggled" not in server.log(), "the rest was taken for a request")


@every_way
def denial(server, way):
    """A handshake can be answered with any response."""
    for path, status in (("/ws/deny?status=401", 401), ("/ws/refuse", 403), ("/ws/fail", 500)):
        with way.connect(server) as connection:
            socket = connection.web_socket(path)
            equal((socket.is_open, socket.answer.status, socket.answer.ended), (False, status, True), path)
            connection.goes_on()
    equal(way.get(server, "/ws/nothing").status, 404, "a path without a WebSocket")
    with way.connect(server) as connection:
        # RFC 8441 §4: an extended CONNECT is no request that a page could answer.
        equal(connection.web_socket("/page").answer.status, 200 if way.is_first else 501, "where there is only a page")
    with way.connect(server) as connection:
        socket = opened(connection, "/ws/fail?accept=1&unsupported=1")
        equal(closed(socket)[0], 1011, "a WebSocket that is open cannot be a page")


@check
def second_request(server):
    with server.connect() as connection:
        connection.send(request("/"))
        equal(connection.response().status, 200, "the first request")
        connection.send(handshake()[0].encode() + frame(TEXT, "at once"))
        equal(connection.head().status, 101, "the second request")
        equal(receive(connection), (TEXT, b"at once"), "the echo")
    seen("what comes before the answer is kept")


@every_way
def closing(server, way):
    """Both sides can close."""
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/note?as={way.mark}")
        socket.send(close(4321, "by the client"))
        equal(closed(socket), (4321, ""), "the answer")
        socket.ends()
    equal(server.noted(way.mark), "4321 by the client", "what the application saw")
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/note?as={way.mark}")
        socket.send(frame(8))
        equal(closed(socket), (None, ""), "the answer")
        socket.ends()
    equal(server.notes(way.mark, 2)[1].rstrip(), "1005", "what the application saw")
    with way.connect(server) as connection:
        socket = opened(connection, "/ws/close?code=4999")
        equal(closed(socket), (4999, "That is all."), "the close")
        socket.send(close(4999))
        socket.ends()
    for path, code in (("/ws/return", 1000), ("/ws/fail?accept=1", 1011)):
        with way.connect(server) as connection:
            socket = opened(connection, path)
            equal(closed(socket), (code, ""), path)
            socket.send(close(code))
            socket.ends()
    server.await_log("threw while its WebSocket was open")


@every_way
def gone(server, way):
    """A WebSocket that ends without a Close is 1006."""
    for leave in ("leave", "abandon"):
        with way.connect(server) as connection:
            mark = f"{way.mark}-{leave}"
            socket = opened(connection, f"/ws/note?as={mark}")
            getattr(connection if leave == "leave" else socket, leave)()
            equal(server.noted(mark), "1006 client_closed", "what the application saw")
    require("ERROR" not in server.log(), "a client that goes is no error")


@every_way_in_turn
def gone_after_return(server, way):
    """A client that goes when the application has returned already leaves nothing behind for those who come then."""
    for _ in range(3):
        with way.connect(server) as connection:
            socket = opened(connection, "/ws/return")
            equal(closed(socket), (1000, ""), "the close")
        with way.connect(server) as connection:
            for _ in range(3):
                answer = connection.get("/bytes/1000000")
                equal((answer.ended, len(answer.body)), (True, 1_000_000), "another response")


@every_way
def misuse(server, way):
    """What breaks a rule throws, and nothing of it is sent."""
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/misuse?as={way.mark}")
        texts = [receive(socket)[1].decode() for _ in range(6)]
        for text, part in zip(texts, ["not been accepted", "never-offered", "accepted already", "accepted already",
                                      "1005 may not be sent", "longer than 123"]):
            require(part in text, f"{part!r} is not in {text!r}")
        equal(closed(socket), (1000, ""), "the close")
        socket.send(close())
        socket.ends()
    equal(server.noted(way.mark), "The WebSocket is closed. | taken", "after the close")


@every_way
def origins(server, way):
    """--ws-origin https://good.test --ws-origin http://localhost:3000"""
    for origin, is_allowed in (("https://good.test", True), ("HTTPS://GOOD.TEST", True), ("http://localhost:3000", True),
                               ("https://evil.test", False), ("https://good.test.evil.test", False), ("null", False),
                               ("http://good.test", False), (None, True)):
        with way.connect(server) as connection:
            socket = connection.web_socket(fields=[("origin", origin)] if origin else [])
            equal(socket.is_open, is_allowed, str(origin))
            if not is_allowed:
                equal(socket.answer.status, 403, str(origin))


@check
def shutdown(server):
    """Every client is told."""
    connections = [way.connect(server) for way in WAYS for _ in range(2)]
    sockets = [opened(connection, path) for connection, path in zip(connections, ("/ws/note", "/ws") * len(WAYS))]
    os.kill(server.pid, signal.SIGTERM)
    for connection, socket in zip(connections, sockets):
        equal(closed(socket)[0], 1001, "the close")
        socket.send(close(1001))
        socket.ends()
        connection.ends()
        connection.leave()
    server.gone(5)


if __name__ == "__main__":
    main()
