"""Chromium without a window, driven by its DevTools protocol."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request

import websockets
from wire import Failed, require


class Browser:
    """A browser of its own, with pages that are driven by scripts."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        require(program, "there is no Chromium")
        self.profile = tempfile.mkdtemp()
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--ignore-certificate-errors", "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
             "--remote-debugging-port=0", f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def __aenter__(self):
        file = os.path.join(self.profile, "DevToolsActivePort")
        end = time.monotonic() + 60
        while not os.path.exists(file) or not open(file).read().strip():
            require(time.monotonic() < end and self.process.poll() is None, "Chromium has not started")
            await asyncio.sleep(0.05)
        self.port = int(open(file).read().split()[0])
        return self

    async def __aexit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    async def open(self, url):
        """A new page, when it is loaded."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        answer = await asyncio.to_thread(lambda: opener.open(request, timeout=20).read())
        page = Page(await websockets.connect(json.loads(answer)["webSocketDebuggerUrl"], max_size=None, proxy=None))
        await page.call("Page.enable")
        await page.call("Page.navigate", url=url)
        await page.until("location.href != 'about:blank' && document.readyState == 'complete'", url)
        return page


class Page:
    def __init__(self, socket):
        self.socket = socket
        self.number = 0

    async def call(self, method, **parameters):
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.recv(), 60))
            if answer.get("id") == self.number:
                require("error" not in answer, f"{method}: {answer.get('error')}")
                return answer["result"]

    async def close(self):
        """Closes the page, as a visitor does."""
        await self.call("Page.close")
        await self.socket.close()

    async def evaluate(self, script):
        """The value of a script, which may be a promise."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        require("exceptionDetails" not in result, f"{script}: {result.get('exceptionDetails')}")
        return result["result"].get("value")

    async def until(self, condition, what, timeout=20):
        """Waits until a script is true."""
        end = time.monotonic() + timeout
        while not await self.evaluate(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise Failed(f"{what}: {condition} does not become true: {await self.text()}")
            await asyncio.sleep(0.03)

    async def text(self, selector="body"):
        return await self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")

    async def fill(self, form, **values):
        """Fills a form in and sends it."""
        for name, value in values.items():
            await self.evaluate(
                f"document.querySelector('#{form}').elements[{json.dumps(name)}].value = {json.dumps(value)}")
        await self.evaluate(f"document.querySelector('#{form}').requestSubmit()")

    async def click(self, selector):
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
