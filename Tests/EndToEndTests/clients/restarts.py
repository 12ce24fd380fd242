"""A supervisor that replaces its workers, or is replaced with them."""

import os
import signal

from program import InFlight, Load, Program, awaited, children, go_on
from wire import check, equal, is_running, main, require


def rewrite(program, change):
    """Changes the configuration file."""
    path = program.path("sagi.yaml")
    with open(path) as file:
        text = file.read()
    with open(path + ".new", "w") as file:
        file.write(change(text))
    os.rename(path + ".new", path)


@check
def hangup(server):
    """SIGHUP: every worker is replaced, the supervisor stays, and nothing is lost."""
    program = Program(server)
    old = program.serving(2)
    flight = InFlight(server.http, 1.5)
    with Load(server.http) as load:
        program.signal(signal.SIGHUP)
        new = program.serving(2, without=old.values())
        flight.lands()
        load.reach(*new.values())
        load.more()
        load.nothing_is_lost()
    server.await_log("All workers have been replaced.")
    equal(set(children(server.pid)), set(new.values()), "the children")
    equal(program.pid, server.pid, "the supervisor")
    program.every_worker_shut_down_once(*old.values())


@check
def hangup_again(server):
    """Several times in quick succession: in the end every worker is newer than the last signal."""
    program = Program(server)
    old = program.serving(2)
    with Load(server.http) as load:
        for turn in range(4):
            program.signal(signal.SIGHUP)
            awaited("that it is taken", lambda: server.log().count("Replacing all workers") == turn + 1)
        seen_before = {pid for event, pid, _ in program.lives() if event == "startup"}
        new = program.serving(2, without=seen_before, timeout=20)
        load.reach(*new.values())
        load.nothing_is_lost()
    awaited("the end of all others", lambda: set(children(server.pid)) == set(new.values()))


@check
def misconfigured(server):
    """The file cannot be used: the workers stay, and the log says why."""
    program = Program(server)
    old = program.serving(2)
    rewrite(program, lambda text: text + "limit-bdy: 5\n")
    program.signal(signal.SIGHUP)
    server.await_log("The workers go on as they are")
    server.await_log("limit-bdy")
    equal(program.serving(2), old, "the workers")
    rewrite(program, lambda text: text.replace("limit-bdy: 5", "reuse-port: on"))
    program.signal(signal.SIGHUP)
    server.await_log("only when the program is stopped")
    equal(program.serving(2), old, "the workers")
    rewrite(program, lambda text: text.replace("reuse-port: on", "limit-body: 5"))
    program.signal(signal.SIGHUP)
    program.serving(2, without=old.values())


@check
def reconfigured(server):
    """The file has changed: the number of workers, a listener more, a listener less, and what responses say."""
    program = Program(server)
    first, second = (program.path(name) for name in ("first", "socket"))
    old = program.serving(2)
    program.where = first
    equal(program.serves() in old.values(), True, "the first listener")
    with Load(server.http) as load:
        rewrite(program, lambda text: text.replace("first", "socket").replace("workers: 2", "workers: 3")
                .replace("server-field: file", "server-field: changed"))
        program.signal(signal.SIGHUP)
        new = program.serving(3, without=old.values())
        load.reach(*new.values())
        load.nothing_is_lost()
    program.where = second
    equal(program.serves() in new.values(), True, "the new listener")
    equal(server.get()["server"], "changed", "Server")
    equal(os.path.exists(first), False, "the file of the listener that has gone")
    equal(second in str(program.status()["addresses"]), True, "the addresses")
    # Without workers it would be another kind of program.
    rewrite(program, lambda text: text.replace("workers: 3\n", ""))
    program.signal(signal.SIGHUP)
    server.await_log("SIGUSR2 starts the whole program anew")
    equal(program.serving(3), new, "the workers")


@check
def replacement_cannot_start(server):
    """CONFORMANCE_LIFESPAN=fail:FOLDER/broken"""
    program = Program(server)
    old = program.serving(2)
    open(program.path("broken"), "w").close()
    with Load(server.http) as load:
        program.signal(signal.SIGHUP)
        server.await_log("The new workers cannot start: the old ones go on.", 10)
        server.await_log("The file is there.")
        load.more()
        equal(program.serving(2), old, "the workers")
        os.unlink(program.path("broken"))
        program.signal(signal.SIGHUP)
        new = program.serving(2, without=old.values(), timeout=15)
        load.reach(*new.values())
        load.nothing_is_lost()


@check
def user2(server):
    """SIGUSR2: a new supervisor with new workers; the old ones end, with nothing lost."""
    program = Program(server)
    old = program.serving(2)
    socket = os.stat(program.path("socket")).st_ino
    flight = InFlight(server.http, 1.5)
    with Load(server.http) as load:
        program.signal(signal.SIGUSR2)
        successor = program.successor()
        flight.lands()
        server.gone(10)
        new = program.serving(2, without=old.values())
        load.reach(*new.values())
        load.more()
        load.nothing_is_lost()
    equal(program.status()["process"], successor, "who answers at the control socket")
    equal(set(children(successor)), set(new.values()), "the children")
    for pid in old.values():
        require(not is_running(pid), f"worker {pid} still runs")
    program.every_worker_shut_down_once(*old.values())
    equal(os.stat(program.path("socket")).st_ino, socket, "the file of the Unix socket")
    # It can be replaced, too.
    program.signal(signal.SIGUSR2, successor)
    third = awaited("the next one", lambda: program.pid not in (None, successor) and program.pid)
    awaited("the end of the second one", lambda: not is_running(successor))
    program.serving(2, without=new.values())
    program.signal(signal.SIGTERM, third)
    program.put_away(third)


@check
def user2_fails(server):
    """The new program's workers cannot start: the old one goes on, with its workers and its files."""
    program = Program(server)
    old = program.serving(2)
    open(program.path("broken"), "w").close()
    with Load(program.path("socket")) as load:
        program.signal(signal.SIGUSR2)
        server.await_log("this one goes on", 10)
        load.more()
        load.nothing_is_lost()
    equal((program.pid, program.serving(2)), (server.pid, old), "the processes")
    os.unlink(program.path("broken"))
    program.signal(signal.SIGUSR2)
    successor = program.successor()
    server.gone(10)
    equal(program.status()["process"], successor, "who answers at the control socket")


@check
def user2_and_terminate(server):
    """Who is told to stop does not leave a successor behind."""
    program = Program(server)
    program.serving(2)
    program.signal(signal.SIGUSR2)
    server.await_log("has been started to take the place")
    successor = next(pid for pid in children(server.pid) if pid not in program.workers().values())
    os.kill(successor, signal.SIGSTOP)
    program.signal(signal.SIGTERM)
    server.gone(10)
    go_on(successor)
    program.put_away(successor)


if __name__ == "__main__":
    main()
