"""The start of the server, and what its options change."""

import os
import signal
import subprocess
import time

from wire import Failed, check, equal, main, request, require, seen


@check
def lifespan_off(server):
    """--lifespan off: the application has no state."""
    equal(server.get("/file").status, 404, "a file that the application makes at startup")
    equal(server.get().status, 200, "the greeting")


@check
def lifespan_declined(server):
    equal(server.get().status, 200, "the status")


@check
def root_path(server):
    """--root-path /app"""
    equal(server.get("/headers").json()["rootPath"], "/app", "the root path")


@check
def server_field_off(server):
    """--server-field off --no-date"""
    for path in ("/", "/error", "/file"):
        response = server.get(path)
        equal((response["server"], response["date"]), (None, None), path)


@check
def server_field(server):
    """--server-field shop/1 --alt-svc 'h3=":443"'"""
    response = server.get()
    equal(response["server"], "shop/1", "Server")
    equal(response["alt-svc"], 'h3=":443"', "Alt-Svc")
    require(response["date"].endswith(" GMT"), "Date")


@check
def run_on_global_pool(server):
    """--run-on global-pool: the same behaviour, on other threads."""
    content = os.urandom(300000)
    with server.connect() as connection:
        connection.send(request() * 20)
        equal({connection.response().body for _ in range(20)}, {b"Hello, world!\n"}, "the greetings")
        connection.send(request("/count", f"Content-Length: {len(content)}\r\n", "POST") + content)
        equal(connection.response().body, b"300000\n", "the count")
        connection.send(request("/stream?chunks=3&ms=20") + request("/file") + request("/trailers", "TE: trailers\r\n"))
        equal([connection.response().status for _ in range(3)], [200] * 3, "the statuses")
    equal(server.get("/error").status, 500, "an error")
    equal(len(server.get("/bytes/3000000").body), 3000000, "a long response")


@check
def quiet(server):
    """--quiet cannot be started like the others, which read the banner: this starts it."""
    path = os.path.join(server["folder"], "quiet")
    child = subprocess.Popen(
        [server["program"], "--bind", f"unix:{path}", "--quiet", "--pid-file", path + ".pid"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 15
        while not os.path.exists(path + ".pid"):
            require(time.monotonic() < end, "there is no file with the process number")
            time.sleep(0.02)
        with open(path + ".pid") as file:
            equal(int(file.read()), child.pid, "the process number")
        child.send_signal(signal.SIGTERM)
        text = child.communicate(timeout=10)[0]
    finally:
        child.kill()
    equal(child.returncode, 0, "the exit status")
    equal(text, b"", "what it says")
    require(not os.path.exists(path + ".pid"), "the file with the process number was not removed")


@check
def log_level(server):
    """--log-level debug: refused requests are told."""
    with server.connect() as connection:
        connection.send("BAD\r\n\r\n")
        connection.rest()
    server.await_log("The request line is malformed.")


@check
def no_errors_of_clients(server):
    """What clients do wrong is no error of the server."""
    for data in (b"BAD\r\n\r\n", b"GET", request("/echo", "Content-Length: 5\r\n", "POST") + b"a"):
        with server.connect() as connection:
            connection.send(data)
    time.sleep(0.3)
    require("ERROR" not in server.log() and "WARN" not in server.log(), f"the log says {server.log()!r}")


@check
def environment(server):
    """SAGI_LIMIT_BODY=5, and SAGI_SERVER_FIELD=env, which a flag overrides"""
    equal(server.get("/").all("server"), ["flag"], "Server")
    with server.connect() as connection:
        connection.send(request("/echo", "Content-Length: 6\r\n", "POST") + b"abcdef")
        equal(connection.response().status, 413, "the status")


@check
def configuration_file(server):
    """--config, made by the launcher: limit-body, bind and server-field, which a variable overrides"""
    equal(server.get("/").all("server"), ["variable"], "Server")
    with server.connect() as connection:
        connection.send(request("/echo", "Content-Length: 6\r\n", "POST") + b"abcdef")
        equal(connection.response().status, 413, "the status")


if __name__ == "__main__":
    main()
