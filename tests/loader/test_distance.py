"""orders.distance_km: what the loader stores, against DuckDB over the same CSV files."""

import csv
import os
import pathlib
import random
import shutil

import duckdb
import pytest

import harness

# R1 of the IUGG. The farthest seller; nothing where one of the places is not known.
KILOMETRES = """2 * 6371.0088 * asin(sqrt(least(1, pow(sin(radians(t.lat - f.lat) / 2), 2)
    + cos(radians(t.lat)) * cos(radians(f.lat)) * pow(sin(radians(t.lng - f.lng) / 2), 2))))"""
FARTHEST = f"""
    SELECT i.order_id, CASE WHEN bool_and(t.lat IS NOT NULL AND f.lat IS NOT NULL) THEN max({KILOMETRES}) END
    FROM items i LEFT JOIN destinations t USING (order_id) LEFT JOIN origins f USING (seller_id)
    GROUP BY ALL"""

NATIVE = """
    CREATE VIEW points AS SELECT location_id, latitude::DOUBLE AS lat, longitude::DOUBLE AS lng FROM file('locations');
    CREATE VIEW origins AS SELECT seller_id, lat, lng FROM file('sellers') JOIN points USING (location_id);
    CREATE VIEW destinations AS SELECT o.order_id, lat, lng FROM file('orders') o JOIN file('customers') c USING (customer_id)
        JOIN points p ON p.location_id = coalesce(o.location_id, c.location_id);
    CREATE VIEW items AS SELECT order_id, seller_id FROM file('order_items');"""

OLIST = """
    CREATE VIEW points AS SELECT geolocation_zip_code_prefix AS zip, first(geolocation_lat::DOUBLE) AS lat, first(geolocation_lng::DOUBLE) AS lng
        FROM file('olist_geolocation_dataset') GROUP BY 1;
    CREATE VIEW origins AS SELECT seller_id, lat, lng FROM file('olist_sellers_dataset') JOIN points ON zip = seller_zip_code_prefix;
    CREATE VIEW destinations AS SELECT order_id, lat, lng FROM file('olist_orders_dataset') JOIN file('olist_customers_dataset') USING (customer_id)
        JOIN points ON zip = customer_zip_code_prefix;
    CREATE VIEW items AS SELECT order_id, seller_id FROM file('olist_order_items_dataset');"""


def expected(folder, views):
    """What SQL says of every order with items: kilometres, or nothing."""
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute("SET VARIABLE folder = $1", [str(folder)])
        db.execute(
            """CREATE MACRO file(name) AS TABLE
               SELECT * FROM read_csv(getvariable('folder') || '/' || name || '.csv', header = true, all_varchar = true)"""
        )
        db.execute(views)
        return dict(db.execute(FARTHEST).fetchall())


def assert_distances(database, want):
    orders = list(database.orders.find({}, {"distance_km": 1, "items.seller_id": 1}))
    assert want.keys() == {order["_id"] for order in orders if order["items"]}
    for order in orders:
        km, right = order["distance_km"], want.get(order["_id"])
        if right is None:
            assert km is None, order["_id"]
        else:
            assert km == pytest.approx(right, abs=0.00051), order["_id"]  # rounded to the metre
            assert km == round(km, 3)
    return orders


def rewrite(path, change):
    """Changes each row of a CSV file, as a dict."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        change(row)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def copy(sample, tmp_path):
    """The sample with several sellers to many orders, and places without coordinates."""
    folder, draw = pathlib.Path(shutil.copytree(sample, tmp_path / "copy")), random.Random(3)

    def forget(row):
        if draw.random() < 0.1:
            row["latitude"] = row["longitude"] = ""

    def spread(row):
        if draw.random() < 0.5:
            row["seller_id"] = draw.choice(["S001", "S002", "S003", "S004", "S005", ""])

    rewrite(folder / "locations.csv", forget)
    rewrite(folder / "order_items.csv", spread)
    return folder


def test_the_farthest_seller_counts_and_what_is_not_known_is_null(engine_uri, target, copy):
    harness.load(engine_uri, target.name, copy)
    orders = assert_distances(target, expected(copy, NATIVE))
    known = [order for order in orders if order["distance_km"] is not None]
    several = [order for order in known if len({item["seller_id"] for item in order["items"]}) > 1]
    assert len(several) > 100 and len(orders) - len(known) > 100


def test_a_second_load_finds_the_same_bytes(engine_uri, target, sample):
    harness.load(engine_uri, target.name, sample)
    harness.load(engine_uri, target.name, sample)
    assert target.imports.count_documents({}) == 2
    assert target.meta.find_one({"_id": "data"})["version"] == 1


def olist_folders(tmp_path_factory):
    yield harness.generate(tmp_path_factory.mktemp("olist"), layout="olist")
    if real := os.environ.get("KPI_DATA"):
        yield pathlib.Path(real) / "olist"


def test_olist_goes_from_the_seller_s_postal_code_to_the_customer_s(engine_uri, mongo, new_database, tmp_path_factory):
    for folder in olist_folders(tmp_path_factory):
        database = mongo[new_database("olist_distance")]
        harness.load(engine_uri, database.name, folder)
        orders = assert_distances(database, expected(folder, OLIST))
        assert sum(order["distance_km"] is not None for order in orders) > len(orders) / 2


def test_distances_follow_the_places_of_sellers(engine_uri, target, copy):
    """A place that moves, one whose coordinates become known and one whose are no longer: the orders of the sellers there
    are written again, wherever they went."""
    harness.load(engine_uri, target.name, copy)
    with open(copy / "sellers.csv", newline="") as file:
        places = sorted({row["location_id"] for row in csv.DictReader(file)} - {""})
    before = assert_distances(target, expected(copy, NATIVE))
    assert len(places) > 2

    def move(row):
        if row["location_id"] in places and row["latitude"]:
            lost = row["location_id"] == places[0]
            row["latitude"], row["longitude"] = ("", "") if lost else ("-33.4489", "-70.6693")
        elif row["location_id"] in places:
            row["latitude"], row["longitude"] = "12.5", "-3.25"

    rewrite(copy / "locations.csv", move)
    harness.load(engine_uri, target.name, copy / "locations.csv")
    after = assert_distances(target, expected(copy, NATIVE))
    assert sum(one["distance_km"] != other["distance_km"] for one, other in zip(before, after)) > 100


def test_olist_distances_follow_when_the_coordinates_come_later(engine_uri, target, tmp_path):
    folder = harness.generate(tmp_path / "olist", orders=300, layout="olist")
    late = (folder / "olist_geolocation_dataset.csv").rename(tmp_path / "olist_geolocation_dataset.csv")
    harness.load(engine_uri, target.name, folder)
    assert not target.orders.find_one({"distance_km": {"$ne": None}})
    late.rename(folder / late.name)
    harness.load(engine_uri, target.name, folder)
    orders = assert_distances(target, expected(folder, OLIST))
    assert sum(order["distance_km"] is not None for order in orders) > len(orders) / 2
