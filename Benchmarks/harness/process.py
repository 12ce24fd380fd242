"""Processes that are measured: started on one core in a group of their own, weighed, paused, ended."""

import os
import resource
import signal
import socket
import subprocess
import time


class Failure(Exception):
    """Something that makes a figure worthless, said in a sentence."""


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin(*cores):
    """What a child has to do before it runs, to stay with all its threads on these cores."""
    return lambda: os.sched_setaffinity(0, cores)


def raise_file_limit():
    """As many open files as this user may have, for this process and all that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Process:
    """A server with all its processes."""

    def __init__(self, command, cores, log, environment=None, directory=None):
        self.log = log
        with open(log, "wb") as output:
            self.leader = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, cwd=directory, start_new_session=True, preexec_fn=pin(*cores))
        self.group = self.leader.pid

    def members(self):
        """The numbers of all processes of the group."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == self.group and fields[0] != "Z":
                found.append(int(entry))
        return found

    def cpu_seconds(self):
        """User and system time of the whole group, of threads that have ended too.

        The clock of a process is the sum of its threads' /proc/PID/task/TID/schedstat, to the nanosecond.
        """
        total = 0
        for pid in self.members():
            try:
                total += time.clock_gettime_ns((~pid << 3) | 2)
            except OSError:
                continue
        return total / 1e9

    def resident_bytes(self):
        """Resident memory of the whole group."""
        total = 0
        for pid in self.members():
            try:
                with open(f"/proc/{pid}/status") as file:
                    total += next((int(line.split()[1]) for line in file if line.startswith("VmRSS:")), 0)
            except OSError:
                continue
        return total * 1024

    def wait_for(self, port, seconds=30):
        """Until something listens on the port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.leader.poll() is not None:
                raise Failure(f"it ended with status {self.leader.returncode}: {self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failure(f"it did not listen within {seconds} s: {self.last_words()}")

    def last_words(self):
        """What it has printed, in short: the first line that speaks of an error, or the last one."""
        with open(self.log, errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "(nothing)")
        return f"{said[:200]} (it printed {len(lines)} lines)" if len(lines) > 1 else said[:200]

    def signal(self, number):
        try:
            os.killpg(self.group, number)
        except ProcessLookupError:
            pass

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def end(self, seconds=5):
        """Ends it, with force if it does not go."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.leader.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.signal(signal.SIGKILL)
        self.leader.wait()
