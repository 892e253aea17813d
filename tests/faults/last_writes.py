"""A program that is killed just before one of its writes: at a moment that no clock would find."""

import struct
import threading

from proxy import Fault, Proxy


class Writes(Fault):
    """Counts the updates of some collections that pass, and kills the program before that of the number `last`."""

    def __init__(self, *collections, last=None):
        names = [name.encode() + b"\x00" for name in collections]
        self.marks = [b"\x02update\x00" + struct.pack("<i", len(name)) + name for name in names]
        self.last, self.count, self.process, self.lock = last, 0, None, threading.Lock()

    def request(self, data):
        with self.lock:
            self.count += any(mark in data for mark in self.marks)
            if self.last is None or self.count < self.last:
                return [data]
        self.process.kill()
        return [None]

    def watch(self, engine_uri, start):
        """Runs what start(uri) starts. Its exit status."""
        with Proxy(engine_uri).open() as proxy:
            proxy.fault = self
            self.process = start(proxy.uri)
            return self.process.wait(120)
