"""What /metrics tells is what Prometheus reads, follows its conventions, has a bound, and is what happened."""

import datetime
import json
import pathlib
import re
import shutil
import threading
import time

import pytest
import requests

import harness
from metrics_lint import parse, problems

DOCS = harness.ROOT / "docs" / "operations.md"


@pytest.fixture(scope="module")
def quiet(engine_uri, database):
    """A server that nobody else asks anything."""
    with harness.Server(engine_uri, database) as server:
        yield server


def read(server):
    answer = server.get("/metrics")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in parse(answer.text)}


def value(families, name, **labels):
    """A sample's value; 0 where it is not there."""
    family = families[re.sub("_(bucket|sum|count)$", "", name) if name not in families else name]
    return next((s.value for s in family.samples if s.name == name and s.labels == labels), 0)


def settle(server, name, wanted, **labels):
    """Waits until a request that was answered has been counted, too: that is a moment later."""
    until = time.monotonic() + 20
    while (found := value(read(server), name, **labels)) != wanted:
        assert time.monotonic() < until, f"{name} is {found}, not {wanted}"
        time.sleep(0.05)


def test_metrics_follow_the_conventions_of_prometheus(server):
    server.get("/v1/kpis/total-sales")
    server.get("/v1/kpis/no-such-kpi")
    found = [f"{family.name}: {problem}" for family in read(server).values() for problem in problems(family)]
    assert not found


def test_every_family_begins_with_kpi_or_is_one_of_any_process(server):
    strange = [name for name in read(server) if not name.startswith(("kpi_", "process_"))]
    assert not strange
    for name in ("cpu_seconds_total", "resident_memory_bytes", "virtual_memory_bytes", "open_fds", "max_fds", "start_time_seconds"):
        assert value(read(server), f"process_{name}") > 0, name


def test_the_manual_has_every_metric_with_its_type_and_meaning(server):
    text = DOCS.read_text()
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*?) \|", text, re.M)
    assert sorted(told) == sorted((f.name, f.type, f.help) for f in read(server).values())


def test_the_process_is_told_as_it_is(quiet):
    families, pid = read(quiet), quiet.process.pid
    status = (pathlib.Path("/proc") / str(pid) / "status").read_text()
    threads = int(re.search(r"^Threads:\s+(\d+)", status, re.M)[1])
    resident = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024
    assert value(families, "process_threads") == threads
    assert abs(value(families, "process_resident_memory_bytes") - resident) < 4 << 20
    assert abs(value(families, "process_open_fds") - len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))) <= 2
    assert 0 <= time.time() - value(families, "process_start_time_seconds") < 3600


def test_data_are_told_with_version_age_and_newest_day(quiet, mongo, database):
    meta, families = mongo[database].meta.find_one({"_id": "data"}), read(quiet)
    age = time.time() - meta["loaded_at"].replace(tzinfo=datetime.timezone.utc).timestamp()
    assert value(families, "kpi_data_version") == meta["version"]
    assert value(families, "kpi_data_age_seconds") > 0
    assert abs(value(families, "kpi_data_age_seconds") - age) < 60
    last = (meta["last_day"] - datetime.datetime(1970, 1, 1)).total_seconds()
    assert value(families, "kpi_data_last_day_timestamp_seconds") == last
    declared = len(list((harness.PIPELINES / "rollup").glob("*.json")))
    assert value(families, "kpi_rollups", state="in_use") == declared
    assert value(families, "kpi_rollups", state="left_out") == 0
    assert value(families, "kpi_definitions") == len(list((harness.PIPELINES / "kpi").glob("*.json")))


def test_without_data_nothing_is_said_of_their_age(engine_uri, new_database):
    with harness.Server(engine_uri, new_database("empty")) as server:
        families = read(server)
        assert value(families, "kpi_data_version") == 0
        assert families["kpi_data_age_seconds"].samples == []
        assert families["kpi_data_last_day_timestamp_seconds"].samples == []


def test_metrics_add_up_against_what_was_asked(engine_uri, database):
    route = "/v1/kpis/{name}"
    with harness.Server(engine_uri, database) as server:
        for _ in range(3):
            assert server.get("/v1/kpis/total-sales").status_code == 200
        etag = server.get("/v1/kpis/total-sales").headers["ETag"]
        assert server.get("/v1/kpis/total-sales", headers={"If-None-Match": etag}).status_code == 304
        assert server.get("/v1/kpis/units-sold").status_code == 200
        assert server.get("/v1/kpis/units-sold?limit=x").status_code == 400
        assert server.get("/v1/kpis/units-sol").status_code == 404
        assert server.get("/v1/kpis/sales-by-region?format=csv").status_code == 200
        assert server.get("/nowhere").status_code == 404
        settle(server, "kpi_http_requests_total", 1, route="unknown", status="404")
        families = read(server)
        counted = {status: value(families, "kpi_http_requests_total", route=route, status=status) for status in ("200", "304", "400", "404")}
        assert counted == {"200": 6, "304": 1, "400": 1, "404": 1}
        assert value(families, "kpi_http_request_duration_seconds_count", route=route) == 9
        assert value(families, "kpi_cache_hits_total") == 4
        assert value(families, "kpi_cache_misses_total") == 3
        assert value(families, "kpi_cache_entries") == 3
        assert value(families, "kpi_pipeline_seconds_count", kpi="total-sales") == 1
        assert value(families, "kpi_pipeline_seconds_count", kpi="sales-by-region") == 1
        assert value(families, "kpi_queue_wait_seconds_count", pool="kpis") == 2
        assert value(families, "kpi_queue_wait_seconds_count", pool="exports") == 1
        assert value(families, "kpi_connections_accepted_total") >= 1
        assert value(families, "kpi_http_requests_in_flight") == 1  # the one that asks


def test_histograms_add_up(server):
    server.get("/v1/kpis/total-sales")
    for family in read(server).values():
        if family.type != "histogram":
            continue
        for labels in {tuple(sorted((k, v) for k, v in s.labels.items() if k != "le")) for s in family.samples}:
            of = [s for s in family.samples if labels == tuple(sorted((k, v) for k, v in s.labels.items() if k != "le"))]
            buckets = [(float(s.labels["le"]), s.value) for s in of if s.name.endswith("_bucket")]
            count = next(s.value for s in of if s.name.endswith("_count"))
            assert buckets == sorted(buckets) and [n for _, n in buckets] == sorted(n for _, n in buckets)
            assert buckets[-1] == (float("inf"), count), family.name


def test_what_strangers_ask_for_makes_no_new_series(server):
    server.get("/v1/kpis/total-sales")
    server.get("/nowhere")
    server.get("/v1/kpis/no-such")
    server.get("/v1/dimensions/no-such")
    server.session.request("BREW", server.url + "/v1/kpis", timeout=60)
    server.get("/v1/events/x")

    def series():
        return {(s.name, tuple(sorted(s.labels.items()))) for f in read(server).values() for s in f.samples}

    before = series()
    for n in range(50):
        server.get(f"/nowhere/{n}\"\n{{}}")
        server.get(f"/v1/kpis/kpi-{n}")
        server.get(f"/v1/dimensions/dimension-{n}")
        server.session.request(f"BREW{n}", server.url + "/v1/kpis", timeout=60)
    assert {name for name, _ in series() - before} <= {"kpi_http_requests_total"}
    assert len(series() - before) <= 3  # another status of a known route


def test_definitions_that_cannot_be_used_are_counted(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        assert value(read(server), "kpi_definition_errors") == 0
        (pipelines / "kpi" / "total-sales.json").write_text("{")
        settle(server, "kpi_definition_errors", 1)
        good = json.loads((harness.PIPELINES / "kpi" / "total-sales.json").read_text())
        (pipelines / "kpi" / "total-sales.json").write_text(json.dumps(good))
        settle(server, "kpi_definition_errors", 0)
        assert value(read(server), "kpi_definition_reloads_total") > 0


def test_rollups_that_are_not_to_be_used_are_left_out(engine_uri, database):
    with harness.Server(engine_uri, database, "--sources", "order,line") as server:
        declared = len(list((harness.PIPELINES / "rollup").glob("*.json")))
        assert value(read(server), "kpi_rollups", state="in_use") == 0
        assert value(read(server), "kpi_rollups", state="left_out") == declared


def test_listeners_and_connections_are_counted(quiet):
    before = value(read(quiet), "kpi_connections")
    with requests.get(quiet.url + "/v1/events", stream=True, timeout=60):
        settle(quiet, "kpi_event_listeners", 1)
        assert value(read(quiet), "kpi_connections") == before + 1
        assert value(read(quiet), "kpi_event_listeners_most") > 1
    settle(quiet, "kpi_event_listeners", 0)


def test_metrics_are_read_while_others_are_served(quiet):
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            requests.get(quiet.url + "/v1/kpis/units-sold", timeout=60)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        last = 0
        for _ in range(20):
            now = value(read(quiet), "kpi_cache_hits_total")
            assert now >= last
            last = now
    finally:
        stop.set()
        for asker in askers:
            asker.join()
