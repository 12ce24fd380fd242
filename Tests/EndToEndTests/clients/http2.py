"""HTTP/2: the same answers as over HTTP/1.1, and what only it has."""

import json
import os
import signal
import struct
import subprocess
import time
import zlib

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
def hello(server):
    def one(secure):
        with Client(server, secure) as client:
            answer = client.get("/")
            equal((answer.status, answer.text), (200, "Hello, world!\n"), "the answer")
            equal(answer["content-length"], "14", "Content-Length")
            require(answer["date"] and answer["server"] == "sagi", f"the server's fields: {answer.fields}")
            require(answer["connection"] is None, "a field of HTTP/1.1")
            for _ in range(100):
                equal(client.get("/").text, "Hello, world!\n", "another answer")
    both(one)
    seen("200, again and again")


@check
def head_fields(server):
    with Client(server) as client:
        crumbs = [("cookie", "a=1"), ("cookie", "b=2"), ("x-twice", "1"), ("x-twice", "2")]
        said = json.loads(client.get("/headers?q=%20x", fields=crumbs, authority="example.org:81").body)
        equal((said["method"], said["rawPath"], said["query"], said["version"], said["scheme"], said["authority"]),
              ("GET", "/headers", "q=%20x", "HTTP/2", "http", "example.org:81"), "the request")
        fields = {name.lower(): value for name, value in said["headers"]}
        equal((fields["cookie"], fields["host"]), ("a=1; b=2", "example.org:81"), "crumbs and host")
        equal([value for name, value in said["headers"] if name.lower() == "x-twice"], ["1", "2"], "two fields of one name")
        large = client.get("/headers", fields=[("x-large", "v" * 20000)])
        require("v" * 20000 in large.text, "a field over several frames")
    with Client(server, secure=True) as client:
        said = json.loads(client.get("/headers").body)
        equal((said["scheme"], said["tls"]["applicationProtocol"]), ("https", "h2"), "TLS")


@check
def methods(server):
    with Client(server) as client:
        answer = client.get("/", method="HEAD")
        equal((answer.status, answer["content-length"], answer.body), (200, "14", b""), "HEAD")
        answer = client.get("/echo", method="PUT", body=b"12345")
        equal((answer.status, answer.body), (200, b"12345"), "PUT")
        answer = client.get("/", method="OPTIONS")
        equal(answer.status, 200, "OPTIONS")


@check
def informational(server):
    with Client(server) as client:
        answer = client.get("/hints")
        equal([status for status, _ in answer.informational], [103], "informational responses")
        equal(answer.status, 200, "the response")
        number = client.open("/echo", "POST", [("expect", "100-continue")], end=False)
        client.until(lambda: client.answers[number].informational, "100")
        equal(client.answers[number].informational[0][0], 100, "the status")
        client.send(number, b"now", end=True)
        equal(client.wait(number).body, b"now", "the content")
        equal(client.get("/echo", "POST", [("expect", "a-miracle")], body=b"").status, 417, "another expectation")


@check
def trailers(server):
    with Client(server) as client:
        answer = client.get("/trailers", fields=[("te", "trailers")])
        equal(dict(answer.trailers), {"x-checksum": "abc123"}, "trailers")
        equal(client.get("/trailers").trailers, [], "for a client that did not ask")
        number = client.open("/echo", "POST", end=False)
        client.h2.send_data(number, b"with")
        client.h2.send_headers(number, [("x-end", "1")], end_stream=True)
        client.flush()
        equal(client.wait(number).body, b"with", "content before trailers")


@check
def large(server):
    """Far beyond the windows, both ways."""
    def one(secure):
        with Client(server, secure) as client:
            content = os.urandom(1 << 20) * 3
            require(client.get("/echo", "POST", body=content).body == content, "3 MiB came back changed")
            equal(len(client.get("/bytes/5000000").body), 5_000_000, "the download")
            answer = client.get("/file")
            equal((answer["content-length"], len(answer.body)), ("1048576", 1 << 20), "the file")
    both(one)
    seen("3 MiB up and down, 5 MB down, a file")


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
def errors(server):
    with Client(server) as client:
        answer = client.get("/error")
        equal((answer.status, answer.ended), (500, True), "an error before the response")
        answer = client.get("/abort")
        equal((answer.status, answer.ended, answer.reset), (200, False, ERRORS.INTERNAL_ERROR), "an error in the middle")
        equal(client.get("/").status, 200, "the connection goes on")
    server.await_log("threw")


@check
def refusals(server):
    """--limit-body 1KiB --limit-header-size 2KiB --server-name example.org"""
    with Client(server) as client:
        def get(*args, **options):
            return client.get(*args, authority="example.org", **options)
        equal(get("/echo", "POST", [("content-length", "5000")], body=None).reset or 0, ERRORS.PROTOCOL_ERROR,
              "a length without content")
        number = client.open("/echo", "POST", [("content-length", "5000")], end=False, authority="example.org")
        equal(client.wait(number).status, 413, "a length beyond the limit")
        number = client.open("/count", "POST", end=False, authority="example.org")
        client.send(number, b"x" * 2000)
        equal(client.wait(number).status, 413, "content beyond the limit")
        equal(get("/", fields=[("x", "y" * 3000)]).status, 431, "fields beyond the limit")
        answer = get("/", method="HEAD", fields=[("x", "y" * 3000)])
        equal((answer.status, answer.body), (431, b""), "the same for HEAD")
        equal(client.get("/", authority="example.com").status, 421, "another host")
        equal(client.get("/", authority="example.org").status, 200, "the connection goes on")
    with Client(server) as client:
        block = client.h2.encoder.encode([(":method", "CONNECT"), (":authority", "example.org:443")])
        client.raw(frame(HEADERS, END_HEADERS, 1, block))
        fields = dict(hpack.Decoder().decode(raw_frame(client, HEADERS)[2]))
        equal(fields[":status"], "501", "CONNECT")


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


# Streams and connections


@check
def event_stream(server):
    def one(secure):
        with Client(server, secure) as client:
            start = time.monotonic()
            number = client.open("/sse?ms=100", fields=[("accept", "text/event-stream")])
            answer = client.answers[number]
            for count in range(1, 6):
                client.until(lambda: answer.body.count(b"\n\n") >= count, f"event {count}")
                between(time.monotonic() - start, (count - 1) * 0.1 - 0.03, (count - 1) * 0.1 + 0.7, f"event {count}")
            equal((client.wait(number).status, answer["content-type"]), (200, "text/event-stream"), "the head")
    both(one)
    seen("five events, each at once")


@check
def cancel(server):
    """The application sees that the client gave the stream up, and the connection goes on."""
    with Client(server) as client:
        number = client.open("/slow?ms=20000")
        time.sleep(0.1)
        client.h2.reset_stream(number, ERRORS.CANCEL)
        client.flush()
        equal(client.get("/").status, 200, "the connection goes on")
    server.await_log("/slow")
    line = next(line for line in server.log().splitlines() if "/slow" in line)
    require("client_closed" in line, f"the access log: {line}")


@check
def early_answer(server):
    """A response that does not want the content is whole, and the rest is not asked for."""
    with Client(server) as client:
        number = client.open("/bytes/10", "POST", end=False)
        client.until(lambda: client.answers[number].ended or client.answers[number].reset is not None, "the answer")
        answer = client.answers[number]
        equal(answer.status, 200, "the status")
        equal(client.get("/").status, 200, "the connection goes on")


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
def slow_content(server):
    """--timeout-body 500ms"""
    with Client(server) as client:
        number = client.open("/count", "POST", end=False)
        start = time.monotonic()
        equal(client.wait(number).status, 408, "the status")
        between(time.monotonic() - start, 0.4, 3, "the time")
        equal(client.get("/").status, 200, "the connection goes on")


@check
def idle(server):
    """--timeout-keep-alive 500ms --timeout-header 500ms"""
    with Client(server) as client:
        equal(client.get("/").status, 200, "the answer")
        start = time.monotonic()
        client.ends(5)
        between(time.monotonic() - start, 0.3, 3, "the end")
        equal(client.goodbye.error_code, ERRORS.NO_ERROR, "GOAWAY")
    with open_socket(server.http) as sock:
        sock.sendall(b"PRI * HTTP/2.0\r\n")
        start = time.monotonic()
        while sock.recv(4096):
            pass
        between(time.monotonic() - start, 0.3, 5, "a preface that is never whole")


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


@check
def connection_age(server):
    """--timeout-connection-age 500ms"""
    with Client(server) as client:
        number = client.open("/slow?ms=1500")
        client.until(lambda: client.goodbye, "GOAWAY", 4)
        equal(client.goodbye.error_code, ERRORS.NO_ERROR, "GOAWAY")
        equal(client.wait(number).status, 200, "what was begun")
        client.ends()


@check
def requests_per_connection(server):
    """--limit-requests 3"""
    with Client(server) as client:
        for _ in range(3):
            equal(client.get("/").status, 200, "a request")
        client.until(lambda: client.goodbye, "GOAWAY")
        equal((client.goodbye.error_code, client.goodbye.last_stream_id), (ERRORS.NO_ERROR, 5), "GOAWAY")
        client.ends()


@check
def shutdown(server):
    """What is in flight is answered; what comes too late is not begun."""
    with Client(server) as client, Client(server, secure=True) as secure:
        numbers = [(one, one.open("/slow?ms=800")) for one in (client, secure)]
        streams = [(one, one.open("/sse?ms=10000", fields=[("accept", "text/event-stream")]))
                   for one in (client, secure)]
        for one, number in streams:
            one.until(lambda: one.answers[number].body, "the first event")
        os.kill(server.pid, signal.SIGTERM)
        for one, number in numbers:
            one.until(lambda: one.goodbye, "GOAWAY")
            equal(one.wait(number).status, 200, "what was in flight")
        for one, number in streams:
            require(one.wait(number).ended, "the event stream was cut off")
        for one in (client, secure):
            one.ends()
    server.gone(5)


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
def web_socket_deflate(server):
    with web_socket_client(server) as client:
        offer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
        tunnel = Tunnel(client, fields=[("sec-websocket-extensions", offer)])
        require("permessage-deflate" in (tunnel.answer["sec-websocket-extensions"] or ""), "it is not agreed on")
        text = b"again and again, " * 200
        deflate = zlib.compressobj(wbits=-15)
        packed = (deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        tunnel.send(frames.frame(frames.TEXT, packed, reserved=4))
        first, second = tunnel.take(2)
        equal(first, 0xC0 | frames.TEXT, "the head of a compressed message")
        length = second if second < 126 else struct.unpack("!H", tunnel.take(2))[0]
        inflate = zlib.decompressobj(wbits=-15)
        equal(inflate.decompress(tunnel.take(length) + b"\0\0\xff\xff"), text, "the message")


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
