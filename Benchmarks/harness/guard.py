"""Instructions and allocations of a request: figures that repeat on a noisy machine."""

import shutil
import signal
import struct
import subprocess
from pathlib import Path

from . import servers
from .process import Failure
from .scenarios import SCENARIOS, Client
from .servers import Server, find

HERE = Path(__file__).resolve().parent
#: The requests that are weighed, each alone on one connection.
NAMES = ("hello", "browser", "pipelined", "bytes", "echo")
#: The two lengths of a run; what start and end cost is gone from their difference.
SHORT, LONG = 320, 1600


def measure(shop, say=lambda text: None, names=NAMES):
    """Weighs each request. A figure that this machine cannot give is None, and `method` says why."""
    count_instructions, method = instruction_counter(shop)
    say(f"  {method}")
    requests, failed = {}, []
    for scenario in SCENARIOS:
        if scenario.name not in names:
            continue
        one = {"instructions": None}
        try:
            if count_instructions:
                one["instructions"] = count_instructions(scenario)
            one.update(allocations(shop, scenario))
        except Failure as failure:
            say(f"  guard {scenario.name}: FAILED: {failure}")
            failed.append(scenario.name)
        say("  guard {:12} {}".format(scenario.name, ", ".join(
            f"{name} {'–' if value is None else f'{value:,.2f}'}" for name, value in one.items())))
        requests[scenario.name] = one
    return {"method": method, "requests": requests, "failed": failed}


def drive(port, scenario, requests):
    """Sends so many requests over one connection, each batch after the answers to the one before."""
    with Client(port, timeout=120) as client:
        for _ in range(requests // scenario.pipeline):
            client.send(scenario.request() * scenario.pipeline)
            for _ in range(scenario.pipeline):
                status, _, content = client.response()
                if status != 200 or len(content) != scenario.size:
                    raise Failure(f"a request was answered with status {status} and {len(content)} bytes.")


def compile_shim(shop, name):
    """Builds a library to preload from a C file of this folder."""
    library = shop.folder / f"{name}.so"
    if not library.exists():
        compiler = find("cc" if shutil.which("cc") else "clang")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, HERE / f"{name}.c"], check=True)
    return library


def allocations(shop, scenario):
    """Calls of malloc and its kin for each request, and the bytes they ask for."""
    counters = shop.write("counters", 16)
    counters.write_bytes(bytes(16))
    preload = {"LD_PRELOAD": str(compile_shim(shop, "count-allocations")), "BENCH_COUNTERS": str(counters)}
    process = Server("guard", "", servers.sagi).start(shop, False, environment=preload)
    try:
        drive(process.port, scenario, LONG)  # buffers grow and caches fill
        readings = [struct.unpack("QQ", counters.read_bytes())]
        for length in (SHORT, LONG):
            drive(process.port, scenario, length)
            readings.append(struct.unpack("QQ", counters.read_bytes()))
    finally:
        process.end()
    short, long = [[b - a for a, b in zip(*pair)] for pair in zip(readings, readings[1:])]
    if long[0] == 0:
        raise Failure("no allocation was counted: the counter has not been loaded.")
    calls, size = [(b - a) / (LONG - SHORT) for a, b in zip(short, long)]
    return {"allocations": calls, "allocated_bytes": size}


def instruction_counter(shop):
    """The best way to count that works here, and a sentence about it."""
    def difference(total):
        return lambda scenario: (total(scenario, LONG) - total(scenario, SHORT)) / (LONG - SHORT)

    if shutil.which("valgrind"):
        try:
            callgrind(shop, SCENARIOS[0], 1)
            return difference(lambda scenario, length: callgrind(shop, scenario, length)), "Counted by callgrind."
        except Failure as failure:
            reason = f"callgrind cannot run the server ({failure})"
    else:
        reason = "valgrind is not installed"
    if shutil.which("perf"):
        try:
            perf(shop, SCENARIOS[0], 1)
            return difference(lambda scenario, length: perf(shop, scenario, length)), "Counted by perf."
        except Failure as failure:
            reason += f", and perf cannot count ({failure})"
    else:
        reason += ", and perf is not installed"
    return None, f"Instructions were not counted: {reason}."


def callgrind(shop, scenario, requests):
    """The instructions of a whole run with so many requests, start and end included."""
    stripped = shop.folder / "stripped"
    if not stripped.exists():
        # Debug information of a newer DWARF than valgrind knows makes it give up; names of functions stay.
        subprocess.run([find("strip"), "-g", "-o", stripped, servers.sagi_binary()], check=True)
    output = shop.folder / "callgrind.out"
    output.unlink(missing_ok=True)
    prefix = [find("valgrind"), "--tool=callgrind", f"--callgrind-out-file={output}"]
    server = Server("guard", "", lambda place: [*prefix, stripped, *servers.sagi(place)[1:]])
    preload = {"LD_PRELOAD": str(compile_shim(shop, "writable-sigsuspend"))}
    process = server.start(shop, False, environment=preload, patience=120)
    try:
        drive(process.port, scenario, requests)
    finally:
        process.end(60)
    try:
        with open(output) as file:
            return next(int(line.split()[1]) for line in file if line.startswith(("totals:", "summary:")))
    except (OSError, StopIteration):
        raise Failure(f"it left no count: {process.last_words()}") from None


def perf(shop, scenario, requests):
    """The instructions in user space while so many requests are served."""
    process = Server("guard", "", servers.sagi).start(shop, False)
    try:
        drive(process.port, scenario, LONG)
        meter = subprocess.Popen(
            [find("perf"), "stat", "-x,", "-e", "instructions:u", "-p", str(process.group), "--", "sleep", "120"],
            stderr=subprocess.PIPE, text=True)
        try:
            meter.wait(0.5)
        except subprocess.TimeoutExpired:
            pass
        drive(process.port, scenario, requests)
        if meter.poll() is None:
            meter.send_signal(signal.SIGINT)
        said = meter.communicate(timeout=10)[1]
    finally:
        process.end()
    line = next((line for line in said.splitlines() if "instructions" in line), said)
    number = line.split(",")[0]
    if not number.isdigit():
        raise Failure(" ".join(line.split())[:120] or "it said nothing")
    return int(number)
