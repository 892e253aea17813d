"""The way to the engine, for what stands between it and a program under test."""

import socket
import urllib.parse


class EngineWire:
    def __init__(self, engine_uri):
        self.parts = urllib.parse.urlsplit(engine_uri)
        self.user, _, target = self.parts.netloc.rpartition("@")
        self.target = urllib.parse.unquote(target)

    def connect(self):
        if self.target.startswith("/"):
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self.target)
            return engine
        host, _, port = self.target.partition(",")[0].rpartition(":")
        return socket.create_connection((host, int(port)) if host else (port, 27017))

    def uri_through(self, port):
        """The engine's URI by that port of the loopback interface."""
        query = "&".join(filter(None, [self.parts.query, "directConnection=true"]))
        return f"mongodb://{self.user + '@' if self.user else ''}127.0.0.1:{port}/?{query}"
