"""The examples that go on talking: over WebSockets, with the library `websockets`, and over event streams."""

import asyncio
import contextlib
import json
import os
import signal
import time

import websockets
from event_stream import Stream
from frames import TEXT, frame, open_socket, receive
from ways import WAYS
from web_socket import connect
from wire import check, equal, main, require, seen


def fields(data):
    """The fields of an event."""
    return dict(line.split(": ", 1) for line in data.decode().strip().split("\n"))


async def hear(ws, **wanted):
    """The next message with these values, whatever comes before it."""
    while True:
        message = json.loads(await asyncio.wait_for(ws.recv(), 10))
        if all(message.get(name) == value for name, value in wanted.items()):
            return message


async def rest(ws):
    """Reads up to the end."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await ws.recv()


async def say(ws, **message):
    await ws.send(json.dumps(message))


async def enter(server, name):
    """A client in the lobby, called `name`."""
    ws = await connect(server, "/chat")
    require((await hear(ws, type="welcome"))["nick"].startswith("guest-"), "the first name")
    await say(ws, type="nick", nick=name)
    await hear(ws, type="nick", nick=name)
    return ws


@check
def chat_room(server):
    async def talk():
        ada, bob = await enter(server, "ada"), await enter(server, "bob")
        await hear(ada, type="nick", nick="bob")
        await say(ada, type="message", text="<i>hello</i> €😀")
        for ws in (ada, bob):
            message = await hear(ws, type="message")
            equal((message["nick"], message["room"], message["text"]), ("ada", "lobby", "<i>hello</i> €😀"), "the message")
            require(message["time"].startswith("20") and message["time"].endswith("Z"), message["time"])
        await bob.send("{nonsense")
        await hear(bob, type="error")
        await bob.send(b"\x00")
        await hear(bob, type="error")
        await say(bob, type="nick", nick="ADA")
        require("Somebody else" in (await hear(bob, type="error"))["text"], "two have one name")
        await say(bob, type="join", room="side")
        equal((await hear(bob, type="users", room="side"))["users"], ["bob"], "who is in the room")
        await say(ada, type="rooms")
        equal((await hear(ada, type="rooms"))["rooms"], [{"room": "lobby", "users": 2}, {"room": "side", "users": 1}],
              "the rooms")
        seen("what is said is heard, and nonsense is not")

        # Somebody who comes later gets what was said, and sees who is there.
        cleo = await connect(server, "/chat")
        equal((await hear(cleo, type="message"))["text"], "<i>hello</i> €😀", "the history")
        await say(cleo, type="nick", nick="cleo")
        await say(cleo, type="list")
        equal((await hear(cleo, type="users"))["users"], ["ada", "bob", "cleo"], "who is there")
        await cleo.close()
        await hear(ada, type="left", nick="cleo")
        dora = await enter(server, "dora")
        dora.transport.abort()
        await hear(ada, type="left", nick="dora")
        seen("who comes and who goes is told, with and without a Close frame")

        # Somebody who reads nothing is in nobody's way.
        with open_socket(server, "/chat", receive_buffer=4096) as slow:
            while json.loads(receive(slow)[1])["type"] != "users":
                pass
            slow.send(frame(TEXT, json.dumps({"type": "nick", "nick": "slow"})))
            await hear(ada, type="nick", nick="slow")
            start = time.monotonic()
            talkers = [await enter(server, f"talker-{number}") for number in range(10)]
            # The library sees the end of a connection only when its messages are read.
            readers = [asyncio.create_task(rest(ws)) for ws in (*talkers, bob)]
            for round in range(15):
                for ws in talkers:
                    await say(ws, type="message", text=f"{round} " + "x" * 1900)
                heard = {(await hear(ada, type="message"))["nick"] for _ in talkers}
                equal(len(heard), 10, "those who are heard")
            require(time.monotonic() - start < 15, "a client that reads nothing slows the others down")
            for ws in talkers:
                await ws.close()
        await hear(ada, type="left", nick="slow")
        seen("a slow client stalls nobody")

        # Who talks without end is closed.
        eve = await enter(server, "eve")
        for number in range(100):
            if eve.close_code is None:
                try:
                    await say(eve, type="message", text=str(number))
                except Exception:
                    break
        await asyncio.wait_for(rest(eve), 10)
        equal(eve.close_code, 1008, "the code for who floods a room")
        await hear(ada, type="left", nick="eve")
        os.kill(server.pid, signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(rest(ada), *readers), 10)
        equal([ada.close_code, bob.close_code], [1001, 1001], "the codes at shutdown")

    asyncio.run(asyncio.wait_for(talk(), 55))
    server.gone(5)
    require("ERROR" not in server.log(), server.log())


@check
def counter(server):
    async def count():
        many = [await connect(server, "/count") for _ in range(10)]
        await hear(many[0], count=0, present=10)

        async def add(ws):
            for number in range(100):
                await say(ws, add=1 if number % 2 else 2)
            await hear(ws, count=1500)

        await asyncio.gather(*map(add, many))
        seen("ten clients at once have lost no change, and all see the same number")
        await say(many[0], add=-1500)
        for ws in many:
            await hear(ws, count=0)
        await many[0].send("nonsense")
        await asyncio.wait_for(many[0].wait_closed(), 5)
        equal(many[0].close_code, 1007, "the code for nonsense")
        await many[1].close()
        late = await connect(server, "/count")
        equal(await hear(late), {"count": 0, "present": 9}, "what somebody sees who comes later")

    asyncio.run(asyncio.wait_for(count(), 40))
    require("ERROR" not in server.log(), server.log())


@check
def dashboard(server):
    @contextlib.contextmanager
    def figures(last=None, way=WAYS[0]):
        """The events, one at each call."""
        with way.connect(server) as connection:
            stream = Stream(connection, "/figures", [("last-event-id", last)] if last else [])
            yield lambda: fields(stream.next())

    def data(event):
        return json.loads(event["data"])

    with figures() as next_event:
        first = next_event()
        equal((first["event"], first["retry"]), ("figures", "200"), "the first event")
        events = [next_event() for _ in range(5)]
        require(all("retry" not in event for event in events), "each event says how long to wait")
    number = data(events[-1])["number"]
    time.sleep(0.5)
    with figures(events[-1]["id"], WAYS[2]) as next_event:
        for step in range(1, 20):
            equal(data(next_event())["number"], number + step, "the number after the last")
    seen("a client that comes back, with another version of HTTP, has missed nothing")
    with figures("of-another-server") as next_event:
        equal(data(next_event())["number"], 1, "everything that is kept")
    with figures() as one, figures(way=WAYS[2]) as other:
        for next_event in (one, other):
            while data(next_event())["readers"] != 2:
                pass
    require(b"EventSource" in server.get("/").body, "the page")
    os.kill(server.pid, signal.SIGTERM)
    server.gone(5)


@check
def ticker(server):
    def prices(connection):
        opcode, payload = receive(connection)
        equal(opcode, TEXT, "the opcode")
        return json.loads(payload)

    with open_socket(server, "/prices") as fast:
        first = prices(fast)
        equal((len(first["cents"]), first["skipped"]), (2000, 0), "all prices at first")
        numbers = [prices(fast)["number"] for _ in range(20)]
        require(numbers == sorted(set(numbers)), f"not in order: {numbers}")
    seen("who keeps up gets the changes")

    before = server.memory()
    with open_socket(server, "/prices", receive_buffer=4096) as slow, open_socket(server, "/prices") as fast:
        states, newest, all_prices = {}, 0, {}

        def follow():
            """What the fast client knows after its next message."""
            nonlocal newest
            got = prices(fast)
            newest = got["number"]
            all_prices.update(got["cents"])
            states[newest] = dict(all_prices)

        end = time.monotonic() + 4
        while time.monotonic() < end:
            follow()
            states.clear()
        grown = server.memory() - before
        require(grown < 16 << 20, f"the server grew by {grown >> 20} MiB")

        # What waits in the sockets is old. What comes after it is as new as can be, and skips what was between.
        known, number, most = {}, 0, 0
        while number < newest or number not in states:
            got = prices(slow)
            require(got["number"] > number, "an old price comes again")
            if number:
                equal(got["number"] - number - 1, got["skipped"], "what was skipped")
            number, most = got["number"], max(most, got["skipped"])
            known.update(got["cents"])
            while newest < number:
                follow()
        require(most > 50, f"the slow client has been sent nearly everything: {most} were skipped at most")
        require(known == states[number], "the two know different prices after the same change")
    seen(f"{most} changes were conflated into one; the server grew by {grown >> 10} KiB")


if __name__ == "__main__":
    main()
