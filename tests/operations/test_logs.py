"""The log as programs read it: JSON lines, and requests that can be found by their id and their trace."""

import datetime
import json
import re
import socket
import subprocess
import time

import pytest
import requests

import harness
from gate import Gate
from gauges import gauge

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
KPI = "/v1/kpis/total-sales"


@pytest.fixture(scope="module")
def logged(engine_uri, database):
    """A server that logs every request as JSON."""
    with harness.Server(engine_uri, database, "--log-level", "debug", "--log-format", "json") as server:
        server.get(KPI)
        yield server


def lines(server):
    return [json.loads(line) for line in list(server.lines) if line]


def line_of(server, **wanted):
    """The access line that has these fields; it comes a moment after the answer."""
    until = time.monotonic() + 20
    while True:
        for line in lines(server):
            if line["msg"] == "request" and wanted.items() <= line.items():
                return line
        assert time.monotonic() < until, f"no line has {wanted}:\n{server.log()}"
        time.sleep(0.05)


def ask(server, path, **headers):
    return server.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_every_line_is_an_object_with_time_level_and_message(logged):
    logged.get("/nowhere")
    for line in lines(logged):
        assert list(line)[:3] == ["time", "level", "msg"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        told = datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
        assert abs((datetime.datetime.now(datetime.timezone.utc) - told).total_seconds()) < 600
        assert line["level"] in ("debug", "info", "warn", "error") and line["msg"]


def test_an_access_line_tells_what_was_asked_and_how_it_was_answered(logged):
    ask(logged, KPI + "?from=2023-01-01", X_Request_Id="whole-line")
    line = line_of(logged, request_id="whole-line")
    assert line == {
        "time": line["time"],
        "level": "debug",
        "msg": "request",
        "request_id": "whole-line",
        "client": "127.0.0.1",
        "method": "GET",
        "path": KPI,
        "route": "/v1/kpis/{name}",
        "status": 200,
        "us": line["us"],
        "cache": "miss",
        "ended": "sent",
    }
    assert isinstance(line["us"], int) and line["us"] > 0


@pytest.mark.parametrize("path, status", [(KPI, 200), ("/nowhere", 404), (KPI + "?x=1", 400), ("/v1/status", 200), ("/livez", 200), ("/", 200), ("/v1/kpis", 200)])
def test_the_id_of_the_client_is_in_the_answer_and_in_the_line(logged, path, status):
    name = f"mine-{abs(hash(path))}"
    answer = ask(logged, path, X_Request_Id=name)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (status, name)
    assert line_of(logged, request_id=name)["status"] == status


def test_without_an_id_one_is_made(logged):
    ids = [logged.get(path).headers["X-Request-Id"] for path in (KPI, KPI, "/nowhere", "/v1/kpis", "/v1/status")]
    assert len(set(ids)) == 5
    for made in ids:
        assert re.fullmatch("[0-9a-f]{32}", made)
        line_of(logged, request_id=made)


@pytest.mark.parametrize("odd", ["", "a b", "a,b", 'a"b', "{a}", "<b>", "x" * 129, "caf\u00e9", "a;b", "$(x)"])
def test_an_odd_id_is_not_taken_over(logged, odd):
    answer = logged.session.get(logged.url + KPI, headers={"X-Request-Id": odd.encode("latin-1")}, timeout=60)
    assert answer.status_code == 200
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_a_hit_has_the_id_of_who_asks_and_all_that_hits_have(engine_uri, database):
    """Also where requests are not logged, and hits are one answer for all."""
    with harness.Server(engine_uri, database) as server:
        first = server.get(KPI)
        assert re.fullmatch("[0-9a-f]{32}", first.headers["X-Request-Id"])  # made for it
        shared = server.get(KPI)
        assert shared.headers["Cache-Status"] == "kpi-server; hit" and "X-Request-Id" not in shared.headers
        for mine in ("one", "two"):
            own = ask(server, KPI, X_Request_Id=mine)
            assert own.content == shared.content
            assert {**own.headers, "Date": ""} == {**shared.headers, "X-Request-Id": mine, "Date": ""}
        unchanged = ask(server, KPI, X_Request_Id="three", If_None_Match=shared.headers["ETag"])
        assert (unchanged.status_code, unchanged.content, unchanged.headers["X-Request-Id"]) == (304, b"", "three")
        assert unchanged.headers["ETag"] == shared.headers["ETag"]
        again = server.get(KPI)
        assert {**again.headers, "Date": ""} == {**shared.headers, "Date": ""}


def test_hits_and_misses_are_told_apart(logged):
    path = KPI + "?from=2023-02-02"
    words = []
    for n in range(2):
        ask(logged, path, X_Request_Id=f"cache-{n}")
        words.append(line_of(logged, request_id=f"cache-{n}")["cache"])
    assert words == ["miss", "hit"]
    ask(logged, "/v1/kpis", X_Request_Id="cache-none")
    assert "cache" not in line_of(logged, request_id="cache-none")


def test_a_trace_is_in_the_line(logged):
    ask(logged, KPI, X_Request_Id="traced", traceparent=TRACEPARENT)
    line = line_of(logged, request_id="traced")
    assert (line["trace_id"], line["parent_id"]) == (TRACE, PARENT)


@pytest.mark.parametrize("header", ["", "00", TRACEPARENT.upper(), TRACEPARENT + "-x", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01"])
def test_what_is_no_trace_is_left_out(logged, header):
    name = f"untraced-{abs(hash(header))}"
    assert ask(logged, KPI, X_Request_Id=name, traceparent=header).status_code == 200
    assert not {"trace_id", "parent_id"} & set(line_of(logged, request_id=name))


def test_two_traces_contradict_each_other(logged):
    other = f"00-{'a' * 32}-{PARENT}-01"
    with socket.create_connection((logged.host, logged.port), timeout=60) as connection:
        connection.sendall(f"GET {KPI} HTTP/1.1\r\nHost: x\r\nX-Request-Id: two\r\ntraceparent: {TRACEPARENT}\r\ntraceparent: {other}\r\n\r\n".encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 200")
    assert "trace_id" not in line_of(logged, request_id="two")


def test_queries_and_other_headers_are_not_logged(logged):
    ask(logged, KPI + "?customer=Secret-Customer", X_Request_Id="discreet", Authorization="Bearer Secret-Key", Cookie="Secret-Cookie=1")
    line_of(logged, request_id="discreet")
    assert "Secret" not in logged.log()


def test_paths_cannot_forge_a_line(logged):
    logged.get('/x%0a{"time":"2020-01-01T00:00:00.000Z","level":"error","msg":"forged"}')
    until = time.monotonic() + 20
    while not [line for line in lines(logged) if line["msg"] == "request" and "forged" in line["path"]]:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "forged" not in {line["msg"] for line in lines(logged)}


def test_logfmt_has_the_same_fields(engine_uri, database):
    with harness.Server(engine_uri, database, "--log-level", "debug") as server:
        ask(server, KPI, X_Request_Id="words", traceparent=TRACEPARENT)
        line = server.wait_for_line("request_id=words")
        assert re.search(
            f'msg="request" request_id=words trace_id={TRACE} parent_id={PARENT} client=127.0.0.1 method=GET path={KPI} route=/v1/kpis/{{name}} status=200 us=\\d+ cache=miss ended=sent$',
            line,
        )


@pytest.mark.parametrize("options", [["--pipelines", "/nowhere"], ["--keys", "/nowhere"], ["--db", "a/b"], ["--listen", "TAKEN"]])
def test_a_start_that_fails_is_said_in_the_form_of_the_log(options):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if "TAKEN" in options:
            options = ["--listen", "127.0.0.1:%d" % taken.getsockname()[1]]
        command = [harness.BUILD / "kpi-server", "--uri", "mongodb://127.0.0.1:1", "--listen", "127.0.0.1:0", *options]
        ends = [
            subprocess.run([*command, "--log-format", form], cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=60)
            for form in ("json", "logfmt")
        ]
    assert [end.returncode for end in ends] == [1, 1]
    (failed,) = [line for line in map(json.loads, ends[0].stderr.splitlines()) if line["msg"] == "the server cannot start"]
    assert failed["level"] == "error"
    assert "kpi-server: " + failed["reason"] in ends[1].stderr.splitlines()


def test_an_outage_is_said_once_when_it_begins_and_once_when_it_ends(engine_uri, database):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database, "--log-format", "json") as server:
        gate.shut()
        server.wait_for_line("the database is away")
        server.wait_for_line("cannot be reached")
        until = time.monotonic() + 60
        looks = gauge(server, "kpi_database_look_failures_total")
        while gauge(server, "kpi_database_look_failures_total") < looks + 4:
            assert server.get(KPI).status_code == 503 and time.monotonic() < until
            time.sleep(0.2)
        gate.open()
        server.wait_for_line("the database is back", seconds=60)
    said = [(line["level"], line["msg"]) for line in lines(server) if "database" in line["msg"]]
    assert sorted(said) == [("info", "the database is back"), ("warn", "the database cannot be reached"), ("warn", "the database is away")]


def test_requests_are_not_logged_by_default(engine_uri, database):
    with harness.Server(engine_uri, database, "--log-format", "json") as server:
        requests.get(server.url + KPI, timeout=60)
        requests.get(server.url + "/nowhere", timeout=60)
    assert not [line for line in lines(server) if line["msg"] == "request"]
