"""A definition is a file: SIGHUP takes what changed, and so does the server by itself; what works is kept when the change does not."""

import concurrent.futures
import json
import os
import re
import shutil
import signal
import time

import pytest

import harness
from oracle import oracle
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
    slow["pipeline"] = [{"$match": {"$var": "filter"}}, {"$group": {"_id": None}}, {"$project": {"_id": 0, "sales": long}}]
    (pipelines / "kpi/slow.json").write_text(json.dumps(slow))
    with (
        harness.Server(engine_uri, database, "--workers", "1", pipelines=pipelines) as server,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        asked = [pool.submit(server.get, f"/v1/kpis/slow?from={2000 + year}") for year in range(8)]
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
    # What could be run, and would answer wrongly
    "misspelt_field": lambda path: path.write_text(path.read_text().replace("$sales", "$sles")),
    "undeclared_measure": lambda path: change(path, measures=[]),
    "filter_not_applied": lambda path: change(path, pipeline=json.loads(path.read_text())["pipeline"][1:]),
    "column_that_nothing_gives": lambda path: path.write_text(path.read_text().replace('"name": "sales"', '"name": "turnover"').replace('["sales"] }', '["turnover"] }')),
    "list_without_order": lambda path: change(path, single_row=False),
    "chart_of_nothing": lambda path: change(path, chart={"type": "number", "y": ["profit"]}),
}


def errors(server):
    return server.get("/v1/status").json()["definition_errors"]


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
    assert status["reload_error"] and str(pipelines) not in json.dumps(status)
    assert {error["file"] for error in status["definition_errors"]} == {"kpi/total-sales.json"}
    assert all(error["reason"] for error in status["definition_errors"])


def test_a_server_does_not_start_on_what_would_answer_wrongly(engine_uri, database, pipelines):
    BROKEN["misspelt_field"](pipelines / "kpi/total-sales.json")
    with pytest.raises(AssertionError, match="kpi-server ended") as ended:
        harness.Server(engine_uri, database, pipelines=pipelines)
    assert "kpi/total-sales.json" in str(ended.value) and "there is no field 'sles' here; did you mean 'sales'?" in str(ended.value)


def test_a_misspelt_source_leaves_all_sources_as_they_were(own_server, pipelines):
    path, source = "/v1/kpis/total-sales?category=Furniture", pipelines / "source/item.json"
    expected = own_server.get(path).json()["data"]
    source.write_text(source.read_text().replace('"sales": "items.sales"', '"sales": "items.slaes"'))
    hang_up(own_server, "definitions loaded")
    assert own_server.get(path).json()["data"] == expected
    (error,) = errors(own_server)
    assert (error["file"], error["path"]) == ("source/item.json", "$.measures.sales")


def test_a_repaired_file_is_taken_again(own_server, pipelines):
    path = pipelines / "kpi/total-sales.json"
    text = path.read_text()
    path.write_text("{")
    hang_up(own_server, "not reloaded")
    path.write_text(text)
    hang_up(own_server, "all definitions can be used again")
    assert own_server.get("/v1/status").json()["reload_error"] is None
    assert errors(own_server) == []


def test_a_broken_file_holds_up_no_other(own_server, pipelines):
    change(pipelines / "kpi/total-sales.json", columns=[])
    change(pipelines / "kpi/order-count.json", title="How many")
    shutil.copy(pipelines / "kpi/units-sold.json", pipelines / "kpi/pieces.json")
    (pipelines / "kpi/peak-days.json").unlink()
    hang_up(own_server, "definitions loaded")
    assert own_server.get("/v1/kpis/total-sales").status_code == 200
    assert own_server.get("/v1/kpis/order-count").json()["title"] == "How many"
    assert own_server.get("/v1/kpis/pieces").status_code == 200
    check_problem(own_server.get("/v1/kpis/peak-days"), 404)
    assert errors(own_server) == [{"file": "kpi/total-sales.json", "path": "$.columns", "reason": "a KPI has 1 to 64"}]


def test_a_broken_source_leaves_all_sources_as_they_were(own_server, pipelines):
    expected = own_server.get("/v1/kpis/total-sales?category=Furniture").json()["data"]
    item, order = pipelines / "source/item.json", pipelines / "source/order.json"
    item.write_text(item.read_text().replace('"sales": "items.sales"', '"sales": "items.gross"'))
    order.write_text("{")
    hang_up(own_server, "definitions loaded")
    assert own_server.get("/v1/kpis/total-sales?category=Furniture").json()["data"] == expected
    assert [error["file"] for error in errors(own_server)] == ["source/order.json"]


def test_all_mistakes_are_on_the_status_page(own_server, pipelines):
    change(pipelines / "kpi/total-sales.json", titel="x", columns=[], parameters=["form"])
    change(pipelines / "dimension/city.json", pipeline=[{"$out": "x"}])
    hang_up(own_server, "definitions loaded")
    assert [(error["file"], error["path"]) for error in errors(own_server)] == [
        ("kpi/total-sales.json", "$.titel"),
        ("kpi/total-sales.json", "$.columns"),
        ("kpi/total-sales.json", "$.parameters[0]"),
        ("dimension/city.json", "$.pipeline[0]"),
    ]
    assert own_server.get("/v1/dimensions/city").status_code == 200


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


# Without a signal

UNHEARD_OF = {
    "title": "Late-night orders by ship mode",
    "group": "time",
    "summary": "What is ordered between ten at night and four in the morning, by how it is shipped.",
    "formula": "Distinct counted orders whose hour is 22, 23, 0, 1, 2 or 3 / all orders of the ship mode.",
    "dimensions": ["ship_mode", "hour"],
    "measures": ["orders"],
    "parameters": ["from", "to", "segment", "sort", "limit", "offset"],
    "defaults": {"sort": "-night_rate"},
    "needs": ["hour"],
    "pipeline": [
        {"$match": {"$var": "filter"}},
        {"$group": {
            "_id": "$ship_mode",
            "orders": {"$sum": "$orders"},
            "night_orders": {"$sum": {"$cond": [{"$in": ["$hour", [22, 23, 0, 1, 2, 3]]}, "$orders", 0]}},
        }},
        {"$project": {
            "_id": 0, "ship_mode": "$_id", "orders": 1, "night_orders": 1,
            "night_rate": {"$round": [{"$divide": ["$night_orders", "$orders"]}, 6]},
        }},
        {"$sort": {"$var": "sort"}},
        {"$skip": {"$var": "offset"}},
        {"$limit": {"$var": "limit"}},
    ],
    "columns": [
        {"name": "ship_mode", "type": "string", "text": "Ship mode", "key": True},
        {"name": "night_rate", "type": "ratio", "text": "Night orders / orders"},
        {"name": "night_orders", "type": "count", "text": "Orders from 22:00 to 3:59", "empty": 0},
        {"name": "orders", "type": "count", "text": "Orders", "empty": 0},
    ],
    "chart": {"type": "bar", "x": "ship_mode", "y": ["night_rate"]},
}  # fmt: skip


def loads(server, action):
    """Does something to the folder and waits until the server has read it again."""
    said = len(server.lines)
    action()
    return server.wait_for_line("definitions loaded", after=said)


def test_a_kpi_that_nobody_has_thought_of_is_a_file_away(own_server, pipelines):
    path = pipelines / "kpi/late-night-orders.json"
    loads(own_server, lambda: path.write_text(json.dumps(UNHEARD_OF)))
    entry = next(kpi for kpi in own_server.get("/v1/kpis").json()["data"] if kpi["name"] == "late-night-orders")
    assert entry["title"] == UNHEARD_OF["title"] and entry["chart"] == UNHEARD_OF["chart"]
    assert "/v1/kpis/late-night-orders" in own_server.get("/openapi.json").json()["paths"]
    rows = own_server.get("/v1/kpis/late-night-orders?limit=2&sort=-orders").json()["data"]
    assert len(rows) == 2 and list(rows[0]) == ["ship_mode", "night_rate", "night_orders", "orders"]
    assert 0 < rows[0]["night_rate"] < 1
    check_problem(own_server.get("/v1/kpis/late-night-orders?region=West"), 400)
    check_problem(own_server.get("/v1/kpis/late-night-orders?sort=hour"), 400)
    assert oracle.unproven(pipelines / "kpi") == ["late-night-orders"], "it is on the list of what lacks a proof"


def test_a_misspelt_kpi_is_not_served_until_it_is_mended(own_server, pipelines):
    text, path = json.dumps(UNHEARD_OF), pipelines / "kpi/late-night-orders.json"
    loads(own_server, lambda: path.write_text(text.replace("$hour", "$huor")))
    check_problem(own_server.get("/v1/kpis/late-night-orders"), 404)
    assert errors(own_server) == [{
        "file": "kpi/late-night-orders.json",
        "path": "$.pipeline[1].$group.night_orders.$sum.$cond[0].$in[0]",
        "reason": "there is no field 'huor' here; did you mean 'hour'?",
    }]  # fmt: skip
    loads(own_server, lambda: path.write_text(text))
    assert own_server.get("/v1/kpis/late-night-orders").status_code == 200
    assert errors(own_server) == []
    loads(own_server, lambda: path.write_text(text.replace("$hour", "$huor")))
    assert own_server.get("/v1/kpis/late-night-orders").status_code == 200, "as it was"
    assert [error["file"] for error in errors(own_server)] == ["kpi/late-night-orders.json"]


def test_what_may_be_meant_is_served_and_said_once(own_server, pipelines):
    doubts = lambda: own_server.get("/v1/status").json()["definition_warnings"]
    assert doubts() == []
    kpi = json.loads((pipelines / "kpi/order-count.json").read_text())
    kpi["pipeline"][1]["$group"]["orders"] = {"$sum": 1}
    loads(own_server, lambda: (pipelines / "kpi/row-count.json").write_text(json.dumps(kpi)))
    assert own_server.get("/v1/kpis/row-count").status_code == 200
    assert errors(own_server) == []
    (doubt,) = doubts()
    assert (doubt["file"], doubt["path"]) == ("kpi/row-count.json", "$.pipeline[1].$group.orders")
    loads(own_server, lambda: change(pipelines / "kpi/total-sales.json", title="Other"))
    assert len(doubts()) == 1
    assert len(re.findall("level=warn.*row-count.json", own_server.log())) == 1
    loads(own_server, lambda: (pipelines / "kpi/row-count.json").unlink())
    assert doubts() == []


def wait_until(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.05)


def write_over(path, text):
    """Truncates, and takes its time to write."""
    with path.open("w") as file:
        for i in range(0, len(text), 200):
            file.write(text[i : i + 200])
            file.flush()
            time.sleep(0.01)


def write_beside_and_rename(path, text):
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    beside.rename(path)


def write_like_vim(path, text):
    """A swap file, a probe, a backup by renaming, the new file, and the backup goes."""
    swap, probe, backup = path.with_name(f".{path.name}.swp"), path.with_name("4913"), path.with_name(f"{path.name}~")
    swap.write_bytes(b"b0VIM")
    probe.touch()
    probe.unlink()
    path.rename(backup)
    path.write_text(text)
    backup.unlink()
    swap.unlink()


def write_like_emacs(path, text):
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("somebody@somewhere.1234")
    path.with_name(f"#{path.name}#").write_text("{")
    shutil.copy(path, path.with_name(f"{path.name}~"))
    path.write_text(text)
    path.with_name(f"#{path.name}#").unlink()
    lock.unlink()


def replace_by_link(path, text):
    elsewhere = path.parents[2] / "elsewhere.json"
    elsewhere.write_text(text)
    path.unlink()
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("write", [write_over, write_beside_and_rename, write_like_vim, write_like_emacs, replace_by_link])
def test_whatever_way_a_file_is_written_it_is_read_when_it_is_whole(own_server, pipelines, write):
    path = pipelines / "kpi/total-sales.json"
    text = json.dumps(json.loads(path.read_text()) | {"title": "Written"}, indent=2)
    loads(own_server, lambda: write(path, text))
    wait_until(lambda: own_server.get("/v1/kpis/total-sales").json().get("title") == "Written")
    assert errors(own_server) == []
    assert "not reloaded" not in own_server.log()


def test_editors_own_files_are_not_read(own_server, pipelines):
    said = len(own_server.lines)
    for name in (".total-sales.json.swp", "total-sales.json~", "#total-sales.json#", ".#total-sales.json", "4913", "notes.txt"):
        (pipelines / "kpi" / name).write_text("{")
    time.sleep(1)
    assert not any("definitions" in line for line in own_server.lines[said:])


def test_removed_and_renamed_files_are_seen(own_server, pipelines):
    loads(own_server, lambda: (pipelines / "kpi/total-sales.json").unlink())
    check_problem(own_server.get("/v1/kpis/total-sales"), 404)
    loads(own_server, lambda: (pipelines / "kpi/units-sold.json").rename(pipelines / "kpi/pieces.json"))
    assert own_server.get("/v1/kpis/pieces").status_code == 200
    check_problem(own_server.get("/v1/kpis/units-sold"), 404)


def test_sources_and_dimensions_are_watched_too(own_server, pipelines):
    loads(own_server, lambda: change(pipelines / "dimension/city.json", title="Town"))
    assert own_server.get("/v1/dimensions/city").json()["title"] == "Town"
    source = pipelines / "source/item.json"
    before = own_server.get("/v1/kpis/total-sales?category=Furniture").json()["data"]
    loads(own_server, lambda: source.write_text(source.read_text().replace('"sales": "items.sales"', '"sales": "items.gross"')))
    assert own_server.get("/v1/kpis/total-sales?category=Furniture").json()["data"] != before


def test_a_mistake_is_logged_once_and_gone_when_mended(own_server, pipelines):
    path = pipelines / "kpi/total-sales.json"
    text = path.read_text()
    loads(own_server, lambda: path.write_text("{"))
    (error,) = errors(own_server)
    assert (error["file"], error["path"]) == ("kpi/total-sales.json", "line 1")
    for title in ("One", "Two"):
        loads(own_server, lambda: change(pipelines / "kpi/order-count.json", title=title))
        assert own_server.get("/v1/kpis/order-count").json()["title"] == title
    assert len(re.findall("not reloaded", own_server.log())) == 1
    assert len(errors(own_server)) == 1
    loads(own_server, lambda: path.write_text(text))
    own_server.wait_for_line("all definitions can be used again")
    assert errors(own_server) == []
    assert own_server.get("/v1/status").json()["reload_error"] is None


def test_many_changes_at_once_are_read_together(own_server, pipelines):
    def write_all():
        for path in (pipelines / "kpi").glob("*.json"):
            change(path, title="Changed")

    said = len(own_server.lines)
    loads(own_server, write_all)
    wait_until(lambda: {kpi["title"] for kpi in own_server.get("/v1/kpis").json()["data"]} == {"Changed"})
    count = len(list((pipelines / "kpi").glob("*.json")))
    assert sum("definitions loaded" in line for line in own_server.lines[said:]) < count / 4


def test_a_folder_that_is_taken_away_and_brought_back_is_watched_again(own_server, pipelines, tmp_path):
    said = len(own_server.lines)
    pipelines.rename(tmp_path / "away")
    own_server.wait_for_line("not reloaded", after=said)
    assert own_server.get("/v1/kpis/total-sales").status_code == 200
    assert errors(own_server) == [{"file": "", "path": "", "reason": "the pipelines folder cannot be used; the log says why"}]
    change(tmp_path / "away/kpi/total-sales.json", title="Back")
    loads(own_server, lambda: (tmp_path / "away").rename(pipelines))
    assert own_server.get("/v1/kpis/total-sales").json()["title"] == "Back"
    loads(own_server, lambda: change(pipelines / "kpi/total-sales.json", title="And watched"))
    assert own_server.get("/v1/kpis/total-sales").json()["title"] == "And watched"
    assert errors(own_server) == []


def test_a_folder_that_is_exchanged_as_kubernetes_does_is_seen(engine_uri, database, tmp_path):
    first, second, pipelines = tmp_path / "first", tmp_path / "second", tmp_path / "pipelines"
    shutil.copytree(harness.PIPELINES, pipelines)
    for folder, title in ((first, "First"), (second, "Second")):
        shutil.copytree(harness.PIPELINES / "kpi", folder)
        change(folder / "total-sales.json", title=title)
    shutil.rmtree(pipelines / "kpi")
    (pipelines / "kpi").mkdir()
    (pipelines / "kpi" / "..data").symlink_to(first)
    (pipelines / "kpi" / "total-sales.json").symlink_to("..data/total-sales.json")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        assert server.get("/v1/kpis/total-sales").json()["title"] == "First"
        (pipelines / "kpi" / "..data_tmp").symlink_to(second)
        loads(server, lambda: os.rename(pipelines / "kpi" / "..data_tmp", pipelines / "kpi" / "..data"))
        assert server.get("/v1/kpis/total-sales").json()["title"] == "Second"


def test_a_pipe_in_the_folder_hangs_nothing(own_server, pipelines):
    os.mkfifo(pipelines / "kpi/pipe.json")
    hang_up(own_server, "definitions loaded")
    assert [(error["file"], error["reason"]) for error in errors(own_server)] == [("kpi/pipe.json", "is no plain file")]
