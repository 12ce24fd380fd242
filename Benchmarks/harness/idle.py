"""What a connection costs that does nothing."""

import resource
import select
import time

from .process import Failure
from .scenarios import HELLO, SCENARIOS, Client


def connections_possible(wanted):
    """How many connections this process can hold open."""
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)


def measure(process, count):
    """Resident bytes of a server for each of `count` connections that wait after one request each."""
    request = SCENARIOS[0].request()
    clients = []
    try:
        clients.append(ask(process.port, request))
        time.sleep(0.5)
        before = process.resident_bytes()
        clients += [ask(process.port, request) for _ in range(count)]
        time.sleep(1)
        after = process.resident_bytes()
        poll = select.poll()
        for client in clients:
            poll.register(client.socket, select.POLLIN | select.POLLHUP)
        closed = len(poll.poll(0))
        if closed:
            raise Failure(f"it closed {closed} of {count} idle connections.")
    finally:
        for client in clients:
            client.socket.close()
    return {"connections": count, "rss_before": before, "rss_after": after, "per_connection": (after - before) / count}


def ask(port, request):
    client = Client(port)
    client.send(request)
    status, _, content = client.response()
    if status != 200 or len(content) != HELLO:
        raise Failure(f"connection was answered with status {status} and {len(content)} bytes.")
    return client
