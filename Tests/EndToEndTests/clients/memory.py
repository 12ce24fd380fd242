"""Backpressure: memory stays flat however slow the other side is."""

import socket
import threading
import time

from wire import check, equal, main, request, require, seen

SIZE = 256 << 20
ROOM = 24 << 20


class Watch:
    """The most memory that the server has had while the block ran, beyond what it had before."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.before = self.peak = self.server.memory()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while not self.over.wait(0.02):
            self.peak = max(self.peak, self.server.memory())

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def stays_flat(self, what):
        grown = self.peak - self.before
        require(grown < ROOM, f"{what}: the memory grew by {grown >> 20} MiB")
        seen(f"{what}: memory +{grown >> 10} KiB")


def download(server, secure, what):
    with Watch(server) as watch, server.connect(secure, timeout=30) as connection:
        connection.send(request(f"/bytes/{SIZE}"))
        connection.head()
        # Nothing is read: now the server would gather what it cannot send.
        time.sleep(1)
        left, buffer = SIZE - len(connection.buffer), bytearray(1 << 20)
        while left > 0:
            count = connection.sock.recv_into(buffer)
            require(count > 0, f"{left} bytes are missing")
            if left // (32 << 20) != (left - count) // (32 << 20):
                time.sleep(0.1)
            left -= count
        equal(left, 0, "the rest")
    watch.stays_flat(what)


@check
def download_to_slow_reader(server):
    download(server, False, "cleartext")


@check
def download_to_slow_reader_over_tls(server):
    download(server, True, "TLS")


def upload(server, secure, what):
    """The application waits after each part that it receives."""
    size = 96 << 20
    with Watch(server) as watch, server.connect(secure, timeout=60) as connection:
        connection.send(request("/count?ms=3", f"Content-Length: {size}\r\n", "POST"))
        piece = bytes(1 << 20)
        for _ in range(size >> 20):
            connection.send(piece)
        equal(connection.response().body, f"{size}\n".encode(), "the count")
    watch.stays_flat(what)


@check
def upload_to_slow_application(server):
    upload(server, False, "cleartext")


@check
def upload_to_slow_application_over_tls(server):
    upload(server, True, "TLS")


@check
def upload_that_nobody_reads(server):
    """The socket is not read while the application does not receive: the sender is held up."""
    with Watch(server) as watch, server.connect() as connection:
        connection.send(request("/slow?ms=3000", f"Content-Length: {SIZE}\r\n", "POST"))
        connection.sock.settimeout(1)
        sent = 0
        try:
            while sent < SIZE:
                sent += connection.sock.send(bytes(1 << 20))
        except (socket.timeout, TimeoutError):
            pass
        require(sent < 64 << 20, f"{sent >> 20} MiB were taken")
    watch.stays_flat(f"{sent >> 10} KiB were taken")


@check
def echo_without_reader(server):
    """The echo of a client that only sends: it is read no faster than it reads."""
    with Watch(server) as watch, server.connect() as connection:
        connection.send(request("/echo", f"Content-Length: {SIZE}\r\n", "POST"))
        connection.sock.settimeout(1)
        sent = 0
        try:
            while sent < SIZE:
                sent += connection.sock.send(bytes(1 << 20))
        except (socket.timeout, TimeoutError):
            pass
        require(sent < 64 << 20, f"{sent >> 20} MiB were taken")
    watch.stays_flat(f"{sent >> 10} KiB were taken")


@check
def many_requests(server):
    """What a hundred thousand requests leave behind."""
    def send(count):
        with server.connect(timeout=30) as connection:
            batch = request() * 100
            for _ in range(count // 100):
                connection.send(batch)
                for _ in range(100):
                    connection.head()
                    connection.take(14)
    send(10_000)
    before = server.memory()
    send(60_000)
    grown = server.memory() - before
    require(grown < 4 << 20, f"the memory grew by {grown >> 10} KiB")
    seen(f"memory +{grown >> 10} KiB")


@check
def pipelined_without_reader(server):
    """Requests without end from a client that does not read."""
    with Watch(server) as watch, server.connect(receive_buffer=4096) as connection:
        connection.sock.settimeout(1)
        batch, sent = request("/page") * 1000, 0
        try:
            while sent < 64 << 20:
                sent += connection.sock.send(batch)
        except (socket.timeout, TimeoutError):
            pass
        require(sent < 64 << 20, "the server takes requests without end")
    watch.stays_flat(f"{sent >> 10} KiB of requests were taken")


if __name__ == "__main__":
    main()
