"""However a definition is written, its answer has an end, in rows and in time."""

import json
import shutil

import pytest

import harness
from problems import check_problem


def unwound(*counts):
    """Stages that make as many rows of one order as the product of the counts."""
    stages = [{"$match": {"$var": "filter"}}, {"$group": {"_id": None, "orders": {"$sum": "$orders"}}}]
    for number, count in enumerate(counts):
        stages += [{"$set": {f"n{number}": {"$range": [0, count]}}}, {"$unwind": f"$n{number}"}]
    return stages


# Each says that it gives a single row, which nobody can see of it as it stands.
COUNT = [{"$group": {"_id": None, "orders": {"$sum": 1}}}]
KPIS = {
    "rows-10000": [*unwound(100, 100), {"$project": {"_id": 0, "orders": 1}}],
    "rows-10001": [*unwound(100, 101), {"$project": {"_id": 0, "orders": 1}}],
    "rows-ten-million": [*unwound(10_000, 1000), {"$project": {"_id": 0, "orders": 1}}],
    "endless": unwound(10_000, 10_000, 10_000) + COUNT,
}


@pytest.fixture(scope="module")
def server(engine_uri, database, tmp_path_factory):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path_factory.mktemp("limits") / "pipelines")
    base = json.loads((pipelines / "kpi/order-count.json").read_text())
    for name, pipeline in KPIS.items():
        (pipelines / f"kpi/{name}.json").write_text(json.dumps(base | {"pipeline": pipeline}))
    with harness.Server(engine_uri, database, "--query-timeout", "2", pipelines=pipelines) as server:
        yield server


def test_ten_thousand_rows_are_an_answer_without_a_limit_of_its_own(server):
    assert len(server.get("/v1/kpis/rows-10000").json()["data"]) == 10_000


@pytest.mark.parametrize("kpi", ["rows-10001", "rows-ten-million"])
def test_more_are_an_error_and_no_part_of_an_answer(server, kpi):
    problem = check_problem(server.get(f"/v1/kpis/{kpi}"), 400)
    assert "more than 10000 rows" in problem["detail"]


def test_a_pipeline_that_never_ends_is_ended(server):
    problem = check_problem(server.get("/v1/kpis/endless"), 504)
    assert "time limit" in problem["detail"]
    assert server.get("/v1/kpis/order-count").status_code == 200
