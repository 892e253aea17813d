"""The Superstore file: kpi-server against the usual service over the same data, both computing each answer."""

import contextlib
import math
import os
import pathlib
import statistics

import programs
import serving
from report import Table, median_ratio, number

KPIS = ["total-sales", "sales-by-region", "sales-by-category", "sales-by-product", "sales-over-time", "sales-by-customer"]
# The usual service takes seconds for each.
ROUNDS_MOST = 2
ORDERS = 5_009  # of the real file, and of the sample in its place
REPEATS = 5
COLUMNS = ["sales", "profit", "units", "orders", "customers"]


def file(orders):
    """The real one where KPI_DATA names a folder that has it, else a sample of its size; and which it is."""
    real = pathlib.Path(os.environ.get("KPI_DATA", "/nonexistent")) / "superstore" / "superstore.csv"
    if real.exists():
        return real, "the real Superstore file"
    folder = programs.generate(orders, "superstore")
    return next(iter(sorted(folder.glob("*.csv")))), "a sample in the layout of the Superstore file"


class Pair:
    def __init__(self, stack, path):
        # Imported here: it connects to the database.
        os.environ["MONGODB_URI"] = programs.URI
        import superstore_service

        ours, theirs = (stack.enter_context(programs.database(f"superstore_{purpose}")) for purpose in ("ours", "theirs"))
        programs.load(ours, path, options=programs.TO_SERVE)
        self.lines = superstore_service.fill(programs.client[theirs], path)
        self.ours = stack.enter_context(serving.kpi_server(ours, "--cache-mb", "0"))
        self.theirs = stack.enter_context(serving.python_service("superstore_service", "FastAPI", BENCH_DB=theirs))
        with self.ours.wire() as wire:
            status = wire.json("/v1/status")
        self.days = f"from={status['first_day']}&to={status['last_day']}"

    def our_seconds(self, kpi):
        with self.ours.wire() as wire:
            return statistics.median(wire.get(f"/v1/kpis/{kpi}?{self.days}")[0] for _ in range(REPEATS))

    def their_seconds(self, kpi):
        with self.theirs.wire() as wire:
            return wire.get(f"/{kpi}?{self.days}")[0]

    def same(self, kpi):
        """Whether both tell the same, row by row, in the columns that both have."""
        with self.ours.wire() as ours, self.theirs.wire() as theirs:
            one, other = ours.json(f"/v1/kpis/{kpi}?{self.days}")["data"], theirs.json(f"/{kpi}?{self.days}")["data"]
        return all(
            math.isclose(a, b, abs_tol=0.005)
            for name in COLUMNS
            for a, b in zip(*(column(rows, name) for rows in (one, other)), strict=True)
        )


def column(rows, name):
    return sorted(row[name] for row in rows if name in row)


def run(orders, rounds, say):
    rounds = min(rounds, ROUNDS_MOST)
    path, what = file(orders)
    ours, theirs = ({kpi: [] for kpi in KPIS} for _ in range(2))
    with contextlib.ExitStack() as stack:
        pair = Pair(stack, path)
        differing = []
        for kpi in KPIS:
            say(f"{kpi}, not measured")
            if not pair.same(kpi):
                differing.append(kpi)
        for i in range(rounds):
            for kpi in KPIS:
                say(f"round {i + 1} of {rounds}: {kpi}")
                theirs[kpi].append(pair.their_seconds(kpi))
                ours[kpi].append(pair.our_seconds(kpi))
        return render(pair, what, ours, theirs, differing, rounds)


def render(pair, what, ours, theirs, differing, rounds):
    table = Table("KPI", "the usual service", "kpi-server", "ratio")
    for kpi in KPIS:
        ratio = median_ratio(theirs[kpi], ours[kpi])
        table.row(kpi, f"{statistics.median(theirs[kpi]) * 1e3:.0f} ms", f"{statistics.median(ours[kpi]) * 1e3:.1f} ms", f"{ratio:.0f} ×")
    budgets = Table("budget", "wanted", "measured", "")
    least = min(KPIS, key=lambda kpi: median_ratio(theirs[kpi], ours[kpi]))
    budgets.check(f"the usual service / kpi-server, the least: {least}", 20, median_ratio(theirs[least], ours[least]), at_least=True)
    return "\n\n".join([
        f"{what[0].upper()}{what[1:]}, {number(pair.lines)} lines, all its days; every answer is computed. The usual "
        "service: FastAPI on uvicorn, PyMongo's "
        "AsyncMongoClient, orders, order_details, products and customers as collections, keyed and indexed for the joins, which are made "
        f"line by line with $lookup before the lines are grouped. {rounds} rounds, interleaved.",
        str(table),
        str(budgets),
        f"Both tell the same sums to the cent, and the same counts{', but for ' + ', '.join(differing) if differing else ''}.",
    ])
