"""The real Superstore files, as KPI_DATA/superstore has them: the loaded documents add up to the known answers."""

import os
import pathlib

import pytest
from bson import Decimal128

import harness

FOLDER = pathlib.Path(os.environ.get("KPI_DATA", "/nowhere")) / "superstore"
FILES = {"superstore": "superstore.csv", "superstore-eu": "superstore_eu_semicolon_decimalcomma.csv"}


@pytest.fixture(scope="module", params=FILES)
def loaded(request, engine_uri, mongo, new_database):
    """The database of one of the files, and what kpi-load said."""
    assert FOLDER.is_dir(), "KPI_DATA must name the folder that holds superstore/"
    name = new_database(request.param.replace("-", "_"))
    done = harness.load(engine_uri, name, FOLDER / FILES[request.param])
    assert f"profile {request.param} " in done.stderr
    yield mongo[name], done
    mongo.drop_database(name)


def totals(database, match):
    group = {"_id": None, "sales": {"$sum": "$sales"}, "profit": {"$sum": "$profit"}, "units": {"$sum": "$units"}}
    return next(database.orders.aggregate([{"$match": match}, {"$group": group}]))


def test_totals_are_exact(loaded):
    database, _ = loaded
    all_orders = totals(database, {})
    assert all_orders["sales"] == Decimal128("2297200.8603")
    assert all_orders["profit"] == Decimal128("286397.0217")
    assert all_orders["units"] == 37_873


def test_counts_are_those_of_the_file(loaded):
    database, _ = loaded
    counts = {"orders": 5009, "customers": 793, "products": 1862, "locations": 632, "sellers": 0, "rejects": 0}
    assert {name: database[name].count_documents({}) for name in counts} == counts


def test_west_and_technology(loaded):
    database, _ = loaded
    west = totals(database, {"region": "West"})
    assert (west["sales"], west["profit"]) == (Decimal128("725457.8245"), Decimal128("108418.4489"))
    lines = [{"$unwind": "$items"}, {"$match": {"items.category": "Technology"}},
             {"$group": {"_id": None, "sales": {"$sum": "$items.sales"}}}]
    assert next(database.orders.aggregate(lines))["sales"] == Decimal128("836154.033")


def test_newest_year(loaded):
    database, _ = loaded
    year = database.meta.find_one({"_id": "data"})["last_day"].year
    days = {"$gte": ["$day", {"$dateFromParts": {"year": year, "month": 1, "day": 1}}]}
    assert round(float(totals(database, {"$expr": days})["sales"].to_decimal()), 2) == 733215.26


def test_cleaning_is_said(loaded):
    _, done = loaded
    assert "438  rows with a padded value" in done.stderr
    assert "8  lines summed into another of the same product" in done.stderr
    assert "product name differs from the first row's" in done.stderr


def test_second_load_changes_nothing(loaded, engine_uri):
    database, _ = loaded
    file = FOLDER / FILES[database.imports.find_one()["profile"]]
    harness.load(engine_uri, database.name, file)
    assert database.meta.find_one({"_id": "data"})["version"] == 1
    assert {f["part"] for f in database.imports.find_one(sort=[("started_at", -1)])["files"]} == {"none"}
