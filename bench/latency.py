"""What kpi-server adds to a pipeline: against a bare libmongoc program that runs the same one; when many ask for the same at
once; and to hits, while slow misses run."""

import concurrent.futures
import contextlib
import json
import statistics
import subprocess
import threading
import time

import programs
import serving
import wrk
from report import Table, median_ratio, number

# Of every kind: few rows and many, one stage and many, orders and lines.
KPIS = [
    "sales-summary", "sales-by-region", "sales-by-city", "sales-by-product", "sales-over-time", "sales-by-customer",
    "average-order-value", "delivery-time", "new-vs-returning",
]  # fmt: skip
BUDGET_MS = 10
PAIRS_MOST, PAIRS_SECONDS = 200, 4
ROUNDS_MOST = 3
CLIENTS = 64
SLOW = "/v1/kpis/sales-by-customer?limit={}"
HIT = "/v1/kpis/sales-by-region"
MISSES_AT_ONCE = 4
ROWS_MOST = 10_000  # that may be asked for
# A round's p99 beside misses or bare programs is 0.4 ms or 4, as the engine happens to fill both cores or not: few rounds say
# nothing.
PACED_CONNECTIONS, PAUSE_MS, SECONDS, PACED_ROUNDS = 16, 10, 5, 8


class Asker:
    """A program that does something once for each line, and tells the seconds that it took and how much came."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen(
            [programs.BUILD / "bench" / name, *map(str, arguments)],
            env=programs.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def seconds(self):
        self.process.stdin.write("\n")
        line = self.process.stdout.readline().split()
        if not line or line[1] == "0":
            raise RuntimeError(f"{self.process.args[0].name} found nothing, or ended")
        return float(line[0])

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class BareQuery(Asker):
    """With the pipeline that kpi-server runs for a path."""

    def __init__(self, database, wire, path):
        explained = wire.json(path + ("&" if "?" in path else "?") + "explain=true")["explain"]
        self.source = explained["source"]
        file = programs.WORK / f"pipeline-{path.split('/')[-1].split('?')[0]}.json"
        file.write_text(json.dumps(explained["pipeline"]))
        super().__init__("bare_query", database, explained["collection"], file)


def added(database, say):
    """KPI -> its source, seconds of kpi-server, seconds of the bare program: pairs, one right after the other."""
    found = {}
    with serving.kpi_server(database, "--cache-mb", "0") as server:
        for kpi in KPIS:
            say(kpi)
            path = f"/v1/kpis/{kpi}"
            with server.wire() as wire, contextlib.ExitStack() as stack:
                bare, client = (stack.enter_context(contextlib.closing(a)) for a in (BareQuery(database, wire, path), Asker("ask", wire.port, path)))
                found[kpi] = bare.source, *pairs(client.seconds, bare.seconds)
    return found


def pairs(one, other):
    first, second = [], []
    one(), other()
    until = time.monotonic() + PAIRS_SECONDS
    while len(first) < 5 or (len(first) < PAIRS_MOST and time.monotonic() < until):
        # In turns, so that neither always comes behind the other.
        if len(first) % 2:
            first.append(one())
            second.append(other())
        else:
            second.append(other())
            first.append(one())
    return first, second


def pipelines_run(wire, kpi):
    name = f'kpi_pipeline_seconds_count{{kpi="{kpi}"}} '
    lines = wire.get("/metrics")[1].decode().splitlines()
    return sum(int(line.removeprefix(name)) for line in lines if line.startswith(name))


def stampede(database, rounds, say):
    """Of each round: pipelines run, seconds of the slowest client, seconds of one client alone."""
    found = []
    with serving.kpi_server(database) as server, contextlib.ExitStack() as stack:
        wires = [stack.enter_context(server.wire()) for _ in range(CLIENTS)]
        for i in range(rounds):
            say(f"{CLIENTS} clients at once, round {i + 1} of {rounds}")
            alone = wires[0].get(SLOW.format(1000 + 2 * i))[0]
            before = pipelines_run(wires[0], "sales-by-customer")
            seconds, bodies = at_once(wires, SLOW.format(1001 + 2 * i))
            if len(bodies) != 1:
                raise RuntimeError("clients that asked at once got different answers")
            found.append((pipelines_run(wires[0], "sales-by-customer") - before, seconds, alone))
    return found


def at_once(wires, path):
    """Seconds of the slowest, and the set of what they got."""
    together = threading.Barrier(len(wires))

    def ask(wire):
        together.wait()
        return wire.get(path)

    with concurrent.futures.ThreadPoolExecutor(len(wires)) as threads:
        answers = list(threads.map(ask, wires))
    return max(seconds for seconds, _ in answers), {body for _, body in answers}


class Beside:
    """Functions that are called again and again, each in a thread of its own, until the block ends."""

    def __init__(self, functions):
        self.functions, self.stop, self.calls, self.errors = functions, threading.Event(), 0, []

    def _repeat(self, function):
        try:
            while not self.stop.is_set():
                function()
                self.calls += 1
        except Exception as error:
            self.errors.append(error)

    def __enter__(self):
        self.threads = [threading.Thread(target=self._repeat, args=(function,)) for function in self.functions]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise self.errors[0]


class Misses:
    """Asks for what has not been asked for yet."""

    def __init__(self, wire, numbers):
        self.wire, self.numbers = wire, numbers

    def __call__(self):
        self.wire.get(SLOW.format(next(self.numbers)))


CASES = {
    "alone": "hits, nothing else",
    "others": f"hits, while {MISSES_AT_ONCE} bare programs run those pipelines on the same engine",
    "misses": f"**hits, while {MISSES_AT_ONCE} misses run at a time**",
}


def beside_misses(database, rounds, say):
    """Case -> a Load of each round; and how many misses there were. No number of rows is asked for twice."""
    loads, misses = {case: [] for case in CASES}, 0
    numbers = [iter(range(1000 + n, ROWS_MOST + 1, rounds * MISSES_AT_ONCE)) for n in range(rounds * MISSES_AT_ONCE)]
    with serving.kpi_server(database) as server, contextlib.ExitStack() as stack:
        with server.wire() as wire:
            wire.get(HIT)  # from now on it is a hit
            bare = [stack.enter_context(contextlib.closing(BareQuery(database, wire, SLOW.format(999)))) for _ in range(MISSES_AT_ONCE)]
        for i in range(rounds):
            say(f"hits beside misses, round {i + 1} of {rounds}")
            with contextlib.ExitStack() as short:
                wires = [short.enter_context(server.wire()) for _ in range(MISSES_AT_ONCE)]
                asks = [Misses(wire, numbers.pop()) for wire in wires]
                jobs = {"alone": [], "others": [query.seconds for query in bare], "misses": asks}
                for case in programs.turns(jobs, i):
                    with Beside(jobs[case]) as beside:
                        loads[case].append(wrk.run(server, HIT, PACED_CONNECTIONS, SECONDS, pause_ms=PAUSE_MS))
                    misses += beside.calls if case == "misses" else 0
    return loads, misses


def run(orders, rounds, say):
    rounds = min(rounds, ROUNDS_MOST)
    with programs.database("latency") as database:
        programs.load(database, programs.generate(orders), options=programs.TO_SERVE)
        of_kpis = added(database, say)
        of_stampede = stampede(database, rounds, say)
        of_hits = beside_misses(database, PACED_ROUNDS, say)
    return render(of_kpis, of_stampede, of_hits, orders, rounds)


def median_ms(values):
    return f"{statistics.median(values) * 1e3:.1f} ms"


def added_table(of_kpis):
    table = Table("computed for each request", "source", "bare libmongoc program", "kpi-server", "ratio", "pairs")
    for kpi, (source, ours, bare) in of_kpis.items():
        table.row(kpi, source, median_ms(bare), median_ms(ours), f"{median_ratio(ours, bare):.3f} ×", str(len(ours)))
    return table


def hits_table(loads):
    table = Table("hits", "requests/s", "median", "p99", "p99 of that alone")
    for case, text in CASES.items():
        rate, p50, p99 = (statistics.median(getattr(load, field) for load in loads[case]) for field in ("rate", "p50_us", "p99_us"))
        ratio = p99_ratio(loads, case, "alone")
        table.row(text, number(round(rate)), f"{p50 / 1e3:.2f} ms", f"{p99 / 1e3:.2f} ms", f"{ratio:.2f} ×")
    return table


def p99_ratio(loads, one, other):
    return median_ratio([load.p99_us for load in loads[one]], [load.p99_us for load in loads[other]])


def render(of_kpis, of_stampede, of_hits, orders, rounds):
    loads, misses = of_hits
    runs, slowest, alone = zip(*of_stampede)
    long = [median_ratio(ours, bare) for _, ours, bare in of_kpis.values() if statistics.median(bare) * 1e3 >= BUDGET_MS]
    budgets = Table("budget", "wanted", "measured", "")
    if long:
        what = f"kpi-server / bare program, the most of {len(long)} pipelines of {BUDGET_MS} ms or more"
        budgets.check(what, 1.05, max(long), at_least=False)
    budgets.check(f"pipelines run for {CLIENTS} clients at once, cold", 1, max(runs), at_least=False)
    budgets.check("p99 of hits while misses run / alone", 2, p99_ratio(loads, "misses", "alone"), at_least=False)
    return "\n\n".join([
        f"{number(orders)} orders. The bare program runs the pipeline that `explain=true` shows and reads its rows; pairs of requests, "
        "one right after the other, medians of each pair's ratio. kpi-server is asked by a bare client over HTTP.",
        str(added_table(of_kpis)),
        f"{CLIENTS} clients at once ask for what is not there yet (sales-by-customer; {rounds} rounds): {max(runs)} "
        f"pipeline{'' if max(runs) == 1 else 's'} run; the slowest had its answer after {median_ms(slowest)}, one client "
        f"alone after {median_ms(alone)}.",
        f"{PACED_CONNECTIONS} connections ask for what is there, each {PAUSE_MS} ms after its last answer, for {SECONDS} s; "
        f"{PACED_ROUNDS} rounds, interleaved. {number(misses)} misses in all (sales-by-customer). Engine, "
        "server and clients share the cores: what the second "
        "line has above the first is the engine's work, not the server's.",
        str(hits_table(loads)),
        str(budgets),
    ])
