"""The files of `deploy/` for containers: what they say of the program, and of each other, is so."""

import json
import os
import re
import subprocess

import yaml

from deploy import free_ports, text_of
from wire import check, equal, main, require, seen

#: Twice --timeout-shutdown: for what is running, and for the application.
SHUTDOWN = 2 * 30


class Dockerfile:
    """The instructions of the Dockerfile, stage by stage."""

    def __init__(self):
        text = "\n".join(line for line in text_of("container/Dockerfile").split("\n") if not line.startswith("#"))
        lines = [line.strip() for line in text.replace("\\\n", " ").split("\n") if line.strip()]
        self.stages = []
        for line in lines:
            name, rest = line.split(None, 1)
            if name == "FROM":
                self.stages.append([])
            self.stages[-1].append((name, rest))
        self.build, self.image = self.stages

    def one(self, name):
        """What the image's only instruction of that name says."""
        rests = [rest for found, rest in self.image if found == name]
        equal(len(rests), 1, f"the instructions {name}")
        return rests[0]

    @property
    def health_check(self):
        return json.loads(self.one("HEALTHCHECK").split("CMD", 1)[1])


@check
def dockerfile(server):
    file = Dockerfile()
    build = " ".join(rest for _, rest in file.build)
    source, target = file.one("COPY").removeprefix("--from=build ").split()
    program, *flags = json.loads(file.one("ENTRYPOINT"))
    name = program.removeprefix(f"{target}/")
    require(f"{source}/{name}" in build, f"the build makes no {source}/{name}")
    # Both stages are of one release of Debian.
    require("bookworm" in file.build[0][1] and "bookworm" in file.image[0][1], "the stages differ")
    equal(file.one("STOPSIGNAL"), "SIGTERM", "the signal")
    require(not file.one("USER").startswith(("0", "root")), "the image runs as root")
    # The flags are the server's.
    equal(flags[0], "--bind", "the first flag")
    equal(flags[1].rsplit(":", 1)[1], file.one("EXPOSE"), "the port")
    require(f"/{file.one('EXPOSE')} " in file.health_check[-1], "the health is asked at another port")
    seen("the names fit together")


@check
def libraries(server):
    """What the program loads, apart from Swift's libraries, is installed in the image."""
    packages = {
        "libz": "zlib1g", "libbrotlienc": "libbrotli1", "libbrotlidec": "libbrotli1", "libbrotlicommon": "libbrotli1",
        "libzstd": "libzstd1", "libstdc++": "libstdc++6"}
    # What every Debian has, or comes with libstdc++6.
    everywhere = {"libc", "libm", "libgcc_s", "linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64"}
    installed = " ".join(rest for name, rest in Dockerfile().image if name == "RUN").split()
    # It stands on the toolkit, as applications do.
    sagi = os.path.join(os.path.dirname(server["program"]), "sagi")
    text = subprocess.run(["ldd", sagi], stdout=subprocess.PIPE, text=True, timeout=20).stdout
    names = set()
    for line in text.split("\n"):
        words = line.split()
        if words and not (len(words) > 2 and "/swift/linux/" in words[2]):
            names.add(re.split(r"\.so", os.path.basename(words[0]))[0])
    require({"libz", "libzstd"} <= names, f"ldd says {text!r}")
    for name in names - everywhere:
        require(name in packages and packages[name] in installed, f"{name} is not in the image")
    seen(", ".join(sorted(names)))


@check
def health_check(server):
    """The command that asks how the container is, against the server."""
    *shell, script = Dockerfile().health_check

    def status(port, path="/"):
        text = script.replace("/127.0.0.1/8080", f"/127.0.0.1/{port}").replace("GET / ", f"GET {path} ")
        return subprocess.run([*shell, text], stderr=subprocess.DEVNULL, timeout=20).returncode
    equal(status(server.http[1]), 0, "the status of a server that serves")
    require(status(server.http[1], "/nothing") != 0, "404 is taken for good")
    require(status(server.http[1], "/error") != 0, "500 is taken for good")
    require(status(free_ports(1)[0]) != 0, "nobody is taken for good")


@check
def compose(server):
    services = yaml.safe_load(text_of("container/compose.yaml"))["services"]
    shop, proxy = services["shop"], services["proxy"]
    port = Dockerfile().one("EXPOSE")
    equal(shop["expose"], [port], "the port")
    equal(proxy["environment"]["SHOP_UPSTREAM"], f"shop:{port}", "where the proxy asks")
    require(set(proxy["environment"]) == set(re.findall(r"\{\$([A-Z_]+)", text_of("caddy/Caddyfile"))), "the variables")
    equal(proxy["profiles"], ["proxy"], "the profile")
    require(int(shop["stop_grace_period"].removesuffix("s")) > SHUTDOWN, "it is killed before it has stopped")
    require(shop["read_only"] and shop["cap_drop"] == ["ALL"], "it may do more than it must")
    know(shop["environment"])


@check
def kubernetes(server):
    objects = {one["kind"]: one for one in yaml.safe_load_all(text_of("kubernetes/shop.yaml"))}
    equal(set(objects), {"Deployment", "Service", "PodDisruptionBudget"}, "the kinds")
    deployment = objects["Deployment"]["spec"]
    pod, labels = deployment["template"]["spec"], deployment["template"]["metadata"]["labels"]
    for selector in (deployment["selector"]["matchLabels"], objects["Service"]["spec"]["selector"],
                     objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]):
        equal(selector, labels, "a selector")
    require(objects["PodDisruptionBudget"]["spec"]["minAvailable"] < deployment["replicas"], "no node can be emptied")
    container, = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    file = Dockerfile()
    equal(ports, {"http": int(file.one("EXPOSE"))}, "the ports")
    equal(objects["Service"]["spec"]["ports"][0]["targetPort"], "http", "the port of the service")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        require(container[probe]["httpGet"]["port"] in ports, f"{probe} asks at another port")
    startup = container["startupProbe"]
    require(startup["periodSeconds"] * startup["failureThreshold"] >= 60, "it is killed before --timeout-startup")
    security = pod["securityContext"]
    equal(f"{security['runAsUser']}:{security['runAsGroup']}", file.one("USER"), "the user")
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    require(pod["terminationGracePeriodSeconds"] > pause + SHUTDOWN, "it is killed before it has stopped")
    know(one["name"] for one in container["env"])


def know(variables):
    reference = text_of("../docs/configuration.md")
    for name in variables:
        require(f"`{name}`" in reference, f"there is no variable {name}")


if __name__ == "__main__":
    main()
