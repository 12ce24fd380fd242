"""Where the figures were taken, and with what."""

import datetime
import json
import os
import platform
import re
import subprocess

from .process import Failure
from .servers import CLIENT_CORE, PEERS, ROOT, SERVER_CORE, VENV, find


def facts():
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "shared_core": siblings(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "system": system(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def siblings():
    """Whether the server's core and the client's are two threads of one physical core."""
    try:
        with open(f"/sys/devices/system/cpu/cpu{SERVER_CORE}/topology/thread_siblings_list") as file:
            return str(CLIENT_CORE) in re.split(r"[,-]", file.read().strip())
    except OSError:
        return None


def system():
    try:
        with open("/etc/os-release") as file:
            return next(line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME="))
    except (OSError, StopIteration):
        return platform.system()


def versions():
    peers, ours = pins(PEERS), pins(ROOT)
    return {
        "SAGI": commit(),
        "Swift": first(["swift", "--version"], r"Swift version (\S+)"),
        "SwiftNIO": ours.get("swift-nio", "?"),
        "nginx": first(["nginx", "-v"], r"nginx/(\S+)"),
        "Hummingbird": peers.get("hummingbird", "?"),
        "FlyingFox": peers.get("flyingfox", "?"),
        "uvicorn": python_package("uvicorn"),
        "granian": python_package("granian"),
        "Python": first([VENV / "python", "--version"], r"Python (\S+)"),
        "wrk": first(["wrk", "-v"], r"wrk (?:debian/)?(\S+)"),
    }


def pins(package):
    """The versions that SwiftPM has resolved for a package."""
    try:
        resolved = json.loads((package / "Package.resolved").read_text())
    except OSError:
        return {}
    return {pin["identity"]: pin["state"].get("version", "?") for pin in resolved["pins"]}


def python_package(name):
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return first([VENV / "python", "-c", code], r"(\S+)")


def commit():
    hash = first(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], r"(\w+)")
    changed = subprocess.run(["git", "-C", ROOT, "status", "--porcelain", "Sources", "Examples"],
                             capture_output=True, text=True).stdout.strip()
    return f"{hash} and changes" if changed else hash


def first(command, pattern):
    """The first match of a pattern in what a command prints."""
    try:
        command = [find(str(command[0])), *map(str, command[1:])]
        done = subprocess.run(command, capture_output=True, text=True)
    except (OSError, Failure):
        return "?"
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "?"
