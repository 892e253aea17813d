"""Thousands of connections that say nothing, or a byte now and then: they are ended when their time is up, and others are served."""

import asyncio
import contextlib
import resource
import time

import harness
from gauge_process import open_files
from load import Load, Truth, slowest, statuses
from raw import Connection

IDLE_S = 4
MORE_S = 15  # the server looks once a second; the machine may be busy


class Crowd:
    """Connections, of which one half says nothing and the other begins a request that never ends."""

    def __init__(self, server, clients):
        self.server, self.clients, self.times = server, clients, []

    async def _client(self, number):
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port)
        begun = time.monotonic()
        dripping = asyncio.create_task(self._drip(writer)) if number % 2 else None
        try:
            got = await reader.read(100)
            assert got == b"" or b" 503 " in got or b" 408 " in got, got
        except ConnectionResetError:
            pass
        self.times.append(time.monotonic() - begun)
        if dripping:
            dripping.cancel()
        writer.close()

    async def _drip(self, writer):
        writer.write(b"GET /v1/kpis/total-sales HTTP/1.1\r\nHost: test\r\nX-Slow: ")
        while not writer.is_closing():
            await asyncio.sleep(0.5)
            writer.write(b"x")

    def run(self):
        async def all_of_them():
            async with asyncio.timeout(IDLE_S + MORE_S + 60):
                await asyncio.gather(*(self._client(number) for number in range(self.clients)))

        asyncio.run(all_of_them())


def test_2000_idle_and_slow_clients(engine_uri, mongo, database, much, record):
    clients, rounds, times = 2000, much(1, 10), []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, clients + 500)), hard))
    with harness.Server(engine_uri, database, "--idle-timeout", str(IDLE_S)) as server:
        with Load(server, Truth(mongo[database])) as load:
            load.flow()
            for _ in range(rounds):
                crowd = Crowd(server, clients)
                crowd.run()
                times += crowd.times
            load.flow()
        assert not [line for line in server.lines if "level=error" in line]
    assert len(times) == clients * rounds and max(times) < IDLE_S + MORE_S
    assert {a.status for a in load.answers} == {200}, statuses(load.answers)
    assert slowest(load.answers) < 10
    record(
        "idle connections and headers that drip", f"{rounds} × {clients:,}, one half each; --idle-timeout {IDLE_S}",
        f"ended after {max(times):.1f} s at most; meanwhile {statuses(load.answers)}, slowest {slowest(load.answers):.2f} s",
    )  # fmt: skip


def test_sockets_of_listeners_that_have_left_are_closed_though_others_are_idle(engine_uri, database):
    """libmicrohttpd alone would keep them until the connections that were idle before them have ended."""
    with harness.Server(engine_uri, database) as server, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(Connection(server.address)) for _ in range(8)]  # of both threads
        assert {connection.ask("/livez").status_code for connection in idle} == {200}
        time.sleep(2)  # the driver has opened what it opens
        before = open_files(server.process.pid)
        for _ in range(10):
            with Connection(server.address) as listener:
                listener.send("GET /v1/events HTTP/1.1\r\nHost: test\r\n\r\n")
                assert b"200" in listener.file.readline()
        end = time.monotonic() + 20  # far less than --idle-timeout
        while (now := open_files(server.process.pid)) > before:
            assert time.monotonic() < end, f"{before} files became {now}"
            time.sleep(0.1)
