"""WebSockets that break a rule, say nothing, or are too much, over every version of HTTP."""

import time
import zlib

from frames import BINARY, PING, PONG, TEXT, close, closed, frame, open_socket, receive
from ways import WAYS, every_way, every_way_in_turn, opened
from wire import between, check, equal, main, require, seen


@every_way
def close_is_unanswered(server, way):
    """--ws-close-timeout 300ms: a client that does not answer is left."""
    start = time.monotonic()
    with way.connect(server) as connection:
        socket = opened(connection, "/ws/return")
        equal(closed(socket), (1000, ""), "the close")
        socket.ends()
    between(time.monotonic() - start, 0.2, 2.5, "the end")


@every_way
def violations(server, way):
    """Each is answered with its code."""
    cases = {
        "no mask": (frame(TEXT, "a", masked=False), 1002), "RSV1": (frame(TEXT, "a", reserved=4), 1002),
        "opcode 3": (frame(3), 1002), "a fragmented ping": (frame(PING, final=False), 1002),
        "no UTF-8": (frame(TEXT, b"\xc3\x28"), 1007), "a long ping": (frame(PING, b"x" * 126), 1002),
        "code 1005": (close(1005), 1002), "a close of one byte": (frame(8, b"x"), 1002),
        "nothing to continue": (frame(0, "a"), 1002), "too large": (frame(BINARY, b"x" * 5000), 1009),
        "too large together": (b"".join([frame(BINARY, b"x" * 1000, final=False)] + [frame(0, b"x" * 1000, final=False)] * 2),
                               1009),
    }
    for number, (name, (data, code)) in enumerate(cases.items()):
        with way.connect(server) as connection:
            socket = opened(connection, f"/ws/note?as={way.mark}")
            socket.send(frame(PING, "before") + data)
            equal(receive(socket), (PONG, b"before"), name)
            equal(closed(socket)[0], code, name)
            socket.ends()
        reasons = {1002: "protocol_error", 1007: "protocol_error", 1009: "body_too_large"}
        equal(server.notes(way.mark, number + 1)[-1], f"{code} {reasons[code]}", f"what the application saw of {name}")
    require("ERROR" not in server.log(), "a peer's mistake is in the log as an error")


@every_way
def message_before_violation(server, way):
    with way.connect(server) as connection:
        socket = opened(connection)
        socket.send(frame(TEXT, "one") + frame(TEXT, "two") + frame(3))
        equal([receive(socket), receive(socket)], [(TEXT, b"one"), (TEXT, b"two")], "the echoes")
        equal(closed(socket)[0], 1002, "the close")
    with way.connect(server) as connection:
        socket = opened(connection)
        socket.send(frame(TEXT, "one") + close(1000))
        equal(receive(socket), (TEXT, b"one"), "the echo")
        equal(closed(socket), (1000, ""), "the close")


@every_way
def keepalive(server, way):
    """--ws-ping-interval 500ms --ws-ping-timeout 600ms: a client that says nothing is asked, and left."""
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/note?as={way.mark}")
        start = time.monotonic()
        for _ in range(3):
            opcode, payload = receive(socket)
            equal(opcode, PING, "the opcode")
            socket.send(frame(PONG, payload))
        between(time.monotonic() - start, 1.3, 6, "three pings")
        # No answer now.
        equal(receive(socket)[0], PING, "the opcode")
        start = time.monotonic()
        socket.is_left()
        between(time.monotonic() - start, 0.5, 4, "the end")
    equal(server.noted(way.mark), "1006 keepalive_timeout", "what the application saw")
    with way.connect(server) as connection:
        socket = opened(connection, "/ws/note")
        for _ in range(8):
            require(not socket.poll(0.1), "a client that talks was sent something")
            socket.send(frame(TEXT, "still here"))


@every_way
def keepalive_of_application(server, way):
    """--ws-ping-interval off"""
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/keepalive?ms=100&timeout=200&as={way.mark}")
        equal(receive(socket)[0], PING, "the opcode")
        socket.is_left()
    equal(server.noted(way.mark), "1006 keepalive_timeout", "what the application saw")
    with way.connect(server) as connection:
        require(not opened(connection, "/ws/note").poll(0.5), "a ping, though they are off")


@every_way
def slow_application_keeps_its_client(server, way):
    """--ws-ping-interval 100ms --ws-ping-timeout 500ms --ws-queue-messages 2: the server does not read, and so sees no pong."""
    with way.connect(server) as connection:
        socket = opened(connection, "/ws/quiet?ms=1200")
        for _ in range(20):
            socket.send(frame(TEXT, "x" * 100))
        answers = []
        while len(answers) < 20:
            opcode, payload = receive(socket)
            if opcode == PING:
                socket.send(frame(PONG, payload))
            else:
                answers.append(int(payload))
        equal(answers, [100 * number for number in range(1, 21)], "the counts")


@every_way
def idle(server, way):
    """--ws-idle-timeout 800ms --ws-ping-interval off"""
    with way.connect(server) as connection:
        socket = opened(connection, f"/ws/note?as={way.mark}")
        start = time.monotonic()
        for _ in range(8):
            require(not socket.poll(0.15), "a client that talks was sent something")
            socket.send(frame(TEXT, "x"))
        equal(closed(socket)[0], 1001, "the close")
        between(time.monotonic() - start, 1.8, 6, "the end")
    equal(server.noted(way.mark), "1001 idle_timeout", "what the application saw")


@every_way
def handshake_is_unanswered(server, way):
    """--ws-handshake-timeout 300ms"""
    start = time.monotonic()
    with way.connect(server) as connection:
        equal(connection.web_socket("/ws/never").answer.status, 503, "the status")
    between(time.monotonic() - start, 0.2, 4, "the answer")


@every_way_in_turn
def too_many(server, way):
    """--ws-connections 2"""
    with way.connect(server) as first, way.connect(server) as second, way.connect(server) as third:
        for connection in (first, second):
            opened(connection)
        answer = third.web_socket().answer
        equal((answer.status, answer["retry-after"]), (503, "5"), "the third")
        equal(way.get(server, "/").status, 200, "an ordinary request")
    end = time.monotonic() + 5
    while True:
        with way.connect(server) as connection:
            socket = connection.web_socket("/ws/return")
            if socket.is_open:
                # One that is over does not count any more.
                equal(closed(socket), (1000, ""), "the close")
                socket.send(close(1000))
                socket.ends()
                break
        require(time.monotonic() < end, "the first two still count")


@every_way_in_turn
def slow_reader(server, way):
    """A client that reads nothing holds no memory, and nobody up; it gets everything in the end."""
    before = server.memory()
    with way.connect(server, receive_buffer=65536) as connection:
        socket = opened(connection, "/ws/flood?count=500&size=65536")
        time.sleep(0.3)  # time enough for a stream without a bound to fill the memory
        for _ in range(10):
            equal(server.get("/").status, 200, "somebody else")
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
        for _ in range(500):
            opcode, payload = receive(socket)
            require(opcode == BINARY and len(payload) == 65536, "a message is not whole")
        equal(closed(socket), (1000, ""), "the close")
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
        except TimeoutError:
            pass
        grown = server.memory() - before
        require(grown < 8 << 20, f"the server grew by {grown >> 20} MiB")
    equal(server.get("/").status, 200, "somebody else")
    seen(f"{grown >> 10} KiB")


@check
def bomb(server):
    """A message that inflates to a gigabyte."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(compressor.compress(b"\0" * (1 << 20)) for _ in range(1024))
    data += compressor.flush(zlib.Z_SYNC_FLUSH)[:-4]
    for way in WAYS:
        before = server.memory()
        with way.connect(server) as connection:
            socket = opened(connection, "/ws/note", [("sec-websocket-extensions", "permessage-deflate")])
            socket.send(frame(BINARY, data, reserved=4))
            equal(closed(socket)[0], 1009, f"{way}: the close")
        grown = server.memory() - before
        require(grown < 32 << 20, f"{way}: the server grew by {grown >> 20} MiB")
        seen(f"{way}: {len(data) >> 10} KiB of input, {grown >> 10} KiB of memory")


if __name__ == "__main__":
    main()
