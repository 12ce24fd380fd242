"""How the server stops."""

import os
import signal
import threading
import time

from wire import Failed, between, check, equal, in_threads, is_running, main, request, require, seen


def terminate(server):
    os.kill(server.pid, signal.SIGTERM)


@check
def under_load(server):
    """A client that counts: every request that the server took is answered, whole."""
    stop = threading.Event()
    counts = {"answered": 0, "unanswered": 0, "refused": 0, "closing": 0}
    lost = []
    lock = threading.Lock()

    def count(what):
        with lock:
            counts[what] += 1

    def body(number):
        secure = number % 4 == 3
        path = ("/", "/slow?ms=30", "/bytes/300000", "/echo")[number % 4]
        content = b"x" * 5000 if path == "/echo" else b""
        data = request(path)
        if content:
            data = request(path, f"Content-Length: {len(content)}\r\n", "POST") + content
        while True:
            try:
                connection = server.connect(secure)
            except OSError:
                # Nobody accepts any more. Only then may a connection fail.
                require(stop.is_set(), "a connection was refused before the signal")
                count("refused")
                return
            with connection:
                for turn in range(50):
                    try:
                        connection.send(data)
                        response = connection.response()
                    except (OSError, Failed) as failure:
                        # A request on a connection that was idle when it was closed was not taken: the client may
                        # send it again. That is only so when nothing at all came back.
                        require(stop.is_set() and not connection.buffer, f"{path}: a response was cut off: {failure!r}")
                        count("unanswered")
                        lost.append(f"request {turn + 1} of a connection, secure: {secure}, {path}: {failure!r}")
                        return
                    equal(response.status, 200, path)
                    count("answered")
                    if response["connection"] == "close":
                        require(stop.is_set(), "closed before the signal")
                        count("closing")
                        connection.ends()
                        break

    def killer():
        time.sleep(1)
        stop.set()
        terminate(server)

    threading.Thread(target=killer, daemon=True).start()
    in_threads(16, body)
    server.gone(10)
    require(counts["answered"] > 100, f"too little load: {counts}")
    require(counts["unanswered"] == 0, f"requests were sent and not answered: {counts}; {lost}")
    seen(str(counts))


@check
def accepted_are_served(server):
    """Connections that wait in the backlog, or have just been accepted, with their requests, are answered."""
    connections = [server.connect() for _ in range(50)]
    for connection in connections:
        connection.send(request())
    terminate(server)
    for connection in connections:
        response = connection.response()
        equal((response.status, response.body), (200, b"Hello, world!\n"), "the response")
    server.gone(5)


@check
def idle_at_once(server):
    """--timeout-shutdown-grace 250ms: idle connections do not hold the server up."""
    idle = [server.connect(secure) for secure in (False, True) for _ in range(5)]
    for connection in idle[::2]:
        connection.send(request())
        connection.response()
    start = time.monotonic()
    terminate(server)
    for connection in idle:
        connection.ends(2)
        connection.sock.close()
    server.gone(2)
    between(time.monotonic() - start, 0, 2, "the end")


@check
def second_signal(server):
    with server.connect() as connection:
        connection.send(request("/slow?ms=20000"))
        time.sleep(0.2)
        start = time.monotonic()
        terminate(server)
        server.await_log("stopping")
        require(not_gone(server), "the server did not wait")
        terminate(server)
        server.gone(2)
        between(time.monotonic() - start, 0, 3, "the end")


def not_gone(server):
    time.sleep(0.3)
    return is_running(server.pid)


@check
def interrupt(server):
    """Ctrl-C"""
    os.kill(server.pid, signal.SIGINT)
    server.gone(5)
    server.await_log("Stopped.")


@check
def files_of_application(server):
    """The application's shutdown has run: its file has gone."""
    path = server.get("/file/path").text.strip()
    require(os.path.exists(path), "the file is not there")
    terminate(server)
    server.gone(5)
    require(not os.path.exists(path), "the application was not told of the shutdown")


@check
def application_fails_to_stop(server):
    terminate(server)
    server.gone(5)
    server.await_log("The cache was not written.")


@check
def pipelined_at_shutdown(server):
    """Of several requests on a connection the ones behind the last answer are not served, and the answer says so."""
    with server.connect() as connection:
        connection.send(request("/slow?ms=500") + request() * 3)
        time.sleep(0.1)
        terminate(server)
        server.await_log("stopping")
        answers = [connection.response()]
        while answers[-1]["connection"] != "close":
            answers.append(connection.response())
        connection.ends()
        seen(f"{len(answers)} answers")
    server.gone(5)


@check
def unread_content_at_shutdown(server):
    with server.connect() as connection:
        connection.send(request("/ignore", "Content-Length: 50000\r\n", "POST") + b"x" * 100)
        equal(connection.response().status, 200, "the status")
        start = time.monotonic()
        terminate(server)
        connection.ends(3)
    server.gone(2)
    between(time.monotonic() - start, 0, 3.5, "the end")


if __name__ == "__main__":
    main()
