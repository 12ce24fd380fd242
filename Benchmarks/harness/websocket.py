"""WebSockets: messages that come back, sockets that wait, and one sender for a thousand receivers, WebSockets or event
streams. The load is made by websocket-load.c."""

import base64
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass

from .process import Failure, pin
from .scenarios import Client
from .servers import CLIENT_CORE, PEERS, ROOT, VENV, Server, find, granian, sagi, swift_products, uvicorn

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Echo:
    size: int
    connections: int
    deflate: bool = False

    @property
    def arguments(self):
        return ["/ws", self.connections, self.size], [int(self.deflate)]

    @property
    def name(self):
        size = f"{self.size // 1024} KiB" if self.size >= 1024 else f"{self.size} B"
        return f"{size}, {self.connections} connection{'s' if self.connections > 1 else ''}" + (
            ", deflate" if self.deflate else "")


ECHOES = [
    Echo(size, connections, deflate)
    for deflate in (False, True) for size in (64, 64 * 1024) for connections in (1, 64, 1000)
]


@dataclass
class FanOut:
    name: str
    receivers: str
    sender: str
    kind: str
    size: int = 64
    connections: int = 1000
    deflate: bool = False

    @property
    def arguments(self):
        return [self.receivers, self.connections, self.size], [0, self.sender, self.kind]


FAN_OUTS = [
    FanOut("WebSocket broadcast to 1000", "/broadcast", "/broadcast", "sockets"),
    FanOut("Event stream to 1000", "/events", "/source", "events"),
]


def fan_out(place):
    return [swift_products(ROOT) / "FanOut", "--bind", f"127.0.0.1:{place.port}", "--event-loops", "1"]


def hypercorn(place):
    place.environment.update(PYTHONPATH=str(PEERS / "python"))
    return [VENV / "hypercorn", "asgi:app", "--bind", f"127.0.0.1:{place.port}", "--worker-class", "uvloop",
            "--log-level", "warning", "--backlog", "4096"]


def script(name, *more):
    return lambda place: [VENV / "python", PEERS / "python" / f"echo_{name}.py", place.port, *more]


def with_web_sockets(command):
    """granian, whose other benchmarks are without."""
    return lambda place: [word for word in command(place) if word != "--no-ws"]


PEERS_OF_SOCKETS = [
    Server("sagi", "SAGI", lambda place: sagi(place, "--ws-deflate-threshold", "0"), is_peer=False),
    Server("uvicorn", "uvicorn", uvicorn),
    Server("hypercorn", "hypercorn", hypercorn),
    Server("granian", "granian", with_web_sockets(granian), without={"deflate": "it has no deflate"}),
    Server("websockets", "websockets", script("websockets")),
    Server("picows", "picows (C under Python)", script("picows"), without={"deflate": "it has no deflate"}),
    Server("socketify", "socketify (C++ under Python)", script("socketify", "deflate")),
]

#: Those of them that can broadcast in a few lines.
PEERS_OF_FAN_OUT = [
    Server("sagi", "SAGI, the toolkit's channels", fan_out, is_peer=False),
    *(server for server in PEERS_OF_SOCKETS if server.name in ("uvicorn", "hypercorn", "granian")),
]


def build(shop):
    program = shop.folder / "websocket-load"
    if not program.exists():
        compiler = find("cc" if shutil.which("cc") else "clang")
        subprocess.run([compiler, "-O2", "-o", program, f"{HERE}/websocket-load.c", "-lz"], check=True)
    return program


def run_echoes(shop, options, say):
    return take_turns("WebSocket echo: ", ECHOES, PEERS_OF_SOCKETS, shop, options, say)


def run_fan_out(shop, options, say):
    return take_turns("", FAN_OUTS, PEERS_OF_FAN_OUT, shop, options, say)


def take_turns(title, kinds, servers, shop, options, say):
    """Every kind of load with every server, by turns. Returns the cells by the name of the load and of the server."""
    program, results = build(shop), {}
    for kind in kinds:
        say(f"{title}{kind.name}")
        cells, running = {}, {}
        try:
            for server in servers:
                if kind.deflate and "deflate" in server.without:
                    cells[server.name] = {"error": f"– ({server.without['deflate']})", "absent": True}
                    continue
                try:
                    running[server.name] = server.start(shop, False)
                    running[server.name].pause()
                    cells[server.name] = {"rounds": []}
                except (Failure, OSError) as failure:
                    cells[server.name] = {"error": f"FAILED: {failure}"}
            for turn in range(options.rounds):
                names = list(running)
                for name in names[turn % max(1, len(names)):] + names[:turn % max(1, len(names))]:
                    try:
                        running[name].resume()
                        cells[name]["rounds"].append(load(program, running[name], kind, options.seconds))
                        running[name].pause()
                        last = cells[name]["rounds"][-1]
                        say(f"  {name:12} {last['rate']:>10,.0f}/s {last['per_cpu']:>10,.0f}/CPU-s "
                            f"core {last['core']:.0%}")
                    except Failure as failure:
                        say(f"  {name:12} FAILED: {failure}")
                        cells[name] = {"error": f"FAILED: {failure}"}
                        running.pop(name).end()
        finally:
            for process in running.values():
                process.end()
        results[kind.name] = cells
    return results


def load(program, process, kind, seconds):
    before, after = kind.arguments
    words = [program, process.port, *before, seconds, *after]
    with subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=pin(CLIENT_CORE)) as client:
        first = client.stdout.readline()
        # What the handshakes cost does not count.
        cpu, clock = process.cpu_seconds(), time.monotonic()
        output, errors = client.communicate("go\n" if first == "ready\n" else None)
        cpu, clock = process.cpu_seconds() - cpu, time.monotonic() - clock
    try:
        figures = json.loads(output if first == "ready\n" else first)
    except ValueError:
        raise Failure(f"the client failed: {errors[-200:]}")
    if "error" in figures:
        raise Failure(figures["error"])
    if not figures["messages"]:
        raise Failure("no message came back.")
    return {"rate": figures["messages"] / figures["seconds"], "per_cpu": figures["messages"] / cpu, "core": cpu / clock,
            "p50": figures["p50"], "p99": figures["p99"], "rss": process.resident_bytes()}


def run_idle(shop, options, count, say):
    """Resident bytes for each socket that waits after one echo, without deflate and with it."""
    results = {}
    for deflate in (False, True):
        cells = results["with deflate" if deflate else "without deflate"] = {}
        for server in PEERS_OF_SOCKETS:
            if deflate and "deflate" in server.without:
                cells[server.name] = {"error": f"– ({server.without['deflate']})", "absent": True}
                continue
            process, sockets = None, []
            try:
                process = server.start(shop, False)
                sockets.append(open_socket(process.port, deflate))
                time.sleep(0.5)
                before = process.resident_bytes()
                sockets += [open_socket(process.port, deflate) for _ in range(count)]
                time.sleep(1)
                cells[server.name] = {"per_socket": (process.resident_bytes() - before) / count, "connections": count}
                say(f"  idle {server.name:12} {cells[server.name]['per_socket'] / 1024:.2f} KiB"
                    + (" with deflate" if deflate else ""))
            except (Failure, OSError) as failure:
                cells[server.name] = {"error": f"FAILED: {failure}"}
                say(f"  idle {server.name:12} FAILED: {failure}")
            finally:
                for each in sockets:
                    each.socket.close()
                if process:
                    process.end()
    return results


def open_socket(port, deflate):
    """A WebSocket after one echo; with deflate of a compressed message, as a browser offers it."""
    import zlib
    client = Client(port)
    extensions = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" if deflate else ""
    client.send((
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n{extensions}\r\n").encode())
    head = client.until(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise Failure(f"the handshake was answered {head[:60]!r}")
    if deflate and b"permessage-deflate" not in head.lower():
        raise Failure("permessage-deflate was not agreed on.")
    payload = b"x" * 512
    if deflate:
        compressor = zlib.compressobj(6, zlib.DEFLATED, -12)
        payload = (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    client.send((b"\xc1" if deflate else b"\x81") + size + bytes(4) + payload)
    second = client.exactly(2)[1]
    client.exactly(int.from_bytes(client.exactly(2), "big") if second == 126 else second)
    return client


TITLES = {server.name: server.title for server in PEERS_OF_SOCKETS}
