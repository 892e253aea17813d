"""The indexes that pipelines need are made by kpi-load, and the database uses them: seen in what it says of its plan for the
pipelines that the server runs."""

import datetime

import bson.json_util
import pytest
import rollup_oracle


def indexes(database, name):
    return [list(index["key"].items()) for index in database[name].list_indexes()]


def test_orders_are_indexed_by_day_and_customer(mongo, database):
    found = indexes(mongo[database], "orders")
    assert [("day", 1)] in found and [("customer_id", 1), ("day", 1)] in found


@pytest.mark.parametrize("name", rollup_oracle.declarations())
def test_rollups_are_indexed_by_day_and_by_nothing_that_would_be_used_in_its_stead(mongo, database, name):
    other = [key for key in indexes(mongo[database], name) if key != [("_id", 1)]]
    assert other == [[("to" if rollup_oracle.declarations()[name]["grain"] == "all" else "day", 1)]]


def used_indexes(plan):
    """The names of the indexes that a plan scans, as the embedded engine tells it, or as MongoDB does."""
    if isinstance(plan, list):
        return set().union(*map(used_indexes, plan))
    if not isinstance(plan, dict):
        return set()
    found = set().union(*map(used_indexes, plan.values()))
    if plan.get("stage") == "IXSCAN":
        found.add(plan["indexName"])
    if "Index Scan" in plan.get("Node Type", "") or "Index Only Scan" in plan.get("Node Type", ""):
        found.add(plan["Index Name"])
    return found


def plan_of(database, collection, pipeline):
    command = {"aggregate": collection, "pipeline": pipeline, "cursor": {}}
    said = database.command({"explain": command, "verbosity": "queryPlanner"})
    said.pop("command", None)
    return said


DAYS = "from=2024-03-04&to=2024-03-10"


@pytest.mark.parametrize("kpi, query, source, index", [
    ("total-sales", DAYS, "sales_by_day", "day_1"),
    ("sales-by-product", DAYS, "sales_by_day_product", "day_1"),
    ("sales-by-product", "from=2024-03&to=2024-03", "sales_by_month_product", "day_1"),
    ("retention-rate", DAYS, "customer_activity", "day_1"),
    ("delivery-time", DAYS, "order", "day_1"),
    ("product-pairs", DAYS, None, "day_1"),
    ("sales-by-customer", "customer=C0000001", "order", "customer_id_1_day_1"),
    ("sales-by-customer", f"customer=C0000001&{DAYS}", "order", "customer_id_1_day_1"),
    ("sales-by-category", "customer=C0000001&customer=C0000002", "line", "customer_id_1_day_1"),
])
def test_filters_by_day_and_by_key_use_an_index(server, mongo, database, kpi, query, source, index):
    answer = server.get(f"/v1/kpis/{kpi}?{query}&explain=true").json()
    shown = answer["explain"]
    assert source in (None, answer["source"])
    pipeline = bson.json_util.loads(bson.json_util.dumps(shown["pipeline"]))
    assert index in used_indexes(plan_of(mongo[database], shown["collection"], pipeline))


def test_what_a_load_closes_and_deletes_of_rollups_it_finds_by_the_day(mongo, database):
    version, days = bson.Int64(2), [datetime.datetime(2024, 3, 4), datetime.datetime(2024, 5, 6)]
    for condition in ({"to": {"$gte": version}, "from": {"$lt": version}}, {"to": {"$lte": version}}):
        plan = plan_of(mongo[database], "sales_by_day_product", [{"$match": {"build": bson.Int64(1), **condition, "day": {"$in": days}}}])
        assert used_indexes(plan) == {"day_1"}
