"""Where the server listens."""

import os
import signal
import socket
import stat
import struct
import subprocess
import time

from wire import Connection, Failed, address, check, equal, main, open_socket, request, require, seen


def get(where, path="/", first=b"", **options):
    with Connection(open_socket(where, first=first, **options)) as connection:
        connection.send(request(path))
        return connection.response()


@check
def several(server):
    addresses = server["addresses"]
    equal(len([one for one in addresses if one.startswith("http://127.0.0.1:")]), 2, "the cleartext addresses")
    equal(len([one for one in addresses if one.startswith("https://127.0.0.1:")]), 2, "the TLS addresses")
    require(not any(one.endswith(":0") for one in addresses), "a port 0 was not read back")
    for one in addresses:
        scheme, where = one.split("://")
        facts = get(address(where), "/headers", secure=scheme == "https").json()
        equal((facts["scheme"], facts["server"]), (scheme, where), "what the application knows")
        require(facts["client"].startswith("127.0.0.1:"), "the client's address")
    seen(" ".join(addresses))


@check
def ipv6(server):
    where = next(one for one in server["addresses"] if "[::1]" in one)
    facts = get(address(where[len("http://"):]), "/headers").json()
    require(facts["client"].startswith("[::1]:"), f"the client is {facts['client']}")


@check
def dual_stack(server):
    """--bind [::]:0,dual-stack"""
    port = server.http[1]
    require(get(("::1", port), "/headers").json()["client"].startswith("[::1]:"), "the IPv6 client")
    client = get(("127.0.0.1", port), "/headers").json()["client"]
    require("127.0.0.1" in client, f"the IPv4 client is {client}")
    seen(f"the IPv4 client is {client}")


@check
def ipv6_only(server):
    """--bind [::]:0,ipv6-only"""
    equal(get(("::1", server.http[1])).status, 200, "IPv6")
    try:
        get(("127.0.0.1", server.http[1]))
    except ConnectionRefusedError:
        seen("IPv4 is refused")
        return
    raise Failed("IPv4 is served")


@check
def reuse_port(server):
    """--reuse-port --event-loops 2"""
    with open("/proc/net/tcp") as file:
        listening = [line for line in file if f":{server.http[1]:04X} 00000000:0000 0A" in line]
    equal(len(listening), 2, "the listening sockets")
    for _ in range(20):
        equal(get(server.http).status, 200, "the status")


@check
def unix(server):
    """--bind unix:FOLDER/socket,mode=0660, and an access log"""
    path = os.path.join(server["folder"], "socket")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o660, "the permissions")
    facts = get(path, "/headers").json()
    equal((facts["client"], facts["scheme"]), (None, "http"), "the client and the scheme")
    with open_socket(path) as one:
        one.sendall(request("/echo", "Content-Length: 200000\r\n", "POST") + b"x" * 200000)
        equal(len(Connection(one).response().body), 200000, "the echo")
    done = subprocess.run(["curl", "-sS", "-m", "5", "--unix-socket", path, "http://a/file"], stdout=subprocess.PIPE)
    equal(len(done.stdout), 1 << 20, "a file over a Unix socket")
    server.await_log('unix - - [')
    os.kill(server.pid, signal.SIGTERM)
    server.gone(5)
    require(not os.path.exists(path), "the socket's file was not removed")


@check
def unix_default_mode(server):
    equal(stat.S_IMODE(os.stat(os.path.join(server["folder"], "socket")).st_mode), 0o600, "the permissions")


def another(server, *flags, **options):
    """Starts another server; its exit status and what it wrote."""
    done = subprocess.run(
        [server["program"], *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, **options)
    return done.returncode, done.stdout


@check
def unix_in_use(server):
    path = os.path.join(server["folder"], "socket")
    status, text = another(server, "--bind", f"unix:{path}")
    equal(status, 2, "the exit status")
    require(path in text and "another process listens there" in text, f"it says {text!r}")
    equal(get(path).status, 200, "the first server goes on")


@check
def unix_stale(server):
    """The socket was there already when the server started: the launcher left it."""
    equal(get(os.path.join(server["folder"], "socket")).status, 200, "the status")


@check
def unix_is_something_else(server):
    path = os.path.join(server["folder"], "file")
    with open(path, "w") as file:
        file.write("precious")
    status, text = another(server, "--bind", f"unix:{path}")
    equal(status, 2, "the exit status")
    require(path in text, f"it says {text!r}")
    with open(path) as file:
        equal(file.read(), "precious", "the file")


@check
def port_in_use(server):
    where = "%s:%d" % server.http
    status, text = another(server, "--bind", where)
    equal(status, 2, "the exit status")
    require(where in text and "in use" in text, f"it says {text!r}")
    seen(text.strip())


@check
def inherited(server):
    """--bind fd:9, which the launcher opened"""
    equal(get(server.http).status, 200, "the status")


@check
def socket_activation(server):
    """LISTEN_FDS and LISTEN_PID, and no --bind"""
    for one in server["addresses"]:
        equal(get(address(one.removeprefix("http://"))).status, 200, one)
    with open(f"/proc/{server.pid}/environ", "rb") as file:
        require(b"LISTEN_FDS" in file.read(), "the launcher did not set LISTEN_FDS")
    equal(len(server["addresses"]), 2, "the addresses")


@check
def one_version(server):
    """--bind ADDRESS,http1 and --bind ADDRESS,http2, in cleartext and with TLS."""
    plain = [one for one in server["addresses"] if one.startswith("http://")]
    secure = [one for one in server["addresses"] if one.startswith("https://")]

    def curl(url, *arguments):
        done = subprocess.run(
            ["curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", *arguments, url],
            capture_output=True, text=True, timeout=20)
        return done.stdout
    upgrade = ["-H", "Connection: Upgrade, HTTP2-Settings", "-H", "Upgrade: h2c", "-H", "HTTP2-Settings: AAMAAABkAAQAAP__"]
    equal(curl(plain[0]), "1.1 200", "HTTP/1.1 where only that is served")
    equal(curl(plain[0], *upgrade), "1.1 200", "an upgrade where only HTTP/1.1 is served")
    equal(curl(secure[0], "--http2"), "1.1 200", "ALPN where only HTTP/1.1 is served")
    with Connection(open_socket(address(plain[0][len("http://"):]))) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        equal(connection.response().status, 505, "prior knowledge where only HTTP/1.1 is served")
    equal(curl(plain[1], "--http2-prior-knowledge"), "2 200", "HTTP/2 where only that is served")
    equal(curl(plain[1]), "1.1 505", "HTTP/1.1 where only HTTP/2 is served")
    equal(curl(plain[1], *upgrade), "1.1 505", "an upgrade where only HTTP/2 is served")
    equal(curl(secure[1], "--http2"), "2 200", "ALPN where only HTTP/2 is served")
    equal(curl(secure[1], "--http1.1"), "1.1 505", "HTTP/1.1 over TLS where only HTTP/2 is served")
    seen("each listener has its version")


@check
def proxy_protocol(server):
    """--proxy-protocol, cleartext and TLS"""
    signature = b"\r\n\r\n\x00\r\nQUIT\n"

    def v2(command, family, payload):
        return signature + bytes([0x20 | command, family]) + struct.pack("!H", len(payload)) + payload

    v4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.9") + struct.pack("!HH", 50000, 443)
    v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "2001:db8::9")
    v6 += struct.pack("!HH", 50000, 443)
    cases = [
        (b"PROXY TCP4 192.0.2.7 198.51.100.9 50000 443\r\n", "192.0.2.7:50000"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::9 50000 443\r\n", "[2001:db8::7]:50000"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1:"), (b"PROXY UNKNOWN ffff::1 ::1 1 2\r\n", "127.0.0.1:"),
        (v2(1, 0x11, v4), "192.0.2.7:50000"), (v2(1, 0x21, v6), "[2001:db8::7]:50000"),
        (v2(1, 0x11, v4 + b"\x04\x00\x03abc"), "192.0.2.7:50000"), (v2(0, 0x00, b""), "127.0.0.1:"),
        (v2(1, 0x00, b"abc"), "127.0.0.1:"),
    ]
    for header, client in cases:
        for secure in (False, True):
            where = server.https if secure else server.http
            facts = get(where, "/headers", first=header, secure=secure).json()
            require(facts["client"].startswith(client), f"{header!r}: the client is {facts['client']}")
            if client.startswith(("192", "[")):
                require(facts["server"].endswith(":443"), f"{header!r}: the server is {facts['server']}")
    seen(f"{len(cases)} headers, each over cleartext and TLS")
    # Byte by byte, with the request behind it.
    for header, client in (cases[0], cases[4]):
        with server.connect() as connection:
            for byte in header + request("/headers"):
                connection.send(bytes([byte]))
            require(connection.response().json()["client"].startswith(client), "byte by byte")


@check
def proxy_protocol_of_one(server):
    """--bind ADDRESS,proxy-protocol --bind ADDRESS"""
    proxied, direct = (address(one.removeprefix("http://")) for one in server["addresses"])
    header = b"PROXY TCP4 192.0.2.7 198.51.100.9 50000 443\r\n"
    equal(get(proxied, "/headers", first=header).json()["client"], "192.0.2.7:50000", "the client behind the proxy")
    require(get(direct, "/headers").json()["client"].startswith("127.0.0.1:"), "the client without a proxy")
    equal(get(direct, first=header).status, 400, "a PROXY header where none is expected")
    with Connection(open_socket(proxied)) as connection:
        connection.send(request())
        equal(connection.rest(), b"", "the answer to a client that passes the proxy by")


@check
def proxy_protocol_malformed(server):
    signature = b"\r\n\r\n\x00\r\nQUIT\n"
    for data in (
        b"", b"PROXY TCP4 192.0.2.7 198.51.100.9 50000\r\n", b"PROXY TCP4 x y 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.9 70000 443\r\n", b"PROXY TCP4 2001:db8::7 2001:db8::9 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.9 50000 443\n", b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", b"PROXY " + b"x" * 200,
        signature + b"\x11\x11\x00\x00", signature + b"\x21\x11\x00\x04abcd", signature + b"\x22\x11\x00\x00",
        signature + b"\x21\x11\xff\xff", b"\r\n\r\n\x00\r\nQUIX\n",
    ):
        with server.connect() as connection:
            connection.send(data + request())
            rest = connection.rest()
            require(rest == b"", f"{data[:60]!r} was answered {rest[:60]!r}")
    seen("no malformed header is served")
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(b"PROXY TCP4 192")
        connection.ends(4)
        require(time.monotonic() - start < 3, "a header that stalls")


@check
def proxy_protocol_off(server):
    with server.connect() as connection:
        connection.send(b"PROXY TCP4 192.0.2.7 198.51.100.9 50000 443\r\n" + request())
        equal(connection.response().status, 400, "a PROXY header where none is expected")


if __name__ == "__main__":
    main()
