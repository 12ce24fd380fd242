"""A supervisor and its workers: who serves, how they stop, and how many they are."""

import os
import re
import signal
import time

from program import InFlight, Load, Program, Started, awaited, children, listening_at, stat
from wire import between, check, equal, is_running, main, require, seen


@check
def each_serves(server):
    """--workers 3: each serves, the supervisor does not, and each knows its number."""
    program = Program(server)
    workers = program.serving(3)
    equal(sorted(workers), [1, 2, 3], "the numbers")
    equal(set(children(server.pid)), set(workers.values()), "the children")
    equal({program.serves() for _ in range(60)}, set(workers.values()), "who serves")
    equal(sorted(program.lives()), sorted(("startup", pid, number) for number, pid in workers.items()), "the lives")
    equal({stat(pid)[1] for pid in workers.values()}, {server.pid}, "the parents")


def shares(counts, of, what):
    total = sum(counts.values())
    parts = sorted(round(100 * count / total) for count in counts.values())
    seen(f"{what}: {parts} per cent of {total}")
    equal(len(counts), of, f"{what}: workers that were reached")
    return parts


@check
def even(server):
    """--workers 4: connections are spread evenly, one after the other and at once."""
    program = Program(server)
    counts = {}
    for _ in range(200):
        pid = program.serves()
        counts[pid] = counts.get(pid, 0) + 1
    parts = shares(counts, 4, "one after the other")
    require(parts[0] >= 15 and parts[-1] <= 35, f"not even: {parts}")
    # All at once, whoever is awake takes the next one; nobody takes all.
    with Load(server.http, kept=0, fresh=12) as load:
        load.more(400)
        load.nothing_is_lost()
    parts = shares(load.answered, 4, "at once")
    require(parts[0] >= 5 and parts[-1] <= 60, f"not even: {parts}")


@check
def reuse_port(server):
    """--workers 3 --reuse-port: each has a socket of its own; with fewer workers there are fewer, and none is lost."""
    program = Program(server)

    def listening():
        return len(listening_at(server.http[1]))
    equal(listening(), 3, "the listening sockets")
    counts = {}
    for _ in range(150):
        pid = program.serves()
        counts[pid] = counts.get(pid, 0) + 1
    shares(counts, 3, "with sockets of their own")
    with Load(server.http, kept=2, fresh=4) as load:
        program.signal(signal.SIGTTOU)
        program.serving(2)
        load.more(200)
        awaited("the end of the socket", lambda: listening() == 2)
        load.more(200)
        program.signal(signal.SIGTTIN)
        workers = program.serving(3)
        load.reach(*workers.values())
        equal(listening(), 3, "the listening sockets")
        program.signal(signal.SIGHUP)
        workers = program.serving(3, without=workers.values())
        load.reach(*workers.values())
        load.nothing_is_lost()


def stops(server, send):
    """Every worker ends what it does, and shuts its application down once; nothing is left."""
    program = Program(server)
    workers = program.serving(2)
    require(os.path.exists(program.path("socket")), "there is no Unix socket")
    flights = [InFlight(server.http, 1) for _ in range(4)]
    send()
    for flight in flights:
        flight.lands()
    server.gone(10)
    for pid in workers.values():
        require(stat(pid) is None or stat(pid)[0] != "Z", f"worker {pid} is a zombie")
    program.put_away(*workers.values())
    program.every_worker_shut_down_once(*workers.values())


@check
def terminate(server):
    stops(server, lambda: os.kill(server.pid, signal.SIGTERM))


@check
def interrupt(server):
    stops(server, lambda: os.kill(server.pid, signal.SIGINT))


@check
def terminate_group(server):
    """Every process gets the signal, as from a service manager or a terminal."""
    equal(os.getpgid(server.pid), server.pid, "the group, which the launcher made")
    stops(server, lambda: os.killpg(server.pid, signal.SIGTERM))


@check
def interrupt_group(server):
    stops(server, lambda: os.killpg(server.pid, signal.SIGINT))


def ends_at_once(server, *signals):
    program = Program(server)
    workers = program.serving(2)
    flight = InFlight(server.http, 60)
    start = time.monotonic()
    for number in signals:
        program.signal(number)
        server.await_log("stopping 2 workers")
    flight.crashes()
    server.gone(5)
    between(time.monotonic() - start, 0, 4, "the end")
    program.put_away(*workers.values())
    return workers


@check
def second_signal(server):
    ends_at_once(server, signal.SIGTERM, signal.SIGTERM)


@check
def quit_after_terminate(server):
    ends_at_once(server, signal.SIGTERM, signal.SIGQUIT)


@check
def quit(server):
    """SIGQUIT: what runs is cut off, and each application is told."""
    workers = ends_at_once(server, signal.SIGQUIT)
    Program(server).every_worker_shut_down_once(*workers.values())


@check
def terminate_during_startup(facts):
    """CONFORMANCE_LIFESPAN=hang"""
    lives = os.path.join(facts["folder"], "lives")
    with Started(
            facts, "--bind", "127.0.0.1:0", "--workers", "2",
            variables={"CONFORMANCE_LIFESPAN": "hang", "CONFORMANCE_LIFESPAN_LOG": lives}) as started:
        awaited("two starts", lambda: os.path.exists(lives) and len(open(lives).readlines()) == 2)
        workers = list(children(started.pid))
        equal(len(workers), 2, "the workers")
        started.process.send_signal(signal.SIGTERM)
        equal(started.status(5), 0, "the exit status")
        for pid in workers:
            awaited("the end of a worker", lambda: not is_running(pid))


@check
def scale(server):
    """SIGTTIN and SIGTTOU, down to one worker."""
    program = Program(server)
    first = program.serving(2)
    with Load(server.http) as load:
        program.signal(signal.SIGTTIN)
        three = program.serving(3)
        load.reach(three[3])
        equal({number: three[number] for number in (1, 2)}, first, "the first two")
        for count in (2, 1):
            program.signal(signal.SIGTTOU)
            equal(program.serving(count), {number: first[number] for number in range(1, count + 1)}, "who is left")
        program.signal(signal.SIGTTOU)
        load.more()
        equal(program.status()["wanted"], 1, "how many are wanted")
        equal(program.serving(1), {1: first[1]}, "who is left")
        load.nothing_is_lost()
    program.every_worker_shut_down_once(first[2], three[3])


@check
def reopen_logs(server):
    """SIGUSR1: all workers write to the new file, and none to the old one."""
    program = Program(server)
    workers = program.serving(2)
    log, old = program.path("access.log"), program.path("old.log")
    with Load(server.http) as load:
        load.more()
        os.rename(log, old)
        program.signal(signal.SIGUSR1)
        awaited("the workers' words", lambda: server.log().count("SIGUSR1: the logs have been opened again.") == 2)
        load.more()
        load.reach(*workers.values())
        load.nothing_is_lost()
    size = os.stat(old).st_size
    program.signal(signal.SIGTERM)
    server.gone(10)
    equal(os.stat(old).st_size, size, "the size of the old log")
    count = sum(len(open(path).readlines()) for path in (log, old))
    equal(count, load.total(), "the lines in both logs")


FIELD = re.compile(r" TRACE +configuration (\S+) = (.*?)(?: worker=(\d+))?$")


@check
def configuration(server):
    """--log-level trace, and options from flags, variables and a file: every process was told the same."""
    program = Program(server)
    program.serving(2)
    fields = {None: {}, "1": {}, "2": {}}
    for line in server.log().splitlines():
        match = FIELD.search(line)
        if match:
            path, value, worker = match.groups()
            require(path not in fields[worker], f"{path} stands there twice for {worker}")
            fields[worker][path] = value
    supervisor = fields.pop(None)
    require(len(supervisor) > 80, f"there are {len(supervisor)} fields")
    for worker, found in fields.items():
        equal(sorted(found), sorted(supervisor), f"the fields of worker {worker}")
        for path, value in supervisor.items():
            equal(found[path], value, f"{path} of worker {worker}")
    wanted = {
        "limits.body": "5", "limits.headerCount": "77", "serverField": "variable", "processes.maxRequests": "1000",
        "timeouts.keepAlive": "33.0 seconds", "listeners.tls.identities.keyPassword": "***", "logLevel": "trace",
    }
    equal({path: supervisor.get(path) for path in wanted}, wanted, "what was told")
    require("quite secret" not in server.log(), "the password stands in the log")
    seen(f"{len(supervisor)} fields, the same in three processes")


if __name__ == "__main__":
    main()
