"""The Superstore file: kpi-server against the usual service over the same data, as it is usually written and as it is once its
joins are keyed and indexed; all compute each answer."""

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
USUAL, KEYED = "the usual service", "keyed and indexed"
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


class Services:
    def __init__(self, stack, path):
        # Imported here: it connects to the database.
        os.environ["MONGODB_URI"] = programs.URI
        import superstore_service

        ours, usual, keyed = (stack.enter_context(programs.database(f"superstore_{purpose}")) for purpose in ("ours", "usual", "keyed"))
        programs.load(ours, path, options=programs.TO_SERVE)
        superstore_service.fill_plainly(programs.client[usual], path)
        self.lines = superstore_service.fill(programs.client[keyed], path)
        self.ours = stack.enter_context(serving.kpi_server(ours, "--cache-mb", "0"))
        self.theirs = {
            USUAL: stack.enter_context(serving.python_service("superstore_service", USUAL, BENCH_DB=usual, BENCH_PLAIN="1")),
            KEYED: stack.enter_context(serving.python_service("superstore_service", KEYED, BENCH_DB=keyed)),
        }
        with self.ours.wire() as wire:
            status = wire.json("/v1/status")
        self.days = f"from={status['first_day']}&to={status['last_day']}"

    def our_seconds(self, kpi):
        with self.ours.wire() as wire:
            return statistics.median(wire.get(f"/v1/kpis/{kpi}?{self.days}")[0] for _ in range(REPEATS))

    def their_seconds(self, which, kpi):
        with self.theirs[which].wire() as wire:
            return wire.get(f"/{kpi}?{self.days}")[0]

    def same(self, which, kpi):
        """Whether both tell the same, row by row, in the columns that both have."""
        with self.ours.wire() as ours, self.theirs[which].wire() as theirs:
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
    with contextlib.ExitStack() as stack:
        services = Services(stack, path)
        ours, theirs = {kpi: [] for kpi in KPIS}, {(which, kpi): [] for which in services.theirs for kpi in KPIS}
        differing = []
        for which, kpi in theirs:
            say(f"{kpi}, {which}, not measured")
            if not services.same(which, kpi):
                differing.append(f"{kpi}, {which}")
        for i in range(rounds):
            for kpi in KPIS:
                say(f"round {i + 1} of {rounds}: {kpi}")
                for which in services.theirs:
                    theirs[which, kpi].append(services.their_seconds(which, kpi))
                ours[kpi].append(services.our_seconds(kpi))
        return render(services, what, ours, theirs, differing, rounds)


def render(services, what, ours, theirs, differing, rounds):
    def ratio(which, kpi):
        return median_ratio(theirs[which, kpi], ours[kpi])

    def took(seconds):
        return f"{statistics.median(seconds) * 1e3:,.1f} ms"

    table = Table("KPI", "kpi-server", USUAL, "ratio", KEYED, "ratio")
    for kpi in KPIS:
        others = [cell for which in (USUAL, KEYED) for cell in (took(theirs[which, kpi]), f"{ratio(which, kpi):,.0f} ×")]
        table.row(kpi, took(ours[kpi]), *others)
    budgets = Table("budget", "wanted", "measured", "")
    least = min(KPIS, key=lambda kpi: ratio(USUAL, kpi))
    budgets.check(f"the usual service / kpi-server, the least: {least}", 20, ratio(USUAL, least), at_least=True)
    least = min(KPIS, key=lambda kpi: ratio(KEYED, kpi))
    budgets.check(f"keyed and indexed / kpi-server, the least: {least}", 20, ratio(KEYED, least), at_least=True)
    return "\n\n".join([
        f"{what[0].upper()}{what[1:]}, {number(services.lines)} lines, all its days; every answer is computed. The usual service: FastAPI on "
        "uvicorn, PyMongo's AsyncMongoClient; orders, order_details, products and customers are collections as the files have them, without "
        "indexes, and joined line by line with $lookup before the lines are grouped. Keyed and indexed: the same service once somebody has "
        f"made the keys of its joins `_id` and indexed the rest. {rounds} rounds, interleaved.",
        str(table),
        str(budgets),
        "Both budgets are the same line of the design; the service that it has in mind takes seconds a KPI. Of a shop of so few lines an "
        "indexed join is done within a tenth of a second, and there is little left to save.",
        f"All tell the same sums to the cent, and the same counts{', but for ' + '; '.join(differing) if differing else ''}.",
    ])
