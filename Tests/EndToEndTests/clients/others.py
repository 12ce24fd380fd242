"""Clients of other people: curl, Python's http.client, and httpx where it is installed."""

import concurrent.futures
import hashlib
import http.client
import json
import os
import subprocess

from wire import check, equal, insecure, main, require, seen


def curl(server, path, *arguments, secure=False, data=None):
    where = ("https://%s:%d" if secure else "http://%s:%d") % (server.https if secure else server.http)
    done = subprocess.run(
        ["curl", "-sS", "-k", "-m", "20", *arguments, where + path], input=data, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=30)
    return done.returncode, done.stdout, done.stderr.decode()


@check
def curl_requests(server):
    """The same over every version of HTTP, in cleartext and over TLS."""
    content = os.urandom(3_000_000)
    for secure, version in ((False, "--http1.1"), (True, "--http1.1"), (False, "--http2-prior-knowledge"), (True, "--http2")):
        is_first = version == "--http1.1"

        def get(*arguments, **options):
            status, output, error = curl(server, *arguments, version, secure=secure, **options)
            equal(status, 0, f"curl {arguments}: {error}")
            return output
        equal(get("/"), b"Hello, world!\n", "the greeting")
        equal(get("/echo", "--data-binary", "@-", data=content), content, "an upload with Expect: 100-continue")
        equal(get("/echo", "-T", "-", data=content), content, "a chunked upload")
        require(b"chunk 5" in get("/stream?ms=10"), "the stream")
        equal(len(get("/bytes/5000000", "--compressed")), 5000000, "a long response")
        equal(len(get("/file", "-r", "100-299")), 200, "a range")
        require((b"HTTP/1.1 103" if is_first else b"HTTP/2 103") in get("/hints", "-i"), "early hints")
        require(b"x-checksum: abc123" in get("/trailers", "-i", "-H", "TE: trailers").lower(), "trailers")
        require(b"content-length: 14" in get("/", "-I").lower(), "HEAD")
        if is_first:
            status, output, error = curl(server, "/", "-0", secure=secure)
            equal((status, output), (0, b"Hello, world!\n"), "HTTP/1.0")
        equal(json.loads(get("/headers?a=b", "-X", "OPTIONS"))["method"], "OPTIONS", "another method")
        status, _, error = curl(server, "/abort", version, secure=secure)
        require(status in ((18, 56) if is_first else (92,)), f"curl takes a response that was cut off for whole: {status} {error}")
        seen(f"{version} {'over TLS' if secure else 'in cleartext'}")


@check
def http_client(server):
    for secure in (False, True):
        if secure:
            client = http.client.HTTPSConnection(*server.https, timeout=10, context=insecure())
        else:
            client = http.client.HTTPConnection(*server.http, timeout=10)
        client.connect()
        used = client.sock
        for method, path, body in (
            ("GET", "/", None), ("POST", "/echo", b"x" * 100000), ("PUT", "/", iter([b"a", b"b" * 70000, b"c"])),
            ("HEAD", "/file", None), ("GET", "/status/204", None), ("GET", "/stream?ms=5", None),
            ("DELETE", "/status/404", None),
        ):
            chunked = body is not None and not isinstance(body, bytes)
            headers = {"Transfer-Encoding": "chunked"} if chunked else {}
            client.request(method, path, body, headers, encode_chunked=chunked)
            response = client.getresponse()
            content = response.read()
            require(response.status in (200, 204, 404), f"{method} {path}: {response.status}")
            if path == "/echo":
                equal(len(content), 100000, "the echo")
            if method == "PUT":
                equal(len(content), 70002, "the chunked echo")
        require(client.sock is used, "the connection was not kept")
        client.request("GET", "/abort")
        try:
            client.getresponse().read()
            require(False, "a response that was cut off looks whole")
        except (http.client.IncompleteRead, OSError):
            pass
        client.close()


@check
def httpx_client(server):
    import httpx
    with httpx.Client(base_url="http://%s:%d" % server.http, timeout=15) as plain, \
            httpx.Client(base_url="https://%s:%d" % server.https, verify=False, timeout=15) as secure:
        for client in (plain, secure):
            equal(client.get("/").text, "Hello, world!\n", "the greeting")
            equal(client.post("/echo", json={"a": [1, "é"]}).json(), {"a": [1, "é"]}, "JSON")
            equal(client.get("/headers?q=a%20b%26c").json()["query"], "q=a%20b%26c", "the query")
            equal(client.post("/echo", content=(b"x" * 1000 for _ in range(100))).content, b"x" * 100000, "a stream")
            with client.stream("GET", "/stream?chunks=3&ms=20") as response:
                equal("".join(response.iter_text()), "chunk 1\nchunk 2\nchunk 3\n", "the stream")
            try:
                client.get("/abort")
                require(False, "a response that was cut off looks whole")
            except httpx.TransportError:
                pass
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = set(pool.map(lambda _: plain.get("/slow?ms=20").status_code, range(100)))
        equal(statuses, {200}, "a hundred requests in eight threads")
    seen("httpx")


if __name__ == "__main__":
    main()
