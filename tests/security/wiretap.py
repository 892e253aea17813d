"""A tap on the wire between a program and the engine: lets everything through, and knows every command that was sent."""

import socket
import struct
import threading

import bson

from engine_wire import EngineWire

OP_QUERY, OP_MSG = 2004, 2013


def commands_of(message, opcode):
    """The command documents of a message (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/)."""
    if opcode == OP_MSG:
        at = 4
        while at < len(message) and message[at] == 0:
            size = struct.unpack_from("<i", message, at + 1)[0]
            yield bson.decode(message[at + 1:at + 1 + size])
            at += 1 + size
    elif opcode == OP_QUERY:
        yield bson.decode(message[message.index(b"\0", 4) + 1 + 8:])
    else:
        yield {f"opcode {opcode}": 1}


class Wiretap:
    def __init__(self, engine_uri):
        self.engine = EngineWire(engine_uri)
        self.commands = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.uri = self.engine.uri_through(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            engine = self.engine.connect()
            threading.Thread(target=self._forward, args=[client, engine, True], daemon=True).start()
            threading.Thread(target=self._forward, args=[engine, client, False], daemon=True).start()

    def _forward(self, source, sink, listens):
        kept = b""
        try:
            while data := source.recv(65536):
                if listens:
                    kept = self._note(kept + data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _note(self, data):
        while len(data) >= 16 and len(data) >= (size := struct.unpack_from("<i", data)[0]):
            self.commands.extend(commands_of(data[16:size], struct.unpack_from("<i", data, 12)[0]))
            data = data[size:]
        return data

    def close(self):
        self.listener.close()
