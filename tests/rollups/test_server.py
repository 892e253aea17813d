"""A server whose rollups change while it serves, or are left out: it answers all the same, from the orders."""

import json
import shutil
import subprocess
import time

import pytest

import harness


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


def source(server, request="/v1/kpis/order-count"):
    return server.get(request).json()["source"]


def wait_for_source(server, name, request):
    """Until the files that were changed have been read, however many readings that takes."""
    until = time.monotonic() + 30
    while source(server, request) != name:
        assert time.monotonic() < until, server.log()
        time.sleep(0.1)


def change(path, **members):
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_rollup_that_is_declared_otherwise_is_not_taken_until_it_is_built(engine_uri, new_database, sample, pipelines):
    database, path = new_database("changed"), pipelines / "rollup" / "sales_by_day.json"
    harness.load(engine_uri, database, sample, options=["--pipelines", pipelines])
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        before = server.get("/v1/kpis/order-count").json()
        lines = len(server.lines)
        change(path, title="Only called otherwise")
        server.wait_for_line("definitions loaded", after=lines)
        assert source(server) == before["source"] == "sales_by_day"
        lines = len(server.lines)
        change(path, measures=["orders", "sales"])
        server.wait_for_line("definitions loaded", after=lines)
        after = server.get("/v1/kpis/order-count?explain=true").json()
        (said,) = [each for each in after["explain"]["sources"] if each["name"] == "sales_by_day"]
        assert (said["why"], said["rows"]) == ("is not built for this version of the data", None)
        assert after["data"] == before["data"] and after["source"] != "sales_by_day"
        harness.load(engine_uri, database, sample, options=["--pipelines", pipelines])
        again = server.get("/v1/kpis/order-count").json()
        assert (again["source"], again["data"]) == ("sales_by_day", before["data"])


def test_rollup_that_cannot_be_read_is_done_without(engine_uri, database, pipelines):
    with harness.Server(engine_uri, database, "--cache-mb", "0", pipelines=pipelines) as server:
        before = server.get("/v1/kpis/sales-by-product").json()
        assert before["source"] == "sales_by_product"
        lines = len(server.lines)
        change(pipelines / "rollup" / "sales_by_month_product.json", grain="week")
        server.wait_for_line("definitions loaded", after=lines)
        after = server.get("/v1/kpis/sales-by-product").json()
        assert (after["source"], after["data"]) == ("sales_by_day_product", before["data"])
        errors = {error["file"]: error["reason"] for error in server.get("/v1/status").json()["definition_errors"]}
        assert errors == {
            "rollup/sales_by_month_product.json": "'week' is none of day, month, all",
            "rollup/sales_by_product.json": "there is no rollup 'sales_by_month_product' that can be used; did you mean 'sales_by_day_product'?",
        }
        shutil.rmtree(pipelines / "rollup")
        wait_for_source(server, "line", "/v1/kpis/sales-by-product")
        shutil.copytree(harness.PIPELINES / "rollup", pipelines / "rollup")
        wait_for_source(server, "sales_by_product", "/v1/kpis/sales-by-product")


OF_SINGLE_ROWS = {
    "largest": {"$max": "$sales"},
    "smallest": {"$min": "$sales"},
    "without-cost": {"$sum": {"$ifNull": ["$profit", "$sales"]}},
    "large": {"$sum": {"$cond": [{"$gt": ["$sales", 500]}, "$sales", 0]}},
    "squares": {"$sum": {"$multiply": ["$units", "$units"]}},
    "rows": {"$sum": 1},
    "counted": {"$count": {}},
}


def invent(pipelines, name, field, accumulator):
    """A KPI of that one number, of a file that is otherwise like total-sales."""
    kpi = json.loads((pipelines / "kpi" / "total-sales.json").read_text()) | {"measures": ["sales", "profit", "units"], "keep": False}
    kpi["pipeline"] = [
        {"$match": {"$var": "filter"}},
        {"$group": {"_id": None, field: accumulator}},
        {"$project": {"_id": 0, "sales": f"${field}"}},
    ]
    (pipelines / "kpi" / f"{name}.json").write_text(json.dumps(kpi))


def test_kpi_that_looks_at_single_orders_is_computed_from_them(engine_uri, database, pipelines):
    """A rollup has their sums only: the largest order would be the largest day."""
    for name, accumulator in OF_SINGLE_ROWS.items():
        invent(pipelines, name, "x", accumulator)
    invent(pipelines, "total", "x", {"$sum": "$sales"})
    with (
        harness.Server(engine_uri, database, pipelines=pipelines) as rollups,
        harness.Server(engine_uri, database, "--sources", "order,item,line", pipelines=pipelines) as orders,
    ):
        assert source(rollups, "/v1/kpis/total") == "sales_by_day"
        for name in OF_SINGLE_ROWS:
            answer, want = (server.get(f"/v1/kpis/{name}?explain=true").json() for server in (rollups, orders))
            assert (answer["source"], answer["data"]) == ("order", want["data"]), name
            (said,) = [each for each in answer["explain"]["sources"] if each["name"] == "sales_by_day"]
            assert said["why"] == "the KPI looks at single rows, and not only at their sums"


def test_server_starts_without_a_folder_of_rollups(engine_uri, database, pipelines):
    shutil.rmtree(pipelines / "rollup")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        assert source(server) == "order"


@pytest.mark.parametrize("sources, sentence", [
    ("order,item,line,sales_by_dya", "--sources: there is no source or rollup 'sales_by_dya'; did you mean 'sales_by_day'?"),
    ("sales_by_day", "has requests that none of the sources sales_by_day answers: name more"),
    ("", "--sources: the value is empty"),
])  # fmt: skip
def test_sources_that_cannot_answer_are_refused_at_the_start(engine_uri, sources, sentence):
    command = [harness.BUILD / "kpi-server", "--uri", engine_uri, "--listen", "127.0.0.1:0", "--sources", sources]
    done = subprocess.run(command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=20)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
