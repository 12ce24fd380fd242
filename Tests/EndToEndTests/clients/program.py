"""What the checks of processes share: the processes of a program, what they say, and clients that count."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

from wire import Connection, Failed, Server, equal, is_running, open_socket, request, require


def awaited(what, condition, timeout=10):
    """Waits until `condition()` is true, and returns what it was."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        require(time.monotonic() < end, f"{what}: not within {timeout} s")
        time.sleep(0.01)


# Processes


def stat(pid):
    """The state of a process and the number of its parent; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
            return words[0], int(words[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def all_processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(pid):
    """The children of a process, each with its state."""
    found = {}
    for one in all_processes():
        facts = stat(one)
        if facts and facts[1] == pid:
            found[one] = facts[0]
    return found


def environment(pid):
    """The variables that a process was started with."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return dict(part.split("=", 1) for part in file.read().decode().split("\0") if "=" in part)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}


def sockets_of(pid):
    """The inodes of the sockets that a process has open."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(int(target[8:-1]))
    return found


def connections_at(port):
    """The inodes of the sockets of established connections to a port of this machine."""
    return sockets_at(port, "01")


def listening_at(port):
    return sockets_at(port, "0A")


def sockets_at(port, state):
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return {int(row[9]) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == state}


class Program:
    """The processes of the server under test: `--pid-file $FOLDER/pid --control-socket $FOLDER/ctl`."""

    def __init__(self, server):
        self.server = server
        self.folder = server["folder"]
        self.where = server.http

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def pid(self):
        """The number in the file; None when there is none."""
        try:
            with open(self.path("pid")) as file:
                return int(file.read() or 0) or None
        except FileNotFoundError:
            return None

    def signal(self, number, pid=None):
        os.kill(pid or self.server.pid, number)

    def ask(self, line, timeout=10):
        """One line to the control socket, and the answer."""
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(timeout)
            one.connect(self.path("ctl"))
            one.sendall(line.encode() + b"\n")
            with one.makefile() as file:
                return json.loads(file.readline())

    def status(self):
        answer = self.ask("status")
        require(answer["ok"], f"the status is {answer}")
        return answer["status"]

    def workers(self, state="serving"):
        """The processes of the workers that serve, by their numbers."""
        return {one["number"]: one["process"] for one in self.status()["workers"] if one["state"] == state}

    def serving(self, count, without=(), timeout=10):
        """The workers, once there are so many, all of them serve, and none of them is one of those."""
        def condition():
            status = self.status()
            rows = status["workers"]
            pids = {one["process"] for one in rows}
            if status["state"] != "serving" or len(rows) != count or pids & set(without):
                return None
            if any(one["state"] != "serving" for one in rows):
                return None
            return {one["number"]: one["process"] for one in rows}
        return awaited(f"{count} workers that serve", condition, timeout)

    def successor(self, timeout=10):
        """The process that has taken the place of the first one, once there is one."""
        return awaited("a successor", lambda: self.pid not in (None, self.server.pid) and self.pid, timeout)

    def lives(self):
        """What the application noted of its life: ("startup", process, worker)."""
        try:
            with open(self.path("lives")) as file:
                rows = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [(event, int(pid), None if worker == "-" else int(worker)) for event, pid, worker in rows]

    def serves(self, path="/process"):
        """The process that answers a request on a new connection."""
        with Connection(open_socket(self.where)) as connection:
            connection.send(request(path, "Connection: close\r\n"))
            return int(connection.response().body)

    def put_away(self, *pids):
        """Nothing is left: no process, and no file."""
        for pid in pids:
            awaited(f"the end of process {pid}", lambda: not is_running(pid), 5)
        for name in ("pid", "ctl", "socket"):
            require(not os.path.exists(self.path(name)), f"the file {name} was left")

    def every_worker_shut_down_once(self, *pids):
        """Each of these processes has started its application once, and has shut it down once."""
        lives = self.lives()
        for pid in pids:
            events = [event for event, process, _ in lives if process == pid]
            equal(events, ["startup", "shutdown"], f"the life of process {pid}")


def go_on(pid):
    """Lets a process that was halted go on. The system does so itself when nobody is left who could."""
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass


class InFlight:
    """A response that has begun, and takes about so many seconds."""

    def __init__(self, where, seconds):
        self.connection = Connection(open_socket(where, timeout=seconds + 10))
        self.chunks = int(seconds / 0.1) + 1
        self.connection.send(request(f"/stream?chunks={self.chunks}&ms=100"))
        self.connection.head()

    def lands(self):
        """It comes whole, and then the connection ends."""
        body = self.connection.rest()
        whole = f"chunk {self.chunks}\n".encode()
        require(whole in body and body.endswith(b"0\r\n\r\n"), f"what was in flight was cut off: {body[-100:]!r}")
        require(not self.connection.was_reset, "the connection was reset")

    def crashes(self, within=5):
        """It is cut off."""
        self.connection.sock.settimeout(within)
        require(not self.connection.rest().endswith(b"0\r\n\r\n"), "what was in flight came to its end")


# Clients


class Load:
    """Clients that count what becomes of their requests while something happens to the server.

    Some keep their connection, others open a new one for each request. A request on a connection that was used before
    and that the server closes before anything of an answer has come may be sent again (RFC 9110 §9.2.2); everything
    else that is not answered is lost.
    """

    def __init__(self, where, kept=3, fresh=3):
        self.where = where
        self.kept, self.fresh = kept, fresh
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.answered = {}  # by process
        self.again, self.refused, self.lost, self.longest = 0, [], [], 0.0

    def __enter__(self):
        bodies = [self.keep] * self.kept + [self.renew] * self.fresh
        self.threads = [threading.Thread(target=body, daemon=True) for body in bodies]
        for thread in self.threads:
            thread.start()
        self.more(3 * len(self.threads))
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(15)

    def total(self):
        with self.lock:
            return sum(self.answered.values())

    def more(self, count=60):
        """Waits for so many more answers."""
        wanted = self.total() + count
        awaited(f"{count} more answers, after {self}", lambda: self.total() >= wanted, 20)

    def reach(self, *pids):
        """Waits until each of these processes has answered."""
        awaited(f"answers of {pids}, after {self}", lambda: set(pids) <= set(self.answered), 20)

    def nothing_is_lost(self):
        """Ends the clients: every request was answered."""
        self.end()
        require(not self.refused and not self.lost, f"not everything was answered: {self}")
        require(self.longest < 8, f"an answer took {self.longest:.1f} s")
        print("ok:", self, flush=True)

    def nothing_is_refused(self):
        self.end()
        require(not self.refused, f"connections were refused: {self}")
        print("ok:", self, flush=True)

    def __str__(self):
        with self.lock:
            return (f"{sum(self.answered.values())} answered by {len(self.answered)} processes, {self.again} asked "
                    f"again, refused {self.refused[:3]}, lost {self.lost[:3]} ({len(self.lost)}), "
                    f"longest {self.longest:.2f} s")

    def open(self):
        try:
            return Connection(open_socket(self.where))
        except OSError as error:
            with self.lock:
                self.refused.append(repr(error))
            return None

    def exchange(self, connection, fields=""):
        start = time.monotonic()
        connection.send(request("/process", fields))
        response = connection.response()
        equal(response.status, 200, "the status")
        with self.lock:
            pid = int(response.body)
            self.answered[pid] = self.answered.get(pid, 0) + 1
            self.longest = max(self.longest, time.monotonic() - start)
        return response["connection"] != "close"

    def keep(self):
        connection, turns = None, 0
        while not self.stopping.wait(0.005):
            if connection is None:
                connection, turns = self.open(), 0
                if connection is None:
                    continue
            try:
                stays = self.exchange(connection)
                turns += 1
            except (OSError, Failed) as failure:
                stays = False
                is_idle = turns > 0 and not connection.buffer and not isinstance(failure, TimeoutError)
                with self.lock:
                    if is_idle:
                        self.again += 1
                    else:
                        self.lost.append(f"request {turns + 1}: {failure!r}")
            if not stays:
                connection.sock.close()
                connection = None
        if connection:
            connection.sock.close()

    def renew(self):
        while not self.stopping.wait(0.005):
            connection = self.open()
            if connection is None:
                continue
            with connection:
                try:
                    self.exchange(connection, "Connection: close\r\n")
                except (OSError, Failed) as failure:
                    with self.lock:
                        self.lost.append(repr(failure))


# Programs that a check starts itself


class Started:
    """A program that a check has started, in the folder of the check."""

    def __init__(self, facts, *flags, variables=None, before=(), **options):
        self.folder = facts["folder"]
        self.log_path = os.path.join(self.folder, "started.log")
        words = list(before) + [facts["program"], *flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                words, env={**os.environ, "TMPDIR": self.folder, "NO_COLOR": "1", **(variables or {})},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Whatever the folder of this check is part of, ends."""
        for pid in all_processes():
            if pid != os.getpid() and environment(pid).get("TMPDIR") == self.folder:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.kill()
        self.process.wait(10)

    @property
    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def says(self, text, timeout=10):
        awaited(f"{text!r} in {self.log!r}", lambda: text in self.log, timeout)

    def server(self):
        """The server, once it says where it listens."""
        def addresses():
            require(self.process.poll() is None, f"the program ended: {self.log}")
            lines = self.log.split("\n")
            at = next((index for index, line in enumerate(lines) if line.endswith(" listens on")), None)
            if at is None or len(lines) < at + 3:
                return None
            return [line.split()[0] for line in lines[at + 1:-1] if line.startswith("  ")]
        found = awaited("the banner", addresses, 20)
        return Server({
            "pid": self.pid, "log": self.log_path, "folder": self.folder, "addresses": found,
            "http": found[0].removeprefix("http://")})

    def status(self, timeout=10):
        """The exit status."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"the program still runs after {timeout} s: {self.log}")
