"""The control socket: a line in, a line of JSON back."""

import json
import os
import socket
import stat
import time

from program import Program, awaited
from wire import between, check, equal, main, request, require, seen


def dial(program, timeout=10):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(timeout)
    one.connect(program.path("ctl"))
    return one


@check
def status(server):
    """--workers 2"""
    program = Program(server)
    workers = program.serving(2)
    connection = server.connect()
    connection.send(request("/process"))
    busy = int(connection.response().body)

    def counted():
        rows = {one["process"]: one for one in program.status()["workers"]}
        return rows[busy]["connections"] == 1 and rows[busy]["requests"] >= 1
    awaited("the counts", counted)
    answer = program.ask("status")
    equal(set(answer), {"ok", "status"}, "the members of the answer")
    state = answer["status"]
    equal(set(state), {"name", "version", "process", "mode", "state", "uptime", "addresses", "wanted", "workers"},
          "the members of the status")
    equal((state["name"], state["process"], state["mode"], state["state"], state["wanted"]),
          ("Conformance", server.pid, "supervisor", "serving", 2), "the status")
    require("sagi" in state["version"], f"the version is {state['version']}")
    equal(state["addresses"], server["addresses"], "the addresses")
    between(state["uptime"], 0, 60, "the uptime")
    for row in state["workers"]:
        equal(set(row), {"number", "process", "state", "uptime", "memory", "connections", "requests"}, "the members")
        equal((row["process"], row["state"]), (workers[row["number"]], "serving"), "a worker")
        between(row["memory"], 1 << 20, 1 << 30, "its memory")
    seen(json.dumps(answer))


@check
def status_of_single(server):
    program = Program(server)
    with server.connect() as connection:
        connection.send(request())
        connection.response()
        awaited("the counts", lambda: program.status()["workers"][0]["connections"] == 1)
        state = program.status()
    equal((state["mode"], state["state"], state["process"]), ("single", "serving", server.pid), "the status")
    equal([(row["process"], row["requests"]) for row in state["workers"]], [(server.pid, 1)], "the process")
    equal(program.ask("scale 2")["ok"], False, "scale")
    require("--workers" in program.ask("scale 2")["message"], "the message")
    equal(program.ask("restart")["ok"], True, "restart")
    new = program.successor()
    server.gone(10)
    equal(program.status()["process"], new, "who answers")
    equal(program.ask("stop")["ok"], True, "stop")
    program.put_away(new)


@check
def commands(server):
    """--workers 1 and --access-log"""
    program = Program(server)
    first = program.serving(1)
    equal(program.ask("scale 2")["ok"], True, "scale")
    two = program.serving(2)
    equal(two[1], first[1], "the first worker")
    equal(program.ask("scale 1")["ok"], True, "scale")
    program.serving(1)
    os.rename(program.path("access.log"), program.path("old.log"))
    equal(program.ask("reopen-logs")["ok"], True, "reopen-logs")
    awaited("the new log", lambda: os.path.exists(program.path("access.log")))
    equal(program.ask("reload")["ok"], True, "reload")
    reloaded = program.serving(1, without=first.values())
    equal(program.ask("restart")["ok"], True, "restart")
    successor = program.successor()
    server.gone(10)
    program.serving(1, without=reloaded.values())
    equal(program.ask("stop")["ok"], True, "stop")
    program.put_away(successor)


@check
def refusals(server):
    """What is no command is refused, and changes nothing."""
    program = Program(server)
    workers = program.serving(1)
    for line in ("", "nonsense", "STATUS", "status now", "scale", "scale 0", "scale -1", "scale 1025", "scale two",
                 "stop!", "\0", "é", "GET / HTTP/1.1\r"):
        answer = program.ask(line)
        equal((answer["ok"], "status" in answer), (False, False), f"the answer to {line!r}")
        require(answer["message"].endswith("."), f"the answer to {line!r} is no sentence: {answer}")
    with dial(program) as one:
        one.sendall(b"\xff\xfe\n")
        equal(json.loads(one.makefile().readline())["ok"], False, "the answer to bytes that are no text")
    equal(program.serving(1), workers, "the workers")


@check
def stopping(server):
    """While it stops it tells how it is, and takes no more orders."""
    program = Program(server)
    program.serving(1)
    connection = server.connect()
    connection.send(request("/stream?chunks=20&ms=100"))
    connection.head()
    equal(program.ask("stop")["ok"], True, "stop")
    awaited("that it stops", lambda: program.status()["state"] == "stopping")
    equal(program.ask("scale 3")["ok"], False, "scale")
    require(connection.rest().endswith(b"0\r\n\r\n"), "what was in flight was cut off")
    server.gone(10)


@check
def bad_clients(server):
    """A client that says nothing, or too much, or goes, is dropped; others are served meanwhile."""
    program = Program(server)
    silent = [dial(program) for _ in range(8)]
    start = time.monotonic()
    silent[0].sendall(b"sta")
    for _ in range(20):
        equal(program.ask("status")["ok"], True, "the answer to another client")
    with dial(program) as one:
        one.sendall(b"x" * 5000)
        try:
            equal(one.recv(100), b"", "the answer to a line that is too long")
        except ConnectionResetError:
            pass
    dial(program).close()
    with dial(program) as one:
        one.sendall(b"status\n")
    # The line may come in parts.
    with dial(program) as one:
        for byte in b"status\n":
            one.sendall(bytes([byte]))
        equal(json.loads(one.makefile().readline())["ok"], True, "the answer to a line in parts")
    for one in silent:
        equal(one.recv(100), b"", "the answer to a client that says nothing")
    between(time.monotonic() - start, 4, 8, "the patience")
    equal(program.ask("status")["ok"], True, "the answer afterwards")
    # More at once than are taken: the others are dropped, and later ones served.
    many = []

    def dial_and_look():
        try:
            many.append(dial(program))
        except BlockingIOError:  # so many wait already
            pass
        return sum(is_dropped(one) for one in many) >= 10
    awaited("that some are dropped", dial_and_look)
    for one in many:
        one.close()
    equal(program.ask("status")["ok"], True, "the answer after them")
    require(len(os.listdir(f"/proc/{server.pid}/fd")) < 60, "descriptors were left open")


def is_dropped(one):
    one.setblocking(False)
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False


@check
def is_private(server):
    equal(stat.S_IMODE(os.stat(Program(server).path("ctl")).st_mode), 0o600, "the permissions")


@check
def mode(server):
    """--control-mode 0660"""
    equal(stat.S_IMODE(os.stat(Program(server).path("ctl")).st_mode), 0o660, "the permissions")


if __name__ == "__main__":
    main()
