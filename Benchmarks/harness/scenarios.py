"""What the servers are asked to do, and a check that each does it before it is timed."""

import socket
import ssl
from dataclasses import dataclass, field

from .process import Failure

#: What Chrome sends for a page, with `Host` twelve fields.
BROWSER = {
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="141", "Not?A_Brand";v="8"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/141.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
}
TEN_KIB = 10 * 1024
HELLO = len("Hello, world!\n")


@dataclass
class Scenario:
    name: str
    title: str
    #: Bytes of content of each response.
    size: int
    path: str = "/"
    headers: dict = field(default_factory=dict)
    #: Bytes of content of each request, which makes it a POST.
    body: int = 0
    #: Requests in one write.
    pipeline: int = 1
    secure: bool = False
    closes: bool = False

    def request(self):
        """One request as bytes."""
        lines = [f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {self.body}"] if self.body else []
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + b"x" * self.body

    def check(self, port):
        """Asks as the load will, and throws unless the answers are right."""
        with Client(port, self.secure) as client:
            client.send(self.request() * self.pipeline)
            for _ in range(self.pipeline):
                status, fields, content = client.response()
                if status != 200:
                    raise Failure(f"{self.path} was answered with status {status}.")
                if len(content) != self.size:
                    raise Failure(f"{self.path} was answered with {len(content)} bytes, not {self.size}.")
            if self.closes and not client.is_closed():
                raise Failure("it kept a connection that it was asked to close.")


class Client:
    """Just enough of HTTP/1.1 to check an answer; small, and the same bytes each time."""

    def __init__(self, port, secure=False, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def response(self):
        """The next response: status, fields in lower case, content."""
        head = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        if fields.get("transfer-encoding", "").lower() == "chunked":
            content = b""
            while size := int(self.until(b"\r\n").split(b";")[0], 16):
                content += self.exactly(size)
                self.exactly(2)
            self.exactly(2)
        else:
            content = self.exactly(int(fields.get("content-length", "0")))
        return int(head[0].split()[1]), fields, content

    def is_closed(self):
        return not self.buffer and not self.socket.recv(1)

    def until(self, end):
        while end not in self.buffer:
            self.more()
        taken, _, self.buffer = self.buffer.partition(end)
        return taken + end

    def exactly(self, size):
        while len(self.buffer) < size:
            self.more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def more(self):
        data = self.socket.recv(256 * 1024)
        if not data:
            raise Failure("it closed the connection in the middle of an answer.")
        self.buffer += data


SCENARIOS = [
    Scenario("hello", "Hello, world", HELLO),
    Scenario("browser", "A browser's request: 12 fields", HELLO, headers=BROWSER),
    Scenario("pipelined", "16 requests in one write", HELLO, pipeline=16),
    Scenario("bytes", "A response of 10 KiB", TEN_KIB, path=f"/bytes/{TEN_KIB}"),
    Scenario("echo", "10 KiB sent and sent back", TEN_KIB, path="/echo", body=TEN_KIB),
    Scenario("tls", "Hello, world over TLS", HELLO, secure=True),
    Scenario("close", "A new connection for each request", HELLO, headers={"Connection": "close"}, closes=True),
    Scenario("file", "A file of 1 MiB", 1024 * 1024, path="/file"),
]
