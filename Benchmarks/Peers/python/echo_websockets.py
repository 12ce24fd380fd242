"""An echo with the library `websockets`: echo_websockets.py PORT."""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import serve


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1]), max_size=None, backlog=4096):
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
