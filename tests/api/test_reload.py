"""A definition is a file: SIGHUP takes what changed, and keeps what works when the change does not."""

import concurrent.futures
import json
import shutil
import signal

import pytest

import harness
from problems import check_problem


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


@pytest.fixture
def own_server(engine_uri, database, pipelines):
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        yield server


def hang_up(server, pattern):
    said = len(server.lines)
    server.process.send_signal(signal.SIGHUP)
    return server.wait_for_line(pattern, after=said)


def change(path, **members):
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_a_new_file_is_a_new_kpi(own_server, pipelines):
    check_problem(own_server.get("/v1/kpis/turnover"), 404)
    shutil.copy(pipelines / "kpi/total-sales.json", pipelines / "kpi/turnover.json")
    change(pipelines / "kpi/turnover.json", title="Turnover")
    hang_up(own_server, "definitions loaded")
    answer = own_server.get("/v1/kpis/turnover?from=2023").json()
    assert answer["title"] == "Turnover"
    assert answer["data"] == own_server.get("/v1/kpis/total-sales?from=2023").json()["data"]
    assert "turnover" in {kpi["name"] for kpi in own_server.get("/v1/kpis").json()["data"]}
    assert "/v1/kpis/turnover" in own_server.get("/openapi.json").json()["paths"]


def test_a_changed_file_is_a_changed_kpi_with_another_tag(own_server, pipelines):
    before = own_server.get("/v1/kpis/total-sales")
    listed = own_server.get("/v1/kpis").headers["ETag"]
    change(pipelines / "kpi/total-sales.json", title="All that was sold")
    hang_up(own_server, "definitions loaded")
    after = own_server.get("/v1/kpis/total-sales", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["title"] == "All that was sold"
    assert own_server.get("/v1/kpis", headers={"If-None-Match": listed}).status_code == 200
    assert own_server.get("/v1/kpis/order-count").headers["ETag"], "the others are as they were"


def test_a_changed_source_is_another_answer_with_another_tag(own_server, pipelines):
    path = "/v1/kpis/total-sales?category=Furniture"
    before = own_server.get(path)
    source = pipelines / "source/item.json"
    source.write_text(source.read_text().replace('"sales": "items.sales"', '"sales": "items.gross"'))
    hang_up(own_server, "definitions loaded")
    after = own_server.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["data"] != before.json()["data"]


def test_readiness_does_not_wait_behind_slow_pipelines(engine_uri, database, pipelines):
    long = {"$reduce": {"input": {"$range": [0, 1_000_000]}, "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}
    slow = json.loads((pipelines / "kpi/total-sales.json").read_text())
    slow["pipeline"] = [{"$match": {"$var": "filter"}}, {"$limit": 1}, {"$project": {"_id": 0, "sales": long}}]
    (pipelines / "kpi/slow.json").write_text(json.dumps(slow))
    with (
        harness.Server(engine_uri, database, "--workers", "1", pipelines=pipelines) as server,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        asked = [pool.submit(server.get, "/v1/kpis/slow") for _ in range(8)]
        concurrent.futures.wait(asked, return_when=concurrent.futures.FIRST_COMPLETED)
        for path in ("/readyz", "/v1/status", "/v1/dimensions/region"):
            assert server.get(path).status_code == 200
        assert not all(answer.done() for answer in asked), "the slow ones are still being computed"
        assert {answer.result().status_code for answer in asked} == {200}


def test_a_removed_file_is_no_kpi(own_server, pipelines):
    (pipelines / "kpi/total-sales.json").unlink()
    hang_up(own_server, "definitions loaded")
    check_problem(own_server.get("/v1/kpis/total-sales"), 404)
    assert own_server.get("/v1/kpis/order-count").status_code == 200


BROKEN = {
    "no_json": lambda path: path.write_text('{"title": '),
    "empty": lambda path: path.write_text(""),
    "no_pipeline": lambda path: change(path, pipeline=None),
    "unknown_key": lambda path: change(path, pipelin=[]),
    "unknown_parameter": lambda path: change(path, parameters=["form"]),
    "unknown_column_type": lambda path: change(path, columns=[{"name": "sales", "type": "euro", "text": "Sales"}]),
    "unknown_variable": lambda path: change(path, pipeline=[{"$match": {"$var": "no_such_variable"}}]),
    "write_stage": lambda path: change(path, pipeline=[{"$match": {"$var": "filter"}}, {"$out": "orders"}]),
    "merge_stage": lambda path: change(path, pipeline=[{"$match": {"$var": "filter"}}, {"$merge": {"into": "orders"}}]),
    "javascript": lambda path: change(
        path, pipeline=[{"$match": {"$var": "filter"}}, {"$match": {"$where": "sleep(1000) || true"}}]
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_refused_with_its_reason_and_the_old_definitions_go_on(own_server, pipelines, how):
    expected = own_server.get("/v1/kpis/total-sales").json()
    BROKEN[how](pipelines / "kpi/total-sales.json")
    line = hang_up(own_server, "definitions loaded|not reloaded")
    assert "not reloaded" in line, "it was taken"
    assert "total-sales.json" in line, "the log names the file"
    answer = own_server.get("/v1/kpis/total-sales").json()
    assert answer["data"] == expected["data"] and answer["title"] == expected["title"]
    status = own_server.get("/v1/status").json()
    assert status["reload_error"] and str(pipelines) not in status["reload_error"]


def test_a_repaired_file_is_taken_again(own_server, pipelines):
    path = pipelines / "kpi/total-sales.json"
    text = path.read_text()
    path.write_text("{")
    hang_up(own_server, "not reloaded")
    path.write_text(text)
    hang_up(own_server, "definitions loaded")
    assert own_server.get("/v1/status").json()["reload_error"] is None


def test_a_folder_that_is_gone_stops_nothing(own_server, pipelines):
    shutil.rmtree(pipelines)
    hang_up(own_server, "not reloaded")
    assert own_server.get("/v1/kpis/total-sales").status_code == 200


def test_reloading_while_requests_run_loses_none(own_server, pipelines):
    for number in range(20):
        change(pipelines / "kpi/total-sales.json", title=f"Sales {number}")
        own_server.process.send_signal(signal.SIGHUP)
        for kpi in ("total-sales", "order-count"):
            assert own_server.get(f"/v1/kpis/{kpi}").status_code == 200
