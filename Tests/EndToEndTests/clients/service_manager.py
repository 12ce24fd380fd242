"""What a service manager is told, and what it gives."""

import os
import signal
import socket
import time

from program import Load, Program, Started, awaited, children, environment
from wire import (
    Connection, Failed, address, between, check, equal, is_running, main, open_socket, request, require, seen)


class Manager:
    """A socket that takes what a service says."""

    def __init__(self, where):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + where[1:] if where.startswith("@") else where)
        self.variables = {"NOTIFY_SOCKET": where}
        self.heard = []

    def hears(self, wanted, timeout=10):
        """Waits for a message with that line, and returns its lines."""
        end = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                lines = self.socket.recv(4096).decode().split("\n")
            except TimeoutError:
                raise Failed(f"{wanted} was not told; what was: {self.heard}")
            self.heard.append(lines)
            if any(line == wanted or wanted.endswith("=") and line.startswith(wanted) for line in lines):
                return lines


def told(facts, where, *flags):
    """Start, reload, restart and stop."""
    manager = Manager(where)
    lives = os.path.join(facts["folder"], "lives")
    common = ("--bind", "127.0.0.1:0", "--event-loops", "1", "--pid-file", os.path.join(facts["folder"], "pid"))
    with Started(
            facts, *common, *flags, variables={**manager.variables, "CONFORMANCE_LIFESPAN_LOG": lives}) as started:
        manager.hears("READY=1", 20)
        server = started.server()
        program = Program(server)
        if not any(line.startswith("STATUS=") for lines in manager.heard for line in lines):
            manager.hears("STATUS=")
        seen("; ".join(line for lines in manager.heard for line in lines))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        program.signal(signal.SIGHUP)
        lines = manager.hears("RELOADING=1")
        moment = next(int(line.removeprefix("MONOTONIC_USEC=")) for line in lines if line.startswith("MONOTONIC_USEC="))
        between(moment - before, 0, 5_000_000, "the time since the signal in microseconds")
        if flags:
            manager.hears("READY=1")
            for pid in children(server.pid):
                require("NOTIFY_SOCKET" not in environment(pid), "a worker could tell the service manager something")
            program.signal(signal.SIGUSR2)
            manager.hears("RELOADING=1")
        main_process = next(
            int(line.removeprefix("MAINPID=")) for line in manager.hears("MAINPID=") if line.startswith("MAINPID="))
        equal(main_process, program.successor(), "the main process")
        equal(started.status(), 0, "the exit status of the first process")
        equal(server.get().status, 200, "the status")
        program.signal(signal.SIGTERM, main_process)
        manager.hears("STOPPING=1")
        program.put_away(main_process)


@check
def notified(facts):
    told(facts, os.path.join(facts["folder"], "notify"))


@check
def notified_with_workers(facts):
    """At an abstract address"""
    told(facts, f"@sagi-{os.getpid()}", "--workers", "2")


def fed(facts, *flags):
    """WATCHDOG_USEC: WATCHDOG=1 comes at half of it, and not while the event loop of a single process is blocked."""
    manager = Manager(os.path.join(facts["folder"], "notify"))
    variables = {**manager.variables, "WATCHDOG_USEC": "1000000"}
    with Started(facts, "--bind", "127.0.0.1:0", "--event-loops", "1", *flags, variables=variables) as started:
        manager.hears("READY=1", 20)
        manager.hears("WATCHDOG=1")
        start = time.monotonic()
        for _ in range(3):
            manager.hears("WATCHDOG=1")
        between(time.monotonic() - start, 1.2, 2.4, "three times")
        server = started.server()
        if not flags:
            with server.connect() as connection:
                connection.send(request("/block?ms=1500"))
                try:
                    manager.hears("WATCHDOG=1", 0.05)
                    manager.hears("WATCHDOG=1", 1)
                    raise Failed("the watchdog is fed while the event loop is blocked")
                except Failed as failure:
                    require("was not told" in str(failure), str(failure))
                connection.response()
            manager.hears("WATCHDOG=1")
        for pid in children(started.pid):
            require("WATCHDOG_USEC" not in environment(pid), "a worker could feed the watchdog")


@check
def watchdog(facts):
    fed(facts)


@check
def watchdog_with_workers(facts):
    fed(facts, "--workers", "1")


@check
def watchdog_of_another(facts):
    """WATCHDOG_PID is another process: it is not fed."""
    manager = Manager(os.path.join(facts["folder"], "notify"))
    variables = {**manager.variables, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}
    with Started(facts, "--bind", "127.0.0.1:0", variables=variables) as started:
        manager.hears("READY=1", 20)
        started.server()
        try:
            manager.hears("WATCHDOG=1", 0.5)
        except Failed:
            return
        raise Failed("the watchdog is fed")


@check
def activated(server):
    """LISTEN_FDS with two sockets and workers, and through SIGHUP and SIGUSR2."""
    program = Program(server)
    old = program.serving(2)
    both = [address(one.removeprefix("http://")) for one in server["addresses"]]
    equal(len(both), 2, "the addresses")
    for pid in old.values():
        require(not any(name.startswith("LISTEN_") for name in environment(pid)), "a worker has LISTEN_FDS")
    with Load(both[0]) as first, Load(both[1], 1, 1) as second:
        program.signal(signal.SIGHUP)
        new = program.serving(2, without=old.values())
        first.reach(*new.values())
        program.signal(signal.SIGUSR2)
        successor = program.successor()
        server.gone(10)
        newest = program.serving(2, without=new.values())
        first.reach(*newest.values())
        second.more()
        first.nothing_is_lost()
        second.nothing_is_lost()
    equal(len(program.status()["addresses"]), 2, "the addresses of the successor")
    program.signal(signal.SIGTERM, successor)
    program.put_away(successor)


@check
def activated_at_an_address(server):
    """LISTEN_FDS and a --bind that says the same address, through SIGHUP of a single process."""
    program = Program(server)
    with Load(server.http) as load:
        program.signal(signal.SIGHUP)
        load.reach(program.successor())
        server.gone(10)
        load.more()
        load.nothing_is_lost()


@check
def activated_goes_on(facts):
    """The manager keeps its socket, and what connects while no program runs waits for the next one."""
    manager = socket.create_server(("127.0.0.1", 0))
    where, number = manager.getsockname(), manager.fileno()
    pid_file = os.path.join(facts["folder"], "pid")
    shell = ("/bin/sh", "-c", f'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@" 3<&{number}')

    def started():
        return Started(facts, "--pid-file", pid_file, before=shell, pass_fds=[number])

    def main_process():
        with open(pid_file) as file:
            return int(file.read() or 0)
    with started() as first:
        server = first.server()
        equal(server.get().status, 200, "the status")
        os.kill(first.pid, signal.SIGHUP)
        equal(first.process.wait(10), 0, "the exit status of the first process")
        successor = main_process()
        equal(server.get().status, 200, "the status of the successor")
        os.kill(successor, signal.SIGTERM)
        awaited("the end of the successor", lambda: not is_running(successor))
        with Connection(open_socket(where)) as waiting:
            waiting.send(request())
            with started():
                equal(waiting.response().status, 200, "the status of the next program")


if __name__ == "__main__":
    main()
