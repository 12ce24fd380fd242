"""The access log."""

import json
import os
import re
import signal
import time

from wire import check, equal, main, request, require, seen

TIME = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]"


def lines(server, count, name="access.log"):
    """The lines of the log, once there are as many."""
    path = os.path.join(server["folder"], name)
    end = time.monotonic() + 5
    while True:
        with open(path, "rb") as file:
            got = file.read().decode("ascii").split("\n")
        if len(got) > count or time.monotonic() > end:
            break
        time.sleep(0.02)
    equal(got.pop(), "", "the end of the log")
    equal(len(got), count, f"the number of lines in {got}")
    return got


def exchange(server):
    with server.connect() as connection:
        fields = "Referer: http://r/\r\nUser-Agent: test/1.0 (x)\r\n"
        connection.send(request("/bytes/5?a=%20b", fields, host="h.example"))
        connection.response()
        connection.send(request("/status/204"))
        connection.response()


def matches(line, pattern):
    require(re.fullmatch(pattern, line), f"{line!r} is not like {pattern}")
    seen(line)


@check
def preset_default(server):
    exchange(server)
    first, second = lines(server, 2)
    matches(first, rf'127\.0\.0\.1 - - {TIME} "GET /bytes/5\?a=%20b" 200 \d+\.\d\d\ds')
    matches(second, rf'127\.0\.0\.1 - - {TIME} "GET /status/204" 204 \d+\.\d\d\ds')


@check
def preset_common(server):
    exchange(server)
    first, second = lines(server, 2)
    matches(first, rf'127\.0\.0\.1 - - {TIME} "GET /bytes/5\?a=%20b HTTP/1\.1" 200 5')
    matches(second, rf'127\.0\.0\.1 - - {TIME} "GET /status/204 HTTP/1\.1" 204 -')


@check
def preset_tiny(server):
    exchange(server)
    first, _ = lines(server, 2)
    matches(first, r"GET /bytes/5\?a=%20b 200 \d+ms")


@check
def atoms(server):
    """--access-log-format with every atom"""
    exchange(server)
    first, _ = lines(server, 2)
    fields = first.split("|")
    names = "h l u t r m U q H R S v s st b B T d M D f a p x i o e %".split()
    equal(len(fields), len(names), f"the number of fields in {first!r}")
    got = dict(zip(names, fields))
    matches("[" + got.pop("t") + "]", TIME)
    for name, pattern in (("T", r"\d+"), ("d", r"\d+\.\d{3}"), ("M", r"\d+"), ("D", r"\d+")):
        matches(got.pop(name), pattern)
    equal(got, {
        "h": "127.0.0.1", "l": "-", "u": "-", "r": "GET /bytes/5?a=%20b HTTP/1.1", "m": "GET", "U": "/bytes/5",
        "q": "?a=%20b", "H": "HTTP/1.1", "R": "/bytes/5?a=%20b", "S": "http", "v": "h.example", "s": "200", "st": "OK",
        "b": "5", "B": "5", "f": "http://r/", "a": "test/1.0 (x)", "p": str(server.pid), "x": "completed",
        "i": "h.example", "o": "application/octet-stream", "e": "flavour", "%": "%",
    }, "the fields")


# Other control bytes are refused with 400 before they get anywhere.
EVIL = 'x" 200 1 "\\\t\xe9\xff'


@check
def escaping(server):
    """Combined, with a User-Agent that tries to break out of its quotes."""
    with server.connect() as connection:
        connection.send(request('/"\'\\%22%0a', f"User-Agent: {EVIL}\r\nReferer: a\\\r\n"))
        connection.response()
    line, = lines(server, 1)
    require(all(0x20 <= ord(character) < 0x7F for character in line), f"control bytes in {line!r}")
    equal(line.count('"'), 6, f"the quotes in {line!r}")
    quoted = re.findall(r'"([^"]*)"', line)
    equal(quoted[0], "GET /\\x22'\\x5c%22%0a HTTP/1.1", "the request line")
    equal(quoted[1], "a\\x5c", "Referer")
    equal(quoted[2], r"x\x22 200 1 \x22\x5c\x09\xe9\xff", "User-Agent")


@check
def escaping_json(server):
    agent = 'x","status":500,"y":"\\\t\xe9'
    with server.connect() as connection:
        connection.send(request('/"\\', f"User-Agent: {agent}\r\n"))
        connection.response()
    with server.connect() as connection:
        connection.send(request("/", "User-Agent: snow \u2603 man\r\n".encode().decode("latin-1")))
        connection.response()
    path = os.path.join(server["folder"], "access.log")
    end = time.monotonic() + 5
    while True:
        with open(path, "rb") as file:
            text = file.read()
        if text.count(b"\n") >= 2 or time.monotonic() > end:
            break
        time.sleep(0.02)
    first, second = [json.loads(line) for line in text.decode("utf-8").splitlines()]
    equal((first["path"], first["status"]), ('/"\\', 404), "the first line")
    equal(first["user_agent"], agent, "User-Agent")
    equal(second["user_agent"], "snow \u2603 man", "User-Agent in UTF-8")


@check
def refusals(server):
    """Requests that never reach the application stand there too."""
    with server.connect() as connection:
        connection.send(b"GET / HTTP/9.9\r\n\r\n")
        connection.rest()
    line, = lines(server, 1)
    require(" 505 " in line, f"the line {line!r}")


@check
def reopen(server):
    """SIGUSR1, with requests on their way all the time"""
    path = os.path.join(server["folder"], "access.log")
    sent = 0
    with server.connect() as connection:
        def send(count):
            nonlocal sent
            for _ in range(count):
                connection.send(request(f"/bytes/{sent}"))
                connection.response()
                sent += 1
        for turn in range(3):
            send(50)
            os.rename(path, f"{path}.{turn}")
            send(50)
            os.kill(server.pid, signal.SIGUSR1)
            end = time.monotonic() + 5
            while not os.path.exists(path):
                require(time.monotonic() < end, "the log was not opened again")
                send(1)
        send(50)
    end = time.monotonic() + 5
    while True:
        numbers = []
        for name in [f"{path}.{turn}" for turn in range(3)] + [path]:
            with open(name) as file:
                numbers += [int(line.split("/bytes/")[1].split('"')[0]) for line in file]
        if len(numbers) == sent or time.monotonic() > end:
            break
        time.sleep(0.05)
    equal(numbers, list(range(sent)), "the lines, in order")
    seen(f"{sent} lines in 4 files")


@check
def everything_is_written(server):
    """What has been served before the end stands in the log."""
    with server.connect() as connection:
        connection.send(request() * 500)
        for _ in range(500):
            connection.response()
    os.kill(server.pid, signal.SIGTERM)
    server.gone(5)
    lines(server, 500)


@check
def to_standard_output(server):
    server.get("/bytes/77")
    server.await_log('"GET /bytes/77" 200 ')


@check
def off(server):
    server.get("/bytes/77")
    server.get("/bytes/78")
    time.sleep(0.2)
    require("/bytes/77" not in server.log(), "there is an access log")


if __name__ == "__main__":
    main()
