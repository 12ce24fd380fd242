"""Files, ranges and their trouble."""

import hashlib
import os
import time

from wire import check, equal, in_threads, main, request, require, seen


def path_of(server):
    return server.get("/file/path").text.strip()


@check
def whole(server):
    with open(path_of(server), "rb") as file:
        content = file.read()
    equal(len(content), 1 << 20, "the size")
    for secure in (False, True):
        with server.connect(secure) as connection:
            for _ in range(3):
                connection.send(request("/file"))
                response = connection.response()
                equal(response["content-length"], str(1 << 20), "Content-Length")
                equal(hashlib.sha256(response.body).digest(), hashlib.sha256(content).digest(), "the content")
            # Pipelined, and with other responses in between.
            connection.send(request("/file") + request() + request("/file"))
            bodies = [connection.response().body for _ in range(3)]
            require(bodies[0] == content and bodies[2] == content, "a pipelined file came back changed")
            equal(bodies[1], b"Hello, world!\n", "between the files")
        seen("TLS" if secure else "cleartext")


@check
def shrinks(server):
    """A file that becomes shorter while it is sent: what is missing is seen."""
    path = path_of(server)
    for secure in (False, True):
        os.truncate(path, 64 << 20)
        with server.connect(secure, receive_buffer=65536) as connection:
            connection.send(request("/file") + request())
            equal(connection.head()["content-length"], str(64 << 20), "Content-Length")
            time.sleep(0.3)
            os.truncate(path, 100)
            data = connection.rest()
            require(len(data) < 64 << 20, "the file is whole")
            require(b"HTTP/1.1" not in data, "another response came in the place of the rest")
        server.await_log("became shorter")
        seen(f"{'TLS' if secure else 'cleartext'}: cut off after {len(data)} bytes")
    equal(server.get("/file/path").status, 200, "the server goes on")


@check
def vanishes(server):
    path = path_of(server)
    os.truncate(path, 64 << 20)
    with server.connect(receive_buffer=65536) as connection:
        connection.send(request("/file"))
        connection.head()
        os.remove(path)
        data = len(connection.buffer)
        while data < 64 << 20:
            part = connection.sock.recv(1 << 20)
            require(part, f"a removed file that is still open ended after {data} bytes")
            data += len(part)
    equal(server.get("/file").status, 404, "a file that is not there")


@check
def http10(server):
    with server.connect() as connection:
        connection.send(request("/file", version="HTTP/1.0"))
        equal(len(connection.response().body), 1 << 20, "the content")


@check
def large(server):
    """Larger than any buffer, over both, with the checksum of the file."""
    path = path_of(server)
    with open(path, "wb") as file:
        for number in range(96):
            file.write(hashlib.sha256(str(number).encode()).digest() * (1 << 15))
    with open(path, "rb") as file:
        wanted = hashlib.file_digest(file, "sha256").digest() if hasattr(hashlib, "file_digest") else None
    for secure in (False, True):
        before = server.memory()
        with server.connect(secure) as connection:
            connection.send(request("/file"))
            head = connection.head()
            digest, left = hashlib.sha256(connection.buffer), int(head["content-length"]) - len(connection.buffer)
            while left > 0:
                part = connection.sock.recv(1 << 18)
                require(part, "the stream ended")
                digest.update(part)
                left -= len(part)
        if wanted:
            equal(digest.digest(), wanted, "the checksum")
        grown = server.memory() - before
        require(grown < 24 << 20, f"the memory grew by {grown >> 20} MiB")
        seen(f"{'TLS' if secure else 'cleartext'}: 96 MiB, memory +{grown >> 10} KiB")


@check
def many(server):
    """Many at once, some of whose clients leave in the middle; no descriptor stays open."""
    size = 1 << 20
    before = server.descriptors()

    def body(number):
        secure = number % 2 == 1
        for turn in range(5):
            with server.connect(secure) as connection:
                connection.send(request("/file"))
                connection.head()
                if number % 4 >= 2 and turn % 2:
                    continue
                connection.take(size)

    in_threads(12, body)
    end = time.monotonic() + 5
    while (now := server.descriptors()) > before + 1:
        require(time.monotonic() < end, f"{now} descriptors are open, and there were {before}")
        time.sleep(0.05)
    seen(f"{before} descriptors before, {now} after")


if __name__ == "__main__":
    main()
