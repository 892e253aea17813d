"""Clients that ask a server all the time, know the right answers, and keep account of what they got."""

import collections
import contextlib
import datetime
import decimal
import http.client
import json
import random
import subprocess
import threading
import time

import harness

ENDED, CUT = 0, -1

Answer = collections.namedtuple("Answer", "kind begun took status stale")


class Truth:
    """Right answers, computed here from the orders themselves: nothing of the server's is used."""

    def __init__(self, database):
        days = collections.defaultdict(lambda: [0, decimal.Decimal(0)])
        for order in database.orders.find({"counted": True}, {"day": 1, "sales": 1}):
            day = days[order["day"].date()]
            day[0] += 1
            day[1] += order["sales"].to_decimal()
        self.days = sorted((day, *values) for day, values in days.items())
        self.first, self.last = self.days[0][0], self.days[-1][0]

    def between(self, first, last):
        """How many orders, and their sales."""
        within = [row for row in self.days if first <= row[0] <= last]
        return sum(row[1] for row in within), sum((row[2] for row in within), decimal.Decimal(0))

    def question(self, luck):
        """A KPI and days that were hardly ever asked before."""
        length = (self.last - self.first).days
        first = self.first + datetime.timedelta(days=luck.randint(0, length))
        last = self.first + datetime.timedelta(days=luck.randint((first - self.first).days, length))
        return luck.choice(["order-count", "total-sales"]), first, last

    def answer(self, kpi, first, last):
        orders, sales = self.between(first, last)
        return [{"orders": orders} if kpi == "order-count" else {"sales": sales}]


def numbers(text):
    return json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


HITS = ["/v1/kpis/sales-by-region", "/v1/kpis/sales-summary", "/v1/kpis/sales-over-time?granularity=month", "/v1/kpis/sales-by-category"]
EXPORT = "/v1/kpis/sales-by-customer?format=csv"


class Known:
    """The right answers to what is asked again and again, and the truth that others are told from; of the data as they are now."""

    def __init__(self, server, truth):
        self.truth = truth
        self.hits = {path: numbers(server.get(path).text)["data"] for path in HITS}
        self.export = server.get(EXPORT).content


class Load:
    """Within `with`: `hits` clients ask the same few paths again and again, `misses` ask what was not asked before.
    wrong holds what must never be (unless strict is False): an answer that looks whole and is another than the right one. answers holds
    all, errors too: ENDED is a connection that was refused or ended without an answer, CUT one that ended in the midst of it.
    known: several states of the data, of which version V is the one at V modulo their number; else they do not change."""

    def __init__(self, server, truth, hits=3, misses=3, exports=0, timeout=60, pause=0.002, strict=True, known=None):
        self.host, self.port, self.server, self.timeout, self.pause = server.host, server.port, server, timeout, pause
        self.strict, self.known = strict, known or [Known(server, truth)]
        self.kinds = ["hit"] * hits + ["miss"] * misses + ["export"] * exports
        self.answers, self.wrong, self.threads = [], [], []
        self.ended = threading.Event()

    def __enter__(self):
        for number, kind in enumerate(self.kinds):
            self.threads.append(threading.Thread(target=self._run, args=[kind, random.Random(number)], daemon=True))
            self.threads[-1].start()
        return self

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(self.timeout + 10)

    def __exit__(self, kind, *_):
        self.end()
        hanging = [thread for thread in self.threads if thread.is_alive()]
        if not kind:
            assert not hanging, "a client waits for its answer still"
            assert not self.wrong or not self.strict, self.wrong[:3]

    def _run(self, kind, luck):
        connection = None
        while not self.ended.is_set():
            path, rows = self._question(kind, luck)
            connection = connection or http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
            begun = time.monotonic()
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                text, status = answer.read(), answer.status
                closes = answer.will_close
            except http.client.IncompleteRead as error:
                text, status, closes = repr(error), CUT, True
            except (OSError, http.client.HTTPException) as error:
                text, status, closes = repr(error), ENDED, True
            if closes:
                connection.close()
                connection = None
            self._take(kind, path, rows, begun, status, text)
            time.sleep(self.pause if status == 200 else 0.05)
        if connection:
            connection.close()

    def _question(self, kind, luck):
        """A path, and what is right in each state of the data."""
        if kind == "miss":
            kpi, first, last = self.known[0].truth.question(luck)
            return f"/v1/kpis/{kpi}?from={first}&to={last}", [known.truth.answer(kpi, first, last) for known in self.known]
        if kind == "export":
            return EXPORT, [known.export for known in self.known]
        path = luck.choice(HITS)
        return path, [known.hits[path] for known in self.known]

    def _take(self, kind, path, rows, begun, status, text):
        stale = False
        if status == 200 and kind == "export":
            if text not in rows:
                self.wrong.append(f"{path}: {len(text)} bytes, of none of the data")
        elif status == 200:
            right = None
            with contextlib.suppress(ValueError, KeyError):
                answer = numbers(text)
                stale, right = answer.get("stale", False), rows[int(answer["data_version"]) % len(rows)]
            if right is None or answer["data"] != right:
                self.wrong.append(f"{path}: {text[:400]}, not {right}"[:1000])
        self.answers.append(Answer(kind, begun, time.monotonic() - begun, status, stale))

    def since(self, begun, kind=None, until=None):
        """Answers to what was asked from that time on."""
        return [a for a in list(self.answers) if a.begun >= begun and (not kind or a.kind == kind) and (until is None or a.begun < until)]

    def count(self, status, kind):
        """Answers so far; status None: of any."""
        return sum(a.kind == kind and status in (None, a.status) for a in list(self.answers))

    def until(self, holds, seconds=1800):
        end = time.monotonic() + seconds
        while not holds():
            assert self.server.process.poll() is None, self.server.log()
            assert time.monotonic() < end, f"not within {seconds} s: {statuses(self.answers)}"
            assert not self.wrong or not self.strict, self.wrong[:3]
            time.sleep(0.05)

    def flow(self, count=20, seconds=60):
        """Waits until so many of each kind have been answered rightly, from now on, without an error between."""
        begun = end = time.monotonic()
        end += seconds
        while True:
            last = {kind: self.since(begun, kind)[-count:] for kind in set(self.kinds)}
            if all(len(some) == count and all(a.status == 200 and not a.stale for a in some) for some in last.values()):
                return time.monotonic() - begun
            told = {kind: collections.Counter(a.status for a in some) for kind, some in last.items()}
            assert time.monotonic() < end, f"no steady answers within {seconds} s: {told}"
            time.sleep(0.05)


def load_until_done(uri, name, folder, variables=None, excuse="the database does not answer"):
    """As a user does: the same command again, when one could not reach the database for too long; how often it was run. excuse: what
    the last words of such a one tell."""
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", name, "--retry", "30", folder]
    env = harness.environment(**{**harness.QUICK, **(variables or {})})
    for runs in range(1, 20):
        done = subprocess.run(command, cwd=harness.ROOT, env=env, capture_output=True, text=True, timeout=300)
        if done.returncode == 0:
            return runs
        assert done.returncode == 1 and excuse in done.stderr.splitlines()[-1], done.stderr
    raise AssertionError(done.stderr)


def statuses(answers):
    """{status: how many}, in words for a report."""
    counts, words = collections.Counter(a.status for a in answers), {ENDED: "no connection", CUT: "visibly cut"}
    return ", ".join(f"{count:,} × {words.get(status, status)}" for status, count in sorted(counts.items(), reverse=True))


def slowest(answers):
    return max((a.took for a in answers), default=0)
