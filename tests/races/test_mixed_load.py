"""Everything at once: hits and misses, exports, events, clients that leave, definitions that change, loads that change the data. No answer
is wrong or missing, and with programs of `make tsan` ThreadSanitizer has nothing to say of them."""

import contextlib
import csv
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

import harness

SECONDS = float(os.environ.get("RACES_SECONDS", 4))
HITS = ["/v1/kpis/sales-by-state", "/v1/kpis/sales-summary", "/v1/kpis/sales-over-time?granularity=month", "/v1/kpis/sales-by-category"]
REPORT = "ThreadSanitizer"


def misses(luck):
    """Requests that nobody has made before, mostly."""
    while True:
        month, kpi = f"{luck.randint(2021, 2024)}-{luck.randint(1, 12):02}", luck.choice(["sales-by-region", "sales-by-product", "order-count", "sales-by-city"])
        yield f"/v1/kpis/{kpi}?from={month}-{luck.randint(1, 28):02}&compare=previous-period"


def others(luck):
    yield from itertools.cycle([
        "/metrics", "/v1/status", "/v1/kpis", "/openapi.json", "/readyz", "/livez", "/v1/dimensions/region", "/v1/data-quality", "/nothing",
        "/v1/kpis/sales-by-region?from=never", "/v1/kpis/sales-by-product?format=csv", "/v1/kpis/sales-by-customer?format=ndjson&limit=10000",
    ])


class Crowd:
    """Threads that each do something over and over until the time is up. What goes wrong in one is told in the end."""

    def __init__(self, address, seconds):
        self.host, port = address.rsplit(":", 1)
        self.port, self.until = int(port), time.monotonic() + seconds
        self.threads, self.wrong, self.seen = [], [], {}
        self.lock = threading.Lock()

    def busy(self):
        return time.monotonic() < self.until and not self.wrong

    def start(self, act, *args):
        def run():
            try:
                act(*args)
            except Exception as error:
                self.wrong.append(f"{act.__name__}: {error!r}")

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def count(self, status):
        with self.lock:
            self.seen[status] = self.seen.get(status, 0) + 1

    def ask(self, paths):
        """One connection that is kept, with a tag of what it had before now and then."""
        connection, luck, tags = http.client.HTTPConnection(self.host, self.port, timeout=60), random.Random(0), {}
        for path in paths:
            if not self.busy():
                break
            headers = {"Accept-Encoding": luck.choice(["gzip", "identity"])}
            if luck.random() < 0.3 and path in tags:
                headers["If-None-Match"] = tags[path]
            connection.request(luck.choice(["GET", "GET", "GET", "HEAD"]), path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            tags[path] = answer.headers.get("ETag", '"none"')
            self.count(answer.status)
            assert answer.status in (200, 304, 400, 404, 503), f"{path}: {answer.status}"
            if answer.will_close:
                connection.close()
        connection.close()

    def leave(self, paths):
        """Asks, and is gone before the answer, or in the midst of it."""
        for path in paths:
            if not self.busy():
                break
            with socket.create_connection((self.host, self.port), timeout=60) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                if random.random() < 0.5:
                    client.recv(100)
            time.sleep(0.01)

    def listen(self):
        while self.busy():
            with socket.create_connection((self.host, self.port), timeout=60) as client:
                client.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(100).startswith((b"HTTP/1.1 200", b"HTTP/1.1 503"))
                client.settimeout(1)
                with contextlib.suppress(TimeoutError):
                    client.recv(100)

    def join(self):
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive(), "somebody waits for an answer still"
        assert not self.wrong, self.wrong


def reload_definitions(crowd, server, pipelines):
    """Other titles, a file that is broken for a while, and SIGHUP."""
    path, number = pipelines / "kpi" / "sales-by-state.json", 0
    good = json.loads(path.read_text())
    while crowd.busy():
        number += 1
        path.write_text("{" if number % 3 == 0 else json.dumps(good | {"title": f"Title {number}"}))
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)


def change_data(crowd, uri, database, folder, logs):
    """An order after the other is cancelled, or is not any more."""
    path = folder / "orders.csv"
    with path.open(newline="", encoding="utf-8") as file:
        orders = list(csv.DictReader(file))
    for order in itertools.cycle(orders[-20:]):
        order["status"] = "delivered" if order["status"] == "cancelled" else "cancelled"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, orders[0].keys())
            writer.writeheader()
            writer.writerows(orders)
        logs.append(load(uri, database, folder))
        if not crowd.busy():
            return


def load(uri, database, folder):
    """With all that follows a load; what it said."""
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", database, "--star", "on", folder]
    done = subprocess.run(command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=300)
    assert REPORT not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


def test_nothing_gets_in_the_way_of_anything_else(engine_uri, new_database, pipelines, tmp_path):
    database, folder = new_database("races"), harness.generate(tmp_path / "shop", orders=500)
    logs = [load(engine_uri, database, folder)]
    options = ["--cache-mb", "1", "--log-level", "debug", "--stop-timeout", "2"]
    with harness.Server(engine_uri, database, *options, pipelines=pipelines) as server:
        crowd = Crowd(server.address, SECONDS)
        for number in range(12):
            crowd.start(crowd.ask, itertools.cycle(HITS[number % 4 :] + HITS))
        for number in range(4):
            crowd.start(crowd.ask, misses(random.Random(number)))
            crowd.start(crowd.ask, others(random.Random(number)))
        crowd.start(crowd.leave, misses(random.Random(99)))
        crowd.start(crowd.leave, itertools.cycle(HITS))
        crowd.start(crowd.listen)
        crowd.start(crowd.listen)
        crowd.start(reload_definitions, crowd, server, pipelines)
        crowd.start(change_data, crowd, engine_uri, database, folder, logs)
        crowd.join()
        late = Crowd(server.address, 60)
        for number in range(130):
            late.start(late.ask, HITS[:2])
        late.join()
        with socket.create_connection((crowd.host, crowd.port)) as staying:
            staying.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            staying.recv(100)
            status = server.stop(60)
    assert REPORT not in server.log(), server.log()[server.log().index(REPORT) - 100 :][:20_000]
    assert status == 0
    assert len(logs) > 1 and crowd.seen[200] > 100 and crowd.seen[400] > 0 and crowd.seen[404] > 0
    assert late.seen == {200: 260}
