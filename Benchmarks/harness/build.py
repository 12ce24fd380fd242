"""Building and installing what is measured."""

import subprocess
import sys

from .servers import PEERS, ROOT, VENV


def say(text):
    """Progress goes to standard error: standard output is for the tables."""
    print(text, file=sys.stderr, flush=True)


def ours():
    say("building SAGI …")
    for product in ("Conformance", "Routing", "FanOut"):
        swift_build(ROOT, "--product", product)


def everything(servers):
    """What the chosen servers need."""
    chosen = {server.name for server in servers}
    if chosen & {"uvicorn", "granian"} and not all((VENV / name).exists() for name in ("uvicorn", "granian")):
        say("installing the Python servers …")
        subprocess.run([ROOT / "scripts" / "setup", "bench"], check=True)
    if any(not server.is_peer for server in servers):
        ours()
    if chosen & {"hummingbird", "flyingfox"}:
        say("building Hummingbird and FlyingFox (the first time takes many minutes) …")
        swift_build(PEERS)


def swift_build(package, *more):
    subprocess.run(["swift", "build", "-c", "release", "--package-path", package, *more], check=True, stdout=sys.stderr)
