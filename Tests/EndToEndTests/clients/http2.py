"""HTTP/2: the same answers as over HTTP/1.1, and what only it has."""

import json
import os
import struct
import subprocess
import time

import frames
import h2.errors
import h2.settings
import hpack

from h2_client import Client, Tunnel, frame
from wire import between, check, equal, main, open_socket, request, require, seen

ERRORS = h2.errors.ErrorCodes
HEADERS, PRIORITY, RESET, SETTINGS, PING, WINDOW, CONTINUATION = 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def both(body):
    """In cleartext with prior knowledge, and over TLS by ALPN."""
    for secure in (False, True):
        body(secure)


# Requests and responses


@check
def many_at_once(server):
    """More at once than a connection takes, again and again: nothing is lost between the turns."""
    def one(secure):
        for _ in range(4):
            with Client(server, secure) as client:
                client.h2.increment_flow_control_window(1 << 30)
                client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 24})
                client.flush()
                numbers = [client.open(f"/bytes/{10_000 + count}") for count in range(100)]
                for count, number in enumerate(numbers):
                    answer = client.wait(number)
                    equal((answer.status, len(answer.body)), (200, 10_000 + count), f"answer {count}")
    both(one)


@check
def concurrent(server):
    with Client(server) as client:
        slow = client.open("/slow?ms=400")
        start = time.monotonic()
        fast = [client.open("/") for _ in range(50)]
        for number in fast:
            equal(client.wait(number).status, 200, "a fast one")
        between(time.monotonic() - start, 0, 0.35, "the fast ones")
        require(not client.answers[slow].is_over, "the slow one was not slow")
        equal(client.wait(slow).status, 200, "the slow one")
    seen("fifty answers beside a slow one")


@check
def fair(server):
    """A huge download does not delay small responses on the same connection."""
    with Client(server) as client:
        client.h2.increment_flow_control_window(1 << 30)
        client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30})
        client.flush()
        huge = client.open("/bytes/300000000")
        client.until(lambda: len(client.answers[huge].body) > 1_000_000, "the download")
        before = len(client.answers[huge].body)
        equal(client.wait(client.open("/")).status, 200, "a small response")
        came = len(client.answers[huge].body) - before
        require(came < 16 << 20, f"{came} bytes of the download came first")
        client.h2.reset_stream(huge)
        client.flush()
        equal(client.get("/").status, 200, "another one")
    seen(f"a small response after {came} bytes of the download")


@check
def malformed(server):
    """Each ends its stream alone, with PROTOCOL_ERROR."""
    good = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")]
    cases = {
        "no path": good[:3], "two paths": [*good, (":path", "/")], "an unknown pseudo-header": [*good, (":x", "y")],
        "a pseudo-header after a field": [good[0], ("a", "b"), *good[1:]], "capitals": [*good, ("Xy", "z")],
        "Connection": [*good, ("connection", "close")], "TE": [*good, ("te", "gzip")],
        "a bad value": [*good, ("x", "a\rb")], "a bad path": [*good[:3], (":path", "a b")],
        "a response's pseudo-header": [*good, (":status", "200")], "another host": [*good, ("host", "b")],
    }
    with Client(server) as client:
        encoder = client.h2.encoder
        number = 1
        for what, fields in cases.items():
            client.raw(frame(HEADERS, END_HEADERS | END_STREAM, number, encoder.encode(fields)))
            reset = raw_frame(client, RESET)
            equal((reset[1], int.from_bytes(reset[2], "big")), (number, ERRORS.PROTOCOL_ERROR), what)
            number += 2
    seen(f"{len(cases)} malformed requests")


def raw_frame(client, kind):
    """The next frame of that kind, without h2: its flags, stream and payload."""
    buffer = getattr(client, "raw_bytes", b"")
    client.sock.settimeout(5)
    while True:
        while len(buffer) < 9 or len(buffer) < 9 + int.from_bytes(buffer[:3], "big"):
            data = client.sock.recv(65536)
            require(data, f"the connection ended before a frame of type {kind}")
            buffer += data
        length = int.from_bytes(buffer[:3], "big")
        got, flags, stream = buffer[3], buffer[4], int.from_bytes(buffer[5:9], "big")
        payload, buffer = buffer[9:9 + length], buffer[9 + length:]
        client.raw_bytes = buffer
        if got == kind:
            return flags, stream, payload


# Others


@check
def curl(server):
    def run(*arguments):
        done = subprocess.run(["curl", "-sk", "--max-time", "10", *arguments], capture_output=True, text=True)
        equal(done.returncode, 0, f"curl {arguments}: {done.stderr}")
        return done.stdout
    cleartext = "http://{}:{}".format(*server.http)
    secure = "https://{}:{}".format(*server.https)
    version = ["-o", "/dev/null", "-w", "%{http_version} %{response_code}"]
    equal(run("--http2-prior-knowledge", *version, cleartext), "2 200", "prior knowledge")
    equal(run(*version, secure), "2 200", "ALPN")
    equal(run("--http1.1", *version, secure), "1.1 200", "a client without HTTP/2")
    equal(run(*version, cleartext), "1.1 200", "HTTP/1.1 in cleartext")
    equal(run("-d", "hello", secure + "/echo"), "hello", "POST")
    seen("curl by prior knowledge, by ALPN, and with HTTP/1.1")


@check
def upgrade(server):
    """Upgrade: h2c, whose request is the first stream (RFC 7540 §3.2)."""
    done = subprocess.run(
        ["curl", "-s", "--http2", "--max-time", "10", "-w", "%{http_version}", "http://{}:{}/headers".format(*server.http)],
        capture_output=True, text=True)
    equal((done.returncode, done.stdout[-1:]), (0, "2"), "the version that curl says")
    said = json.loads(done.stdout[:-1])
    equal((said["version"], said["path"]), ("HTTP/2", "/headers"), "what the application was told")
    names = {name.lower() for name, _ in said["headers"]}
    require(not names & {"connection", "upgrade", "http2-settings"}, f"fields of the connection: {names}")
    # Settings that are none, and content, are no reason to fail: the request is served as it came.
    for fields, content in (("HTTP2-Settings: !\r\n", b""), ("", b""), ("HTTP2-Settings: \r\nContent-Length: 2\r\n", b"ab")):
        with server.connect() as connection:
            connection.send(request("/echo", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + fields, "POST"
                                    if content else "GET") + content)
            equal(connection.response().status, 200, f"with {fields!r}")


@check
def httpx_client(server):
    import httpx
    with httpx.Client(http2=True, verify=False, timeout=10) as client:
        answer = client.get("https://{}:{}/headers".format(*server.https))
        equal((answer.http_version, answer.json()["version"]), ("HTTP/2", "HTTP/2"), "the version")
        answer = client.post("https://{}:{}/echo".format(*server.https), content=b"x" * 500_000)
        equal(len(answer.content), 500_000, "the content")


@check
def off(server):
    """--no-http2"""
    with server.connect() as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        equal(connection.head().status, 505, "the preface")
    done = subprocess.run(
        ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_version}", "https://{}:{}".format(*server.https)],
        capture_output=True, text=True)
    equal(done.stdout, "1.1", "what is agreed on")


@check
def connect(server):
    """CONNECT without a protocol is for proxies, and this is none."""
    with Client(server) as client:
        block = client.h2.encoder.encode([(":method", "CONNECT"), (":authority", "example.org:443")])
        client.raw(frame(HEADERS, END_HEADERS, 1, block))
        fields = dict(hpack.Decoder().decode(raw_frame(client, HEADERS)[2]))
        equal(fields[":status"], "501", "CONNECT")


# Streams and connections


@check
def preface_stalls(server):
    """--timeout-header 500ms: a preface that is never whole."""
    with open_socket(server.http) as sock:
        sock.sendall(b"PRI * HTTP/2.0\r\n")
        start = time.monotonic()
        while sock.recv(4096):
            pass
        between(time.monotonic() - start, 0.3, 5, "the end")


@check
def slow_reader(server):
    """A client that does not give its windows back holds no memory, and disturbs nobody."""
    before = server.memory()
    with Client(server, acknowledges=False) as client:
        numbers = [client.open("/bytes/100000000") for _ in range(50)]
        client.until(lambda: sum(len(client.answers[one].body) for one in numbers) >= 65535, "the first window")
        time.sleep(0.5)
        grown = server.memory() - before
        require(grown < 32 << 20, f"the server grew by {grown >> 20} MiB")
        equal(server.get("/").status, 200, "another client")
    seen(f"fifty downloads that nobody reads: {grown >> 10} KiB")


@check
def slow_application(server):
    """The client may send no more than the window, until the application receives."""
    with Client(server) as client:
        number = client.open("/count?ms=200", "POST", end=False)
        sent = 0
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            room = min(client.h2.local_flow_control_window(number), 16384)
            if room == 0:
                client.sock.settimeout(0.05)
                try:
                    client.read()
                except TimeoutError:
                    pass
                continue
            client.h2.send_data(number, b"x" * room)
            client.flush()
            sent += room
        require(sent <= 1 << 20, f"{sent} bytes were taken at once")
        client.sock.settimeout(10)
        client.h2.end_stream(number)
        client.flush()
        equal(client.wait(number).text, f"{sent}\n", "what was counted")


@check
def stalled_window(server):
    """--timeout-write 1s: a stream whose window stays shut is given up, and the connection is not."""
    with Client(server, acknowledges=False) as client:
        number = client.open("/bytes/10000000")
        client.wait(number, timeout=6)
        equal(client.answers[number].reset, ERRORS.CANCEL, "the stream")
        client.h2.increment_flow_control_window(1 << 20)
        equal(client.get("/").status, 200, "the connection goes on")
        # A window that opens by a little, again and again, is as good as shut.
        number = client.open("/bytes/10000000")
        client.until(lambda: len(client.answers[number].body) >= 65535, "the first window")
        end = time.monotonic() + 8
        while not client.answers[number].is_over:
            require(time.monotonic() < end, "a stream that takes ten bytes a second is kept")
            client.h2.increment_flow_control_window(2, number)
            client.flush()
            client.read()
            time.sleep(0.2)  # the slowness is what is tried
        equal(client.answers[number].reset, ERRORS.CANCEL, "the stream that dribbles")


@check
def ping(server):
    """--http2-ping-interval 200ms --http2-ping-timeout 400ms: a client that answers stays, and one that does not is gone."""
    with Client(server) as client:
        equal(client.wait(client.open("/slow?ms=1500")).status, 200, "for a client that answers")
    with Client(server) as client:
        client.until(lambda: client.h2.remote_settings.max_concurrent_streams < 1000, "SETTINGS")
        client.open("/slow?ms=20000")
        raw_frame(client, PING)
        start = time.monotonic()
        client.sock.settimeout(5)
        try:
            while client.sock.recv(4096):
                pass
        except ConnectionResetError:
            pass
        between(time.monotonic() - start, 0.2, 3, "the end")
    server.await_log("keepalive_timeout")


@check
def settings_timeout(server):
    """--timeout-handshake 500ms: SETTINGS that are never acknowledged."""
    with open_socket(server.http) as sock:
        sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS))
        data = b""
        while piece := sock.recv(4096):
            data += piece
        require(struct.pack(">I", ERRORS.SETTINGS_TIMEOUT) in data, f"no GOAWAY: {data!r}")


# Attacks


def flood(server, make, wanted=ERRORS.ENHANCE_YOUR_CALM, count=10_000, prepare=None):
    """Sends many frames: the server says goodbye, or ignores them; it stays small, and others are served."""
    before = server.memory()
    with Client(server) as client:
        client.until(lambda: client.h2.remote_settings.max_concurrent_streams < 1000, "SETTINGS")
        if prepare:
            prepare(client)
        ended = False
        try:
            for start in range(0, count, 500):
                client.raw(b"".join(make(client, number) for number in range(start, start + 500)))
        except (BrokenPipeError, ConnectionResetError):
            ended = True
        start = time.monotonic()
        equal(server.get("/").status, 200, "another client")
        between(time.monotonic() - start, 0, 2, "the answer to another client")
        code = goodbye(client)
    grown = server.memory() - before
    require(grown < 32 << 20, f"the server grew by {grown >> 20} MiB")
    require(code in (wanted, None) if ended else code == wanted, f"the connection ended with {code}")
    return code


def goodbye(client):
    """The error code of GOAWAY, read without h2, which would complain of the rest."""
    client.sock.settimeout(5)
    data = getattr(client, "raw_bytes", b"")
    try:
        while piece := client.sock.recv(65536):
            data += piece
    except (ConnectionResetError, TimeoutError):
        pass
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        if data[3] == 7:
            return int.from_bytes(data[13:17], "big")
        data = data[9 + length:]
    return None


@check
def rapid_reset(server):
    # Nothing of it refers to the dynamic table.
    block = b"\x82\x86\x84\x01\x01a"
    flood(server, lambda _, number: frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, block)
          + frame(RESET, 0, 2 * number + 1, struct.pack(">I", 8)))
    seen("ten thousand resets (CVE-2023-44487)")


@check
def made_you_reset(server):
    block = b"\x82\x86\x84\x01\x01a"
    flood(server, lambda _, number: frame(HEADERS, END_HEADERS, 2 * number + 1, block)
          + frame(WINDOW, 0, 2 * number + 1, struct.pack(">I", 0)))
    seen("ten thousand streams that the server resets (CVE-2025-8671)")


@check
def continuation_flood(server):
    flood(server, lambda _, number: frame(HEADERS, 0, 1, b"\x82") if number == 0 else frame(CONTINUATION, 0, 1, b""))
    flood(server, lambda _, number: frame(HEADERS, 0, 1, b"\x82") if number == 0
          else frame(CONTINUATION, 0, 1, b"\x00" * 200))
    seen("header blocks without an end (CVE-2024-27316)")


@check
def control_floods(server):
    flood(server, lambda *_: frame(SETTINGS, 0, 0, b""))
    flood(server, lambda *_: frame(PING, 0, 0, b"12345678"))
    flood(server, lambda _, number: frame(PRIORITY, 0, 2 * number + 1, b"\x00\x00\x00\x00\x10"))
    flood(server, lambda *_: frame(WINDOW, 0, 0, struct.pack(">I", 1)))
    flood(server, lambda *_: frame(0x42, 0, 0, b""))
    block = b"\x83\x86\x84\x01\x01a"
    flood(server, lambda *_: frame(0, 0, 1, b""),
          prepare=lambda client: client.raw(frame(HEADERS, END_HEADERS, 1, block)))
    seen("SETTINGS, PING, PRIORITY, WINDOW_UPDATE, unknown and empty frames")


@check
def hpack_bomb(server):
    """A block that decodes to far more than it is."""
    before = server.memory()
    with Client(server) as client:
        encoder = client.h2.encoder
        insert = encoder.encode([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"),
                                 ("x", "y" * 3900)])
        client.raw(frame(HEADERS, END_HEADERS | END_STREAM, 1, insert))
        bomb = b"\x82\x86\x84\x01\x01a" + b"\xbe" * 16000
        start = time.monotonic()
        for number in range(100):
            client.raw(frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 3, bomb))
        equal(server.get("/").status, 200, "another client")
        between(time.monotonic() - start, 0, 3, "the time")
    grown = server.memory() - before
    require(grown < 32 << 20, f"the server grew by {grown >> 20} MiB")


@check
def unread_answers(server):
    """Pings whose answers are never read: they do not pile up."""
    before = server.memory()
    with Client(server, receive_buffer=4096) as client:
        client.sock.settimeout(1)
        try:
            for _ in range(2000):
                client.raw(frame(PING, 0, 0, b"12345678") * 100)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
        equal(server.get("/").status, 200, "another client")
    grown = server.memory() - before
    require(grown < 32 << 20, f"the server grew by {grown >> 20} MiB")


@check
def too_many_streams(server):
    """--http2-streams 10: those beyond are refused, and can be asked for again."""
    with Client(server) as client:
        client.until(lambda: client.h2.remote_settings.max_concurrent_streams == 10, "the setting")
        block = client.h2.encoder.encode(
            [(":method", "GET"), (":scheme", "http"), (":path", "/slow?ms=500"), (":authority", "a")])
        for number in range(11):
            client.raw(frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, block))
        reset = raw_frame(client, RESET)
        equal((reset[1], int.from_bytes(reset[2], "big")), (21, ERRORS.REFUSED_STREAM), "the eleventh")


# WebSockets


def web_socket_client(server, secure=False):
    client = Client(server, secure)
    client.until(lambda: client.h2.remote_settings.enable_connect_protocol == 1, "SETTINGS_ENABLE_CONNECT_PROTOCOL")
    return client


@check
def web_socket(server):
    """RFC 8441: several on a connection, beside requests."""
    def one(secure):
        with web_socket_client(server, secure) as client:
            sockets = [Tunnel(client) for _ in range(5)]
            for number, socket_ in enumerate(sockets):
                equal(socket_.answer.status, 200, "the status")
                require(socket_.answer["sec-websocket-accept"] is None, "a field of HTTP/1.1")
                socket_.send(frames.frame(frames.TEXT, f"hello {number}"))
            for number, socket_ in enumerate(sockets):
                equal(frames.receive(socket_), (frames.TEXT, f"hello {number}".encode()), "the echo")
            equal(client.get("/").status, 200, "a request between")
            large = os.urandom(3_000_000)
            sockets[0].send(frames.frame(frames.BINARY, large))
            got = b""
            while len(got) < len(large):
                _, payload = frames.receive(sockets[0])
                got += payload
            require(got == large, "3 MB came back changed")
            for socket_ in sockets:
                socket_.send(frames.close(1000, "enough"))
                equal(frames.closed(socket_)[0], 1000, "the code")
                client.wait(socket_.number)
            equal(client.get("/").status, 200, "a request after")
    both(one)
    seen("five sockets on a connection, in cleartext and over TLS")


@check
def web_socket_refused(server):
    with web_socket_client(server) as client:
        denied = Tunnel(client, "/ws/deny")
        client.wait(denied.number)
        require(denied.answer.status >= 400, f"a denial with {denied.answer.status}")
        wrong = client.open("/ws", "CONNECT", [("sec-websocket-version", "8")], end=False,
                            extra=[(":protocol", "websocket")])
        equal(client.wait(wrong).status, 426, "another version")
        other = client.open("/ws", "CONNECT", end=False, extra=[(":protocol", "connect-udp")])
        equal(client.wait(other).status, 501, "another protocol")
        broken = Tunnel(client)
        broken.send(frames.frame(frames.TEXT, b"not masked", masked=False))
        equal(frames.closed(broken)[0], 1002, "a frame that is not masked")
        gone = Tunnel(client, "/ws/note?as=h2")
        client.h2.reset_stream(gone.number)
        client.flush()
        equal(client.get("/").status, 200, "the connection goes on")


main()
