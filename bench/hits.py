"""Answers that are ready: requests a second and what one costs, against a bare program of libmicrohttpd, nginx, and FastAPI with
the answer in a dict. And the same KPI computed for each request."""

import contextlib
import statistics

import programs
import serving
import wrk
from report import Table, median_ratio, number

PATH = "/v1/kpis/sales-by-region"
LARGE = "/v1/kpis/sales-by-state"  # large enough to be compressed
CONNECTIONS = [1, 64, 256]
SECONDS, WARM_SECONDS = 3, 1
ROUNDS_MOST = 3
GZIP = {"Accept-Encoding": "gzip"}


class Peers:
    """All that is measured, running side by side: name -> (server, path, headers of the request)."""

    def __init__(self, stack, database):
        self.stack, self.database = stack, database
        self.kpi = stack.enter_context(serving.kpi_server(database))
        self.plain, self.packed = self._answer(PATH), self._answer(LARGE, **GZIP)
        self.etag = {"If-None-Match": self.plain[0]["etag"]}
        self.unchanged = self._answer(PATH, 304, **self.etag)
        self.folder = programs.WORK / "answers"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.bare = {name: self._bare(name, answer) for name, answer in self._answers().items()}
        self.nginx = self._nginx() if serving.nginx_program() else None
        self.fastapi = stack.enter_context(self._fastapi())

    def _answers(self):
        return {"plain": (200, *self.plain), "gzip": (200, *self.packed), "304": (304, *self.unchanged)}

    def _answer(self, path, status=200, **headers):
        """Headers and body of a hit: the first request may be the one that computes it."""
        with self.kpi.wire() as wire:
            for _ in range(3):
                _, got, head, body = wire.ask(path, **headers)
        if got != status:
            raise RuntimeError(f"{path} is answered with {got}")
        return serving.shared_headers(head), body

    def _bare(self, name, answer):
        file = serving.write_answer(self.folder / name, *answer)
        return self.stack.enter_context(serving.bare_http(f"libmicrohttpd, {name}", file))

    def _nginx(self):
        return self.stack.enter_context(serving.nginx({PATH: self.plain[1], LARGE: b"", f"{LARGE}.gz": self.packed[1]}, self.plain[0]))

    def _fastapi(self):
        file = self.folder / "body"
        file.write_bytes(self.plain[1])
        return serving.python_service("fastapi_app", "FastAPI", BENCH_DB=self.database, BENCH_ANSWER=str(file))

    def hits(self):
        every = {
            "kpi-server": (self.kpi, PATH, {}),
            "bare": (self.bare["plain"], PATH, {}),
            "nginx": (self.nginx, PATH, {}),
            "FastAPI": (self.fastapi, "/bytes/sales-by-region", {}),
            "FastAPI, tutorial": (self.fastapi, "/tutorial/sales-by-region", {}),
        }
        return {name: peer for name, peer in every.items() if peer[0]}

    def packed_hits(self):
        every = {
            "kpi-server": (self.kpi, LARGE, GZIP),
            "bare": (self.bare["gzip"], LARGE, GZIP),
            "nginx": (self.nginx, LARGE, GZIP),
        }
        return {name: peer for name, peer in every.items() if peer[0]}

    def unchanged_hits(self):
        every = {"kpi-server": (self.kpi, PATH, self.etag), "bare": (self.bare["304"], PATH, self.etag)}
        if self.nginx:
            with self.nginx.wire() as wire:
                own = {"If-None-Match": wire.ask(PATH)[2]["etag"]}
            every["nginx"] = (self.nginx, PATH, own)
        return every


class Loads:
    """What was measured: (kind, connections, name) -> a Load of each round."""

    def __init__(self):
        self.all = {}

    def measure(self, kind, peers, connections, number_of_round, seconds):
        for name in programs.turns(peers, number_of_round):
            server, path, headers = peers[name]
            self.all.setdefault((kind, connections, name), []).append(wrk.run(server, path, connections, seconds, headers))

    def get(self, kind, connections, name, field):
        return [getattr(load, field) for load in self.all[kind, connections, name]]

    def ratio(self, kind, connections, one, other):
        """Of requests a second."""
        return median_ratio(self.get(kind, connections, one, "rate"), self.get(kind, connections, other, "rate"))


class Uncached:
    """The KPI computed for each request, one request after the other."""

    def __init__(self, stack, peers):
        self.seconds = {"kpi-server": [], "FastAPI": []}
        uncached = stack.enter_context(serving.kpi_server(peers.database, "--cache-mb", "0", name="kpi-server-uncached"))
        self.servers = {"kpi-server": (uncached, PATH), "FastAPI": (peers.fastapi, "/uncached/sales-by-region")}

    def measure(self, number_of_round):
        for name in programs.turns(self.servers, number_of_round):
            server, path = self.servers[name]
            with server.wire() as wire:
                self.seconds[name].append(statistics.median(wire.get(path)[0] for _ in range(3)))


def run(orders, rounds, say):
    rounds = min(rounds, ROUNDS_MOST)
    loads = Loads()
    with programs.database("http") as database, contextlib.ExitStack() as stack:
        programs.load(database, programs.generate(orders), options=programs.TO_SERVE)
        peers = Peers(stack, database)
        uncached = Uncached(stack, peers)
        warm_up(peers, say)
        for i in range(rounds):
            say(f"round {i + 1} of {rounds}")
            for connections in CONNECTIONS:
                loads.measure("plain", peers.hits(), connections, i, SECONDS)
            loads.measure("gzip", peers.packed_hits(), 64, i, SECONDS)
            loads.measure("304", peers.unchanged_hits(), 64, i, SECONDS)
            uncached.measure(i)
        return render(peers, loads, uncached, orders, rounds)


def warm_up(peers, say):
    say("each for a second, not measured")
    for group in (peers.hits(), peers.packed_hits(), peers.unchanged_hits()):
        Loads().measure("", group, 64, 0, WARM_SECONDS)


TEXTS = {
    "kpi-server": "**kpi-server**",
    "bare": "bare libmicrohttpd program, the same bytes and headers to every request",
    "nginx": "nginx, the same bytes as a file",
    "FastAPI": "FastAPI, finished bytes from a dict, asynchronous",
    "FastAPI, tutorial": "FastAPI as its tutorial writes it: the answer from a dict, which it makes JSON",
}


def load_table(loads):
    table = Table("what", "connections", "requests/s", "of kpi-server's", "CPU µs/request", "median", "p99", "over 2 s")
    for kind, connections, name in loads.all:
        rate, cpu, p50, p99 = (
            statistics.median(loads.get(kind, connections, name, field)) for field in ("rate", "cpu_us", "p50_us", "p99_us")
        )
        what = TEXTS[name] + ("" if kind == "plain" else f"; {'gzip' if kind == 'gzip' else '304, not modified'}")
        share = loads.ratio(kind, connections, name, "kpi-server")
        table.row(
            what,
            str(connections),
            number(round(rate)),
            f"{share:.3f} ×",
            f"{cpu:.1f}",
            f"{p50 / 1e3:.2f} ms",
            f"{p99 / 1e3:.2f} ms",
            str(sum(loads.get(kind, connections, name, "late"))),
        )
    return table


def budget_table(peers, loads):
    table = Table("budget", "wanted", "measured", "")
    for peer, wanted in [("bare", 0.85), ("nginx", 1), ("FastAPI", 100), ("FastAPI, tutorial", 100)]:
        for connections in CONNECTIONS:
            if peer in peers.hits():
                ratio = loads.ratio("plain", connections, "kpi-server", peer)
                table.check(f"kpi-server / {peer}, {connections} connections", wanted, ratio, at_least=True)
    return table


def render(peers, loads, uncached, orders, rounds):
    seconds = uncached.seconds
    limit, limit_of_tutorial = (
        max(loads.ratio("plain", connections, "bare", peer) for connections in CONNECTIONS) for peer in ("FastAPI", "FastAPI, tutorial")
    )
    table = Table("computed for each request, one after the other", "median", "of kpi-server's")
    for name, text in [("kpi-server", "**kpi-server --cache-mb 0**"), ("FastAPI", "FastAPI, PyMongo's AsyncMongoClient, from orders")]:
        table.row(text, f"{statistics.median(seconds[name]) * 1e3:.1f} ms", f"{median_ratio(seconds[name], seconds['kpi-server']):.3g} ×")
    missing = [] if peers.nginx else ["nginx is not there, and was not measured."]
    return "\n\n".join([
        f"{PATH} of {number(orders)} orders, {number(len(peers.plain[1]))} bytes; where gzip is asked for, {LARGE}, "
        f"{number(len(peers.packed[1]))} bytes; "
        f"wrk for {SECONDS} s on the same cores, {rounds} rounds, interleaved; medians, and medians of each round's ratios. All "
        "answer with two threads or processes; FastAPI runs on uvicorn with uvloop and httptools. CPU is that of the "
        "serving processes, the kernel's on their behalf included.",
        str(load_table(loads)),
        str(table),
        str(budget_table(peers, loads)),
        f"The bare program, which does nothing but read requests and write the one answer, reaches at most {limit:.1f} times the rate of "
        f"FastAPI with finished bytes, and {limit_of_tutorial:.1f} times that of the tutorial's: with its clients on "
        "the same cores, no server that uses this library can reach more.",
        *missing,
    ])
