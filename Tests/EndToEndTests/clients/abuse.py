"""Peers that mean harm, two hundred at a time: the others are served, and they are cut off."""

import select
import socket
import threading
import time

from wire import Connection, Failed, check, equal, insecure, main, request, require, seen

COUNT = 200


def others_are_served(server, over, secure=False):
    """Asks again and again until `over`; the slowest answer."""
    slowest = 0
    count = 0
    with server.connect(secure) as connection:
        while not over.is_set():
            start = time.monotonic()
            connection.send(request())
            equal(connection.response().status, 200, "the answer to somebody else")
            slowest = max(slowest, time.monotonic() - start)
            count += 1
            time.sleep(0.02)
    # A new connection is served too.
    equal(server.get().status, 200, "a new connection")
    require(slowest < 3, f"somebody else waited {slowest:.2f} s")
    return count, slowest


def attack(server, open_one, feed, within):
    """Opens the connections, and feeds them until all of them have been cut off, which takes `within` seconds."""
    before = server.memory()
    attackers = [open_one() for _ in range(COUNT)]
    over, result, failure = threading.Event(), [], []

    def watch():
        try:
            result.append(others_are_served(server, over))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.monotonic()
    open_ones = set(attackers)
    while open_ones and time.monotonic() < start + within:
        for one in list(open_ones):
            try:
                feed(one)
            except (BrokenPipeError, ConnectionResetError):
                open_ones.discard(one)
            except (BlockingIOError, socket.timeout, TimeoutError):
                pass
        readable = select.select([one for one in open_ones], [], [], 0.05)[0]
        for one in readable:
            try:
                # What was said before the cut, such as 408, counts as the cut only when the end follows.
                if not one.recv(65536):
                    open_ones.discard(one)
            except OSError:
                open_ones.discard(one)
    over.set()
    thread.join()
    if failure:
        raise failure[0]
    require(not open_ones, f"{len(open_ones)} of {COUNT} were not cut off within {within} s")
    for one in attackers:
        one.close()
    grown = server.memory() - before
    require(grown < 48 << 20, f"the memory grew by {grown >> 20} MiB")
    seen(f"cut off after {time.monotonic() - start:.1f} s; {result[0][0]} others served, the slowest in "
         f"{result[0][1] * 1000:.0f} ms; memory +{grown >> 10} KiB")


def plain(server, first=b"", receive_buffer=None):
    one = server.connect(receive_buffer=receive_buffer).sock
    one.sendall(first)
    one.setblocking(False)
    return one


@check
def slow_headers(server):
    """--timeout-header 1s"""
    attack(server, lambda: plain(server, b"GET / HTTP/1.1\r\nHost: a\r\n"), lambda one: one.send(b"X"), 6)


@check
def slow_bodies(server):
    """--timeout-body 1s: nothing more comes."""
    head = request("/count", "Content-Length: 1000000\r\n", "POST")
    attack(server, lambda: plain(server, head + b"x" * 100), lambda one: None, 6)


@check
def slow_readers(server):
    """--timeout-write 1s: they ask for much and read nothing."""
    attackers = [plain(server, request("/bytes/100000000"), 4096) for _ in range(COUNT)]
    over = threading.Event()
    timer = threading.Timer(4, over.set)
    timer.start()
    before = server.memory()
    count, slowest = others_are_served(server, over)
    server.await_log("write_timeout")
    end = time.monotonic() + 8
    while server.log().count("write_timeout") < COUNT:
        require(time.monotonic() < end, f"only {server.log().count('write_timeout')} were cut off")
        time.sleep(0.05)
    require(server.memory() - before < 64 << 20, "the memory grew")
    for one in attackers:
        one.close()
    seen(f"cut off; {count} others served, the slowest in {slowest * 1000:.0f} ms")


@check
def slow_handshakes(server):
    """--timeout-handshake 1s"""
    def open_one():
        one = socket.create_connection(server.https)
        one.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        one.setblocking(False)
        return one
    attack(server, open_one, lambda one: one.send(b"\x00"), 6)


@check
def silent_connections(server):
    """--timeout-header 1s: they say nothing at all."""
    attack(server, lambda: plain(server), lambda one: None, 6)


@check
def connect_and_leave(server):
    """Connections that come and go, in every way, leave nothing behind."""
    import os
    import struct
    before = server.descriptors()
    for number in range(600):
        one = socket.create_connection(server.https if number % 3 == 2 else server.http)
        if number % 3 == 1:
            one.sendall((request("/slow?ms=50"), request("/bytes/10000000"), b"GET")[number // 3 % 3])
        if number % 2:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()
    end = time.monotonic() + 5
    while (now := server.descriptors()) > before + 2:
        require(time.monotonic() < end, f"{now} descriptors are open, and there were {before}")
        time.sleep(0.05)
    equal(server.get().status, 200, "the server goes on")
    require("ERROR" not in server.log(), f"the log has errors: {server.log()[-500:]}")


@check
def garbage(server):
    """Random bytes, and requests with random damage: an answer or the end, and the server goes on."""
    import random
    dice = random.Random(20261121)
    good = request("/echo", "Content-Length: 3\r\nX: y\r\n", "POST") + b"abc"
    for turn in range(300):
        if turn % 3 == 0:
            data = dice.randbytes(dice.randrange(1, 300))
        else:
            data = bytearray(good * 2)
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
        with server.connect(timeout=8) as connection:
            connection.send(bytes(data))
            connection.sock.shutdown(socket.SHUT_WR)
            connection.rest()
    equal(server.get().status, 200, "the server goes on")


@check
def many_connections(server):
    """A thousand keep-alive connections, each with several requests."""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    connections = [server.connect() for _ in range(1000)]
    for _ in range(3):
        for connection in connections:
            connection.send(request())
        for connection in connections:
            equal(connection.response().status, 200, "the status")
    seen("1000 connections, 3 requests each")


@check
def out_of_descriptors(server):
    """The launcher has left the server few descriptors: it waits, and serves again when some are free."""
    opened = []
    try:
        for _ in range(80):
            opened.append(socket.create_connection(server.http, timeout=2))
    except OSError:
        pass
    time.sleep(0.3)
    for one in opened:
        one.close()
    end = time.monotonic() + 10
    while True:
        try:
            if server.get().status == 200:
                break
        except (OSError, Failed):
            pass
        require(time.monotonic() < end, "the server does not serve again")
        time.sleep(0.1)
    seen("serves again")


if __name__ == "__main__":
    main()
