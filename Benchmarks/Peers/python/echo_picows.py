"""An echo with picows, whose protocol is compiled C: echo_picows.py PORT."""

import asyncio
import sys

import uvloop
from picows import WSCloseCode, WSListener, WSMsgType, ws_create_server


class Echo(WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            transport.send(frame.msg_type, frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()


async def main():
    server = await ws_create_server(
        lambda request: Echo(), "127.0.0.1", int(sys.argv[1]), max_frame_size=1 << 24, backlog=4096)
    await server.serve_forever()


uvloop.run(main())
