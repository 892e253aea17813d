"""Clients that take a long answer slowly hold a worker only as long as they keep the pace."""

import contextlib
import shutil
import signal
import socket
import time

import harness
from gauges import gauge, wait_for_gauge
from problems import check_problem
from slow import KPI, Slow, body_of, long_rows  # noqa: F401 (a fixture)

ALL_WORKERS = 4
LATE = "its client took it too slowly"


def whole(got):
    return got.endswith(b"0\r\n\r\n")


def test_a_client_that_takes_nothing_is_cut_off(engine_uri, long_rows):
    with harness.Server(engine_uri, long_rows, "--stream-timeout", "1") as server, Slow(server, "format=csv") as slow:
        assert b"200 OK" in slow.take()
        line = server.wait_for_line(LATE)
        assert f"client=127.0.0.1:{slow.socket.getsockname()[1]}" in line and "kpi=sales-by-customer" in line
        assert 0 < int(line.split("bytes=")[1].split()[0]) < 10_000_000
        wait_for_gauge(server, "kpi_exports_running", 0)
        got, ended_well = slow.rest()
        assert not ended_well and not whole(got), "it does not look like all"


def test_a_client_that_takes_a_little_now_and_then_is_cut_off(engine_uri, long_rows):
    options = ["--stream-timeout", "1", "--stream-rate", "8192"]
    with harness.Server(engine_uri, long_rows, *options) as server, Slow(server, "format=ndjson") as slow:
        assert b"200 OK" in slow.take()
        with contextlib.suppress(ConnectionResetError):
            while slow.take():
                time.sleep(0.02)
        server.wait_for_line(LATE)
        wait_for_gauge(server, "kpi_exports_running", 0)


def test_a_client_that_keeps_the_pace_gets_all(engine_uri, long_rows):
    """Far slower than it could be, and longer than it may stand still."""
    options = ["--stream-timeout", "3", "--stream-rate", "64"]
    with harness.Server(engine_uri, long_rows, *options) as server, Slow(server, "format=csv") as slow:
        got = slow.take()
        begun = time.monotonic()
        while not whole(got):
            more = slow.take(100_000)
            assert more, server.log()
            got += more
            if time.monotonic() - begun < 6:
                time.sleep(0.02)
        assert body_of(got).count(b"\r\nC0") == 5_000


def test_without_a_rate_a_client_only_must_not_stand_still(engine_uri, long_rows):
    options = ["--stream-timeout", "3", "--stream-rate", "0"]
    with harness.Server(engine_uri, long_rows, *options) as server, Slow(server, "format=csv") as slow:
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert slow.take(20_000)
            time.sleep(0.02)
        assert gauge(server, "kpi_exports_running") == 1
        server.wait_for_line(LATE)


def test_slow_clients_let_others_have_their_answers_in_the_end(engine_uri, long_rows):
    with harness.Server(engine_uri, long_rows, "--stream-timeout", "2") as server, contextlib.ExitStack() as stack:
        for _ in range(ALL_WORKERS):
            assert b"200 OK" in stack.enter_context(Slow(server, "format=csv")).take()
        answer = server.get(f"{KPI}?format=csv&limit=2")
        assert answer.status_code == 200 and len(answer.text.splitlines()) == 3
        assert len([line for line in server.lines if LATE in line]) >= 1


def test_who_waits_too_long_for_a_worker_is_told_to_come_back(engine_uri, long_rows):
    options = ["--query-timeout", "10", "--stream-timeout", "120"]
    with harness.Server(engine_uri, long_rows, *options) as server, contextlib.ExitStack() as stack:
        for _ in range(ALL_WORKERS):
            assert b"200 OK" in stack.enter_context(Slow(server, "format=csv")).take()
        refused = server.get(f"{KPI}?format=csv&limit=2")
        check_problem(refused, 503)
        assert int(refused.headers["Retry-After"]) >= 1
        assert gauge(server, "kpi_exports_waiting") == 0
        assert server.get("/v1/kpis/total-sales").status_code == 200


def test_a_document_is_whole_though_the_definitions_change_while_it_is_sent(engine_uri, database, tmp_path):
    shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    with harness.Server(engine_uri, database, pipelines=tmp_path / "pipelines") as server:
        whole = server.get("/openapi.json", headers={"Accept-Encoding": "identity"}).content
        with contextlib.closing(socket.socket()) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(30)
            client.connect((server.host, server.port))
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            got = client.recv(1000)
            for _ in range(2):
                loaded = len(server.lines)
                server.process.send_signal(signal.SIGHUP)
                server.wait_for_line("definitions loaded", after=loaded)
            while more := client.recv(65536):
                got += more
        assert got.partition(b"\r\n\r\n")[2] == whole
