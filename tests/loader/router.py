"""A stand-in for mongos: a local port before the engine that gives itself out for one.

It says `isdbgrid` as mongos does, takes the commands that only a cluster knows, and passes all else on; what belongs to a transaction without the fields
that say so, as the engine has none. So it proves what kpi-load sends, in which order, and that the data are right if a cluster does with it
what MongoDB's manual says. It proves nothing of a cluster."""

import contextlib
import itertools
import socket
import struct
import threading

import bson

from engine_wire import EngineWire

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
OF_TRANSACTIONS = ("startTransaction", "autocommit", "txnNumber")


class Closed(Exception):
    pass


def receive(sock, n):
    data = b""
    while len(data) < n:
        if not (more := sock.recv(n - len(data))):
            raise Closed
        data += more
    return data


def receive_message(sock):
    """Header (request, in answer to, kind) and what follows it."""
    size, *header = struct.unpack("<iiii", receive(sock, 16))
    return header, receive(sock, size - 16)


def send_message(sock, header, payload):
    sock.sendall(struct.pack("<iiii", len(payload) + 16, *header) + payload)


def body_of(payload):
    """The command of an OP_MSG, and what follows it: sections of documents."""
    assert payload[4] == 0
    size = struct.unpack_from("<i", payload, 5)[0]
    return bson.decode(payload[5 : 5 + size]), payload[5 + size :]


def documents_of(rest):
    """The documents of the sections behind a command."""
    found = []
    while rest and rest[0] == 1:
        size = struct.unpack_from("<i", rest, 1)[0]
        section, rest = rest[5 : 1 + size], rest[1 + size :]
        found += bson.decode_all(section[section.index(b"\0") + 1 :])
    return found


class Router:
    def __init__(self, engine_uri, sharded=(), refusal=None):
        """sharded: names of collections that config.collections has. refusal: a code that shardCollection is answered with."""
        self.engine = EngineWire(engine_uri)
        self.sharded, self.refusal = set(sharded), refusal
        self.commands = []  # each with its documents under "documents"
        self.numbers = itertools.count(1_000_000)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.uri = "mongodb://127.0.0.1:%d/" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def named(self, *names):
        return [command for command in self.commands if next(iter(command)) in names]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client):
        """One request after the other, as the driver sends them on a connection."""
        with client, self.engine.connect() as engine, contextlib.suppress(Closed, OSError):
            while True:
                header, payload = receive_message(client)
                own = self._take(payload) if header[2] == OP_MSG else None
                if own is not None:
                    answer = struct.pack("<i", 0) + b"\0" + bson.encode(own)
                    send_message(client, (next(self.numbers), header[0], OP_MSG), answer)
                    continue
                is_hello = header[2] == OP_QUERY or next(iter(body_of(payload)[0])).lower() in ("hello", "ismaster")
                send_message(engine, header, self._plain(payload) if header[2] == OP_MSG else payload)
                header, payload = receive_message(engine)
                send_message(client, header, self._as_router(header[2], payload) if is_hello else payload)

    def _take(self, payload):
        """Notes a command; the answer to one that the engine does not know."""
        command, rest = body_of(payload)
        name = next(iter(command))
        self.commands.append(command | {"documents": documents_of(rest)})
        if name == "shardCollection" and self.refusal:
            return {"ok": 0.0, "code": self.refusal, "codeName": "Refused", "errmsg": "refused by the test"}
        if name == "shardCollection":
            self.sharded.add(command[name])
        if name == "find" and command["$db"] == "config":
            found = [{"_id": one} for one in self.sharded if one == command["filter"]["_id"]]
            return {"ok": 1.0, "cursor": {"id": bson.Int64(0), "ns": "config.collections", "firstBatch": found}}
        if name in ("enableSharding", "shardCollection", "commitTransaction", "abortTransaction"):
            return {"ok": 1.0}
        return None

    @staticmethod
    def _plain(payload):
        command, rest = body_of(payload)
        if not any(field in command for field in OF_TRANSACTIONS):
            return payload
        command = {key: value for key, value in command.items() if key not in (*OF_TRANSACTIONS, "lsid")}
        return payload[:4] + b"\0" + bson.encode(command) + rest

    @staticmethod
    def _as_router(kind, payload):
        start = 20 if kind == OP_REPLY else 5
        hello = bson.decode(payload[start:]) | {"msg": "isdbgrid", "logicalSessionTimeoutMinutes": 30}
        for field in ("setName", "hosts", "me", "primary", "topologyVersion"):
            hello.pop(field, None)
        return payload[:start] + bson.encode(hello)
