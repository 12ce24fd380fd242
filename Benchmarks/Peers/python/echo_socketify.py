"""An echo with socketify, which is uWebSockets (C++) under Python: echo_socketify.py PORT [deflate]."""

import sys

from socketify import App, AppListenOptions, CompressOptions

compression = CompressOptions.DEDICATED_COMPRESSOR if "deflate" in sys.argv else CompressOptions.DISABLED
app = App()
app.ws("/*", {
    "compression": compression,
    "max_payload_length": 1 << 24,
    "idle_timeout": 0,
    "max_backpressure": 1 << 26,
    "message": lambda socket, message, opcode: socket.send(message, opcode, "deflate" in sys.argv),
})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda config: None)
app.run()
