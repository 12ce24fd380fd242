"""TLS: versions, names, certificates of clients, protocols, and new certificates while the server runs."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

from wire import Connection, Failed, check, equal, insecure, main, open_socket, request, require, seen


def certificates(server, name):
    return os.path.join(server["certificates"], name)


def trusting(server, **changes):
    """A context that trusts the authority and checks names."""
    context = ssl.create_default_context(cafile=certificates(server, "ca.pem"))
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def connect(server, context=None, name="localhost", timeout=10):
    return Connection(open_socket(server.https, timeout, secure=True, context=context or trusting(server), name=name))


def common_name(connection):
    return dict(part[0] for part in connection.sock.getpeercert()["subject"])["commonName"]


def facts(connection):
    connection.send(request("/headers"))
    return connection.response().json()


def refused(server, what, context=None, name="localhost"):
    """The handshake fails, or the connection ends before anything is answered (TLS 1.3 tells clients late)."""
    try:
        with connect(server, context, name, timeout=5) as connection:
            connection.send(request())
            data = connection.rest()
            require(data == b"", f"{what}: answered {data[:60]!r}")
    except (ssl.SSLError, ConnectionResetError, BrokenPipeError) as error:
        seen(f"{what}: {error.__class__.__name__} {getattr(error, 'reason', '')}")
        return
    seen(f"{what}: the connection ended")


@check
def facts_of_connection(server):
    context = trusting(server)
    context.set_alpn_protocols(["http/1.1"])
    with connect(server, context) as connection:
        told = facts(connection)
        tls, cipher = told["tls"], connection.sock.cipher()
    equal(told["scheme"], "https", "the scheme")
    equal(tls["version"], 0x0304, "the version")
    suites = {
        "TLS_AES_128_GCM_SHA256": 0x1301, "TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
    }
    equal(tls["cipherSuite"], suites[cipher[0]], f"the cipher suite {cipher[0]}")
    equal(tls["serverName"], "localhost", "the name asked for")
    equal(tls["applicationProtocol"], "http/1.1", "the protocol")
    with open(certificates(server, "server.pem")) as file:
        equal(tls["serverCertificate"].split(), file.read().split(), "the server's certificate")
    equal(tls["clientCertificateChain"], [], "the client's certificates")
    equal(tls["clientCertificateName"], None, "the client's name")
    older = trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2)
    older.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with connect(server, older) as connection:
        tls = facts(connection)["tls"]
    equal((tls["version"], tls["cipherSuite"]), (0x0303, 0xC02B), "version and cipher suite of TLS 1.2")
    equal(tls["applicationProtocol"], None, "no protocol was asked for")
    equal(server.get("/headers").json()["tls"], None, "in cleartext")


@check
def openssl_client(server):
    """The command line client of OpenSSL, in both versions, with the whole chain checked."""
    for version in ("-tls1_2", "-tls1_3"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % server.https, "-servername", "localhost", version, "-quiet",
             "-CAfile", certificates(server, "ca.pem"), "-verify_return_error", "-verify_hostname", "localhost",
             "-ign_eof"],
            input=request(fields="Connection: close\r\n"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10)
        require(b"HTTP/1.1 200 OK" in done.stdout and b"Hello, world!" in done.stdout, f"{version}: {done.stdout!r}")
        equal(done.returncode, 0, version)


@check
def minimum_version_default(server):
    for old in ("-tls1", "-tls1_1"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % server.https, old, "-cipher", "DEFAULT@SECLEVEL=0"],
            input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10)
        require(b"Cipher is (NONE)" in done.stdout, f"{old} was accepted: {done.stdout!r}")
    with connect(server, trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2)) as connection:
        equal(connection.sock.version(), "TLSv1.2", "the lowest version")


@check
def minimum_version13(server):
    """--tls-min-version 1.3"""
    refused(server, "TLS 1.2", trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2))
    with connect(server) as connection:
        equal(connection.sock.version(), "TLSv1.3", "the version")


@check
def ciphers(server):
    """--tls-ciphers ECDHE-ECDSA-CHACHA20-POLY1305"""
    context = trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2)
    with connect(server, context) as connection:
        equal(connection.sock.cipher()[0], "ECDHE-ECDSA-CHACHA20-POLY1305", "the cipher suite")
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    refused(server, "another cipher suite", context)


@check
def names(server):
    """Three certificates: the first for everybody, and those of shop.example and *.wild.example."""
    def name_for(name):
        context = trusting(server, check_hostname=False)
        with connect(server, context, name) as connection:
            connection.send(request())
            equal(connection.response().status, 200, "the status")
            return common_name(connection)
    for asked, wanted in (
        ("shop.example", "shop.example"), ("SHOP.example", "shop.example"), ("x.wild.example", "wild"),
        ("a.b.wild.example", "localhost"), ("wild.example", "localhost"), ("localhost", "localhost"),
        ("other.example", "localhost"), (None, "localhost"),
    ):
        equal(name_for(asked), wanted, f"the certificate for {asked}")


@check
def protocols(server):
    def agreed(*offered):
        context = trusting(server)
        context.set_alpn_protocols(list(offered))
        with connect(server, context) as connection:
            chosen = connection.sock.selected_alpn_protocol()
            if chosen != "h2":
                connection.send(request())
                equal(connection.response().status, 200, f"the status for {offered}")
            return chosen
    equal(agreed("http/1.1"), "http/1.1", "http/1.1 alone")
    equal(agreed("http/1.1", "h2"), "h2", "the better of two")
    equal(agreed("http/0.9"), None, "a protocol that is not known")


def with_client(server, name):
    context = trusting(server)
    context.load_cert_chain(certificates(server, name + ".pem"), certificates(server, name + ".key"))
    return context


@check
def client_required(server):
    """--tls-client-certs required --tls-client-ca CA"""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = with_client(server, "alice")
        context.maximum_version = version
        with connect(server, context) as connection:
            tls = facts(connection)["tls"]
        equal(tls["clientCertificateName"], "CN=alice,O=Example", "the client's name")
        require(len(tls["clientCertificateChain"]) >= 1, "no chain")
        with open(certificates(server, "alice.pem")) as file:
            equal(tls["clientCertificateChain"][0].split(), file.read().split(), "the client's certificate")
        equal(tls["clientCertificateError"], None, "the error")
        refused(server, "no certificate", trusting(server, maximum_version=version))
        for name in ("stranger", "expired", "server"):
            context = with_client(server, name)
            context.maximum_version = version
            refused(server, name, context)
    with connect(server, with_client(server, "alice")) as connection:
        connection.send(request())
        equal(connection.response().status, 200, "the server goes on")


@check
def client_optional(server):
    """--tls-client-certs optional --tls-client-ca CA"""
    with connect(server, with_client(server, "alice")) as connection:
        equal(facts(connection)["tls"]["clientCertificateName"], "CN=alice,O=Example", "the client's name")
    with connect(server) as connection:
        tls = facts(connection)["tls"]
        equal((tls["clientCertificateName"], tls["clientCertificateError"]), (None, None), "without a certificate")
    for name in ("stranger", "expired"):
        with connect(server, with_client(server, name)) as connection:
            tls = facts(connection)["tls"]
            equal(tls["clientCertificateName"], None, f"the name of {name}")
            equal(tls["clientCertificateChain"], [], f"the certificates of {name}")
            require(tls["clientCertificateError"], f"{name}: no error")
            seen(f"{name}: {tls['clientCertificateError']}")


@check
def client_not_asked(server):
    with connect(server, with_client(server, "alice")) as connection:
        tls = facts(connection)["tls"]
        equal((tls["clientCertificateName"], tls["clientCertificateChain"]), (None, []), "what was not asked for")


@check
def chain(server):
    """A certificate behind an intermediate one, in one file."""
    with connect(server) as connection:
        equal(common_name(connection), "leaf", "the certificate")


@check
def works(server):
    with connect(server) as connection:
        equal(common_name(connection), "localhost", "the certificate")
        connection.send(request())
        equal(connection.response().status, 200, "the status")


@check
def reload_on_change(server):
    """--tls-reload-interval 200ms; the certificate lies in the server's folder"""
    replace(server, "renewed")
    end = time.monotonic() + 5
    while True:
        with connect(server) as connection:
            if common_name(connection) == "renewed":
                break
        require(time.monotonic() < end, "the new certificate is not used after 5 s")
        time.sleep(0.1)
    seen("the new certificate is used")


@check
def reload_on_signal(server):
    """--tls-reload-interval off"""
    replace(server, "renewed")
    time.sleep(0.5)
    with connect(server) as connection:
        equal(common_name(connection), "localhost", "before the signal")
    os.kill(server.pid, signal.SIGHUP)
    server.await_log("serves now")
    server.gone(5)
    with connect(server) as connection:
        equal(common_name(connection), "renewed", "after the signal")
    # Bad files: the process goes on with the certificates that it has.
    shutil.copy(certificates(server, "garbage.pem"), os.path.join(server["folder"], "live.pem"))
    with open(os.path.join(server["folder"], "pid")) as file:
        os.kill(int(file.read()), signal.SIGHUP)
    server.await_log("this one goes on")
    require(os.path.join(server["folder"], "live.pem") in server.log(), "the log does not name the bad file")
    with connect(server) as connection:
        equal(common_name(connection), "renewed", "after a bad file")


def replace(server, name):
    for kind in ("pem", "key"):
        shutil.copy(certificates(server, f"{name}.{kind}"), os.path.join(server["folder"], f"live.{kind}.new"))
        os.rename(os.path.join(server["folder"], f"live.{kind}.new"), os.path.join(server["folder"], f"live.{kind}"))


@check
def cleartext_on_secure_port(server):
    with Connection(open_socket(server.https)) as connection:
        connection.send(request())
        require(b"200 OK" not in connection.rest(), "a cleartext request was served on a TLS port")
    with connect(server) as connection:
        connection.send(request())
        equal(connection.response().status, 200, "the server goes on")


@check
def closes_with_goodbye(server):
    """A complete response ends with close_notify; one that was cut off does not."""
    with connect(server) as connection:
        connection.send(request("/stream?chunks=2&ms=1", version="HTTP/1.0"))
        equal(connection.response().body, b"chunk 1\nchunk 2\n", "the content")
    with connect(server) as connection:
        connection.send(request("/abort", version="HTTP/1.0"))
        connection.head()
        connection.rest()
        require(connection.was_reset, "what was cut off ends with a goodbye")


@check
def half_close(server):
    """The client says goodbye, which closes its sending half only (RFC 8446 §6.1), and still gets its answer."""
    plain = open_socket(server.https)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = insecure().wrap_bio(incoming, outgoing)

    def turn(action):
        while True:
            try:
                result = action()
                plain.sendall(outgoing.read())
                return result
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                data = plain.recv(65536)
                if not data:
                    incoming.write_eof()
                incoming.write(data)

    turn(session.do_handshake)
    turn(lambda: session.write(request("/slow?ms=300")))
    try:
        session.unwrap()
    except ssl.SSLError:
        pass
    plain.sendall(outgoing.read())
    plain.shutdown(socket.SHUT_WR)
    received = 0
    plain.settimeout(5)
    try:
        while data := plain.recv(65536):
            received += len(data)
    except ConnectionResetError:
        pass
    plain.close()
    # A goodbye is 24 bytes; an answer is more.
    require(received > 150, f"{received} bytes came after the client's goodbye: the answer is not among them")


@check
def many_requests(server):
    with connect(server) as connection:
        connection.send(request() * 200)
        equal({connection.response().status for _ in range(200)}, {200}, "the statuses")
        for size in (1, 16383, 16384, 16385, 1000000):
            connection.send(request("/echo", f"Content-Length: {size}\r\n", "POST") + b"x" * min(size, 16385))
            for start in range(16385, size, 50000):
                connection.send(b"x" * min(50000, size - start))
            equal(len(connection.response().body), size, "the echo")


@check
def pipelined_behind_slow_content(server):
    """What follows a response that a slow client takes its time for is answered, wherever the response got stuck."""
    for secure in (False, True):
        for size in range(100_000, 1_300_000, 37_001):
            with server.connect(secure, timeout=3, receive_buffer=8192) as connection:
                connection.send(request(f"/bytes/{size}") + request("/file", "Range: bytes=1-300000\r\n") + request())
                time.sleep(0.02)
                try:
                    lengths = [len(connection.response().body) for _ in range(3)]
                except TimeoutError:
                    raise Failed(f"{'TLS' if secure else 'cleartext'}, {size} bytes: the next answer does not come")
                equal(lengths, [size, 300_000, 14], "the lengths")
        seen("TLS" if secure else "cleartext")


if __name__ == "__main__":
    main()
