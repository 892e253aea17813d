"""A wire before the engine that is cut, slow, or garbles what passes."""

import contextlib
import random
import selectors
import struct
import threading
import time

from gate import Gate

HEADER = 16  # of a message: its length, its number, that of the request, what kind it is
# Of a reply: its length, its kind, its flags, the kind of its section, and the length of the document in it.
FRAME = [*range(0, 4), *range(12, 25)]


class Proxy(Gate):
    """Forwards until a fault is set: an object whose reply(message) gives the pieces to send instead, None among them for an end of
    the connection. A reply is a whole message of the engine."""

    def __init__(self, engine_uri):
        super().__init__(engine_uri)
        self.fault = Fault()
        self.replies = 0

    def _forward(self, client):
        with client, self.engine.connect() as engine, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
            with self.lock:
                self.open_sockets |= {client, engine}
            try:
                self._pass_on(client, engine, ready)
            finally:
                with self.lock:
                    self.open_sockets -= {client, engine}

    def _pass_on(self, client, engine, ready):
        ready.register(client, selectors.EVENT_READ)
        ready.register(engine, selectors.EVENT_READ)
        waiting = b""
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(1 << 20)
                if not data:
                    return
                if key.fileobj is client:
                    pieces, to = self.fault.request(data), engine
                else:
                    messages, waiting = whole_messages(waiting + data)
                    self.replies += len(messages)
                    pieces, to = (piece for message in messages for piece in self.fault.reply(message)), client
                for piece in pieces:
                    if piece is None:
                        return
                    to.sendall(piece)


def whole_messages(data):
    messages = []
    while len(data) >= HEADER and len(data) >= (length := struct.unpack_from("<i", data)[0]):
        messages.append(data[:length])
        data = data[length:]
    return messages, data


class Fault:
    """None, until one of those below takes its place."""

    def request(self, data):
        return [data]

    def reply(self, message):
        return [message]


class Cut(Fault):
    """Ends the connection in the midst of a request or a reply, now and then."""

    def __init__(self, seed, share):
        self.luck, self.share, self.lock, self.count = random.Random(seed), share, threading.Lock(), 0

    def _cut(self, data):
        with self.lock:
            if self.luck.random() >= self.share:
                return [data]
            self.count += 1
            return [data[: self.luck.randrange(len(data) + 1)], None]

    request = reply = _cut


class Slow(Fault):
    """Replies come late, and a few bytes at a time."""

    def __init__(self, seconds, piece=None, pause=0.0):
        self.seconds, self.piece, self.pause = seconds, piece, pause

    def reply(self, message):
        time.sleep(self.seconds)
        step = self.piece or len(message)
        for at in range(0, len(message), step):
            yield message[at : at + step]
            time.sleep(self.pause)


class Flip(Fault):
    """Turns one bit of a reply over, now and then: one of its frame, or any."""

    def __init__(self, seed, share, frame_only=True):
        self.luck, self.share, self.frame_only, self.lock, self.count = random.Random(seed), share, frame_only, threading.Lock(), 0

    def reply(self, message):
        with self.lock:
            if self.luck.random() >= self.share:
                return [message]
            self.count += 1
            at = self.luck.choice(FRAME) if self.frame_only else self.luck.randrange(len(message))
            garbled = bytearray(message)
            garbled[at] ^= 1 << self.luck.randrange(8)
            return [bytes(garbled)]
