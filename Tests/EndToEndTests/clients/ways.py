"""One face for every way to talk HTTP to the server, so that a check asks the same of all of them.

A connection makes exchanges, and an exchange has an answer. What the versions really do differently stands here, and
in a check only where it is what the check is about.
"""

import functools
import select
import socket
import ssl
import time
import traceback

import frames
import h2.errors

from h2_client import Answer, Client, Tunnel
from wire import Ended, Failed, check, equal, in_threads, poll, request, require, seen


class Way:
    """A version of HTTP, in cleartext or over TLS."""

    def __init__(self, name, connection, secure):
        self.name = name
        self.connection = connection
        self.secure = secure
        self.version = "HTTP/2" if connection is HTTP2Connection else "HTTP/1.1"
        #: What tells the notes of this way from those of the others, in the path of a request.
        self.mark = name.replace(" ", "-").replace("/", "").replace(".", "")

    def __str__(self):
        return self.name

    @property
    def is_first(self):
        """Whether the version is HTTP/1.1, which has one exchange at a time and ends a connection to say that it failed."""
        return self.connection is HTTP1Connection

    def connect(self, server, **options):
        return self.connection(server, self.secure, **options)

    def get(self, server, *arguments, **options):
        """One request on a connection of its own."""
        with self.connect(server) as connection:
            return connection.get(*arguments, **options)


def every_way(function):
    """A check that runs for every way, all at the same time."""
    return over_ways(function, lambda body: in_threads(len(WAYS), body))


def every_way_in_turn(function):
    """The same, one after another, where one would disturb the others."""
    return over_ways(function, lambda body: [body(number) for number in range(len(WAYS))])


def over_ways(function, run):
    def check_all(server):
        failures = []

        def one(number):
            try:
                function(server, WAYS[number])
                seen(WAYS[number])
            except Exception as failure:
                told = failure if isinstance(failure, Failed) else "".join(traceback.format_exception(failure))
                failures.append(f"{WAYS[number]}: {told}")

        run(one)
        require(not failures, "\n".join(failures))

    return check(functools.wraps(function)(check_all))


class Exchanges:
    """What a connection is for."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def get(self, path="/", method="GET", fields=(), content=None, **options):
        """One request, and its whole answer."""
        if content is None:
            return self.open(path, method, fields, **options).wait()
        fields = [*fields, ("content-length", str(len(content)))]
        return self.open(path, method, fields, end=False, **options).end(content).wait()


class HTTP1Exchange:
    def __init__(self, connection, method, is_chunked):
        self.connection = connection
        self.wire = connection.wire
        self.method = method
        self.is_chunked = is_chunked
        self.answer = Answer()
        self.reading = self.read()

    def send(self, data):
        """Sends content, and takes what comes meanwhile: an echo holds nothing back, so neither may the client."""
        if self.is_chunked and data:
            data = f"{len(data):x}\r\n".encode() + data + b"\r\n"
        self.connection.push(data)
        return self

    def end(self, data=b"", trailers=()):
        self.send(data)
        if self.is_chunked:
            lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
            self.connection.push(f"0\r\n{lines}\r\n".encode())
        return self

    def read(self):
        """Reads the response, in steps."""
        answer = self.answer
        while (head := self.wire.head()).status < 200:
            answer.informational.append((head.status, head.fields))
            yield
        answer.status, answer.fields = head.status, head.fields
        yield
        for piece in self.wire.content(head, self.method):
            answer.body += piece
            yield
        answer.trailers = head.trailers
        answer.ended = True

    def until(self, condition, what, timeout=10):
        end = time.monotonic() + timeout
        while not condition():
            require(time.monotonic() < end, f"{what} did not come")
            require(not self.answer.is_over, f"{what} did not come before the end: {self.answer}")
            self.wire.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                next(self.reading, None)
            except TimeoutError:
                raise Failed(f"{what} did not come") from None
            except (Ended, ConnectionError, ssl.SSLEOFError):
                self.answer.reset = "the connection ended"

    def wait(self, timeout=10):
        self.until(lambda: self.answer.is_over, "the answer", timeout)
        return self.answer

    def poll(self, seconds):
        """Waits that long at the most for something of the answer. Whether it has come, or the end."""
        return poll(self.wire.sock, seconds, lambda: self.wire.buffer, self.wire.fill)

    def abandon(self):
        """Gives the answer up: there is no other way than to leave."""
        self.connection.leave()


class HTTP1Connection(Exchanges):
    def __init__(self, server, secure=False, timeout=10, validate=True, **options):
        # This client takes every request as it is, valid or not.
        self.wire = server.connect(secure, timeout, **options)

    def leave(self):
        self.wire.sock.close()

    def push(self, data):
        view = memoryview(data)
        sock = self.wire.sock
        sock.setblocking(False)
        while len(view):
            readable, writable, _ = select.select([sock], [sock], [], 10)
            require(readable or writable, "the server neither reads nor writes")
            try:
                if readable and not self.wire.fill():
                    break
                if writable:
                    view = view[sock.send(view[:16384]):]
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except (ConnectionError, ssl.SSLError):
                # What was answered before that is read afterwards.
                break
        sock.settimeout(10)

    def open(self, path="/", method="GET", fields=(), end=True, authority="127.0.0.1"):
        """Begins a request: all of it, or what comes before content. Without Content-Length that will be chunked."""
        names = [name.lower() for name, _ in fields]
        is_chunked = not end and "content-length" not in names
        fields = [*fields, *([("Transfer-Encoding", "chunked")] if is_chunked else []),
                  # RFC 9110 §10.1.4
                  *([("Connection", "TE")] if "te" in names else [])]
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.push(request(path, lines, method, host=authority))
        return HTTP1Exchange(self, method, is_chunked)

    def ends(self, within=5):
        """The server closes the connection."""
        self.wire.ends(within)

    def is_closing(self, answer):
        """The response has said that it is the last one, and it is."""
        equal(answer["connection"], "close", "Connection")
        self.is_closing_idle()

    def is_closing_idle(self):
        """The connection is closed without a word (RFC 9112 §9.5)."""
        self.ends()

    #: After an exchange that failed. Where a request ends is not known, or how a response would have: the connection
    #: ends (RFC 9112 §9.3, §11.2).
    goes_on = ends

    def web_socket(self, path="/ws", fields=()):
        return HTTP1Socket(self, path, fields)


class HTTP2Exchange:
    def __init__(self, connection, number):
        self.connection = connection
        self.client = connection.client
        self.number = number
        self.answer = self.client.answers[number]

    def send(self, data):
        self.client.send(self.number, data)
        return self

    def end(self, data=b"", trailers=()):
        self.client.send(self.number, data, end=not trailers)
        if trailers:
            self.client.h2.send_headers(self.number, trailers, end_stream=True)
            self.client.flush()
        return self

    def until(self, condition, what, timeout=10):
        self.client.until(lambda: condition() or self.answer.is_over, what, timeout)
        require(condition(), f"{what} did not come before the end: {self.answer}")

    def wait(self, timeout=10):
        return self.client.wait(self.number, timeout)

    def poll(self, seconds):
        has_come = lambda: self.answer.status is not None or self.answer.is_over
        return poll(self.client.sock, seconds, has_come, self.client.read)

    def abandon(self):
        """Gives the answer up; the connection is for others still."""
        self.client.h2.reset_stream(self.number, h2.errors.ErrorCodes.CANCEL)
        self.client.flush()


class HTTP2Connection(Exchanges):
    def __init__(self, server, secure=False, timeout=10, **options):
        self.client = Client(server, secure, timeout, **options)

    def leave(self):
        self.client.sock.close()

    def open(self, *arguments, **options):
        return HTTP2Exchange(self, self.client.open(*arguments, **options))

    def ends(self, within=5):
        self.client.ends(within)

    def is_closing(self, answer):
        """The server has said with GOAWAY that it takes no more, and closes (RFC 9113 §6.8)."""
        equal(answer["connection"], None, "Connection")
        self.is_closing_idle()

    def is_closing_idle(self):
        self.ends()
        equal(self.client.goodbye and self.client.goodbye.error_code, h2.errors.ErrorCodes.NO_ERROR, "GOAWAY")

    def goes_on(self):
        """After an exchange that failed: the others do not (RFC 9113 §5.4.2)."""
        number = self.client.open("/")
        require(self.client.wait(number).ended, "another stream of the connection")

    def web_socket(self, path="/ws", fields=()):
        enabled = "SETTINGS_ENABLE_CONNECT_PROTOCOL"
        self.client.until(lambda: self.client.h2.remote_settings.enable_connect_protocol == 1, enabled)
        return Tunnel(self.client, path, fields)


class HTTP1Socket:
    """A WebSocket, as `Tunnel` is one over HTTP/2."""

    def __init__(self, connection, path, fields):
        text, key = frames.handshake(path, "".join(f"{name}: {value}\r\n" for name, value in fields))
        connection.push(text.encode())
        self.wire = connection.wire
        head = self.wire.head()
        self.is_open = head.status == 101
        self.answer = Answer()
        self.answer.status, self.answer.fields = head.status, head.fields
        if self.is_open:
            frames.check_acceptance(head, key)
        else:
            for piece in self.wire.content(head):
                self.answer.body += piece
            self.answer.ended = True

    def send(self, data):
        self.wire.send(data)
        return self

    def take(self, count):
        return self.wire.take(count)

    def ends(self, within=5):
        self.wire.ends(within)

    def is_left(self):
        self.wire.rest()

    def poll(self, seconds):
        return poll(self.wire.sock, seconds, lambda: self.wire.buffer, self.wire.fill)

    def abandon(self):
        self.wire.sock.close()


def opened(connection, path="/ws", fields=()):
    """A WebSocket that the server has accepted."""
    one = connection.web_socket(path, fields)
    require(one.is_open, f"{path} is not open: {one.answer}")
    return one


def reset(connection):
    """Leaves without a goodbye: what follows from the server is refused."""
    sock = connection.wire.sock if isinstance(connection, HTTP1Connection) else connection.client.sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


WAYS = (
    Way("HTTP/1.1", HTTP1Connection, False), Way("HTTP/1.1 over TLS", HTTP1Connection, True),
    Way("h2c", HTTP2Connection, False), Way("h2 over TLS", HTTP2Connection, True),
)
