"""The examples do what their headers say."""

import contextlib
import gzip
import http.client
import os
import signal
import ssl
import subprocess
import time
import zlib

from wire import Connection, check, equal, main, open_socket, request, require, seen


@check
def hello(server):
    response = server.get("/any/path?x")
    equal((response.status, response.body), (200, b"Hello, world!\n"), "the response")
    equal(response["content-type"], "text/plain", "the type")


@check
def streaming(server):
    with server.connect() as connection:
        start = time.monotonic()
        connection.send(request(fields="TE: trailers\r\n"))
        response = connection.response()
        require(4 < time.monotonic() - start < 8, "the lines do not come one by one")
        equal(response.body, b"".join(b"line %d\n" % number for number in range(1, 11)), "the lines")
        equal(response.trailers, [("x-lines", "10")], "the trailers")
    server.await_log("All 10 lines have been sent.")
    with server.connect() as connection:
        connection.send(request())
        connection.head()
        connection.take(10)
    server.await_log("The client went at line ")
    require("ERROR" not in server.log(), "a client that goes is no error")


@check
def request_body(server):
    with server.connect() as connection:
        lines = b"one\ntwo\n" * 100000
        fields = f"Content-Length: {len(lines)}\r\nContent-Type: text/plain\r\n"
        connection.send(request(fields=fields, method="POST") + lines)
        require(connection.response().text.startswith("800000 bytes and 200000 lines, in "), "the counts")
        connection.send(request())
        require(connection.response().text.startswith("0 bytes and 0 lines"), "the counts of nothing")
        connection.send(request(
            fields="Content-Length: 5\r\nContent-Type: image/png\r\nExpect: 100-continue\r\n", method="POST"))
        equal(connection.response().status, 415, "the refusal")


@check
def mini_framework(server):
    equal(server.get("/hello?Ada").body, b"Hello, Ada!\n", "the greeting")
    equal(server.get("/nothing").status, 404, "an unknown path")
    with server.connect() as connection:
        connection.send(request("/upper", "Content-Length: 5\r\n", "POST") + b"shout")
        equal(connection.response().body, b"SHOUT\n", "the content")
        connection.send(request("/upper", "Content-Length: 2000000\r\n", "POST") + b"x" * 2000000)
        equal(connection.response().status, 413, "too much content")


@check
def routing(server):
    equal(server.get("/hello/Ada%20Lovelace").body, b"Hello, Ada Lovelace!\n", "a parameter")
    equal(server.get("/numbers/12").body, b"12 is even.\n", "a typed parameter")
    equal(server.get("/numbers/x").status, 404, "a parameter of another type")
    equal(server.get("/numbers/13").status, 403, "an error with a status")
    equal(server.get("/link").body, b"/hello/Grace%20Hopper", "a link by name")
    response = server.get("/hello/Ada/")
    equal((response.status, response["location"]), (308, "/hello/Ada"), "a slash at the end")
    with server.connect() as connection:
        for content, status, body in (
            (b'{"numbers": [1, 2, 3]}', 200, b'{"count":3,"sum":6}'),
            (b'{"numbers": [1, "2"]}', 400, b"400 Bad Request\nThe content is no valid JSON here: numbers[1] is no Int.\n"),
            (b"{", 400, b"400 Bad Request\nThe content is no valid JSON.\n"),
        ):
            fields = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            connection.send(request("/numbers", fields, "POST") + content)
            response = connection.response()
            equal((response.status, response.body), (status, body), f"JSON {content}")
        connection.send(request("/numbers", method="DELETE"))
        response = connection.response()
        equal((response.status, response["allow"]), (405, "OPTIONS, POST"), "another method")


@check
def background_work(server):
    with server.connect() as connection:
        content = b"mail=ada%40example.org"
        fields = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n"
        for _ in range(3):
            connection.send(request("/signup", fields, "POST") + content)
            equal(connection.response().status, 202, "the response")
    server.await_log("Signed up ada@example.org.")
    os.kill(server.pid, signal.SIGTERM)
    server.gone(5)
    equal(server.log().count("Welcomed ada@example.org."), 3, "the jobs that are done before the server ends")


@check
def own_middleware(server):
    response = server.get("/")
    equal((response.status, response["x-powered-by"]), (403, "SAGI"), "a stranger")
    with server.connect() as connection:
        connection.send(request(fields="X-Key: open sesame\r\n"))
        equal(connection.response().body, b"Come in, friend.\n", "a friend")


@check
def lifespan_state(server):
    with server.connect() as connection:
        for number in (1, 2, 3):
            connection.send(request())
            equal(connection.response().text, f"This is visit {number}.\n", "the response")
    os.kill(server.pid, signal.SIGINT)
    server.gone(5)
    server.await_log("There were 3 visits.")


@check
def files(server):
    with open(server["program"], "rb") as file:
        start = file.read(1000)
    size = os.path.getsize(server["program"])
    for secure in (False, True):
        with server.connect(secure) as connection:
            connection.send(request(fields="Range: bytes=10-99\r\n"))
            response = connection.response()
            equal((response.status, response.body), (206, start[10:100]), "the range")
            equal(response["content-range"], f"bytes 10-99/{size}", "Content-Range")
            connection.send(request(method="HEAD"))
            equal(connection.response("HEAD")["content-length"], str(size), "the length")


@check
def tls_introspection(server):
    folder = server["certificates"]
    equal(server.get().text, "This connection is not secured.\n", "in cleartext")
    context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
    with Connection(open_socket(server.https, secure=True, context=context, name="localhost")) as connection:
        connection.send(request())
        text = connection.response().text
        require("version: TLS 1.3\n" in text and "name asked for: localhost\n" in text, f"it says {text!r}")
        require("client: unknown\n" in text, f"it says {text!r}")
    context.load_cert_chain(os.path.join(folder, "alice.pem"), os.path.join(folder, "alice.key"))
    with Connection(open_socket(server.https, secure=True, context=context, name="localhost")) as connection:
        connection.send(request())
        require("client: CN=alice,O=Example" in (text := connection.response().text), f"it says {text!r}")


@check
def flow_control(server):
    with server.connect(receive_buffer=8192, timeout=30) as connection:
        connection.send(request())
        connection.head()
        # The client stops for as long as the feed lasts; meanwhile ticks are left out.
        server.await_log("ticks are left out from now on", 25)
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.take(1) + connection.buffer
            connection.buffer = b""
    require(b"tick 2000" in body, "the last tick did not come")
    require(b" left out " in body, "no tick was left out")
    require(b"\ntick 1 " in b"\n" + body.split(b"\r\n", 1)[1], "the first tick did not come")


@check
def compressing(server):
    host, port = server.http
    url = f"http://{host}:{port}"

    def curl(*arguments, input=None):
        return subprocess.run(
            ["curl", "-sS", "--max-time", "20", *arguments], input=input, stdout=subprocess.PIPE, check=True).stdout

    plain = curl(url)
    require(len(plain) > 10000, "the page")
    equal(curl("--compressed", url), plain, "the page as curl likes it best")
    offered = curl("--version").decode()
    encoded = {}
    for coding in ("gzip", "deflate", "br", "zstd"):
        fields = f"Accept-Encoding: {coding}\r\n"
        response = server.get(fields=fields)
        equal((response.status, response["content-encoding"]), (200, coding), "the coding")
        equal((response["vary"], response["etag"][:2]), ("Accept-Encoding", "W/"), "Vary and ETag")
        require(len(response.body) < len(plain) / 2, f"{coding} is long")
        encoded[coding] = response.body
        if {"br": "brotli", "deflate": "libz", "gzip": "libz"}.get(coding, coding) in offered:
            equal(curl("--compressed", "-H", f"Accept-Encoding: {coding}", url), plain, f"{coding} by curl")
            seen(f"curl reads {coding}")
        unchanged = server.get(fields=f"If-None-Match: {response['etag']}\r\n{fields}")
        equal((unchanged.status, unchanged["etag"]), (304, response["etag"]), "the revalidation")
    equal(gzip.decompress(encoded["gzip"]), plain, "gzip by Python")
    equal(zlib.decompress(encoded["deflate"]), plain, "deflate by Python")

    # What was made here is read here; what Python makes, too.
    encoded["gzip"], encoded["deflate"] = gzip.compress(plain), zlib.compress(plain)
    for coding, content in encoded.items():
        count = curl("--data-binary", "@-", "-H", f"Content-Encoding: {coding}", f"{url}/count", input=content)
        equal(count, f"{len(plain)} bytes\n".encode(), f"{coding} in a request")
    bomb = gzip.compress(bytes(50 << 20), 9)
    status = curl("-o", os.devnull, "-w", "%{http_code}", "--data-binary", "@-", "-H", "Content-Encoding: gzip",
                  f"{url}/count", input=bomb)
    equal(status, b"413", "a bomb")
    seen("requests are decompressed")

    # Each tick can be read when it comes.
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
        connection.request("GET", "/ticks", headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        inflater, text, times = zlib.decompressobj(31), b"", []
        while bytes_ := response.read1():
            if new := inflater.decompress(bytes_):
                text += new
                times.append(time.monotonic())
        equal(text, b"".join(b"tick %d\n" % number for number in range(1, 6)), "the ticks")
        require(len(times) == 5 and times[-1] - times[0] > 1, "the ticks do not come one by one")
        require(inflater.eof, "the stream does not end")
    seen("a stream is flushed")

    with open(server["program"], "rb") as file:
        program = file.read()
    require(curl("--compressed", f"{url}/program") == program, "the file")
    require(curl("-r", "1000-1999", f"{url}/program") == program[1000:2000], "a range of it")
    head = server.get("/program", method="HEAD")
    equal(head["content-disposition"], 'attachment; filename="compressing"', "the name")


@check
def embedding(server):
    first = int(server.get().text.split()[0])
    end = time.monotonic() + 5
    while int(server.get().text.split()[0]) <= first:
        require(time.monotonic() < end, "the other service does not run")
        time.sleep(0.05)
    os.kill(server.pid, signal.SIGTERM)
    server.gone(5)


if __name__ == "__main__":
    main()
