"""HTTP/2 under the load of h2load."""

import re
import subprocess
import time
from dataclasses import dataclass

from .process import Failure, pin
from .servers import CLIENT_CORE, PEERS, VENV, Server, find, granian, hummingbird, nginx, sagi


@dataclass
class Load:
    title: str
    path: str = "/"
    size: int = 14
    connections: int = 8
    streams: int = 32
    secure: bool = False
    #: Bytes of content that are sent with each request.
    content: int = 0
    deflate: bool = False

    @property
    def name(self):
        where = ", TLS" if self.secure else ""
        return f"HTTP/2 {self.title}, {self.connections} × {self.streams}{where}"


LOADS = [
    *(Load("hello", connections=connections, streams=streams) for connections in (1, 8, 64) for streams in (1, 32, 100)),
    Load("10 KiB", "/bytes/10240", 10240), Load("1 MiB", "/file", 1 << 20, streams=1),
    Load("echo 10 KiB", "/echo", 10240, content=10240),
    Load("hello", secure=True), Load("hello", secure=True, streams=1), Load("10 KiB", "/bytes/10240", 10240, secure=True),
    Load("1 MiB", "/file", 1 << 20, streams=1, secure=True),
]


def nginx_http2(place):
    place.http2 = "http2"
    return nginx(place)


def granian_http2(place):
    words = granian(place)
    words[words.index("--http") + 1] = "2"
    return words


def hypercorn(place):
    place.environment.update(BENCH_FILE=str(place.shop.file), PYTHONPATH=str(PEERS / "python"))
    tls = ["--certfile", place.shop.certificate, "--keyfile", place.shop.key] if place.secure else []
    return [VENV / "hypercorn", "asgi:app", "--bind", f"127.0.0.1:{place.tls_port if place.secure else place.port}",
            "--worker-class", "uvloop", "--log-level", "warning", "--backlog", "4096", *tls]


SERVERS = [
    Server("sagi", "SAGI", sagi, is_peer=False),
    Server("nginx", "nginx", nginx_http2, without={"/echo": "it has no way to send back what it received"}),
    Server("hummingbird", "Hummingbird", lambda place: [*hummingbird(place), "http2"],
           without={"cleartext": "its HTTP/2 is for TLS only"}),
    Server("granian", "granian", granian_http2),
    Server("hypercorn", "hypercorn", hypercorn),
]
TITLES = {server.name: server.title for server in SERVERS}


def reason_without(server, load):
    return server.without.get(load.path) or (None if load.secure else server.without.get("cleartext"))


def run(shop, options, say):
    """Every load with every server, by turns. Returns the cells by the name of the load and of the server."""
    results = {}
    for load in LOADS:
        say(load.name)
        cells, running = {}, {}
        try:
            for server in SERVERS:
                if reason := reason_without(server, load):
                    cells[server.name] = {"error": f"– ({reason})", "absent": True}
                    continue
                try:
                    running[server.name] = server.start(shop, load.secure)
                    measure(shop, running[server.name], load, 0)
                    running[server.name].pause()
                    cells[server.name] = {"rounds": []}
                except (Failure, OSError) as failure:
                    give_up(cells, running, server.name, failure, say)
            for turn in range(options.rounds):
                names = list(running)
                for name in names[turn % max(1, len(names)):] + names[:turn % max(1, len(names))]:
                    try:
                        running[name].resume()
                        figures = measure(shop, running[name], load, options.seconds)
                        running[name].pause()
                        cells[name]["rounds"].append(figures)
                        say(f"  {name:12} {figures['rate']:>10,.0f}/s {figures['per_cpu']:>10,.0f}/CPU-s "
                            f"core {figures['core']:.0%}")
                    except (Failure, subprocess.TimeoutExpired) as failure:
                        give_up(cells, running, name, failure, say)
        finally:
            for process in running.values():
                process.end()
        results[load.name] = cells
    return results


def give_up(cells, running, name, failure, say):
    say(f"  {name:12} FAILED: {failure}")
    cells[name] = {"error": f"FAILED: {failure}"}
    if process := running.pop(name, None):
        process.end()


def measure(shop, process, load, seconds):
    """One stretch of load; of no seconds: one request for each stream. Throws when a single request failed."""
    words = [find("h2load"), "-t1", "-c", load.connections, "-m", load.streams]
    words += ["-D", seconds] if seconds else ["-n", load.connections * load.streams]
    if load.content:
        words += ["-d", shop.bytes, "-H", ":method: POST"]
    words.append(f"{'https' if load.secure else 'http'}://127.0.0.1:{process.port}{load.path}")
    cpu, clock = process.cpu_seconds(), time.monotonic()
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, preexec_fn=pin(CLIENT_CORE), timeout=seconds + 60)
    cpu, clock = process.cpu_seconds() - cpu, time.monotonic() - clock
    text = done.stdout
    rate = re.search(r"finished in [^,]*, ([0-9.]+) req/s", text)
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", text)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    data = re.search(r"\((\d+)\) data", text)
    if not rate or not counts or not codes or not data:
        raise Failure(f"h2load failed: {(done.stderr or text).strip()[-200:]}")
    succeeded, failed, errored = map(int, counts.groups())
    if "Application protocol: h2" not in text:
        raise Failure("it did not speak HTTP/2.")
    if failed or errored or not succeeded or int(codes[1]) < succeeded:
        raise Failure(f"{succeeded} requests succeeded, {failed + errored} failed; {codes[0]}.")
    if int(data[1]) < succeeded * load.size:
        raise Failure("the answers were too short.")
    return {"rate": float(rate[1]), "per_cpu": succeeded / cpu, "core": cpu / clock, "rss": process.resident_bytes()}
