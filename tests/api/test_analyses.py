"""/v1/analyses: the answers of the KPIs that are kept after each load, against what the KPIs answer themselves."""

import csv
import json
import pathlib
import re
import shutil

import pytest
from bson import Decimal128

import harness
from problems import check_parameter_problem, check_problem


def kept_kpis(pipelines=harness.PIPELINES):
    return sorted(path.stem for path in (pipelines / "kpi").glob("*.json") if json.loads(path.read_text()).get("keep"))


def rows_of(text):
    """The rows of an answer as they stand there, digit for digit."""
    return re.search(r"\"data\":\[\n(.*?)\n ?\]", text, re.S)[1]


def raise_prices(folder, percent):
    """Changes every price, so that the data have another version."""
    path = folder / "order_items.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["unit_price"] = str(round(float(row["unit_price"]) * (100 + percent) / 100, 2))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def copy(tmp_path):
    """A small sample in a folder of this test's own."""
    return harness.generate(tmp_path / "copy", orders=200)


@pytest.fixture
def target(mongo, new_database):
    name = new_database("analyses")
    yield mongo[name]
    mongo.drop_database(name)


@pytest.fixture
def load(engine_uri, target):
    return lambda *paths, **more: harness.load(engine_uri, target.name, *paths, variables=harness.WHOLE, **more)


# What is kept


def test_the_kpis_that_matter_are_kept():
    wanted = "sales-summary total-sales sales-by-region sales-by-category sales-by-product sales-over-time customer-count"
    assert set(f"{wanted} average-order-value retention-rate".split()) <= set(kept_kpis())


def test_the_newest_answer_of_each_is_listed_by_name(server):
    listed = [analysis["kpi"] for analysis in server.get("/v1/analyses").json()["data"]]
    assert listed == kept_kpis()


@pytest.mark.parametrize("name", kept_kpis())
def test_a_kept_answer_is_the_kpis_own(server, name):
    kept, own = server.get(f"/v1/analyses?kpi={name}"), server.get(f"/v1/kpis/{name}")
    assert rows_of(kept.text.split('"import"')[1]) == rows_of(own.text)
    analysis, answer = kept.json()["data"][0], own.json()
    assert analysis.pop("import") == server.get("/v1/data-quality").json()["data"][-1]["import"]
    for each in analysis, answer:
        assert each.pop("computed_at").endswith("Z")
    assert analysis == answer


def test_money_is_kept_exactly(mongo, database, server):
    kept = mongo[database].analyses.find_one({"kpi": "total-sales"})
    assert isinstance(kept["data"][0]["sales"], Decimal128)
    assert kept["_id"] == f"total-sales@{kept['data_version']}"
    assert float(kept["data"][0]["sales"].to_decimal()) == server.get("/v1/kpis/total-sales").json()["data"][0]["sales"]


def test_nothing_sold_is_kept_too(load, target, copy, engine_uri):
    """Zeros of sums, nulls of ratios, empty lists: as the KPIs answer without data."""
    for name in "orders", "order_items", "payments", "reviews":
        path = copy / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    load(copy)
    with harness.Server(engine_uri, target.name) as server:
        for name in kept_kpis():
            kept, own = server.get(f"/v1/analyses?kpi={name}").json()["data"][0], server.get(f"/v1/kpis/{name}").json()
            assert (kept["data"], kept["last_day"], kept.get("notes")) == (own["data"], own["last_day"], own.get("notes")), name


# Over several loads


def test_a_repeated_load_keeps_nothing_twice(load, target, copy):
    load(copy)
    before = list(target.analyses.find().sort("_id"))
    assert "Analyses" not in load(copy).stderr
    assert list(target.analyses.find().sort("_id")) == before
    assert len(before) == len(kept_kpis())


def test_each_version_of_the_data_has_its_answer(load, target, copy, engine_uri):
    with harness.Server(engine_uri, target.name, ready=False) as server:
        own = []
        for _ in range(3):
            load(copy)
            own.insert(0, server.get("/v1/kpis/total-sales").json())
            raise_prices(copy, 10)
        kept = server.get("/v1/analyses?kpi=total-sales").json()["data"]
        assert [analysis["data"] for analysis in kept] == [answer["data"] for answer in own]
        assert [analysis["data_version"] for analysis in kept] == [3, 2, 1]
        assert len({analysis["import"] for analysis in kept}) == 3
        newest = server.get("/v1/analyses").json()["data"]
        assert [analysis["kpi"] for analysis in newest] == kept_kpis()
        assert {analysis["data_version"] for analysis in newest} == {3}


def test_as_many_versions_are_kept_as_wanted(load, target, copy):
    for _ in range(4):
        load(copy, options=["--keep-analyses", "2"])
        raise_prices(copy, 10)
    for name in kept_kpis():
        assert sorted(a["data_version"] for a in target.analyses.find({"kpi": name})) == [3, 4]


def test_none_are_kept_when_none_are_wanted(load, target, copy):
    load(copy)
    raise_prices(copy, 10)
    assert "Analyses" not in load(copy, options=["--keep-analyses", "0"]).stderr
    assert target.analyses.distinct("data_version") == [1], "and none are deleted"


def test_what_a_load_did_not_come_to_is_kept_by_the_next(load, target, copy):
    load(copy)
    whole = list(target.analyses.find({}, {"computed_at": 0, "import_id": 0}).sort("_id"))
    target.analyses.delete_many({"kpi": {"$gt": "s"}})
    load(copy)
    assert list(target.analyses.find({}, {"computed_at": 0, "import_id": 0}).sort("_id")) == whole


def test_a_kpi_that_fails_is_passed_over(load, target, copy, tmp_path):
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    path = pipelines / "kpi" / "total-sales.json"
    definition = json.loads(path.read_text())
    definition["pipeline"].append({"$set": {"sales": {"$toInt": "no number"}}})
    path.write_text(json.dumps(definition))
    done = load(copy, options=["--pipelines", pipelines])
    assert "1 analysis could not be computed" in done.stderr and "total-sales" in done.stderr
    assert sorted(target.analyses.distinct("kpi")) == sorted(set(kept_kpis()) - {"total-sales"})


def test_a_kpi_is_kept_when_its_definition_says_so(load, target, copy, tmp_path, engine_uri):
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    path = pipelines / "kpi" / "seasonality.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "keep": True}))
    load(copy, options=["--pipelines", pipelines])
    with harness.Server(engine_uri, target.name, pipelines=pipelines) as server:
        assert server.get("/v1/analyses?kpi=seasonality").json()["data"][0]["data"] == server.get("/v1/kpis/seasonality").json()["data"]


@pytest.mark.parametrize("spoil", [lambda text: "{}", lambda text: text.replace("$sales", "$sles")], ids=["broken", "misspelt"])
def test_a_wrong_definition_stops_the_load_before_anything_is_written(load, target, copy, tmp_path, spoil):
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    path = pipelines / "kpi" / "total-sales.json"
    path.write_text(spoil(path.read_text()))
    done = load(copy, options=["--pipelines", pipelines], status=1)
    assert "total-sales.json" in done.stderr
    assert target.list_collection_names() == []


# The path


def test_answers_come_in_pages(server):
    every = server.get("/v1/analyses").json()["data"]
    first = server.get("/v1/analyses?limit=3").json()
    assert first["data"] == every[:3] and first["next_offset"] == 3
    last = server.get(f"/v1/analyses?limit=3&offset={len(every) - 3}").json()
    assert last == {"data": every[-3:]}
    assert server.get("/v1/analyses?kpi=total-sales&offset=1").json() == {"data": []}


def test_a_kpi_that_is_not_kept_says_so(server):
    answer = server.get("/v1/analyses?kpi=sales-by-city").json()
    assert answer["data"] == [] and "sales-by-city is not kept" in answer["notes"][0]


def test_before_the_first_load_there_is_nothing(engine_uri, new_database):
    with harness.Server(engine_uri, new_database("empty")) as server:
        answer = server.get("/v1/analyses").json()
        assert answer["data"] == [] and "No load" in answer["notes"][0]
        assert server.get("/v1/analyses?kpi=total-sales").json()["data"] == []


def test_an_unknown_kpi_is_answered_with_the_nearest(server):
    assert "'total-sales'" in check_problem(server.get("/v1/analyses?kpi=total-slaes"), 404)["detail"]
    assert "/v1/kpis" in check_problem(server.get("/v1/analyses?kpi=nothing-like-it"), 404)["detail"]


def test_what_was_kept_of_a_kpi_that_is_gone_is_still_there(engine_uri, database, tmp_path):
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    (pipelines / "kpi" / "total-sales.json").unlink()
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        assert server.get("/v1/analyses?kpi=total-sales").json()["data"][0]["data"]


@pytest.mark.parametrize("name, value", [("limit", "0"), ("limit", "1001"), ("offset", "x"), ("kpi", ""), ("kpi", "x" * 1025), ("kpis", "x"), ("import", "x")])
def test_a_wrong_parameter_is_refused(server, name, value):
    check_parameter_problem(server.get("/v1/analyses", params={name: value}), name, value[:127])


def test_the_answer_has_a_tag_until_it_changes(server):
    first = server.get("/v1/analyses?kpi=total-sales")
    again = server.get("/v1/analyses?kpi=total-sales", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_and_options_work(server):
    assert server.session.head(f"{server.url}/v1/analyses", timeout=10).status_code == 200
    assert server.session.options(f"{server.url}/v1/analyses", timeout=10).status_code == 204


def test_the_catalogue_says_what_is_kept(server):
    assert sorted(kpi["name"] for kpi in server.get("/v1/kpis").json()["data"] if kpi["keep"]) == kept_kpis()
