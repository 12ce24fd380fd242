"""The routes of the benchmark as a bare ASGI application, for uvicorn, hypercorn and granian.

The environment variable BENCH_FILE names the file that /file serves.
"""

import asyncio
import os

FILE = os.environ.get("BENCH_FILE", "")
TEXT = [(b"content-type", b"text/plain")]
PIECE = 64 * 1024
#: Who listens: the `send` of each WebSocket of /broadcast, and the queue of each stream of /events.
MEMBERS, QUEUES = set(), set()


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        return await {"/broadcast": broadcast, "/source": source}.get(scope["path"], web_socket)(receive, send)
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    path = scope["path"]
    if path == "/":
        await answer(send, b"Hello, world!\n")
    elif path.startswith("/bytes/"):
        await answer(send, b"x" * int(path[7:]))
    elif path == "/echo":
        await echo(scope, receive, send)
    elif path == "/file":
        await file(scope, send)
    elif path == "/events":
        await events(receive, send)
    else:
        await answer(send, b"There is nothing here.\n", 404)


async def web_socket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        if (text := event.get("text")) is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"]})


async def broadcast(receive, send):
    """Each message goes to all the others."""
    await receive()
    MEMBERS.add(send)
    await send({"type": "websocket.accept"})
    try:
        while (event := await receive())["type"] == "websocket.receive":
            for member in [member for member in MEMBERS if member is not send]:
                await member({"type": "websocket.send", "text": event["text"]})
    finally:
        MEMBERS.discard(send)


async def source(receive, send):
    """Each message becomes an event of /events."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        data = f"data: {event['text']}\n\n".encode()
        for queue in QUEUES:
            queue.put_nowait(data)


async def events(receive, send):
    queue = asyncio.Queue()
    QUEUES.add(queue)
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": welcome\n\n", "more_body": True})
    leaving = asyncio.ensure_future(gone(receive))
    leaving.add_done_callback(lambda _: queue.put_nowait(None))
    while (data := await queue.get()) is not None:
        await send({"type": "http.response.body", "body": data, "more_body": True})
    QUEUES.discard(queue)


async def gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(send, body, status=200):
    headers = [*TEXT, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(scope, receive, send):
    headers = TEXT + [(name, value) for name, value in scope["headers"] if name == b"content-length"]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    more = True
    while more:
        event = await receive()
        if event["type"] != "http.request":
            return
        more = event.get("more_body", False)
        await send({"type": "http.response.body", "body": event.get("body", b""), "more_body": more})


async def file(scope, send):
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % os.path.getsize(FILE))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if "http.response.pathsend" in scope.get("extensions", {}):
        await send({"type": "http.response.pathsend", "path": FILE})
        return
    # Read on the event loop: the file is in the page cache, and this is the cheapest that Python has.
    with open(FILE, "rb", buffering=0) as source:
        while piece := source.read(PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
