"""WebSocket frames by hand, so that everything that a client may not do can be done too (RFC 6455)."""

import base64
import hashlib
import os
import struct

from wire import equal, require

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", final=True, reserved=0, masked=True):
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    mask = 0x80 if masked else 0
    if len(payload) <= 125:
        head += bytes([mask | len(payload)])
    elif len(payload) <= 0xFFFF:
        head += bytes([mask | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def close(code=1000, reason=""):
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


def handshake(path="/ws", fields="", key=None, version="13"):
    key = key or base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n{fields}\r\n", key)


def open_socket(server, path="/ws", fields="", secure=False, early=b"", **options):
    """A connection whose WebSocket is open, and the response."""
    connection = server.connect(secure, **options)
    text, key = handshake(path, fields)
    connection.send(text.encode() + early)
    response = connection.head()
    check_acceptance(response, key)
    connection.handshake = response
    return connection


def check_acceptance(response, key):
    """The head of a response is that of a handshake that was accepted."""
    equal(response.status, 101, "the status")
    equal(response["upgrade"], "websocket", "Upgrade")
    equal(response["connection"].lower(), "upgrade", "Connection")
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    equal(response["sec-websocket-accept"], accept, "Sec-WebSocket-Accept")
    require(response["content-length"] is None and response["transfer-encoding"] is None, "101 with a length")


def receive(connection):
    """The next frame: its opcode and payload."""
    first, payload = receive_part(connection)
    return first & 0x0F, payload


def message(connection):
    """The next message, of however many frames: its opcode and content."""
    first, content = receive_part(connection)
    opcode = first & 0x0F
    while first & 0x80 == 0:
        first, payload = receive_part(connection)
        equal(first & 0x0F, 0, "the opcode of a part")
        content += payload
    return opcode, content


def receive_part(connection):
    """The first byte and the payload of the next frame. The server must not mask, nor set a reserved bit."""
    first, second = connection.take(2)
    equal(first & 0x70, 0, "the reserved bits")
    equal(second & 0x80, 0, "the mask bit")
    length = second & 0x7F
    if length == 126:
        length = struct.unpack("!H", connection.take(2))[0]
        require(length > 125, "a length that is not minimal")
    elif length == 127:
        length = struct.unpack("!Q", connection.take(8))[0]
        require(length > 0xFFFF, "a length that is not minimal")
    return first, connection.take(length)


def closed(connection):
    """The code and reason of the Close frame that comes next."""
    opcode, payload = receive(connection)
    equal(opcode, CLOSE, "the opcode")
    return (struct.unpack("!H", payload[:2])[0], payload[2:].decode()) if payload else (None, "")
