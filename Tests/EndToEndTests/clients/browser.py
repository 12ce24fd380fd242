"""Pages in Chromium: its own WebSocket and EventSource against the server, and the examples as a visitor sees them."""

import asyncio
import json

from chromium import Browser
from wire import check, equal, main, require, seen


def run(server, body, timeout=110, secure=False, allows_errors=False):
    """Runs `body` with a browser and the address of the server."""
    async def main():
        async with Browser() as browser:
            await body(browser, "https://%s:%d" % server.https if secure else "http://%s:%d" % server.http)

    asyncio.run(asyncio.wait_for(main(), timeout))
    require(allows_errors or "ERROR" not in server.log(), server.log())


def over_http2(server, path):
    """The access log says that all requests for the path came over HTTP/2."""
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    versions = {line["protocol"] for line in lines if line["path"] == path}
    equal(versions, {"HTTP/2"}, f"the versions of HTTP for {path}")


SOCKET = """
function open(path, protocols) {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + path, protocols ?? []);
  socket.binaryType = "arraybuffer";
  socket.messages = [];
  const waiting = [];
  socket.onmessage = ({ data }) => waiting.length ? waiting.shift()(data) : socket.messages.push(data);
  socket.next = () => socket.messages.length ? Promise.resolve(socket.messages.shift()) : new Promise(d => waiting.push(d));
  socket.opened = new Promise((done, fail) => { socket.onopen = done; socket.onerror = () => fail("refused"); });
  socket.closed = new Promise(done => { socket.onclose = e => done([e.code, e.reason, e.wasClean]); });
  return socket;
}
"""


@check
def web_socket(server):
    talk(server, secure=False)


@check
def web_socket_over_http2(server):
    """--access-log stdout --access-log-format json"""
    talk(server, secure=True)
    over_http2(server, "/ws")
    seen("Chromium opens WebSockets on its connection of HTTP/2")


def talk(server, secure):
    async def body(browser, site):
        page = await browser.open(site + "/page")

        async def script(text):
            return await page.evaluate(f"(async () => {{ {SOCKET} {text} }})()")

        equal(await script("""
            const socket = open("/ws", ["b", "a"]);
            await socket.opened;
            const result = [socket.protocol, socket.extensions.split(";")[0]];
            for (const text of ["", "grüße €😀", "x".repeat(300000)]) {
              socket.send(text);
              result.push(await socket.next() == text);
            }
            for (const size of [0, 1, 125, 126, 65536, 200000]) {
              const bytes = new Uint8Array(size).map((_, index) => index * 7);
              socket.send(bytes);
              const back = new Uint8Array(await socket.next());
              result.push(back.length == size && back.every((byte, index) => byte == bytes[index]));
            }
            for (let number = 0; number < 1000; number++) socket.send(String(number));
            for (let number = 0; number < 1000; number++) if (await socket.next() != number) result.push("order");
            socket.close(3001, "bye");
            return [...result, await socket.closed];
            """), ["b", "permessage-deflate"] + [True] * 9 + [[3001, "", True]], "text, binary, deflate, close")
        seen("Chromium has talked, compressed, and closed")
        equal(await script("""
            const socket = open("/ws?deflate=0");
            await socket.opened;
            socket.send("plain");
            return [socket.extensions, await socket.next()];
            """), ["", "plain"], "without deflate")
        for path, end in (("/ws/close?code=4321", [4321, "That is all.", True]), ("/ws/return", [1000, "", True]),
                          ("/ws/fail?accept=1", [1011, "", True])):
            equal(await script(f"const socket = open({json.dumps(path)}); await socket.opened; return socket.closed"), end,
                  path)
        equal(await script("const s = open('/ws/parts'); return s.next()"), "one two three", "a message in parts")
        for path in ("/ws/deny", "/ws/refuse", "/ws/deny?status=503", "/ws/never-was"):
            equal(await script(
                f"const s = open({json.dumps(path)}); return [await s.opened.catch(e => e), (await s.closed)[0]]"),
                ["refused", 1006], path)
        seen("the codes are those that were sent")

    # An application that fails is logged.
    run(server, body, secure=secure, allows_errors=True)


@check
def event_source(server):
    follow(server, secure=False)


@check
def event_source_over_http2(server):
    """--access-log stdout --access-log-format json"""
    follow(server, secure=True)
    over_http2(server, "/sse")


def follow(server, secure):
    async def body(browser, site):
        page = await browser.open(site + "/page")
        # The stream has five events, says how long to wait, and is 204 for who has had them all.
        equal(await page.evaluate("""
            new Promise((done, fail) => {
              const events = [], states = [];
              const source = new EventSource("/sse?ms=20");
              source.addEventListener("tick", event => events.push([event.lastEventId, event.data]));
              source.onopen = () => states.push("open");
              source.onerror = () => {
                states.push(source.readyState);
                if (source.readyState == EventSource.CLOSED) done({ events, states });
              };
              setTimeout(() => fail("still open"), 20000);
            })
            """), {"events": [[str(number), f"event {number}"] for number in range(1, 6)], "states": ["open", 0, 2]},
            "the events, the way back, and the end by 204")
        seen("204 stops EventSource")
        equal(await page.evaluate("""
            new Promise((done, fail) => {
              const source = new EventSource("/sse/lines");
              const got = [];
              source.addEventListener("lines", event => got.push(event.data));
              source.onmessage = event => got.push(event.data);
              source.onerror = () => { source.close(); done(got); };
              setTimeout(() => fail("still open"), 20000);
            })
            """), ["one\ntwo\nthree\nfour", ""], "the lines")
        equal(await page.evaluate("""
            new Promise(done => {
              const source = new EventSource("/sse/decline");
              source.onerror = () => done(source.readyState);
            })
            """), 2, "a stream that is declined is not asked for again")

    run(server, body, secure=secure)


@check
def chat_room(server):
    async def body(browser, site):
        ada, bob = await browser.open(site), await browser.open(site)
        for page, name in ((ada, "ada"), (bob, "bob")):
            await page.until("document.querySelector('#state').innerText.startsWith('You are guest-')", "the welcome")
            await page.fill("name", nick=name)
            await page.until(f"document.querySelector('#state').innerText == 'You are {name}.'", "the name")
        await ada.until("document.querySelector('#users').innerText == 'ada\\nbob'", "who is there")
        evil = "<img src=x onerror=\"document.title='evil'\"><script>document.title='evil'</script>"
        await ada.fill("say", text=evil)
        await bob.until(f"document.querySelector('#talk').innerText.includes({json.dumps('ada: ' + evil)})", "the text")
        equal(await bob.evaluate("[document.title, document.querySelectorAll('#talk img, #talk script').length]"), ["Chat", 0],
              "what becomes of markup")
        await bob.fill("enter", room="side")
        await bob.until("document.querySelector('#rooms [aria-pressed=true]').innerText == 'side'", "the other room")
        equal(await bob.text("#users"), "bob", "who is in it")
        await bob.fill("enter", room="no room!")
        await bob.until("document.querySelector('#state').innerText.includes('letters, digits')", "the error")
        await bob.click("#leave")
        await bob.until("document.querySelector('#rooms').innerText.trim() == 'lobby'", "back in the first room")
        late = await browser.open(site)
        await late.until(f"document.querySelector('#talk').innerText.includes({json.dumps('ada: ' + evil)})", "the history")
        await ada.close()
        await bob.until("document.querySelector('#talk').innerText.includes('ada has gone.')", "who has gone")
        # A connection that is lost is made again, with the same name.
        await bob.evaluate("socket.close()")
        await bob.until("document.querySelector('#state').innerText == 'You are bob.'", "the name after that")
        await bob.until("rooms.has('lobby') && document.querySelector('#users').innerText.includes('bob')", "the room")
        seen("a chat in three pages, with text that stays text")

    run(server, body)


@check
def counter(server):
    async def body(browser, site):
        pages = [await browser.open(site) for _ in range(2)]
        for page in pages:
            await page.until("document.querySelector('#state').innerText == '2 are here.'", "who is there")
        for selector, number in (("#more", 1), ("#more", 2), ("#less", 1)):
            await pages[0].click(selector)
            for page in pages:
                await page.until(f"document.querySelector('#count').innerText == '{number}'", "the number")

    run(server, body)


@check
def dashboard(server):
    async def body(browser, site):
        page = await browser.open(site)
        await page.until("document.querySelector('#state').innerText.startsWith('Live')", "the first stream")
        # Each stream ends after a second.
        await page.until("connections >= 3 && seen.length > 30", "the third stream", 30)
        equal(await page.evaluate("missed"), 0, "figures that were missed")
        require(int(await page.text("#requests")) >= 3, "the requests")
        await page.until("document.querySelector('#readers').innerText == '1'", "the readers")
        seen("three streams, and no figure missed")

    run(server, body)


@check
def ticker(server):
    async def body(browser, site):
        page = await browser.open(site)
        await page.until("rows.size == 8 && document.querySelector('#state').innerText.startsWith('Change')", "the prices")
        before = await page.text("#prices")
        await page.until(f"document.querySelector('#prices').innerText != {json.dumps(before)}", "a change")

    run(server, body)


if __name__ == "__main__":
    main()
