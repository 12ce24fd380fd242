"""One timed stretch of load with wrk."""

import json
import os
import resource
import subprocess
import time

from .process import Failure, pin
from .servers import CLIENT_CORE, ROOT, find

CONNECTIONS = 64


def run(scenario, process, seconds):
    """Loads a server with a scenario for some seconds and returns the figures.

    Throws when a single request failed: figures of a server that fails are no figures.
    """
    url = f"{'https' if scenario.secure else 'http'}://127.0.0.1:{process.port}{scenario.path}"
    command = [find("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    for name, value in scenario.headers.items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", ROOT / "Benchmarks" / "wrk.lua", url]
    environment = {**os.environ, "BENCH_PIPELINE": str(scenario.pipeline), "BENCH_BODY": str(scenario.body)}

    cpu, client, clock = process.cpu_seconds(), children_seconds(), time.monotonic()
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=environment, preexec_fn=pin(CLIENT_CORE),
        timeout=seconds + 60)
    clock = time.monotonic() - clock
    cpu, client = process.cpu_seconds() - cpu, children_seconds() - client

    line = next((line for line in result.stdout.splitlines() if line.startswith("BENCH ")), None)
    if result.returncode != 0 or line is None:
        raise Failure(f"wrk failed: {(result.stderr or result.stdout).strip()[-300:]}")
    figures = json.loads(line[6:])
    errors = {kind: count for kind, count in figures.pop("errors").items() if count}
    # A server that closes without announcing it makes wrk send one more request into each connection, in vain.
    is_abrupt = scenario.closes and set(errors) == {"read"} and errors["read"] <= figures["requests"] + CONNECTIONS
    if errors and not is_abrupt:
        raise Failure("wrk counted errors: " + ", ".join(f"{count} {kind}" for kind, count in errors.items()) + ".")
    if figures["requests"] == 0:
        raise Failure("no request was answered.")
    if figures["bytes"] < figures["requests"] * scenario.size:
        raise Failure("the answers were too short.")
    if scenario.pipeline > 1:
        # wrk times a whole batch and corrects for one request: its latencies mean nothing here.
        figures["p50"] = figures["p99"] = None
    return {
        **figures,
        "rate": figures["requests"] / figures["seconds"],
        "per_cpu": figures["requests"] / cpu,
        "server_core": cpu / clock,
        "client_core": client / clock,
        "rss": process.resident_bytes(),
        "abrupt": is_abrupt,
    }


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
