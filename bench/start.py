"""How soon kpi-server answers after exec, and how much memory it holds, under load and with its cache full."""

import contextlib
import socket
import statistics
import subprocess
import time

import programs
import serving
import wrk
from report import Table, number

STARTS = 20
CACHE_MIB, BUDGET_MIB = 16, 32
HITS = "/v1/kpis/sales-by-region"
SECONDS, CONNECTIONS = 3, 256
# Answers of some 100 KB, each another one, together some times the cache.
FILL, FILLS = "/v1/kpis/sales-by-product?limit={}", 500
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def start_seconds(database):
    """From before fork and exec to the first bytes of an answer."""
    port = serving.free_port()
    command = list(map(str, serving.kpi_command(database, port)))
    environment = programs.environment()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=programs.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - start > serving.START_S:
                raise RuntimeError("kpi-server does not answer /livez")
        return time.perf_counter() - start
    finally:
        serving.end(process)


def answers(port):
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), serving.START_S) as wire:
        wire.sendall(LIVEZ)
        return wire.recv(64).startswith(b"HTTP/1.1 200 ")
    time.sleep(0.0005)
    return False


def evictions(wire):
    return sum(
        float(line.split()[1]) for line in wire.get("/metrics")[1].decode().splitlines() if line.startswith("kpi_cache_evictions_total")
    )


def fill(server, say):
    """Asks for many answers, plain and compressed, until the cache has let some go; says how many were asked for."""
    with server.wire() as wire:
        for i in range(FILLS):
            path = FILL.format(500 + i)
            wire.get(path)
            wire.get(path, **{"Accept-Encoding": "gzip"})
            if i % 50 == 49 and evictions(wire) > 100:
                return i + 1
    say("the cache was not filled to its bound")
    return FILLS


def run(orders, _rounds, say):
    memory = Table("memory of kpi-server", "resident", "at most")

    def note(text, server):
        memory.row(text, f"{server.memory() / 1024:.1f} MiB", f"{server.memory('VmHWM') / 1024:.1f} MiB")

    with programs.database("start") as database:
        programs.load(database, programs.generate(orders), options=programs.TO_SERVE)
        say(f"{STARTS} starts")
        seconds = [start_seconds(database) for _ in range(STARTS)]
        with serving.kpi_server(database, "--cache-mb", str(CACHE_MIB)) as server:
            note("after its start", server)
            say(f"{CONNECTIONS} connections")
            wrk.run(server, HITS, CONNECTIONS, SECONDS)
            note(f"after hits of {CONNECTIONS} connections for {SECONDS} s", server)
            say("filling the cache")
            count = fill(server, say)
            wrk.run(server, HITS, CONNECTIONS, SECONDS)
            note(f"after {count} other answers too, plain and compressed, and hits again", server)
            most = server.memory("VmHWM") / 1024
    return render(seconds, memory, most, orders)


def render(seconds, memory, most, orders):
    milliseconds = [s * 1e3 for s in seconds]
    budgets = Table("budget", "wanted", "measured", "")
    budgets.check("from exec to the first answer of /livez, median, ms", 50, statistics.median(milliseconds), at_least=False)
    budgets.check(f"memory at most, less the cache's {CACHE_MIB} MiB, MiB", BUDGET_MIB, most - CACHE_MIB, at_least=False)
    return "\n\n".join([
        f"{STARTS} starts on a database of {number(orders)} orders: {min(milliseconds):.1f} – {max(milliseconds):.1f} ms, median "
        f"{statistics.median(milliseconds):.1f} ms. Then one server with `--cache-mb {CACHE_MIB}`.",
        str(memory),
        str(budgets),
    ])
