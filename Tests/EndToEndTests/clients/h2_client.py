"""A client of HTTP/2 over Python's h2, which checks what the server sends by itself."""

import json
import ssl
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from wire import Ended, Failed, equal, insecure, open_socket, poll, require


class Answer:
    """What has come of one stream."""

    def __init__(self):
        self.status = None
        self.fields = []
        self.body = bytearray()
        self.informational = []
        self.trailers = []
        self.ended = False
        self.reset = None

    def __getitem__(self, name):
        values = [value for field, value in self.fields if field == name.lower()]
        require(len(values) <= 1, f"{name} stands there {len(values)} times")
        return values[0] if values else None

    def __str__(self):
        end = "whole" if self.ended else f"cut off: {self.reset}" if self.is_over else "not over"
        return f"{self.status} with {len(self.body)} bytes, {end}"

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def is_over(self):
        return self.ended or self.reset is not None

    @property
    def is_cut(self):
        """It was given up before its end, and can be seen to have been."""
        return self.reset is not None and not self.ended


class Client:
    """One connection. Everything is done in the caller's thread: whoever waits, reads."""

    def __init__(self, server, secure=False, timeout=10, validate=True, acknowledges=True, receive_buffer=None):
        context = None
        if secure:
            context = insecure()
            context.set_alpn_protocols(["h2", "http/1.1"])
        self.secure = secure
        self.sock = open_socket(
            server.https if secure else server.http, timeout, secure=secure, context=context,
            receive_buffer=receive_buffer)
        if secure:
            equal(self.sock.selected_alpn_protocol(), "h2", "the protocol")
        self.timeout = timeout
        #: Whether windows are given back by themselves.
        self.acknowledges = acknowledges
        config = h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=validate,
            normalize_outbound_headers=validate)
        self.h2 = h2.connection.H2Connection(config=config)
        self.answers = {}
        self.buffer = b""
        self.goodbye = None
        self.is_closed = False
        self.pongs = []
        self.h2.initiate_connection()
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.sock.sendall(data)

    def raw(self, data):
        self.sock.sendall(data)

    # Requests

    def open(self, path="/", method="GET", fields=(), end=True, authority="127.0.0.1", extra=()):
        """Sends a request's fields: the number of its stream."""
        number = self.h2.get_next_available_stream_id()
        scheme = "https" if self.secure else "http"
        head = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path), *extra]
        self.answers[number] = Answer()
        self.h2.send_headers(number, [*head, *fields], end_stream=end)
        self.flush()
        return number

    def send(self, number, data, end=False):
        """Sends content as fast as the windows allow, for as long as it is wanted."""
        view = memoryview(data)
        while (len(view) or end) and self.answers[number].reset is None:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(view))
            if room == 0 and len(view):
                if not self.read():
                    return
                continue
            self.h2.send_data(number, bytes(view[:room]), end_stream=end and room == len(view))
            self.flush()
            view = view[room:]
            if not len(view):
                return

    def get(self, path="/", method="GET", fields=(), body=None, **options):
        """One request, and its whole answer."""
        number = self.open(path, method, fields, end=body is None, **options)
        if body is not None:
            self.send(number, body, end=True)
        return self.wait(number)

    # Answers

    def read(self):
        """Takes what arrives next. False at the end of the connection."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLEOFError):
            data = b""
        if not data:
            self.is_closed = True
            for answer in self.answers.values():
                if not answer.is_over:
                    answer.reset = "the connection ended"
            return False
        self.buffer += data
        # Frame by frame: h2 takes nothing more once it has seen GOAWAY, after which streams go on (RFC 9113 §6.8).
        while len(self.buffer) >= 9 and len(self.buffer) >= (end := 9 + int.from_bytes(self.buffer[:3], "big")):
            one, self.buffer = self.buffer[:end], self.buffer[end:]
            for event in self.h2.receive_data(one):
                self.take(event)
            if self.goodbye:
                self.h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        self.flush()
        return True

    def take(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.InformationalResponseReceived):
            answer.informational.append((int(dict(event.headers)[":status"]), event.headers[1:]))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.status = int(dict(event.headers)[":status"])
            answer.fields = event.headers[1:]
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = event.headers
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.acknowledges and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            if answer:
                answer.reset = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goodbye = event
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs.append(event.ping_data)

    def until(self, condition, what, timeout=None):
        """Reads until something is so."""
        end = time.monotonic() + (timeout or self.timeout)
        while not condition():
            require(time.monotonic() < end, f"{what} did not come")
            require(not self.is_closed, f"the connection ended before {what} came")
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.read()
            except TimeoutError:
                raise Failed(f"{what} did not come") from None

    def wait(self, number, timeout=None):
        answer = self.answers[number]
        self.until(lambda: answer.is_over, f"the answer on stream {number}", timeout)
        return answer

    def ends(self, timeout=5):
        """The server closes the connection."""
        end = time.monotonic() + timeout
        while not self.is_closed:
            require(time.monotonic() < end, f"the connection is still open after {timeout} s")
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.read()
            except TimeoutError:
                raise Failed(f"the connection is still open after {timeout} s") from None


class Tunnel:
    """A WebSocket's bytes on a stream, as frames.py wants them."""

    def __init__(self, client, path="/ws", fields=()):
        self.client = client
        self.number = client.open(
            path, "CONNECT", [("sec-websocket-version", "13"), *fields], end=False, extra=[(":protocol", "websocket")])
        self.answer = client.answers[self.number]
        self.taken = 0
        client.until(lambda: self.answer.status is not None or self.answer.is_over, "the answer to CONNECT")
        self.is_open = self.answer.status == 200 and not self.answer.ended
        if not self.is_open:
            client.wait(self.number)

    def send(self, data):
        self.client.send(self.number, data)
        return self

    def take(self, count):
        self.client.until(lambda: len(self.answer.body) - self.taken >= count or self.answer.is_over, f"{count} bytes")
        if len(self.answer.body) - self.taken < count:
            raise Ended(f"the stream ended in a frame: {self.answer}")
        self.taken += count
        return bytes(self.answer.body[self.taken - count:self.taken])

    def ends(self, within=5):
        """The server ends the stream, and sends nothing more."""
        self.client.wait(self.number, within)
        equal(self.answer.body[self.taken:], b"", "bytes before the stream's end")

    def is_left(self):
        """The server ends the stream, however it does."""
        self.client.wait(self.number)

    def poll(self, seconds):
        """Waits that long at the most for something from the server. Whether it has come, or the end."""
        has_come = lambda: len(self.answer.body) > self.taken or self.answer.is_over
        return poll(self.client.sock, seconds, has_come, self.client.read)

    def abandon(self):
        self.client.h2.reset_stream(self.number, h2.errors.ErrorCodes.CANCEL)
        self.client.flush()


def frame(kind, flags=0, stream=0, payload=b""):
    """The bytes of a frame."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
