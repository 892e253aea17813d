"""A gate before the engine: a local TCP port that lets its traffic through, holds it back, or is away."""

import selectors
import socket
import threading

from engine_wire import EngineWire


class Gate:
    def __init__(self, engine_uri, holds=b""):
        """holds: only answers to commands with this word in them are held back, such as b"aggregate"."""
        self.holds = holds
        self.engine = EngineWire(engine_uri)
        self.bytes_asked = 0
        self.flowing = threading.Event()  # clear: answers of the engine are held back
        self.flowing.set()
        self.lock = threading.Lock()
        self.open_sockets = set()
        self.listener = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.uri = self.engine.uri_through(self.port)

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()
        return self

    def shut(self):
        """As an engine that was killed: nobody listens, all connections are cut."""
        with self.lock:
            if self.listener:
                self.listener.shutdown(socket.SHUT_RDWR)
                self.listener.close()
                self.listener = None
            for one in self.open_sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=[client], daemon=True).start()

    def _forward(self, client):
        with client, self.engine.connect() as engine, selectors.DefaultSelector() as ready:
            with self.lock:
                self.open_sockets |= {client, engine}
            ready.register(client, selectors.EVENT_READ, engine)
            ready.register(engine, selectors.EVENT_READ, client)
            asked = b""
            try:
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        if key.fileobj is client:
                            self.bytes_asked += len(data)
                            asked = data
                        elif self.holds in asked:
                            self.flowing.wait()
                        key.data.sendall(data)
            except OSError:
                return
            finally:
                with self.lock:
                    self.open_sockets -= {client, engine}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.flowing.set()
        self.shut()
