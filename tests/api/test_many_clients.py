"""Hundreds of clients at once, each with a connection that stays open: all are answered, rightly and in bounded time."""

import asyncio
import json
import os
import pathlib
import re
import signal

import pytest

import harness
import raw

BOUND_S = 60


async def ask(reader, writer, path):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status = int(head.split()[1])
    length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
    return status, (await reader.readexactly(length)).decode()


async def crowd(server, clients, paths):
    """Every client opens its connection and waits until all have; then each asks all paths, one after the other."""
    gate = asyncio.Barrier(clients)

    async def client(number):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        await gate.wait()
        answers = [await ask(reader, writer, path) for path in paths(number)]
        writer.close()
        return answers

    return await asyncio.gather(*(client(number) for number in range(clients)))


def run(server, clients, paths):
    async def bounded():
        async with asyncio.timeout(BOUND_S):
            return await crowd(server, clients, paths)

    return asyncio.run(bounded())


@pytest.mark.parametrize("clients", [128, 129, 256, 500])
def test_all_are_told_that_the_server_lives(server, clients):
    answers = run(server, clients, lambda number: ["/livez"] * 10)
    assert answers == [[(200, "ok\n")] * 10] * clients


@pytest.mark.parametrize("clients", [128, 256])
def test_all_get_the_same_kpi(server, clients):
    expected = server.get("/v1/kpis/sales-by-region").json()["data"]
    for answers in run(server, clients, lambda number: ["/v1/kpis/sales-by-region"] * 2):
        for status, text in answers:
            assert status == 200
            assert json.loads(text)["data"] == expected


def test_each_gets_the_answer_to_its_own_question(server):
    """Different ranges at once: no answer ends up on another's connection."""
    months = [f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13)]

    def paths(number):
        month = months[number % len(months)]
        return [f"/v1/kpis/order-count?from={month}&to={month}", "/livez"]

    expected = {month: server.get(f"/v1/kpis/order-count?from={month}&to={month}").json()["data"] for month in months}
    for number, answers in enumerate(run(server, 256, paths)):
        answer = json.loads(answers[0][1])
        month = months[number % len(months)]
        assert answer["parameters"]["from"] == f"{month}-01"
        assert answer["data"] == expected[month]
        assert answers[1] == (200, "ok\n")


def test_the_light_is_not_kept_waiting_by_the_heavy(server):
    """While 100 clients wait for pipelines, /livez is answered again and again: it does not stand in their line."""

    async def both():
        heavy = asyncio.create_task(crowd(server, 100, lambda number: [f"/v1/kpis/sales-by-product?limit={number + 1}"]))
        answered = 0
        while not heavy.done():
            reader, writer = await asyncio.open_connection(server.host, server.port)
            assert await ask(reader, writer, "/livez") == (200, "ok\n")
            writer.close()
            answered += 1
            await asyncio.sleep(0.01)
        return await heavy, answered

    answers, answered = asyncio.run(asyncio.wait_for(both(), BOUND_S))
    assert all(status == 200 for ((status, _),) in answers)
    assert answered > 5


def test_more_than_may_wait_are_told_to_come_back(engine_uri, database):
    with harness.Server(engine_uri, database, "--workers", "1", "--queue", "2") as server:
        answers = run(server, 64, lambda number: [f"/v1/kpis/sales-by-product?limit={number + 1}"])
        statuses = [status for ((status, _),) in answers]
        assert set(statuses) == {200, 503}
        refused = next(text for ((status, text),) in answers if status == 503)
        assert json.loads(refused)["title"] == "Service Unavailable"
        assert server.get("/v1/kpis/sales-by-product").status_code == 200


def test_a_refusal_says_when_to_come_back(engine_uri, database):
    """503 has Retry-After: a number of seconds, not the same for all."""
    with harness.Server(engine_uri, database, "--workers", "1", "--queue", "1") as server:

        async def heads():
            async def one(number):
                reader, writer = await asyncio.open_connection(server.host, server.port)
                writer.write(f"GET /v1/kpis/sales-by-product?limit={number + 1} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                writer.close()
                return head

            return await asyncio.gather(*(one(number) for number in range(100)))

        waits = set()
        for head in asyncio.run(asyncio.wait_for(heads(), BOUND_S)):
            if head.split()[1] == "503":
                waits.add(int(head.lower().split("retry-after:")[1].split("\r\n")[0]))
        assert len(waits) > 1 and all(1 <= wait <= 60 for wait in waits)


def sockets_by_epoll_set(pid):
    """For each epoll set of a process, the ports of the peers of the TCP sockets in it."""
    proc = pathlib.Path("/proc", str(pid))
    peers = {}
    for line in (proc / "net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        peers[f"socket:[{fields[9]}]"] = int(fields[2].split(":")[1], 16)
    sets = []
    for info in (proc / "fdinfo").iterdir():
        members = re.findall(r"^tfd:\s*(\d+)", info.read_text(), re.MULTILINE)
        links = [os.readlink(proc / "fd" / member) for member in members]
        sets.append({peers[link] for link in links if peers.get(link)})
    return sets


def test_128_requests_that_are_there_at_once_are_all_answered(engine_uri, database):
    """While the server is held still, 128 requests arrive for one of its threads. That is as many events as libmicrohttpd
    asks for at a time: it then waits for more before it serves any, for as long as a connection may be idle."""
    with harness.Server(engine_uri, database) as server:
        connections = [raw.Connection(server.address, timeout=10) for _ in range(400)]
        try:
            for connection in connections:
                assert connection.ask("/livez").status_code == 200
            ports = max(sockets_by_epoll_set(server.process.pid), key=len)
            one_thread = [c for c in connections if c.socket.getsockname()[1] in ports][:128]
            assert len(one_thread) == 128
            for _ in range(8):
                os.kill(server.process.pid, signal.SIGSTOP)
                for connection in one_thread:
                    connection.send("GET /livez HTTP/1.1\r\nHost: test\r\n\r\n")
                os.kill(server.process.pid, signal.SIGCONT)
                assert [connection.read().status_code for connection in one_thread] == [200] * 128
        finally:
            for connection in connections:
                connection.close()
