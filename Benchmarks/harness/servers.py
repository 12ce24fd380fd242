"""The servers that are compared, and how each is started."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from .process import Failure, Process, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / "Benchmarks" / "Peers"
VENV = ROOT / ".venv" / "bin"
SERVER_CORE = 0
CLIENT_CORE = 1


class Workshop:
    """A temporary folder with what the servers need: a certificate and the files that they send."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.chmod(0o755)  # nginx's worker may be another user
        self.certificate = self.folder / "certificate.pem"
        self.key = self.folder / "key.pem"
        self.bytes = self.write("bytes", 10 * 1024)
        self.file = self.write("file", 1024 * 1024)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)

    def write(self, name, size):
        path = self.folder / name
        path.write_bytes(b"x" * size)
        return path


@dataclass
class Server:
    name: str
    title: str
    command: callable
    #: Scenarios that it has no part in, each with the reason.
    without: dict = field(default_factory=dict)
    #: The only scenarios that it has a part in; none means all.
    only: tuple = ()
    is_peer: bool = True

    def takes(self, scenario):
        return scenario not in self.without and (not self.only or scenario in self.only)

    def start(self, shop, secure, environment=None, patience=30):
        """Starts it and waits until it listens."""
        place = SimpleNamespace(shop=shop, port=free_port(), tls_port=free_port(), secure=secure, environment={})
        command = self.command(place)
        process = Process(
            command, (SERVER_CORE,), shop.folder / f"{self.name}.log", {**place.environment, **(environment or {})},
            shop.folder)
        process.port = place.tls_port if secure else place.port
        try:
            process.wait_for(process.port, patience)
        except Failure:
            process.end()
            raise
        return process


def sagi_binary():
    return swift_products(ROOT) / "Conformance"


def swift_products(package):
    """Where SwiftPM puts the products of a package."""
    return package / ".build" / "release"


def sagi(place, *more):
    return [
        sagi_binary(), "--bind", f"127.0.0.1:{place.port}", "--tls-bind", f"127.0.0.1:{place.tls_port}",
        "--tls-cert", place.shop.certificate, "--tls-key", place.shop.key, "--event-loops", "1", *more]


def sagi_logging(place):
    return sagi(place, "--access-log", place.shop.folder / "access.log")


def sagi_toolkit(place):
    return [swift_products(ROOT) / "Routing", "--bind", f"127.0.0.1:{place.port}", "--event-loops", "1"]


def nginx(place):
    folder = place.shop.folder / "nginx"
    folder.mkdir(exist_ok=True)
    text = (PEERS / "nginx.conf").read_text()
    for name, value in {
        "PORT": place.port, "TLS_PORT": place.tls_port, "CERTIFICATE": place.shop.certificate, "KEY": place.shop.key,
        "BYTES": place.shop.bytes, "HTTP2": getattr(place, "http2", ""), "FILE": place.shop.file,
    }.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "nginx.conf").write_text(text)
    return [find("nginx"), "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]


def hummingbird(place):
    return [
        swift_products(PEERS) / "HummingbirdHello", place.port, place.tls_port, place.shop.certificate, place.shop.key,
        place.shop.file]


def flyingfox(place):
    return [swift_products(PEERS) / "FlyingFoxHello", place.port, place.shop.file]


def uvicorn(place):
    place.environment["BENCH_FILE"] = str(place.shop.file)
    tls = ["--ssl-certfile", place.shop.certificate, "--ssl-keyfile", place.shop.key] if place.secure else []
    return [
        VENV / "uvicorn", "asgi:app", "--app-dir", PEERS / "python", "--host", "127.0.0.1",
        "--port", place.tls_port if place.secure else place.port, "--loop", "uvloop", "--http", "httptools",
        "--lifespan", "off", "--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "3600", *tls]


def granian(place):
    place.environment.update(BENCH_FILE=str(place.shop.file), PYTHONPATH=str(PEERS / "python"))
    tls = ["--ssl-certificate", place.shop.certificate, "--ssl-keyfile", place.shop.key] if place.secure else []
    return [
        VENV / "granian", "asgi:app", "--interface", "asginl", "--host", "127.0.0.1",
        "--port", place.tls_port if place.secure else place.port, "--workers", "1", "--loop", "uvloop", "--http", "1",
        "--no-ws", "--no-access-log", "--log-level", "warning", "--backlog", "16384", "--backpressure", "16384", *tls]


def find(program):
    """Where a program is. Debian keeps servers where an ordinary user's PATH does not look."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Failure(f'"{program}" was not found; run "scripts/setup bench".')
    return path


SERVERS = [
    Server("sagi", "SAGI", sagi, is_peer=False),
    Server("sagi-log", "SAGI, access log on", sagi_logging, only=("hello",), is_peer=False),
    Server("sagi-toolkit", "SAGI, its router and responses", sagi_toolkit,
           only=("hello", "browser", "pipelined", "bytes", "echo"), is_peer=False),
    Server("nginx", "nginx", nginx, without={"echo": "it has no way to send back what it received"}),
    Server("hummingbird", "Hummingbird", hummingbird),
    Server("flyingfox", "FlyingFox", flyingfox, without={"tls": "it has no TLS"}),
    Server("uvicorn", "uvicorn", uvicorn),
    Server("granian", "granian", granian),
]
