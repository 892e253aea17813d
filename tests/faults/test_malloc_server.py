"""kpi-server without memory, while it starts and while it answers: it says so and ends, or refuses the one request and goes on; what it
answers is right, and nothing is lost by it. libbson alone may abort, since it has no other way."""

import collections
import concurrent.futures
import contextlib
import re
import subprocess
import time

import nth_malloc
import pytest
import requests

import harness

SECTION = "Memory"
SEED = 9
REFUSALS = {500, 503, 0}  # 0: the connection was ended, for want of anything better

# An answer that cannot be compressed goes out as it is; the client has unpacked what is said to be packed.
MAY_DIFFER = ("Date", "Content-Length", "Content-Encoding", "ETag", "X-Request-Id")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return nth_malloc.build(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def database(engine_uri, new_database, tmp_path_factory):
    name, folder = new_database("malloc"), tmp_path_factory.mktemp("shop") / "shop"
    harness.load(engine_uri, name, harness.generate(folder, orders=30, seed=4), variables=harness.WHOLE)
    return name


def without_times(text):
    """What is the same in every answer."""
    return re.sub(r'("(?:computed_at|seconds|took_ms|[a-z_]*ms)"): ?("[^"]*"|[0-9.]+)', r"\1:0", text)


class Served:
    """A kpi-server of which an allocation may fail."""

    def __init__(self, library, room, uri, database, *options, number=0, for_ever=False, hashes=0):
        room.mkdir(exist_ok=True)
        self.control = nth_malloc.Control(room / "control", hashes)
        if number:
            self.control.arm(number, for_ever)
        self.log = room / "log"
        env = harness.environment(**nth_malloc.variables(library, self.control))
        command = [harness.BUILD / "kpi-server", "--uri", uri, "--db", database, "--listen", "127.0.0.1:0", *options]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=harness.ROOT, env=env, stderr=log, stdout=subprocess.DEVNULL)
        self.session = requests.Session()
        self.url = None
        until = time.monotonic() + 60
        while not self.url and self.process.poll() is None:
            found = re.search(r'msg="?serving"? .*address="?([^\s"]+)', self.log.read_text())
            self.url = found and f"http://{found[1]}"
            assert time.monotonic() < until, f"it neither serves nor ends: {self.log.read_text()}"
            time.sleep(0.005)

    def get(self, path):
        """Status and text with its headers; 0 where no whole answer came. A stream of events is read up to its first one."""
        try:
            with self.session.get(self.url + path, timeout=30, stream=True) as answer:
                headers = " ".join(f"{k}={v}" for k, v in sorted(answer.headers.items()) if k not in MAY_DIFFER)
                if path == "/v1/events":
                    return answer.status_code, f"{headers}\n{next(answer.iter_lines(chunk_size=1), b'').decode()}"
                return answer.status_code, f"{headers}\n{answer.content.decode()}"
        except requests.Timeout:
            raise
        except (requests.RequestException, UnicodeDecodeError) as error:
            self.session.close()
            return 0, repr(error)

    def get_right(self, path, is_right, seconds=20):
        """What is answered when memory is there again. False: libbson has ended the program."""
        until = time.monotonic() + seconds
        while True:
            status, text = self.get(path)
            if status == 200 and is_right(text):
                return True
            if not self.runs():
                return False
            assert status in REFUSALS, f"{path}: {status} {text[:2000]}"
            assert time.monotonic() < until, f"{path} is not answered again: {status} {text[:1000]}\n{self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    def runs(self):
        """Whether it goes on. It must not have ended but by libbson's hand."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0)
            assert nth_malloc.is_excused(self.process.returncode, self.log.read_text()), self.told()
            return False
        return True

    def told(self):
        return f"ended with {self.process.returncode}: {self.log.read_text()[-3000:]}"

    def stop(self):
        self.session.close()
        self.process.terminate()
        try:
            status = self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.control.__exit__()
        return status


PAGES = ["/v1/kpis", "/openapi.json", "/v1/kpis/sales-by-region"]


def test_a_start(library, tmp_path, engine_uri, database, much, record):
    plain = Served(library, tmp_path / "plain", engine_uri, database, hashes=2_000_000)
    right = {path: without_times(plain.get(path)[1]) for path in PAGES}
    count, places = plain.control.get("count"), plain.control.places()
    assert plain.stop() == 0
    ends, until = collections.Counter(), time.monotonic() + much(20, nth_malloc.seconds(240))

    def end(server):
        if not server.url:
            log = server.log.read_text()
            if nth_malloc.is_excused(server.process.returncode, log):
                return "libbson's own abort"
            assert server.process.returncode == 1 and log.strip(), server.told()
            return "an error and status 1"
        server.control.disarm()
        for path in PAGES:
            if not server.get_right(path, lambda text, path=path: without_times(text) == right[path]):
                return "libbson's own abort"
        status = server.stop()
        assert status == 0, server.told()
        return "served, and was right"

    def one(number, for_ever):
        if time.monotonic() > until:
            return
        server = Served(library, tmp_path / f"{number}-{for_ever:d}", engine_uri, database, number=number, for_ever=for_ever)
        try:
            ends[end(server)] += 1
        except AssertionError as error:
            raise AssertionError(f"allocation {number}{' and all after it' if for_ever else ''} of {count}: {error}") from error
        finally:
            server.process.kill()
            server.process.wait()

    numbers = nth_malloc.drawn(count, places, SEED, much(4, None))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(one, n, e) for n in numbers for e in (False, True)]):
            done.result()
    record(
        "kpi-server's start", f"{count:,} allocations in {len(places):,} places; {sum(ends.values()):,} starts in which one, or all from it on, failed",
        ", ".join(f"{n:,} × {e}" for e, n in ends.most_common()),
    )  # fmt: skip


REQUESTS = {
    "a hit": ("/v1/kpis/sales-by-region", 64),
    "a miss": ("/v1/kpis/sales-by-category", 0),
    "a miss that reads orders": ("/v1/kpis/rfm-segments", 0),
    "CSV": ("/v1/kpis/sales-over-time?granularity=day&format=csv", 0),
    "NDJSON": ("/v1/kpis/sales-by-product?format=ndjson", 0),
    "explain": ("/v1/kpis/total-sales?from=2023&to=2024&region=West&explain=true", 0),
    "/openapi.json": ("/openapi.json", 64),
    "the list of KPIs": ("/v1/kpis", 64),
    "a dimension": ("/v1/dimensions/region", 0),
    "analyses": ("/v1/analyses?kpi=total-sales", 0),
    "quality": ("/v1/data-quality", 0),
    "events": ("/v1/events", 64),
    "metrics": ("/metrics", 64),
    "status": ("/v1/status", 64),
}
CHANGING = {"explain", "events", "metrics", "status"}


class Requests:
    """One request, again and again, each time with another allocation that fails in the server meanwhile."""

    def __init__(self, start, path, changing):
        self.start, self.path, self.changing = start, path, changing
        self.ends = collections.Counter()
        self.begin()
        self.control.set(count=0)
        self.ask()
        time.sleep(0.05)  # what comes behind the answer
        self.count = self.control.get("count")

    def begin(self):
        self.server = self.start()
        self.control = self.server.control
        assert self.server.get_right(self.path, lambda text: text)
        self.right = self.shown(self.server.get(self.path)[1])

    def shown(self, text):
        headers, _, body = text.partition("\n")
        return headers + ("" if self.changing else without_times(body))

    def ask(self):
        status, text = self.server.get(self.path)
        assert status in REFUSALS or (status == 200 and self.shown(text) == self.right), f"{status} {text[:2000]}"
        return status

    def one(self, number, for_ever):
        """False: the server had to be started anew."""
        self.control.arm(number, for_ever)
        status = self.ask()
        self.control.disarm()
        if self.server.runs() and self.server.get_right(self.path, lambda text: self.shown(text) == self.right):
            self.ends[status if self.control.get("failed") else "reached no failure"] += 1
            return True
        self.ends["abort"] += 1
        self.server.stop()
        self.begin()
        return False

    def live(self):
        time.sleep(0.02)
        return self.control.get("live")

    def leaks(self, number, for_ever):
        """Whether it loses memory each time, whenever it is looked at: one more connection to the database is taken once, and kept."""
        return all(self._grows(number, for_ever) for _ in range(3))

    def _grows(self, number, for_ever):
        before, times, ends = self.live(), 10, self.ends
        self.ends = collections.Counter()
        stays = all(self.one(number, for_ever) for _ in range(times))
        self.ends = ends
        if not stays:
            return False
        until = time.monotonic() + 5  # what listens to events and has gone is found out with the next beat
        while self.live() - before >= times and time.monotonic() < until:
            time.sleep(0.2)
        return self.live() - before >= times


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request(library, tmp_path, engine_uri, database, much, record, kind):
    path, cache = REQUESTS[kind]
    started = iter(range(10**6))

    def start():
        return Served(library, tmp_path / str(next(started)), engine_uri, database, "--cache-mb", str(cache))

    asked = Requests(start, path, kind in CHANGING)
    leaks, tried, until = [], 0, time.monotonic() + much(0.5, nth_malloc.seconds(120))
    try:
        numbers = nth_malloc.drawn(asked.count + 3, list(range(1, asked.count + 4)), SEED)
        for number, for_ever in ((n, e) for n in numbers for e in (False, True)):
            if time.monotonic() > until:
                break
            before = asked.live()
            tried += 1
            try:
                if asked.one(number, for_ever) and asked.live() > before and asked.leaks(number, for_ever):
                    leaks.append((number, for_ever))
            except AssertionError as error:
                raise AssertionError(f"{kind}: allocation {number}{' and all after it' if for_ever else ''}: {error}") from error
    finally:
        asked.server.stop()
    assert not leaks, f"memory is lost when these allocations of {asked.count} fail: {leaks}"
    names = {200: "right", 0: "connection ended", "abort": "libbson's own abort"}
    record(
        f"a request: {kind}", f"{asked.count:,} allocations; {tried:,} requests in which one, or all from it on, failed",
        ", ".join(f"{n:,} × {names.get(e, e)}" for e, n in asked.ends.most_common()) + "; the next was right, and no memory was lost",
    )  # fmt: skip
