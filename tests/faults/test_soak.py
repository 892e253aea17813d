"""All that a day brings, at once and for a while: what is asked is answered rightly, and the server is as large in the end as it was
when it had warmed up. SOAK_SECONDS says how long."""

import contextlib
import csv
import http.client
import itertools
import json
import random
import shutil
import signal
import socket
import statistics
import threading
import time

import pytest

import gauge_process
import harness
from gauges import wait_for_gauge
from load import Known, Load, Truth, slowest, statuses

OPTIONS = ["--cache-mb", "4"]
BAD = {
    "/v1/kpis/total-sales?from=never": 400, "/v1/kpis/nothing": 404, "/v1/kpis/total-sales?form=2023": 400, "/%00": 400,
    "/v1/kpis/sales-by-product?limit=0": 400, "/" + "x" * 20_000: 414, "/v1/dimensions/planet": 404,
}  # fmt: skip
GOOD = ["/metrics", "/v1/status", "/v1/kpis", "/openapi.json", "/readyz", "/livez", "/v1/dimensions/city?q=a", "/v1/data-quality", "/"]


class Others:
    """Threads beside the load, each doing one thing over and over. What goes wrong in one is told in the end."""

    def __init__(self, server):
        self.server, self.ended, self.threads, self.wrong = server, threading.Event(), [], []
        self.counts = {}

    def start(self, act):
        def run():
            for number in itertools.count():
                if self.ended.is_set():
                    return
                try:
                    act(number)
                except Exception as error:
                    self.wrong.append(f"{act.__name__}: {error!r}")
                    return
                self.counts[act.__name__] = number + 1

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(120)
        assert not self.wrong, self.wrong

    def ask(self, path, status):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == status, f"{path[:100]}: {answer.status}"

    def bad_requests(self, number):
        path, status = list(BAD.items())[number % len(BAD)]
        self.ask(path, status)
        with socket.create_connection((self.server.host, self.server.port), timeout=60) as client:
            client.sendall(random.choice([b"\0\1\2\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n"]))
            client.settimeout(1)
            with contextlib.suppress(TimeoutError, ConnectionResetError):  # some are no request yet
                client.recv(100)
        time.sleep(0.05)

    def good_requests(self, number):
        self.ask(GOOD[number % len(GOOD)], 200)
        time.sleep(0.02)

    def listeners(self, _):
        with socket.create_connection((self.server.host, self.server.port), timeout=60) as client:
            client.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
            time.sleep(random.random() / 2)

    def leavers(self, number):
        with socket.create_connection((self.server.host, self.server.port), timeout=60) as client:
            client.sendall(f"GET /v1/kpis/sales-by-product?offset={number}&limit=10000&format=csv HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            if number % 2:
                client.recv(100)
        time.sleep(0.05)


def cancelled(source, target):
    """The same shop, of whose newest orders some are cancelled."""
    shutil.copytree(source, target)
    path = target / "orders.csv"
    with path.open(newline="", encoding="utf-8") as file:
        orders = list(csv.DictReader(file))
    for order in orders[-50:]:
        order["status"] = "cancelled"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, orders[0].keys())
        writer.writeheader()
        writer.writerows(orders)
    return target


class Size:
    """Of a process, as it goes on."""

    def __init__(self, pid):
        self.pid, self.rss, self.files, self.threads = pid, [], [], []

    def look(self):
        self.rss.append(gauge_process.rss_kib(self.pid))
        self.files.append(gauge_process.open_files(self.pid))
        self.threads.append(gauge_process.threads(self.pid))

    @staticmethod
    def windows(values):
        """Medians of the second and of the last quarter: the first is to warm up in."""
        quarter = len(values) // 4
        return statistics.median(values[quarter : 2 * quarter]), statistics.median(values[-quarter:])


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


def test_a_day_in_short(engine_uri, mongo, new_database, sample, pipelines, tmp_path, soak_seconds, record):
    name, folders = new_database("soak"), [cancelled(sample, tmp_path / "cancelled"), sample]
    harness.load(engine_uri, name, sample)
    with harness.Server(engine_uri, name, *OPTIONS, pipelines=pipelines) as server:
        known = [None, Known(server, Truth(mongo[name]))]
        harness.load(engine_uri, name, folders[0], options=["--replace"])
        known[0] = Known(server, Truth(mongo[name]))
        assert known[0].hits != known[1].hits
        others, size, loads = Others(server), Size(server.process.pid), [2]
        title = json.loads((pipelines / "kpi/peak-days.json").read_text())

        def reloads(number):
            (pipelines / "kpi/peak-days.json").write_text("{" if number % 3 == 2 else json.dumps(title | {"title": f"Title {number}"}))
            server.process.send_signal(signal.SIGHUP)
            time.sleep(1)

        def loaders(_):
            harness.load(engine_uri, name, folders[(loads[0] + 1) % 2], options=["--replace"])
            loads[0] += 1
            time.sleep(1)

        with Load(server, None, hits=3, misses=2, exports=1, pause=0.01, known=known) as load:
            for act in (others.bad_requests, others.good_requests, others.listeners, others.listeners, others.leavers, reloads, loaders):
                others.start(act)
            until = time.monotonic() + soak_seconds
            while time.monotonic() < until and not load.wrong and not others.wrong:
                size.look()
                time.sleep(min(0.5, soak_seconds / 60))
        others.end()
        assert server.get("/v1/status").json()["data_version"] == loads[0]
        server.session.close()
        wait_for_gauge(server, "kpi_http_requests_in_flight", 1)
        check_size(size, soak_seconds)
        said = [line for line in server.lines if "level=error" in line and "not reloaded" not in line]
        assert not said, said[:3]
    assert {a.status for a in load.answers} == {200}, statuses(load.answers)
    rss, files, threads = (size.windows(values) for values in (size.rss, size.files, size.threads))
    record(
        "a day in short: hits, misses, exports, events, reloads, loads, bad requests, clients that leave",
        f"{soak_seconds:.0f} s, {len(load.answers):,} checked answers, {loads[0]} loads, {others.counts}",
        f"{statuses(load.answers)}; none wrong, slowest {slowest(load.answers):.1f} s; second and last quarter: {rss[0] / 1024:.1f} and "
        f"{rss[1] / 1024:.1f} MiB, {files[0]:.0f} and {files[1]:.0f} files, {threads[0]:.0f} and {threads[1]:.0f} threads",
    )  # fmt: skip


def check_size(size, seconds):
    """Flat, but for what a short run has not yet warmed up."""
    slack_kib = 8 << 10 if seconds >= 300 else 24 << 10
    before, after = size.windows(size.rss)
    assert after < before * 1.1 + slack_kib, f"{before} KiB became {after}"
    before, after = size.windows(size.files)
    assert after <= before + 16
    before, after = size.windows(size.threads)
    assert after <= before + 1
