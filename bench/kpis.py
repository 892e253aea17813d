"""Every KPI by its default request, computed each time: from orders, and from what the planner chooses of rollups and orders; at so
many orders, and at a tenth of them."""

import contextlib
import json
import os
import statistics

import programs
import serving
from report import Table, median_ratio, number

BASE = "order,item,line"
TIMEOUT_S = "3600"
# Where one measurement says little, the median of several counts as one.
SHORT_S, REPEATS = 0.1, 5
# What takes so long is measured in so many rounds only, in a large shop once.
LONG_S, LONG_ROUNDS, LARGE = 0.5, 2, 300_000
ROUNDS_MOST = 3
BUDGET_ORDERS = 1_000_000
# A larger shop by its orders alone: with more products, answers by product have more rows, whatever they are computed from.
PRODUCTS = 5_000
# A row of a rollup no longer tells these apart, and what a KPI does with them is more than to add up.
NOT_ADDED_UP = {
    "order", "customer", "first_order", "seller", "location", "counted", "status", "payments", "review_score", "delivered_day",
    "estimated_day", "distance_km",
}  # fmt: skip


def definitions():
    """Those that KPIS names; all without it."""
    wanted = os.environ.get("KPIS", "").split()
    every = {path.stem: json.loads(path.read_text()) for path in sorted((programs.ROOT / "pipelines" / "kpi").glob("*.json"))}
    return {kpi: d for kpi, d in every.items() if not wanted or kpi in wanted or ("additive" in wanted and is_additive(d))}


def is_additive(definition):
    """Only sums of measures, over dimensions that leave nothing to be told apart but places, kinds of goods, and days."""
    return bool(definition.get("measures")) and not definition.get("all_orders") and not NOT_ADDED_UP & set(definition["dimensions"])


class Place:
    """A database of so many orders, and what is asked there: kind -> its server."""

    def __init__(self, stack, orders, say):
        self.orders = orders
        self.database = stack.enter_context(programs.database(f"kpis_{orders}"))
        say(f"loading {number(orders)} orders")
        programs.load(self.database, programs.generate(orders, products=PRODUCTS), options=programs.TO_SERVE)
        self.servers = {"rollup": self._serve(stack, "rollup"), "base": self._serve(stack, "base", "--sources", BASE)}

    def _serve(self, stack, kind, *options):
        options = ["--cache-mb", "0", "--query-timeout", TIMEOUT_S, *options]
        return stack.enter_context(serving.kpi_server(self.database, *options, name=f"kpi-server-{kind}-{self.orders}"))

    def ask(self, kpi, kind):
        """What answered, and the seconds of one request, or their median of several where it is short."""
        with self.servers[kind].wire() as wire:
            first, body = wire.get(f"/v1/kpis/{kpi}")
            more = REPEATS - 1 if first < SHORT_S else 0
            seconds = statistics.median([first, *(wire.get(f"/v1/kpis/{kpi}")[0] for _ in range(more))])
            return json.loads(body)["source"], seconds


class Times:
    """(KPI, kind, orders) -> the seconds of each round."""

    def __init__(self, places):
        self.large, self.small = places
        self.all, self.sources = {}, {}  # the second of the last round
        self.failed = {}  # KPI -> why it is not measured
        self.long_rounds = LONG_ROUNDS if self.large.orders < LARGE else 1

    def try_to_measure(self, kpi, number_of_round):
        try:
            self.measure(kpi, number_of_round)
        except RuntimeError as error:
            self.failed[kpi] = str(error)

    def measure(self, kpi, number_of_round):
        steps = [(place, kind) for place in (self.large, self.small) for kind in ("rollup", "base")]
        for place, kind in programs.turns(steps, number_of_round):
            seconds = self.all.setdefault((kpi, kind, place.orders), [])
            if not seconds or seconds[-1] < LONG_S or number_of_round < self.long_rounds:
                self.sources[kpi, kind, place.orders], took = place.ask(kpi, kind)
                seconds.append(took)

    def source(self, kpi):
        return self.sources[kpi, "rollup", self.large.orders]

    def median(self, kpi, kind, place):
        return statistics.median(self.all[kpi, kind, place.orders])

    def faster(self, kpi):
        return median_ratio(self.all[kpi, "base", self.large.orders], self.all[kpi, "rollup", self.large.orders])

    def growth(self, kpi, kind):
        return median_ratio(self.all[kpi, kind, self.large.orders], self.all[kpi, kind, self.small.orders])


def run(orders, rounds, say):
    rounds = min(rounds, ROUNDS_MOST)
    with contextlib.ExitStack() as stack:
        times = Times([Place(stack, orders, say), Place(stack, max(orders // 10, 1), say)])
        for i in range(rounds):
            for kpi, _ in measured(times):
                say(f"round {i + 1} of {rounds}: {kpi}")
                times.try_to_measure(kpi, i)
        return render(times, rounds)


def measured(times):
    return [(kpi, definition) for kpi, definition in definitions().items() if kpi not in times.failed]


def milliseconds(seconds):
    return f"{number(round(seconds * 1e3))} ms" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def kpi_table(times):
    large, small = times.large, times.small
    table = Table(
        "KPI", "answered from", f"from orders, {number(small.orders)}", f"{number(large.orders)}", f"from there, {number(small.orders)}",
        f"{number(large.orders)}", "faster", "growth",
    )  # fmt: skip
    for kpi, definition in measured(times):
        seconds = [times.median(kpi, kind, place) for kind in ("base", "rollup") for place in (small, large)]
        name = f"**{kpi}**" if is_additive(definition) else kpi
        table.row(
            name, times.source(kpi), *map(milliseconds, seconds), f"{times.faster(kpi):.1f} ×", f"{times.growth(kpi, 'rollup'):.2f} ×"
        )
    return table


def render(times, rounds):
    additive = [kpi for kpi, definition in measured(times) if is_additive(definition)]
    slowest = min(additive, key=times.faster)
    grown = max(additive, key=lambda kpi: times.growth(kpi, "rollup"))
    base = set(BASE.split(","))
    budgets = Table("budget", "wanted", "measured", "")
    budgets.check(
        f"from orders / from its rollup, the least of {len(additive)} additive KPIs: {slowest}", 50, times.faster(slowest), at_least=True
    )
    budgets.check(f"growth, the most of them: {grown}", 1.5, times.growth(grown, "rollup"), at_least=False)
    size = "" if times.large.orders >= BUDGET_ORDERS else f" The budgets are for {number(BUDGET_ORDERS)} orders."
    unplanned = [kpi for kpi in additive if times.source(kpi) in base]
    shares = sorted(times.faster(kpi) for kpi in additive)
    return "\n\n".join([
        f"Default requests, computed each time (`--cache-mb 0`), in a shop of {number(times.small.orders)} and in one of "
        f"{number(times.large.orders)} orders, both of {number(PRODUCTS)} products; {rounds} rounds, of what takes over {LONG_S} s {min(rounds, times.long_rounds)}; "
        f"medians. From orders: `--sources {BASE}`. KPIs in bold only add up. Faster: the time from orders / from there, in the larger "
        "shop. Growth: the larger shop's time / the smaller's.",
        str(kpi_table(times)),
        str(budgets),
        f"Half of the additive KPIs are at least {statistics.median(shares):.0f} times as fast from their rollups; "
        f"{sum(s >= 50 for s in shares)} of {len(additive)} at least 50 times."
        f"{' No rollup answers ' + ', '.join(unplanned) + '.' if unplanned else ''}{size}",
        *(f"{kpi} was not measured: {why}" for kpi, why in sorted(times.failed.items())),
    ])
