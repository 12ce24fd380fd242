"""Workers that crash, cannot start, are stuck, or have served enough."""

import os
import signal
import socket
import threading
import time

from program import InFlight, Load, Program, awaited, children
from wire import Failed, between, check, equal, is_running, main, request, require, seen


@check
def killed(server):
    """kill -9 of a worker: another one takes its number, and nobody is refused."""
    program = Program(server)
    workers = program.serving(2)
    with Load(server.http) as load:
        program.signal(signal.SIGKILL, workers[1])
        now = program.serving(2, without=[workers[1]])
        load.reach(now[1])
        equal(now[2], workers[2], "the other worker")
        load.more()
        load.nothing_is_refused()
        require(len(load.lost) <= 6, f"more was lost than each client had under way: {load}")
    server.await_log("Worker 1 ended while it served (signal 9); another one is started at once.")
    equal(set(children(server.pid)), set(now.values()), "the children")


@check
def crash_loop(server):
    """--workers 1: /exit/1 right after each start. The pauses before the next one grow."""
    program = Program(server)
    pauses = []
    # Four times are enough, unless this machine is so slow that a worker has served for a second before it ends.
    while not pauses or pauses[-1] < 0.95 and len(pauses) < 8:
        with server.connect() as connection:
            connection.send(request("/exit/1"))
            connection.rest()
        ended = time.monotonic()
        awaited("another start", lambda: len(program.lives()) == len(pauses) + 2)
        pauses.append(time.monotonic() - ended)
    seen("pauses " + ", ".join(f"{pause:.2f} s" for pause in pauses))
    between(pauses[-1], 0.95, 5, "the last pause")
    require(pauses[0] < 0.95, "the pauses did not grow")
    server.await_log("exit status 1")
    equal(program.serves(), program.lives()[-1][1], "who serves")


@check
def fails_later(server):
    """CONFORMANCE_LIFESPAN=fail:FOLDER/broken: a worker that cannot start any more is tried again, by and by."""
    program = Program(server)
    workers = program.serving(2)
    open(program.path("broken"), "w").close()
    with Load(server.http) as load:
        start = time.monotonic()
        program.signal(signal.SIGKILL, workers[1])
        # It starts at once, half a second later, and a second after that.
        awaited("three starts", lambda: len(program.lives()) == 5)
        between(time.monotonic() - start, 1.4, 4, "three starts")
        server.await_log("Worker 1 could not start (exit status 3); it is tried again in ")
        os.unlink(program.path("broken"))
        now = program.serving(2)
        equal(now[2], workers[2], "the other worker")
        load.reach(now[1])
        load.nothing_is_refused()


@check
def supervisor_killed(server):
    """kill -9 of the supervisor: the workers end what they do, and then themselves; the port is free."""
    program = Program(server)
    workers = program.serving(2)
    flight = InFlight(server.http, 1)
    program.signal(signal.SIGKILL)
    flight.lands()
    for pid in workers.values():
        awaited("the end of a worker", lambda: not is_running(pid))
    program.every_worker_shut_down_once(*workers.values())
    with socket.create_server(server.http):
        pass


def stuck(server, stick):
    """--heartbeat-timeout 1s: a worker that is stuck is replaced, while the other one serves."""
    program = Program(server)
    workers = program.serving(2)
    with Load(server.http) as load:
        start = time.monotonic()
        pid = stick(program)
        number = next(number for number, one in workers.items() if one == pid)
        # It keeps the connections that it has; new ones go to the other one.
        other = next(one for one in workers.values() if one != pid)
        before = load.answered[other]
        awaited("answers of the other worker", lambda: load.answered[other] > before + 20)
        now = program.serving(2, without=[pid])
        between(time.monotonic() - start, 0.7, 4, "the replacement")
        equal(now[number] in workers.values(), False, "the number was taken by another process")
        equal(other in now.values(), True, "the other worker")
        load.reach(now[number])
        load.nothing_is_refused()
        require(len(load.lost) <= 6, f"more was lost than each client had under way: {load}")
    server.await_log(f"Worker {number} has not answered for 1.0 seconds: something blocks its event loops.")


@check
def blocked(server):
    def stick(program):
        connection = server.connect()
        connection.send(request("/process"))
        pid = int(connection.response().body)
        connection.send(request("/block?ms=60000"))
        return pid
    stuck(server, stick)


@check
def halted(server):
    """SIGSTOP"""
    def stick(program):
        pid = program.serves()
        program.signal(signal.SIGSTOP, pid)
        return pid
    stuck(server, stick)


@check
def no_descriptors(server):
    """Room for few descriptors, which the launcher made: a worker waits until some are free, and does so idly."""
    program = Program(server)
    pid = program.serving(1)[1]

    def ticks():
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return int(words[11]) + int(words[12])
    connections = [server.connect() for _ in range(60)]
    server.await_log("Connections cannot be accepted: Too many open files")
    before, start = ticks(), time.monotonic()
    # The status looks at the worker once a second, so this is how long it has been idle.
    awaited("a second of it", lambda: time.monotonic() > start + 1)
    busy = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    between(busy, 0, 0.5, "the seconds of work in a second of waiting")
    for connection in connections[:40]:
        connection.sock.close()
    for connection in connections[40:]:
        connection.send(request("/process"))
        equal(int(connection.response().body), pid, "who serves")


class Watch:
    """Looks at the status again and again: so many workers serve at any time."""

    def __init__(self, program, count):
        self.program, self.count, self.fewest, self.looks = program, count, count, 0
        self.stopping = threading.Event()
        self.failure = None

    def __enter__(self):
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def look(self):
        while not self.stopping.wait(0.01):
            try:
                rows = self.program.status()["workers"]
            except (OSError, Failed, ValueError) as failure:
                self.failure = failure
                return
            self.fewest = min(self.fewest, sum(row["state"] in ("serving", "retiring") for row in rows))
            self.looks += 1

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(10)

    def never_fewer(self):
        require(self.failure is None, f"the status: {self.failure!r}")
        require(self.looks > 10, f"{self.looks} looks at the status are too few")
        equal(self.fewest, self.count, "the fewest workers that served at once")


def recycled(server, sentence, work):
    """All workers are replaced, with nothing lost and never fewer of them."""
    program = Program(server)
    workers = program.serving(2)
    with Load(server.http) as load, Watch(program, 2) as watch:
        work(load)
        server.await_log(sentence, 15)
        for pid in workers.values():
            awaited(f"the end of worker {pid}", lambda: not is_running(pid), 15)
        load.more()
        load.nothing_is_lost()
        watch.never_fewer()
    program.every_worker_shut_down_once(*workers.values())


@check
def max_requests(server):
    """--worker-max-requests 150"""
    recycled(server, "has served its share of requests", lambda load: None)


@check
def max_age(server):
    """--worker-max-age 1500ms"""
    recycled(server, "has reached its age", lambda load: None)


@check
def max_memory(server):
    """--worker-max-memory 160MiB, and requests that keep 100 MB each"""
    def work(load):
        reached = set()
        while len(reached) < 2:
            with server.connect() as connection:
                connection.send(request("/process"))
                pid = int(connection.response().body)
                if pid not in reached:
                    connection.send(request("/keep/200000000"))
                    equal(connection.response().status, 200, "the status")
                    reached.add(pid)
    recycled(server, "MiB of memory, and is replaced.", work)


if __name__ == "__main__":
    main()
