"""While the database is known to be away, what needs it is refused at once, and one look a second asks for it."""

import concurrent.futures
import itertools
import json
import shutil

import pytest

import harness
from cache_tools import is_hit, metric, until
from gate import Gate
from problems import check_problem

KEPT = "/v1/kpis/sales-by-region"
NEEDS_DATABASE = [
    "/v1/kpis/total-sales",
    "/v1/kpis/total-sales?explain=true",
    "/v1/kpis/sales-by-product?format=csv",
    "/v1/kpis/sales-by-product?format=ndjson&limit=10000",
    "/v1/dimensions/region",
    "/v1/data-quality",
    "/v1/analyses",
    "/v1/status",
    "/readyz",
]
NEEDS_NONE = ["/livez", "/metrics", "/v1/kpis", "/openapi.json", "/docs/", "/"]


@pytest.fixture
def gate(engine_uri):
    with Gate(engine_uri).open() as gate:
        yield gate


@pytest.fixture
def server(gate, database):
    with harness.Server(gate.uri, database, "--workers", "1") as server:
        server.get(KEPT)
        yield server


def is_open(server):
    return metric(server, "kpi_breaker_open") == 1


def test_what_needs_the_database_is_refused_without_a_worker(gate, server):
    assert not is_open(server) and metric(server, "kpi_database_up") == 1
    gate.shut()
    until(lambda: is_open(server))
    until(lambda: metric(server, "kpi_jobs_waiting") == 0 == metric(server, "kpi_jobs_running"))
    jobs = {pool: metric(server, "kpi_queue_wait_seconds_count", pool=pool) for pool in ("kpis", "exports", "light")}
    for path in NEEDS_DATABASE * 5:
        problem = server.get(path)
        check_problem(problem, 503)
        assert 1 <= int(problem.headers["Retry-After"]) <= 10
    assert jobs == {pool: metric(server, "kpi_queue_wait_seconds_count", pool=pool) for pool in jobs}, "a worker was asked"
    assert metric(server, "kpi_breaker_refused_total") == 5 * len(NEEDS_DATABASE)
    assert metric(server, "kpi_database_look_failures_total") > 0 and metric(server, "kpi_database_up") == 0


def test_it_opens_when_the_database_only_stands_still(gate, database):
    """Long before a pipeline would have taken too long; and what waits behind one that hangs need not find out by itself."""
    with harness.Server(gate.uri, database, "--workers", "1", "--query-timeout", "300") as server:
        server.get(KEPT)
        gate.flowing.clear()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            try:
                asked = [pool.submit(server.get, f"/v1/kpis/total-sales?from={year}") for year in range(2000, 2006)]
                answers = iter(lambda: server.get("/readyz").status_code, 503)
                assert set(answers) <= {200}, "those that came within the lease of the last look"
                assert is_open(server)
                # But for the one that the worker may have begun.
                for one in itertools.islice(concurrent.futures.as_completed(asked), len(asked) - 1):
                    check_problem(one.result(), 503)
                check_problem(server.get("/v1/kpis/total-sales?from=2010"), 503)
                check_problem(server.get("/v1/status"), 503)
            finally:
                gate.flowing.set()
        until(lambda: not is_open(server))
        assert server.get("/readyz").status_code == 200 and server.get("/v1/kpis/total-sales").status_code == 200


def test_status_is_what_was_known_last(gate, server):
    known = server.get("/v1/status").json()
    assert "stale" not in known
    gate.shut()
    until(lambda: is_open(server))
    answer = server.get("/v1/status")
    assert answer.status_code == 200
    old = answer.json()
    assert old.pop("stale") is True
    assert old.pop("uptime_s") >= known.pop("uptime_s")
    assert old == known
    gate.open()
    until(lambda: "stale" not in server.get("/v1/status").json())


def test_who_listens_is_told_that_it_is_away_and_back(gate, server):
    with server.get("/v1/events", stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        # Some beats of the stream at the most, which never ends by itself.
        event = lambda: next((line for line in itertools.islice(lines, 12) if line.startswith("event: ")), None)
        assert event() == "event: data-version"
        for change, answers in ((gate.shut, "false"), (gate.open, "true")):
            change()
            assert event() == "event: database"
            assert next(lines) == f'data: {{"answers":{answers}}}'


def test_status_is_no_older_than_other_answers(gate, database):
    with harness.Server(gate.uri, database, "--max-stale", "0") as server:
        assert server.get("/v1/status").status_code == 200
        gate.shut()
        until(lambda: is_open(server))
        check_problem(server.get("/v1/status"), 503)


def test_what_needs_none_goes_on(gate, server):
    gate.shut()
    until(lambda: is_open(server))
    until(lambda: server.get(KEPT).json().get("stale") is True)  # once the last good look is no lease any more
    for path in NEEDS_NONE:
        assert server.get(path).status_code == 200, path


def test_it_closes_by_itself_when_the_database_is_back(gate, server):
    gate.shut()
    until(lambda: is_open(server))
    gate.open()
    until(lambda: not is_open(server))
    for path in NEEDS_DATABASE:
        assert server.get(path).status_code == 200, path
    until(lambda: is_hit(server.get(KEPT)))


def test_a_pipeline_that_fails_does_not_open_it(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    broken = json.loads((pipelines / "kpi/order-count.json").read_text())
    broken["pipeline"] = [
        {"$match": {"$var": "filter"}},
        {"$group": {"_id": None, "orders": {"$sum": "$orders"}}},
        {"$project": {"_id": 0, "orders": {"$divide": ["$orders", {"$subtract": ["$orders", "$orders"]}]}}},
    ]
    (pipelines / "kpi/broken.json").write_text(json.dumps(broken))
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        for _ in range(10):
            assert server.get("/v1/kpis/broken").status_code == 500
            assert server.get("/v1/kpis/order-count").status_code == 200
        assert not is_open(server) and metric(server, "kpi_breaker_refused_total") == 0
        assert metric(server, "kpi_pipeline_failures_total", kpi="broken") == 10
