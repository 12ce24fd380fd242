"""A program that is one process: signals, and the process that takes its place."""

import os
import pty
import pwd
import re
import select
import signal
import stat
import subprocess
import time

from program import (
    InFlight, Load, Program, Started, awaited, children, connections_at, environment, go_on, listening_at, sockets_of,
)
from wire import Connection, between, check, equal, main, open_socket, request, require


def replaced(server, number):
    """Another process takes over, and nothing is lost on the way."""
    program = Program(server)
    flight = InFlight(server.http, 1.5)
    with Load(server.http) as load:
        program.signal(number)
        new = program.successor()
        load.reach(new)
        load.more()
        flight.lands()
        server.gone(10)
        load.more()
        load.nothing_is_lost()
    equal(set(load.answered), {server.pid, new}, "who answered")
    equal(program.serves(), new, "who serves")
    program.every_worker_shut_down_once(server.pid)
    program.signal(signal.SIGTERM, new)
    program.put_away(new)
    program.every_worker_shut_down_once(new)


@check
def hangup(server):
    replaced(server, signal.SIGHUP)


@check
def user2(server):
    replaced(server, signal.SIGUSR2)


@check
def unix_socket(server):
    """--bind unix:FOLDER/socket: its file stays the same, and goes with the last process."""
    program = Program(server)
    path = program.path("socket")
    before = os.stat(path).st_ino
    with Load(path) as load:
        program.signal(signal.SIGHUP)
        new = program.successor()
        load.reach(new)
        server.gone(10)
        load.more()
        load.nothing_is_lost()
    equal(os.stat(path).st_ino, before, "the socket's file")
    program.signal(signal.SIGTERM, new)
    program.put_away(new)


def goes_on(server, program, *sentences):
    """The first process says why no other one takes its place, and serves on."""
    program.signal(signal.SIGHUP)
    for sentence in ("this one goes on", *sentences):
        server.await_log(sentence, 10)
    equal(program.serves(), server.pid, "who serves")
    equal(program.pid, server.pid, "the process number")
    awaited("the end of the child", lambda: not children(server.pid))


def gives_way(server, program):
    program.signal(signal.SIGHUP)
    new = program.successor()
    server.gone(10)
    equal(program.serves(), new, "who serves")


@check
def successor_is_misconfigured(server):
    """--config, made by the launcher"""
    program = Program(server)
    with open(program.path("sagi.yaml")) as file:
        good = file.read()
    with open(program.path("sagi.yaml"), "a") as file:
        file.write("limit-bdy: 5\n")
    with Load(server.http) as load:
        goes_on(server, program, "limit-bdy")
        load.more()
        load.nothing_is_lost()
    with open(program.path("sagi.yaml"), "w") as file:
        file.write(good)
    gives_way(server, program)


@check
def successor_cannot_start(server):
    """CONFORMANCE_LIFESPAN=fail:FOLDER/broken, with a Unix socket, whose file stays."""
    program = Program(server)
    open(program.path("broken"), "w").close()
    goes_on(server, program, "The file is there.")
    os.unlink(program.path("broken"))
    gives_way(server, program)
    equal(program.ask("status")["status"]["process"], program.pid, "who answers at the control socket")


def stopped_successor(server, program):
    """Has a successor start, and holds it while it does."""
    program.signal(signal.SIGHUP)
    server.await_log("has been started to take the place")
    new = int(re.search(r"Process (\d+) has been started", server.log()).group(1))
    os.kill(new, signal.SIGSTOP)
    return new


@check
def one_successor(server):
    program = Program(server)
    new = stopped_successor(server, program)
    equal(program.ask("status")["status"]["state"], "restarting", "the state")
    program.signal(signal.SIGUSR2)
    server.await_log("is being started already")
    equal(program.ask("restart")["ok"], False, "a restart during a restart")
    equal(list(children(server.pid)), [new], "the children")
    os.kill(new, signal.SIGCONT)
    equal(program.successor(), new, "the successor")
    server.gone(10)
    equal(program.serves(), new, "who serves")


@check
def stopped_with_its_successor(server):
    """Who is told to stop does not leave another one behind."""
    program = Program(server)
    new = stopped_successor(server, program)
    program.signal(signal.SIGTERM)
    server.gone(10)
    go_on(new)
    program.put_away(new)


@check
def killed_successor(server):
    program = Program(server)
    new = stopped_successor(server, program)
    os.kill(new, signal.SIGKILL)
    server.await_log("this one goes on")
    equal((program.serves(), program.pid), (server.pid, server.pid), "who serves")
    awaited("the end of the child", lambda: not children(server.pid))


@check
def terminal_is_closed(server):
    """The program stops, and no other one takes its place."""
    for flags in ([], ["--workers", "2"]):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(
                server["program"], [server["program"], "--bind", "127.0.0.1:0", *flags],
                {**os.environ, "TMPDIR": server["folder"]})
        text = b""
        while b"http://127.0.0.1:" not in text:
            require(select.select([terminal], [], [], 20)[0], f"the program has said only {text!r}")
            text += os.read(terminal, 4096)
        os.close(terminal)
        awaited("the end", lambda: os.waitpid(pid, os.WNOHANG)[0] == pid)


@check
def quit(server):
    """SIGQUIT: what runs is cut off, and the application is told."""
    program = Program(server)
    flight = InFlight(server.http, 60)
    start = time.monotonic()
    program.signal(signal.SIGQUIT)
    flight.crashes()
    server.gone(5)
    between(time.monotonic() - start, 0, 4, "the end")
    program.put_away()
    program.every_worker_shut_down_once(server.pid)


@check
def terminate_during_startup(facts):
    """CONFORMANCE_LIFESPAN=hang: there is nothing to wait for."""
    lives = os.path.join(facts["folder"], "lives")
    variables = {"CONFORMANCE_LIFESPAN": "hang", "CONFORMANCE_LIFESPAN_LOG": lives}
    with Started(facts, "--bind", "127.0.0.1:0", variables=variables) as started:
        awaited("the start", lambda: os.path.exists(lives) and os.stat(lives).st_size)
        started.process.send_signal(signal.SIGTERM)
        equal(started.status(5), 128 + signal.SIGTERM, "the exit status")


@check
def descriptors(server):
    """No connection of a client comes to the successor, and nothing else that is not meant for it."""
    program = Program(server)
    connections = [server.connect() for _ in range(8)]
    for connection in connections:
        connection.send(request())
        connection.response()
    flight = InFlight(server.http, 3)
    old = connections_at(server.http[1]) & sockets_of(server.pid)
    equal(len(old), 9, "the connections of the old process")
    program.signal(signal.SIGHUP)
    new = program.successor()
    both = sockets_of(new) & sockets_of(server.pid)
    equal(both & old, set(), "connections that both have")
    equal(both - listening_at(server.http[1]), set(), "sockets that both have and that do not listen")
    flight.lands()
    server.gone(10)


@check
def mask(server):
    """--umask 0027 with --access-log and --pid-file"""
    program = Program(server)
    program.serves()
    for name in ("access.log", "pid"):
        mode = stat.S_IMODE(os.stat(program.path(name)).st_mode)
        equal(mode & 0o027, 0, f"the permissions of {name}, {mode:o},")


@check
def working_directory(server):
    """--working-directory FOLDER with relative paths, and a configuration file that is named from where it starts."""
    program = Program(server)
    equal(os.readlink(f"/proc/{server.pid}/cwd"), os.path.realpath(program.folder), "the directory")
    equal(program.pid, server.pid, "the process number")
    with Connection(open_socket(program.path("socket"))) as connection:
        connection.send(request())
        equal(connection.response().status, 200, "the status")
    require(os.path.exists(program.path("access.log")), "there is no access log")


@check
def new_release(facts):
    """The program is started through a symbolic link, which leads to another release by the time of the restart."""
    link, release = (os.path.join(facts["folder"], name) for name in ("current", "release"))
    pid_file = os.path.join(facts["folder"], "pid")
    os.symlink(facts["program"], link)
    for workers in ([], ["--workers", "1"]):
        with Started(
                {"program": link, "folder": facts["folder"]}, "--bind", "127.0.0.1:0", "--pid-file", pid_file,
                *workers) as started:
            program = Program(started.server())
            with open(release, "w") as file:
                file.write(f"#!/bin/sh\nRELEASE=2 exec {facts['program']} \"$@\"\n")
            os.chmod(release, 0o755)
            os.symlink(release, link + ".new")
            os.rename(link + ".new", link)
            program.signal(signal.SIGUSR2)
            new = program.successor()
            equal(started.status(), 0, "the exit status of the first process")
            for pid in [new, *children(new)]:
                equal(environment(pid).get("RELEASE"), "2", "the release that serves")
            program.signal(signal.SIGTERM, new)
            program.put_away(new)
        os.unlink(link)
        os.symlink(facts["program"], link)
        os.unlink(started.log_path)


@check
def first_process(facts):
    """As PID 1 with workers: orphans are reaped, SIGTERM stops, and SIGUSR2 is refused."""
    with Started(
            facts, "--bind", "127.0.0.1:0", "--workers", "1", "--event-loops", "1",
            before=("unshare", "--pid", "--fork", "--mount-proc")) as started:
        server = started.server()
        first = next(iter(children(started.pid)))
        orphan = subprocess.run(
            ["nsenter", "-t", str(first), "-p", "-m", "sh", "-c", "sleep 0.3 & exec true"], timeout=10)
        equal(orphan.returncode, 0, "the exit status of the parent of an orphan")
        awaited("the orphan", lambda: len(children(first)) == 2)
        awaited("the end of the orphan", lambda: len(children(first)) == 1)
        equal(set(children(first).values()) & {"Z"}, set(), "zombies")
        os.kill(first, signal.SIGUSR2)
        started.says("cannot be replaced")
        equal(server.get().status, 200, "the status")
        os.kill(first, signal.SIGHUP)
        started.says("All workers have been replaced")
        os.kill(first, signal.SIGTERM)
        equal(started.status(), 0, "the exit status")


@check
def another_user(facts):
    """--user nobody: port 85 is bound before, and what the program makes belongs to that user."""
    entry = pwd.getpwnam("nobody")
    os.chmod(facts["folder"], 0o777)
    path = os.path.join(facts["folder"], "socket")
    for workers in ([], ["--workers", "2"]):
        with Started(
                facts, "--bind", "127.0.0.1:85", "--bind", f"unix:{path}", "--user", "nobody", *workers,
                "--pid-file", os.path.join(facts["folder"], "pid"),
                "--control-socket", os.path.join(facts["folder"], "ctl")) as started:
            server = started.server()
            program = Program(server)
            for pid in [server.pid, *children(server.pid)]:
                with open(f"/proc/{pid}/status") as file:
                    rows = dict(line.split(":", 1) for line in file)
                equal(rows["Uid"].split(), [str(entry.pw_uid)] * 4, "the user")
                equal(rows["Gid"].split(), [str(entry.pw_gid)] * 4, "the group")
                equal(rows["Groups"].split(), [str(entry.pw_gid)], "the other groups")
            equal(os.stat(path).st_uid, entry.pw_uid, "the owner of the socket's file")
            equal(server.get().status, 200, "the status")
            equal(os.stat(path).st_mode & 0o777, 0o600, "the permissions of the socket's file")
            # The port is not bound again: the successor has no right to do so.
            program.signal(signal.SIGUSR2)
            new = program.successor()
            equal(started.status(), 0, "the exit status of the first process")
            equal(server.get().status, 200, "the status after the restart")
            program.signal(signal.SIGTERM, new)
            program.put_away(new)
        os.unlink(started.log_path)


if __name__ == "__main__":
    main()
