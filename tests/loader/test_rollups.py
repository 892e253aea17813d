"""The rollups that kpi-load keeps equal the orders after every load, whatever it changed."""

import random

import pytest
import rollup_oracle as rollups
from rollup_shop import PARTS, builds, change, copy, fresh, put_back, read, split, write  # noqa: F401 (fixtures among them)

import harness


# One load


@pytest.mark.parametrize("layout", ["native", "superstore", "olist"])
def test_rollups_equal_the_orders(load, target, tmp_path, layout):
    done = load(harness.generate(tmp_path / "shop", orders=400, seed=3, layout=layout))
    assert f"Rollups: {len(rollups.declarations())} built in" in done.stderr
    rollups.check(target)


def test_dirty_rows_change_nothing_of_that(load, target, tmp_path):
    load(harness.generate(tmp_path / "shop", orders=400, options=["--dirty"]), options=["--max-rejects", "90%"], status=3)
    rollups.check(target)


def test_a_shop_without_orders_has_empty_rollups(load, target, copy):
    for name in PARTS:
        path = copy / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    load(copy)
    rollups.check(target)
    assert {entry["rows"] for entry in rollups.listed(target).values()} == {0}


def test_a_day_far_from_all_others_is_found(load, target, copy):
    orders = read(copy / "orders.csv")
    for order, day in zip(orders, ("1900-01-01", "1969-12-31", "2199-11-30")):
        order.update(ordered_at=f"{day} 10:00:00", shipped_at="", delivered_at="", estimated_at="")
    write(copy / "orders.csv", orders)
    load(copy)
    rollups.check(target)


def test_rows_come_in_the_order_of_their_dimensions_and_not_of_the_files(copy, fresh):
    wanted = fresh(copy)
    for path in copy.glob("*.csv"):
        found = read(path)
        random.Random(1).shuffle(found)
        write(path, found)
    got = fresh(copy)
    assert got == wanted


def test_many_rows_are_spread_over_documents(load, target, tmp_path):
    folder = harness.generate(tmp_path / "busy", orders=6000, options=["--from", "2024-03-01", "--to", "2024-03-01"])
    load(folder)
    assert max(len(d["rows"]) for d in target.customer_activity.find()) == 5000
    declaration = rollups.declarations()["customer_activity"]
    assert rollups.rows(target, "customer_activity", declaration)[0] == rollups.expected(target, declaration)


def test_a_dry_run_builds_nothing(load, target, copy):
    load(copy, options=["--dry-run"])
    assert target.list_collection_names() == []


def test_a_repeated_load_writes_nothing(load, target, copy):
    load(copy)
    before = builds(target)
    target.sales_by_day.insert_one({"_id": "a mark"})
    assert "Rollups" not in load(copy).stderr
    assert builds(target) == before and target.sales_by_day.find_one({"_id": "a mark"})


# Loads after it


def assert_days(done, count):
    assert f"brought up to date for {count} day{'s' if count > 1 else ''} in" in done.stderr and " built" not in done.stderr


def test_new_days_are_added(load, target, copy, fresh):
    whole = split(copy, 0.98)
    load(copy)
    before = builds(target)
    days = len(target.orders.distinct("day"))
    put_back(copy, whole)
    done = load(copy)
    assert_days(done, len(target.orders.distinct("day")) - days)
    assert builds(target) == before
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_what_the_version_before_shows_stays_until_the_load_after_the_next(load, target, copy):
    whole = split(copy, 0.98)
    load(copy)
    meta = target.meta.find_one({"_id": "data"})
    before = {name: rollups.rows(target, name, d, meta) for name, d in rollups.declarations().items()}
    put_back(copy, whole)
    load(copy)
    assert before == {name: rollups.rows(target, name, d, meta) for name, d in rollups.declarations().items()}
    change(copy / "orders.csv", lambda row: row == read(copy / "orders.csv")[0], status="cancelled")
    load(copy)
    for name in rollups.declarations():
        assert not target[name].find_one({"to": {"$lte": meta["version"]}}), name
    assert target.sales_by_product.count_documents({}) == 2, "that of this version and that of the one before"


def test_rows_that_come_late_are_added_to_their_days(load, target, copy, fresh):
    items = read(copy / "order_items.csv")
    write(copy / "order_items.csv", items[:200] + items[205:])
    load(copy)
    write(copy / "order_items.csv", items)
    assert "brought up to date" in load(copy).stderr
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


@pytest.mark.parametrize("file, values", [("customers", {"segment": "Government"}), ("products", {"category": "Odds and Ends"}), ("locations", {"region": "Antarctica"})])
def test_changed_dimensions_are_followed(load, target, copy, fresh, file, values):
    load(copy)
    found = {"customers": "customer_id", "products": "items.product_id", "locations": "location_id"}[file]
    one = target.orders.find_one({"counted": True, "location_id": {"$ne": None}, "items.0": {"$exists": True}})
    key = one["items"][0]["product_id"] if file == "products" else one[found]
    assert change(copy / f"{file}.csv", lambda row: key in (row.get("customer_id") if file == "customers" else row.get("product_id") if file == "products" else row.get("location_id"),), **values) == 1
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_changed_orders_are_followed(load, target, copy, fresh):
    """Another day, another month, another amount; cancelled; the first order of a customer is another one."""
    load(copy)
    counted = [order["_id"] for order in target.orders.find({"counted": True}).sort("day")]
    moved, away, gone, dearer = counted[50], counted[100], counted[150], counted[200]
    never = {"shipped_at": "", "delivered_at": "", "estimated_at": ""}
    change(copy / "orders.csv", lambda row: row["order_id"] == moved, ordered_at="2023-06-15 12:00:00", **never)
    change(copy / "orders.csv", lambda row: row["order_id"] == away, ordered_at="2019-03-03 03:03:03", **never)
    change(copy / "orders.csv", lambda row: row["order_id"] == gone, status="cancelled")
    change(copy / "order_items.csv", lambda row: row["order_id"] == dearer, unit_price="1234.56")
    assert "brought up to date" in load(copy).stderr
    assert target.orders.find_one({"_id": gone})["counted"] is False
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_a_day_whose_only_order_goes_has_no_rows_left(load, target, copy):
    load(copy)
    day = next(target.orders.aggregate([{"$group": {"_id": "$day", "n": {"$sum": 1}, "c": {"$min": "$counted"}}}, {"$match": {"n": 1, "c": True}}]))["_id"]
    order = target.orders.find_one({"day": day})["_id"]
    change(copy / "orders.csv", lambda row: row["order_id"] == order, status="cancelled")
    load(copy)
    assert not list(rollups.shown(target, "sales_by_day", day=day))
    rollups.check(target)


def test_a_name_that_no_rollup_has_brings_a_new_version_and_no_work(load, target, copy):
    load(copy)
    change(copy / "customers.csv", lambda row: row["customer_id"] == read(copy / "customers.csv")[3]["customer_id"], name="Another Name")
    done = load(copy)
    assert target.meta.find_one({"_id": "data"})["version"] == 2
    assert "Rollups" not in done.stderr
    rollups.check(target)


def test_replace_leaves_nothing_of_what_was_there(load, target, copy, fresh):
    load(copy)
    split(copy, 0.5)
    assert " built in" in load(copy, options=["--replace"]).stderr
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_reload_finds_all_up_to_date(load, target, copy):
    load(copy)
    assert "Rollups" not in load(copy, options=["--reload"]).stderr
    rollups.check(target)


def test_when_most_days_have_changed_they_are_built_anew(load, target, tmp_path):
    folder = harness.generate(tmp_path / "shop", orders=300, options=["--from", "2024-01-01", "--to", "2024-06-30"])
    load(folder)
    change(folder / "order_items.csv", lambda row: True, freight="1.25")
    assert " built in" in load(folder).stderr
    rollups.check(target)
