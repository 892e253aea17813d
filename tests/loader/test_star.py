"""The star schema that kpi-load --star on keeps: it equals the orders that it is made from, and the CSV files, after every load."""

import collections
import datetime
import decimal
import json
import pathlib
import random
import shutil
import signal
import subprocess
import time

import pytest
from bson import Decimal128
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from rollup_shop import read, write

import harness

TABLES = ["orders_fact", "customers_dim", "products_dim", "sellers_dim", "time_dim"]
MEASURES = ["quantity", "gross", "discount", "sales", "cost", "profit", "freight"]
STAR = ["--star", "on", "--quality", "off", "--keep-analyses", "0"]
NO_STAR = ["--quality", "off", "--keep-analyses", "0"]


def number(value):
    if value is None:
        return decimal.Decimal(0)
    return value.to_decimal() if isinstance(value, Decimal128) else decimal.Decimal(value)


def content(database):
    """All tables, to the byte, whatever the order of their rows."""
    raw = CodecOptions(document_class=RawBSONDocument)
    return {name: sorted(row.raw for row in database[name].with_options(raw).find()) for name in TABLES}


def sums_of_facts(database):
    sums = collections.defaultdict(lambda: collections.Counter())
    for row in database.orders_fact.find():
        for measure in [*MEASURES, "orders"]:
            sums[row["day"]][measure] += number(row[measure])
        sums[row["day"]]["rows"] += 1
    return sums


def sums_of_orders(database):
    sums = collections.defaultdict(lambda: collections.Counter())
    for order in database.orders.find():
        for item in order["items"]:
            for measure in MEASURES:
                sums[order["day"]][measure] += number(item[measure])
            sums[order["day"]]["rows"] += 1
        if order["items"]:
            sums[order["day"]]["orders"] += 1
    return sums


def check(database):
    """The star is what the loaded documents say."""
    assert sums_of_facts(database) == sums_of_orders(database)
    ids = {row["_id"] for row in database.orders_fact.find({}, {"_id": 1})}
    assert ids == {f"{order['_id']}|{n}" for order in database.orders.find() for n in range(len(order["items"]))}
    places = {place["_id"]: place for place in database.locations.find()}
    for table, source, fields in (
        ("customers_dim", "customers", ["name", "segment", "location_id"]),
        ("products_dim", "products", ["name", "category", "subcategory", "cost", "weight_g"]),
        ("sellers_dim", "sellers", ["name", "location_id"]),
    ):
        documents = {document["_id"]: document for document in database[source].find()}
        rows = {row["_id"]: row for row in database[table].find()}
        assert set(rows) == set(documents)
        for key, row in rows.items():
            assert [row[f] for f in fields] == [documents[key][f] for f in fields]
            if table != "products_dim":
                place = places.get(row["location_id"], {})
                for field in ("city", "state", "region", "country", "postal_code"):
                    assert row[field] == place.get(field)
    days = sorted(database.orders.distinct("day"))
    calendar = [row["_id"] for row in database.time_dim.find().sort("_id")]
    wanted = [days[0] + datetime.timedelta(n) for n in range((days[-1] - days[0]).days + 1)] if days else []
    assert calendar == wanted
    assert database.meta.find_one({"_id": "star"})["version"] == database.meta.find_one({"_id": "data"})["version"]


@pytest.fixture
def load(engine_uri, target):
    return lambda *paths, options=STAR, **more: harness.load(engine_uri, target.name, *paths, options=options, **more)


@pytest.fixture
def copy(tmp_path):
    return harness.generate(tmp_path / "copy", orders=600)


@pytest.fixture
def check_whole(load, target, copy):
    """Whatever a load left alone is what it would be if all was computed again."""

    def check_it():
        check(target)
        before = content(target)
        target.meta.update_one({"_id": "star"}, {"$set": {"version": None}})
        assert "as a whole" in load(copy).stderr
        assert content(target) == before

    return check_it


@pytest.fixture
def fresh(engine_uri, mongo, new_database):
    """What the star of a folder is when nothing was there before."""

    def of(folder):
        name = new_database("fresh")
        harness.load(engine_uri, name, folder, options=STAR)
        found = content(mongo[name])
        mongo.drop_database(name)
        return found

    return of


# One load


def test_the_star_equals_the_orders(load, target, copy):
    assert "Star schema: computed as a whole" in load(copy).stderr
    check(target)


def test_the_facts_equal_the_files(load, target, copy):
    load(copy)
    day = {order["order_id"]: order["ordered_at"][:10] for order in read(copy / "orders.csv")}
    sums = collections.defaultdict(lambda: [decimal.Decimal(0)] * 3)
    for line in read(copy / "order_items.csv"):
        quantity, price, discount, freight = (decimal.Decimal(line[f] or 0) for f in ("quantity", "unit_price", "discount", "freight"))
        for n, value in enumerate((quantity, quantity * price - discount, freight)):
            sums[day[line["order_id"]]][n] += value
    facts = {str(d.date()): [s["quantity"], s["sales"], s["freight"]] for d, s in sums_of_facts(target).items()}
    assert facts == sums


def test_orders_add_up_over_their_first_lines(load, target, copy):
    load(copy)
    total = next(target.orders_fact.aggregate([{"$group": {"_id": None, "n": {"$sum": "$orders"}}}]))["n"]
    assert total == len(target.orders_fact.distinct("order_id")) == len({line["order_id"] for line in read(copy / "order_items.csv")})


def test_the_calendar_is_that_of_iso_8601(load, target, copy):
    load(copy)
    for row in target.time_dim.find():
        day = row["_id"].date()
        assert (row["iso_year"], row["iso_week"], row["weekday"]) == tuple(day.isocalendar())
        assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
        assert (row["date"], row["year_month"], row["month_name"], row["weekday_name"]) == tuple(day.strftime(f) for f in ("%Y-%m-%d", "%Y-%m", "%B", "%A"))
        assert (row["quarter"], row["day_of_year"], row["weekend"]) == ((day.month + 2) // 3, day.timetuple().tm_yday, day.isoweekday() > 5)


def test_tables_have_the_columns_that_their_definitions_list(load, target, copy):
    """Those of the definition that the documents have; never another."""
    load(copy)
    for path in (harness.PIPELINES / "star").glob("*.json"):
        listed = [column["name"] for column in json.loads(path.read_text())["columns"]]
        assert {name for row in target[path.stem].find() for name in row} <= set(listed), path.stem


def test_facts_are_indexed_by_day(load, target, copy):
    load(copy)
    assert [("day", 1)] in [list(index["key"].items()) for index in target.orders_fact.list_indexes()]


def test_there_is_no_star_unless_it_is_wanted(load, target, copy):
    load(copy, options=NO_STAR)
    assert not set(TABLES) & set(target.list_collection_names())
    assert target.meta.find_one({"_id": "star"}) is None


def test_nothing_to_load_is_an_empty_star(load, target, copy):
    for name in "orders", "order_items", "payments", "reviews":
        path = copy / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    load(copy)
    check(target)
    assert target.orders_fact.count_documents({}) == target.time_dim.count_documents({}) == 0


def test_a_shop_without_customers_and_sellers_has_its_star(load, target, tmp_path):
    (tmp_path / "produits.csv").write_text("id_produit,nom,prix\n1,Stylo,1.50\n")
    (tmp_path / "magasins.csv").write_text("id_magasin,ville\n1,Lyon\n")
    (tmp_path / "ventes.csv").write_text("id_vente,id_produit,id_magasin,date_vente,quantité\n10,1,1,2024-01-05,2\n", encoding="utf-8")
    for _ in range(2):
        load(*sorted(tmp_path.glob("*.csv")))
        check(target)
        target.meta.delete_one({"_id": "star"})
    assert target.orders_fact.find_one()["sales"] == Decimal128("3")


# Loads after it


def split(folder, share):
    """The newest orders with all that belongs to them, taken out of the folder; returns what was there, by file."""
    whole = {name: read(folder / f"{name}.csv") for name in ("orders", "order_items", "payments", "reviews")}
    cut = sorted(order["ordered_at"] for order in whole["orders"])[int(len(whole["orders"]) * share)]
    early = {order["order_id"] for order in whole["orders"] if order["ordered_at"] < cut}
    for name, rows in whole.items():
        write(folder / f"{name}.csv", [row for row in rows if row["order_id"] in early])
    return whole


def test_new_days_are_added(load, target, copy, fresh):
    whole = split(copy, 0.99)
    load(copy)
    check(target)
    for name, rows in whole.items():
        write(copy / f"{name}.csv", rows)
    done = load(copy)
    assert "days computed again" in done.stderr and "as a whole" not in done.stderr
    check(target)
    assert content(target) == fresh(copy)


def test_rows_of_other_days_are_left_alone(load, target, copy):
    whole = split(copy, 0.99)
    load(copy)
    target.orders_fact.update_one({"_id": (first := target.orders_fact.find_one(sort=[("day", 1)]))["_id"]}, {"$set": {"mark": 1}})
    for name, rows in whole.items():
        write(copy / f"{name}.csv", rows)
    load(copy)
    assert target.orders_fact.find_one({"_id": first["_id"]})["mark"] == 1


def test_changed_orders_are_replaced(load, copy, check_whole):
    """Another amount, another line, another day, earlier than all and later than all."""
    load(copy)
    items, orders = read(copy / "order_items.csv"), read(copy / "orders.csv")
    items[5]["unit_price"] = "1234.56"
    counts = collections.Counter(item["order_id"] for item in items)
    larger, moved = [order for order, n in counts.items() if n >= 3][:2]
    items.append({**next(item for item in items if item["order_id"] == larger), "product_id": "P00001", "seller_id": "S001"})
    for n, name in enumerate([moved, orders[100]["order_id"], orders[200]["order_id"]]):
        order = next(order for order in orders if order["order_id"] == name)
        order["ordered_at"] = ["2023-06-15 12:00:00", "2019-03-03 03:03:03", "2026-01-01 00:00:00"][n]
        order["shipped_at"] = order["delivered_at"] = order["estimated_at"] = ""
    write(copy / "order_items.csv", items)
    write(copy / "orders.csv", orders)
    assert "as a whole" not in load(copy).stderr
    check_whole()


def test_a_customers_first_order_changes_rows_of_other_days(load, target, copy, check_whole):
    """An order that is found to be earlier takes it from one that was not loaded now."""
    orders = read(copy / "orders.csv")
    first = next(order for order in first_orders(orders) if order["status"] == "delivered")
    load(copy)
    assert target.orders_fact.find_one({"order_id": first["order_id"]})["first_order"] is True
    items = [item for item in read(copy / "order_items.csv") if item["order_id"] == first["order_id"]]
    write(copy / "orders.csv", [*orders, {**first, "order_id": "EARLIER", "ordered_at": "2020-01-01 00:00:00"}])
    write(copy / "order_items.csv", read(copy / "order_items.csv") + [{**item, "order_id": "EARLIER"} for item in items])
    assert "as a whole" not in load(copy).stderr
    assert target.orders_fact.find_one({"order_id": "EARLIER"})["first_order"] is True
    assert target.orders_fact.find_one({"order_id": first["order_id"]})["first_order"] is False
    check_whole()


def first_orders(orders):
    """The first order of each customer, in the order of time."""
    seen = {}
    for order in sorted(orders, key=lambda order: (order["ordered_at"], order["order_id"])):
        seen.setdefault(order["customer_id"], order)
    return seen.values()


def test_days_that_no_order_reaches_leave_the_calendar(load, target, copy, check_whole):
    orders = read(copy / "orders.csv")
    last = max(orders, key=lambda order: order["ordered_at"])
    before, last["ordered_at"] = last["ordered_at"], "2031-12-31 00:00:00"
    write(copy / "orders.csv", orders)
    load(copy)
    assert target.time_dim.find_one(sort=[("_id", -1)])["date"] == "2031-12-31"
    last["ordered_at"] = before
    write(copy / "orders.csv", orders)
    load(copy)
    check_whole()


def test_a_changed_customer_and_a_changed_place_are_seen(load, target, copy, fresh):
    load(copy)
    customers, places = read(copy / "customers.csv"), read(copy / "locations.csv")
    customers[3]["name"] = "Another Name"
    write(copy / "customers.csv", customers)
    load(copy)
    check(target)
    assert target.customers_dim.find_one({"_id": customers[3]["customer_id"]})["name"] == "Another Name"
    places[0]["city"] = "Elsewhere"
    write(copy / "locations.csv", places)
    load(copy)
    check(target)
    assert content(target) == fresh(copy)


def test_a_repeated_load_writes_nothing(load, target, copy):
    load(copy)
    target.orders_fact.insert_one({"_id": "a mark", "day": None})
    assert "Star schema" not in load(copy).stderr
    assert target.orders_fact.find_one({"_id": "a mark"})


def test_a_load_without_the_star_is_made_up_for(load, target, copy, fresh):
    whole = split(copy, 0.9)
    load(copy)
    for name, rows in whole.items():
        write(copy / f"{name}.csv", rows)
    assert "star schema is still that of data version 1" in load(copy, options=NO_STAR).stderr
    assert "as a whole" in load(copy).stderr, "though this load itself changes nothing"
    check(target)
    assert content(target) == fresh(copy)


def test_other_definitions_make_all_tables_anew(load, target, copy, tmp_path):
    load(copy)
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    path = pipelines / "star" / "products_dim.json"
    table = json.loads(path.read_text())
    table["pipeline"].append({"$set": {"shout": {"$toUpper": "$name"}}})
    path.write_text(json.dumps(table))
    assert "as a whole" in load(copy, options=[*STAR, "--pipelines", pipelines]).stderr
    row = target.products_dim.find_one()
    assert row["shout"] == row["name"].upper()


def test_a_table_cannot_be_one_that_was_loaded(load, target, copy, tmp_path):
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))
    shutil.copy(pipelines / "star" / "products_dim.json", pipelines / "star" / "orders.json")
    done = load(copy, options=[*STAR, "--pipelines", pipelines], status=1)
    assert "ends in _fact or _dim" in done.stderr
    assert target.list_collection_names() == []


# Killed loads


def test_tables_that_were_not_finished_are_made_anew(load, target, copy, fresh):
    load(copy)
    target.meta.update_one({"_id": "star"}, {"$set": {"version": None}})
    target.orders_fact.delete_many({"day": {"$gt": datetime.datetime(2023, 1, 1)}})
    target.customers_dim.drop()
    target.time_dim.delete_many({"weekday": 3})
    load(copy)
    check(target)
    assert content(target) == fresh(copy)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_load_is_made_good_by_the_same_command(engine_uri, load, target, copy, fresh, seed):
    """Whenever it is killed, in the first load or in one that adds days."""
    luck = random.Random(seed)
    wanted = fresh(copy)
    if seed % 2:
        whole = split(copy, 0.7)
        load(copy)
        for name, rows in whole.items():
            write(copy / f"{name}.csv", rows)
    command = [harness.BUILD / "kpi-load", "--uri", engine_uri, "--db", target.name, *STAR, copy]
    for _ in range(3):
        process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.DEVNULL)
        time.sleep(luck.uniform(0.01, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
    load(copy)
    check(target)
    assert content(target) == wanted
