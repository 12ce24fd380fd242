"""What the checks share: connections, a strict reader of responses, and the runner.

A client is a file of checks. It is run as `python3 FILE CHECK FACTS`, where FACTS is a JSON object about the
server. A check prints one line for each thing that it has seen, and the process ends with 1 and a sentence when
something is not as it should be.
"""

import json
import os
import socket
import ssl
import sys
import threading
import time
import traceback

CHECKS = {}


class Failed(Exception):
    """Something is not as it should be; the sentence says what."""


class Ended(Failed):
    """The connection ended where it may not."""


def check(function):
    CHECKS[function.__name__] = function
    return function


def require(condition, sentence):
    if not condition:
        raise Failed(sentence)


def equal(got, wanted, what):
    require(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def seen(sentence):
    print("ok:", sentence, flush=True)


def main():
    name, facts = sys.argv[1], json.loads(sys.argv[2])
    try:
        CHECKS[name](Server(facts))
    except Failed as failure:
        print("failed:", failure)
        sys.exit(1)
    except Exception:
        print("failed:", traceback.format_exc())
        sys.exit(1)


class Server:
    """The server under test, as far as a client knows it."""

    def __init__(self, facts):
        self.facts = facts
        self.pid = facts.get("pid")
        self.http = address(facts.get("http"))
        self.https = address(facts.get("https"))

    def __getitem__(self, name):
        return self.facts[name]

    def connect(self, secure=False, timeout=10, **options):
        return Connection(open_socket(self.https if secure else self.http, timeout, secure=secure, **options))

    def get(self, path="/", secure=False, fields="", method="GET"):
        """One request on a connection of its own."""
        with self.connect(secure) as connection:
            connection.send(request(path, fields, method))
            return connection.response(method)

    def log(self):
        """What the server has written so far."""
        with open(self["log"], errors="replace") as file:
            return file.read()

    def await_log(self, text, timeout=5):
        self.await_file(self["log"], text, timeout)

    def await_file(self, name, text, timeout=5):
        """Waits until a file, of the server's folder or with its whole path, has the text."""
        path = os.path.join(self["folder"], name)
        end = time.monotonic() + timeout
        while True:
            with open(path, errors="replace") as file:
                content = file.read()
            if text in content:
                return
            require(time.monotonic() < end, f"the log has no {text!r}: {content!r}")
            time.sleep(0.02)

    def memory(self, what="VmRSS"):
        """Bytes of memory of the server's process."""
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith(what + ":"):
                    return int(line.split()[1]) * 1024
        raise Failed(f"no {what}")

    def descriptors(self):
        """How many descriptors the server's process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def noted(self, name, timeout=5):
        """What the application noted last under the name: how an exchange ended."""
        return self.notes(name, timeout=timeout)[-1]

    def notes(self, name, count=1, timeout=5):
        """What the application has noted under the name, once there are as many notes."""
        end = time.monotonic() + timeout
        while len(lines := self.get(f"/seen/{name}").text.splitlines()) < count:
            require(time.monotonic() < end, f"the application has noted {lines}, and not {count} things")
            time.sleep(0.02)
        return lines

    def gone(self, timeout):
        """Waits until the process has ended."""
        end = time.monotonic() + timeout
        while is_running(self.pid):
            require(time.monotonic() < end, f"the server still runs after {timeout} s")
            time.sleep(0.02)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # gone before the file was opened, or before it was read
        return False


def address(text):
    """("127.0.0.1", 80) of "127.0.0.1:80" or "[::1]:80"; a path of "unix:PATH"."""
    if text is None:
        return None
    if text.startswith("unix:"):
        return text[5:]
    host, port = text.rsplit(":", 1)
    return (host.strip("[]"), int(port))


def open_socket(where, timeout=10, secure=False, context=None, name=None, receive_buffer=None, first=b""):
    if isinstance(where, str):
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        plain = socket.socket(family, socket.SOCK_STREAM)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.settimeout(timeout)
    plain.connect(where)
    if first:
        plain.sendall(first)
    if not secure:
        return plain
    return (context or insecure()).wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False)


def insecure():
    """A TLS context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def request(path="/", fields="", method="GET", version="HTTP/1.1", host="127.0.0.1"):
    """The bytes of a request; `fields` are whole lines with their CRLF."""
    return f"{method} {path} {version}\r\nHost: {host}\r\n{fields}\r\n".encode("latin-1")


class Response:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ", 2)
        require(len(parts) == 3 and parts[0].startswith("HTTP/"), f"no status line: {lines[0]!r}")
        self.head = head
        self.version = parts[0]
        self.status = int(parts[1])
        self.reason = parts[2]
        self.fields = []
        for line in lines[1:]:
            require(": " in line or line.endswith(":"), f"no field line: {line!r}")
            name, value = line.split(":", 1)
            self.fields.append((name.lower(), value.strip()))
        self.body = b""
        self.trailers = []
        self.framing = None

    def all(self, name):
        return [value for field, value in self.fields if field == name.lower()]

    def __getitem__(self, name):
        values = self.all(name)
        require(len(values) <= 1, f"{name} stands there {len(values)} times")
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Connection:
    """A connection that reads responses strictly: whatever breaks RFC 9112 fails the check."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def fill(self):
        """Reads some more. False at the end of the stream; a reset raises."""
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def more(self, sentence):
        if not self.fill():
            raise Ended(sentence)

    def take(self, count):
        while len(self.buffer) < count:
            self.more(f"the stream ended with {len(self.buffer)} of {count} bytes")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more(f"the stream ended in a line: {self.buffer!r}")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.more(f"the stream ended in a head: {self.buffer!r}")
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return Response(head)

    def response(self, method="GET"):
        """The next response with its content."""
        response = self.head()
        for piece in self.content(response, method):
            response.body += piece
        return response

    def content(self, response, method="GET"):
        """The content of a response, piece by piece as it comes; the response gets its trailers at the end."""
        length, coding = response["content-length"], response["transfer-encoding"]
        require(length is None or coding is None, "Content-Length and Transfer-Encoding together")
        if response.status < 200 or response.status == 204:
            require(length is None and coding is None, f"{response.status} with {response.fields}")
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            response.framing = "none"
        elif coding is not None:
            equal(coding, "chunked", "Transfer-Encoding")
            response.framing = "chunked"
            yield from self.chunks(response)
        elif length is not None:
            response.framing = "length"
            left = int(length)
            while left:
                if not self.buffer:
                    self.more(f"the stream ended {left} bytes before the end of the content")
                piece = self.take(min(left, len(self.buffer)))
                left -= len(piece)
                yield piece
        else:
            response.framing = "close"
            while self.buffer or self.fill():
                yield self.take(len(self.buffer))

    def chunks(self, response):
        while size := int(self.line(), 16):
            yield self.take(size)
            equal(self.take(2), b"\r\n", "the end of a chunk")
        while line := self.line():
            name, value = line.decode("latin-1").split(":", 1)
            response.trailers.append((name.lower(), value.strip()))

    def rest(self):
        """Everything up to the end of the stream. A reset ends it too: `was_reset` tells."""
        self.was_reset = False
        try:
            while self.fill():
                pass
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError) as error:
            if isinstance(error, ssl.SSLError) and "timed out" in str(error):
                raise
            self.was_reset = True
        data, self.buffer = self.buffer, b""
        return data

    def ends(self, within=5):
        """The server closes now, and sends nothing more."""
        self.sock.settimeout(within)
        try:
            data = self.rest()
        except (socket.timeout, TimeoutError):
            raise Failed(f"the connection is still open after {within} s; {self.buffer!r} came")
        equal(data, b"", "bytes before the connection's end")

    def is_quiet(self, seconds):
        """Nothing comes, not even the end."""
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(65536)
            raise Failed(f"something came: {data!r}")
        except (socket.timeout, TimeoutError):
            self.sock.settimeout(10)


def poll(sock, seconds, has_come, read):
    """Reads for that long at the most until something has come. Whether it has, or the end."""
    end = time.monotonic() + seconds
    try:
        while not has_come():
            if (left := end - time.monotonic()) <= 0:
                return False
            sock.settimeout(left)
            if not read():
                break
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    finally:
        sock.settimeout(10)
    return True


def between(value, low, high, what):
    require(low <= value <= high, f"{what}: {value:.2f} is not between {low} and {high}")


def in_threads(count, body):
    """Runs `body(number)` in threads, and raises the first thing that one of them raised."""
    failures = []

    def run(number):
        try:
            body(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
