"""The proxies, service managers and tools of `deploy/`, with the files that stand there, in front of a real server."""

import contextlib
import grp
import os
import pwd
import socket
import subprocess

import frames
from program import awaited
from wire import Connection, address, check, equal, main, open_socket, request, require, seen

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "deploy")
HOST = "shop.example"
# Debian keeps servers where the PATH of an ordinary user does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"


def text_of(name, *changes):
    """A file of `deploy/`. Each change is of something that stands there and is elsewhere in a test."""
    with open(os.path.join(DEPLOY, name)) as file:
        text = file.read()
    for old, new in changes:
        require(old in text, f"{name} has no {old!r}")
        text = text.replace(old, new)
    return text


def write(server, name, text):
    path = os.path.join(server["folder"], name)
    with open(path, "w") as file:
        file.write(text)
    return path


def run(*command, **options):
    """A command to its end; what it wrote."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, **options)
    equal(done.returncode, 0, f"the exit status of {command}, which says {done.stdout!r}")
    return done.stdout


def free_ports(count):
    """Ports that nobody listens on, different ones."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextlib.contextmanager
def running(server, where, *command, **options):
    """A program in the foreground, from the moment on when it listens there until the end of the block."""
    log = os.path.join(server["folder"], "program.log")
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, **options)

    def listens():
        with open(log, errors="replace") as file:
            require(process.poll() is None, f"{command}: {file.read()}")
        return is_open(where)
    try:
        awaited(f"{command} at {where}", listens)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def is_open(where):
    try:
        open_socket(where, 2).close()
        return True
    except OSError:
        return False


# What every proxy has to do


class Through:
    """A client of a proxy."""

    def __init__(self, port, secure=True):
        self.where = ("127.0.0.1", port)
        self.secure = secure

    def connect(self):
        return Connection(open_socket(self.where, secure=self.secure, name=HOST if self.secure else None))

    def ask(self, connection, path="/", fields="", method="GET"):
        connection.send(request(path, fields, method, host=HOST))
        return connection.response(method)

    def facts(self, connection):
        """What the application knows of a request whose client tells lies."""
        response = self.ask(connection, "/headers?a=b", (
            "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: evil.example\r\n"
            "Forwarded: for=203.0.113.9;proto=gopher\r\n"))
        equal(response.status, 200, "the status")
        facts = response.json()
        facts["fields"] = {name.lower(): value for name, value in facts["headers"]}
        return facts


def tells_the_client(through):
    """The application hears who the client is from the proxy, and nothing of what the client says of itself."""
    with through.connect() as connection:
        fields = through.facts(connection)["fields"]
        equal(fields.get("x-forwarded-for"), "127.0.0.1", "X-Forwarded-For")
        equal(fields.get("x-forwarded-proto"), "https" if through.secure else "http", "X-Forwarded-Proto")
        require("forwarded" not in fields, "what the client says in Forwarded is passed on")
        seen("who the client is")


def keeps_connections(through):
    """Requests one after another come over the same connection to the application; HAProxy may open two."""
    with through.connect() as connection:
        clients = {through.facts(connection)["client"] for _ in range(6)}
        require(len(clients) <= 2, f"six requests came over {len(clients)} connections")


def takes_uploads(through, answers_early=True):
    """An upload arrives. An answer does not wait for its end, unless the proxy does: Caddy reads on first."""
    content = os.urandom(3_000_000)
    with through.connect() as connection:
        connection.send(request("/count", f"Content-Length: {len(content)}\r\n", "POST", host=HOST) + content)
        equal(connection.response().text, "3000000\n", "how much arrived")
    seen("uploads")
    if not answers_early:
        return
    with through.connect() as connection:
        connection.send(request("/echo", "Content-Length: 2000\r\n", "POST", host=HOST) + b"a" * 1000)
        response = connection.head()
        pieces = connection.content(response)
        got = next(pieces)
        while len(got) < 1000:
            got += next(pieces)
        connection.send(b"b" * 1000)
        equal(got + b"".join(pieces), b"a" * 1000 + b"b" * 1000, "the echo")
    with through.connect() as connection:
        connection.send(request("/count", f"Content-Length: {17 << 20}\r\n", "POST", host=HOST))
        equal(connection.head().status, 413, "the answer to an upload beyond --limit-body")
    seen("answers that do not wait for uploads")


def streams_events(through):
    """The first events of a stream that does not end."""
    with through.connect() as connection:
        connection.send(request("/sse/forever?ms=50", "Accept: text/event-stream\r\n", host=HOST))
        response = connection.head()
        equal(response["content-type"], "text/event-stream", "Content-Type")
        pieces, text = connection.content(response), b""
        while b"data: 3\n" not in text:
            text += next(pieces)
        seen("events as they are sent")


def opens_web_sockets(through):
    with through.connect() as connection:
        text, key = frames.handshake("/ws")
        connection.send(text)
        frames.check_acceptance(connection.head(), key)
        for message in (b"hello", b"x" * 70000):
            connection.send(frames.frame(frames.BINARY, message))
            equal(frames.message(connection), (frames.BINARY, message), "the echo")
        connection.send(frames.close())
        equal(frames.closed(connection)[0], 1000, "the code")
        seen("WebSockets")


def serves_everything(through, **options):
    tells_the_client(through)
    takes_uploads(through, **options)
    streams_events(through)
    opens_web_sockets(through)


def path_of(server, kind):
    return os.path.join(server["certificates"], f"server.{kind}")


def unix_socket(server):
    return next(address(one) for one in server["addresses"] if one.startswith("unix:"))


# nginx


def nginx(server, upstream):
    """nginx with the site in front of the application, and its port for https."""
    port, secure = free_ports(2)
    site = text_of(
        "nginx/shop.conf", upstream,
        ("listen 80;", f"listen 127.0.0.1:{port};"), ("listen [::]:80;", ""),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "), ("listen [::]:443 ssl http2;", ""),
        ("/etc/ssl/shop/fullchain.pem", path_of(server, "pem")), ("/etc/ssl/shop/privkey.pem", path_of(server, "key")))
    folder = server["folder"]
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    path = write(server, "nginx.conf", (
        # Of root, so that the workers may open the socket of the application, which only its user may.
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr;\n"
        "events { worker_connections 256; }\nhttp {\naccess_log off;\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds) + site + "}\n"))
    run("nginx", "-t", "-c", path)
    return secure, running(server, ("127.0.0.1", secure), "nginx", "-c", path)


@check
def nginx_over_tcp(server):
    port, program = nginx(server, ("server 127.0.0.1:8000;", "server %s:%d;" % server.http))
    with program:
        through = Through(port)
        serves_everything(through)
        keeps_connections(through)


@check
def nginx_over_unix(server):
    """The line for a Unix socket in place of the other one."""
    site = "server unix:/run/shop/http.sock;"
    equal(text_of("nginx/shop.conf").count("# " + site), 1, "the line for a Unix socket")
    port, program = nginx(server, ("server 127.0.0.1:8000;", f"server unix:{unix_socket(server)};"))
    with program:
        serves_everything(Through(port))


# HAProxy


def haproxy(server, backend):
    """HAProxy with one of the ways to the application."""
    port, secure = free_ports(2)
    with open(path_of(server, "pem")) as certificate, open(path_of(server, "key")) as key:
        both = write(server, "shop.pem", certificate.read() + key.read())
    plain, proxied = (one.removeprefix("http://") for one in server["addresses"] if one.startswith("http://"))
    text = text_of(
        "haproxy/haproxy.cfg", ("maxconn 16384", "maxconn 256"), ("bind :80\n", f"bind 127.0.0.1:{port}\n"),
        ("bind :443 ", f"bind 127.0.0.1:{secure} "), ("/etc/haproxy/shop.pem", both),
        (" shop 127.0.0.1:8000", f" shop {plain}"), (" shop 127.0.0.1:8001", f" shop {proxied}"),
        ("default_backend shop\n", f"default_backend {backend}\n"))
    if backend == "shop_unix":
        line = "# server shop unix@/run/shop/http.sock check"
        equal(text.count(line), 1, "the line for a Unix socket")
        text = text.replace("default_backend shop_unix\n", "default_backend shop\n").replace(
            f"server shop {plain} check\n", f"server shop unix@{unix_socket(server)} check\n")
    path = write(server, "haproxy.cfg", text)
    run("haproxy", "-c", "-f", path)
    return Through(secure), running(server, ("127.0.0.1", secure), "haproxy", "-db", "-f", path)


def version(through):
    with through.connect() as connection:
        return through.facts(connection)["version"]


@check
def haproxy_over_tcp(server):
    through, program = haproxy(server, "shop")
    with program:
        serves_everything(through)
        keeps_connections(through)
        require(version(through).endswith("1.1"), "it is not HTTP/1.1")


@check
def haproxy_over_unix(server):
    through, program = haproxy(server, "shop_unix")
    with program:
        serves_everything(through)


@check
def haproxy_over_http2(server):
    through, program = haproxy(server, "shop_http2")
    with program:
        serves_everything(through)
        require("2" in version(through), f"it is {version(through)}")


@check
def haproxy_with_the_proxy_protocol(server):
    through, program = haproxy(server, "shop_proxy_protocol")
    with program:
        serves_everything(through)
        with through.connect() as connection:
            equal(
                through.facts(connection)["client"], "127.0.0.1:%d" % connection.sock.getsockname()[1],
                "the client that the application sees")


# Caddy


@check
def caddy(server):
    port, = free_ports(1)
    # Its port for commands is one for the whole machine.
    path = write(server, "Caddyfile", "{\n\tadmin off\n}\n" + text_of("caddy/Caddyfile"))
    folder = server["folder"]
    environment = {
        **os.environ, "SHOP_SITE": f"http://127.0.0.1:{port}, http://{HOST}:{port}",
        "SHOP_UPSTREAM": "%s:%d" % server.http,
        "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
    command = ["--adapter", "caddyfile", "--config", path]
    run("caddy", "validate", *command, env=environment)
    with running(server, ("127.0.0.1", port), "caddy", "run", *command, env=environment):
        through = Through(port, secure=False)
        serves_everything(through, answers_early=False)
        require("2" in version(through), f"it is {version(through)}")


# systemd


def unit(server, name, *changes):
    return write(server, name, text_of(f"systemd/{name}", *changes))


@check
def systemd_units(server):
    start = ("/opt/shop/current/bin/shop", server["program"])
    files = [unit(server, "shop.service", start), unit(server, "shop.socket")]
    output = run("systemd-analyze", "verify", "--man=no", *files)
    # A key that is not known is only a warning, and so is a value.
    require(not any(path in output for path in files), output)
    seen("the units are understood")


@check
def systemd_configuration(server):
    """The file beside the unit: the server takes it, and is told through its control socket."""
    port, = free_ports(1)
    folder = server["folder"]
    path = unit(
        server, "shop.yaml", ("127.0.0.1:8000", f"127.0.0.1:{port}"), ("/run/shop/", f"{folder}/"),
        ("/var/log/shop/", f"{folder}/"))
    with running(server, ("127.0.0.1", port), server["program"], "--config", path):
        for where in (("127.0.0.1", port), os.path.join(folder, "http.sock")):
            for host, status in ((HOST, 200), ("localhost", 200), ("other.example", 421)):
                with Connection(open_socket(where)) as connection:
                    connection.send(request(host=host))
                    equal(connection.response().status, status, f"the status for {host}")
        sagi = os.path.join(os.path.dirname(server["program"]), "sagi")
        require(f"127.0.0.1:{port}" in run(sagi, "ctl", "--socket", os.path.join(folder, "control"), "status"),
                "the status does not say where it listens")
        server.await_file("access.log", '"status":421')


@check
def systemd_sockets(server):
    """A socket that systemd has opened, for an address that is configured."""
    port, = free_ports(1)
    where = "127.0.0.1:%d" % port
    # It becomes the program when somebody connects.
    command = ["systemd-socket-activate", f"--listen={where}", server["program"], "--bind", where]
    with running(server, address(where), *command):
        with Connection(open_socket(address(where))) as connection:
            connection.send(request())
            equal(connection.response().status, 200, "the status")


# The tools around it


@check
def logrotate(server):
    log = os.path.join(server["folder"], "access.log")
    user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    path = write(server, "logrotate.conf", text_of(
        "logrotate/shop", ("/var/log/shop/access.log {", f"{log} {{"), ("su shop shop", f"su {user} {group}"),
        ("create 0640 shop shop", f"create 0640 {user} {group}"),
        ("systemctl kill --kill-whom=main --signal=SIGUSR1 shop.service", f"kill -s USR1 {server.pid}")))
    os.chmod(path, 0o644)
    server.get("/status/201")
    server.await_file(log, " 201 ")
    run("logrotate", "--force", "--state", os.path.join(server["folder"], "state"), path)
    server.await_log("have been opened again")
    server.get("/status/202")
    server.await_file(log, " 202 ")
    with open(log) as new, open(f"{log}.1") as old:
        old, new = old.read(), new.read()
    require(" 201 " in old and " 202 " not in old and " 201 " not in new, f"the old log is {old!r}, the new {new!r}")
    seen("the log goes on in a new file")


if __name__ == "__main__":
    main()
