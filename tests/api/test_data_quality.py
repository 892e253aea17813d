"""/v1/data-quality: what became of the rows of each import, and what the checks found, against answers worked out from the CSV
files without the database."""

import collections
import csv
import datetime
import decimal
import json
import pathlib
import shutil
import subprocess

import pytest
from bson import Decimal128

import harness
from problems import check_parameter_problem, check_problem

CHECKS = harness.PIPELINES / "quality"
FILES = "locations customers products sellers orders order_items payments reviews".split()


def load_checked(*arguments, **more):
    """A load as users make it: the data are checked after it."""
    return harness.load(*arguments, variables=harness.WHOLE, **more)


def read(folder):
    tables = {}
    for name in FILES:
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as rows:
            tables[name] = list(csv.DictReader(rows))
    return tables


def write(folder, tables):
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


def spoil(tables):
    """Makes some of everything that the checks look for, and some of what looks like it and is none."""
    orders, items = tables["orders"], tables["order_items"]
    by_id = {order["order_id"]: order for order in orders}
    day = lambda order: order["ordered_at"][:10]

    for order in orders[10:14]:
        order["delivered_at"] = "2001-01-01 10:00:00"
        order["shipped_at"] = ""
    for order in orders[14:17]:
        order["shipped_at"] = "2001-01-01 10:00:00"
    orders[17]["shipped_at"], orders[17]["delivered_at"] = f"{day(orders[17])} 23:59:59", f"{day(orders[17])} 23:59:58"
    for order in orders[18:20]:  # a whole day is not before an hour of it
        order["ordered_at"] = f"{day(order)} 15:00:00"
        order["shipped_at"] = order["delivered_at"] = day(order)
    orders[20]["ordered_at"] = f"{day(orders[20])} 15:00:00"  # but the day before is
    orders[20]["delivered_at"] = str(datetime.date.fromisoformat(day(orders[20])) - datetime.timedelta(1))
    orders[20]["shipped_at"] = ""
    for order in orders[21:23]:  # the same second is not before
        order["shipped_at"] = order["delivered_at"] = order["ordered_at"] = f"{day(order)} 12:00:00"

    orders[30]["ordered_at"] = "2099-01-01 00:00:00"
    orders[45]["ship_mode"] = ""
    for item in items[50:53]:
        item["quantity"] = "-3"
        by_id[item["order_id"]]["status"] = "returned"
    for item in items[60:64]:
        item["seller_id"] = ""

    for number, order in enumerate(orders[70:73]):  # once more under another id
        orders.append({**order, "order_id": f"AGAIN{number}"})
        items += [{**item, "order_id": f"AGAIN{number}"} for item in items if item["order_id"] == order["order_id"]]
    customers, products = tables["customers"], tables["products"]
    customers += [{**customers[5], "customer_id": f"TWIN{n}"} for n in range(2)]
    customers += [{**customers[6], "customer_id": "NAMESAKE", "location_id": "L00425"}]
    customers += [{"customer_id": "BARE", "name": "", "segment": "", "location_id": ""}]
    products += [{**products[5], "product_id": "COPY"}]
    products += [{"product_id": f"UNNAMED{n}", "name": "", "category": "", "subcategory": "", "cost": "", "weight_g": ""} for n in range(2)]
    for product in products[20:23]:
        product["category"] = ""
    for payment in tables["payments"][80:83]:
        payment["value"] = str(decimal.Decimal(payment["value"]) + decimal.Decimal("0.01"))  # a cent is no difference
    for payment in tables["payments"][83:86]:
        payment["value"] = str(decimal.Decimal(payment["value"]) + decimal.Decimal("0.02"))
    tables["locations"][3]["postal_code"] = ""


@pytest.fixture(scope="module")
def flawed(sample, tmp_path_factory):
    """The folder of a shop with flaws."""
    folder = pathlib.Path(shutil.copytree(sample, tmp_path_factory.mktemp("flawed") / "shop"))
    tables = read(folder)
    spoil(tables)
    write(folder, tables)
    return folder


@pytest.fixture(scope="module")
def flawed_database(engine_uri, new_database, flawed):
    name = new_database("flawed")
    load_checked(engine_uri, name, flawed)
    return name


@pytest.fixture(scope="module")
def flawed_server(engine_uri, flawed_database):
    with harness.Server(engine_uri, flawed_database) as server:
        yield server


@pytest.fixture(scope="module")
def found(flawed_server):
    """The findings in that shop, by the name of the check."""
    answer = flawed_server.get("/v1/data-quality").json()
    return {check["name"]: check for check in answer["data"][0]["checks"]}


# What the checks have to find, from the CSV files


class Shop:
    def __init__(self, folder):
        tables = read(folder)
        self.customers, self.products, self.locations = tables["customers"], tables["products"], tables["locations"]
        self.sellers, self.payments, self.orders = tables["sellers"], tables["payments"], tables["orders"]
        self.product = {product["product_id"]: product for product in self.products}
        self.place = {place["location_id"]: place for place in self.locations}
        self.items = collections.defaultdict(dict)  # an order holds one item of a product and seller
        for line in tables["order_items"]:
            item = self.items[line["order_id"]].setdefault((line["product_id"], line["seller_id"]), [decimal.Decimal(0)] * 2)
            quantity, price, discount, freight = (decimal.Decimal(line[f] or 0) for f in ("quantity", "unit_price", "discount", "freight"))
            item[0] += quantity * price - discount
            item[1] += freight
        self.item_count = sum(len(items) for items in self.items.values())

    def counted(self):
        return [order for order in self.orders if order["status"] not in ("cancelled", "unavailable", "unpaid")]

    def sales(self, order):
        return sum(item[0] for item in self.items[order["order_id"]].values())

    def freight(self, order):
        return sum(item[1] for item in self.items[order["order_id"]].values())


def before(early, late):
    """Of the orders that have both: where one comes before the other. A whole day is compared with the day of the other."""

    def check(shop):
        def wrong(order):
            a, b = order[early], order[late]
            n = 10 if len(a) == 10 else 19
            return bool(a) and bool(b) and a[:n] < b.ljust(19)[:n].rstrip()

        ids = [order["order_id"] for order in shop.orders if wrong(order)]
        return len(ids), len(shop.orders), ids

    return check


def orders_where(condition):
    def check(shop):
        ids = [order["order_id"] for order in shop.orders if condition(shop, order)]
        return len(ids), len(shop.orders), ids

    return check


def payments_differ(shop):
    paid = collections.defaultdict(decimal.Decimal)
    for payment in shop.payments:
        paid[payment["order_id"]] += decimal.Decimal(payment["value"])
    both = [order for order in shop.orders if order["order_id"] in paid and shop.items[order["order_id"]]]
    owed = lambda order: shop.sales(order) + shop.freight(order)
    ids = [order["order_id"] for order in both if abs(paid[order["order_id"]] - owed(order)) > decimal.Decimal("0.01")]
    return len(ids), len(both), ids


def days_without_orders(shop):
    days = sorted({datetime.date.fromisoformat(order["ordered_at"][:10]) for order in shop.orders})
    gaps = [(a + datetime.timedelta(1), (b - a).days - 1) for a, b in zip(days, days[1:]) if (b - a).days > 1]
    return sum(n for _, n in gaps), (days[-1] - days[0]).days + 1, [str(day) for day, _ in gaps]


def items_without_category(shop):
    ids, of = [], 0
    for order in shop.counted():
        for product, _ in shop.items[order["order_id"]]:
            of += 1
            ids += [order["order_id"]] * (not shop.product[product]["category"])
    return len(ids), of, None


def products_never_sold(shop):
    sold = {product for order in shop.counted() for product, _ in shop.items[order["order_id"]]}
    ids = [product for product in shop.product if product not in sold]
    return len(ids), len(shop.products), ids


def customers_without_orders(shop):
    buyers = {order["customer_id"] for order in shop.orders}
    ids = [c["customer_id"] for c in shop.customers if c["customer_id"] not in buyers]
    return len(ids), len(shop.customers), ids


def duplicates(rows, of, key, identity):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row[identity])
    groups = [ids for ids in groups.values() if len(ids) > 1]
    return sum(len(ids) - 1 for ids in groups), of, [min(ids) for ids in groups]


def duplicate_customers(shop):
    place = lambda row: shop.place.get(row["location_id"], {}).get("postal_code")
    rows = [row for row in shop.customers if row["name"] and place(row)]
    return duplicates(rows, len(shop.customers), lambda row: (row["name"], place(row)), "customer_id")


def duplicate_products(shop):
    rows = [row for row in shop.products if row["name"]]
    return duplicates(rows, len(shop.products), lambda row: row["name"], "product_id")


def duplicate_orders(shop):
    rows = [row for row in shop.orders if row["customer_id"] and shop.items[row["order_id"]]]
    return duplicates(rows, len(shop.orders), lambda row: (row["customer_id"], row["ordered_at"], shop.sales(row)), "order_id")


EXPECTED = {
    "delivered-before-ordered": before("delivered_at", "ordered_at"),
    "shipped-before-ordered": before("shipped_at", "ordered_at"),
    "delivered-before-shipped": before("delivered_at", "shipped_at"),
    "orders-in-the-future": orders_where(lambda shop, order: order["ordered_at"] > "2098"),
    "orders-without-items": orders_where(lambda shop, order: not shop.items[order["order_id"]]),
    "orders-below-zero": orders_where(lambda shop, order: shop.sales(order) < 0),
    "payments-differ": payments_differ,
    "days-without-orders": days_without_orders,
    "items-without-category": items_without_category,
    "products-never-sold": products_never_sold,
    "customers-without-orders": customers_without_orders,
    "duplicate-customers": duplicate_customers,
    "duplicate-products": duplicate_products,
    "duplicate-orders": duplicate_orders,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_check_finds_what_the_files_show(found, flawed, name):
    count, of, examples = EXPECTED[name](Shop(flawed))
    assert count > 0, "the shop has no such flaw"
    assert (found[name]["count"], found[name]["of"]) == (count, of)
    assert found[name]["share"] == round(count / of, 6)
    if examples:
        assert found[name]["examples"] == sorted(examples)[:5]


def test_a_check_that_finds_nothing_says_so(found, flawed):
    """The loader has refused every row that refers to nothing."""
    shop = Shop(flawed)
    for name in "orders-of-unknown-customers", "orders-at-unknown-locations":
        assert (found[name]["count"], found[name]["of"], found[name]["examples"]) == (0, len(shop.orders), [])
    for name in "items-of-unknown-products", "items-of-unknown-sellers":
        assert (found[name]["count"], found[name]["of"], found[name]["examples"]) == (0, shop.item_count, [])


def test_every_check_is_tested_here(found):
    described = set(EXPECTED) | {"orders-of-unknown-customers", "orders-at-unknown-locations", "items-of-unknown-products", "items-of-unknown-sellers"}
    assert {path.stem for path in CHECKS.glob("*.json")} == set(found)
    assert {name for name in found if not name.startswith("missing-in-")} == described


def documents(mongo, database, name):
    """What a check of missing values looks at: its collection, or the items of orders."""
    what = name.removeprefix("missing-in-")
    if what != "items":
        return list(mongo[database][what].find())
    return [item for order in mongo[database].orders.find() for item in order["items"]]


@pytest.mark.parametrize("name", sorted(path.stem for path in CHECKS.glob("missing-in-*.json")))
def test_missing_values_are_counted_field_by_field(found, mongo, flawed_database, name):
    rows = {row["field"]: row for row in found[name]["rows"]}
    all_documents = documents(mongo, flawed_database, name)

    def missing(document, field):
        several = field == "line" and document.get("lines")  # each of them has its own
        return document.get(field) in (None, []) and not several

    for field, row in rows.items():
        count = sum(missing(document, field) for document in all_documents)
        assert row == {"field": field, "count": count, "of": len(all_documents), "share": round(count / len(all_documents), 6)}
    assert found[name]["count"] == sum(row["count"] for row in rows.values())
    for document in all_documents:  # what is left out has always a value, or is the day of a time that is told of
        left_out = [field for field, value in document.items() if value is None and field not in rows]
        times = {field: field.replace("_day", "_at") for field in left_out}
        assert not [field for field, time in times.items() if time not in rows or document[time] is not None]


def test_missing_values_are_those_of_the_files(found, flawed):
    shop = Shop(flawed)

    def missing(name, field):
        return next(row["count"] for row in found[name]["rows"] if row["field"] == field)

    empty = lambda rows, field: sum(not row[field] for row in rows)
    for name, rows, fields in (
        ("missing-in-customers", shop.customers, ["name", "segment", "location_id"]),
        ("missing-in-products", shop.products, ["name", "category", "subcategory", "cost", "weight_g"]),
        ("missing-in-locations", shop.locations, ["city", "state", "region", "country", "postal_code"]),
        ("missing-in-sellers", shop.sellers, ["name", "location_id"]),
        ("missing-in-orders", shop.orders, ["customer_id", "shipped_at", "delivered_at", "estimated_at", "ship_mode"]),
    ):
        for field in fields:
            assert missing(name, field) == empty(rows, field), (name, field)
    sold = [(product, seller) for items in shop.items.values() for product, seller in items]
    assert missing("missing-in-items", "seller_id") == sum(not seller for _, seller in sold) > 0
    assert missing("missing-in-items", "category") == sum(not shop.product[product]["category"] for product, _ in sold) > 0
    assert missing("missing-in-items", "cost") == sum(not shop.product[product]["cost"] for product, _ in sold) > 0


# What the loader never writes


@pytest.fixture
def checked_again(engine_uri, mongo, new_database, sample):
    """Loads the sample, changes the database behind the loader's back, and has the same data checked again."""

    def check(change):
        name = new_database("again")
        load_checked(engine_uri, name, sample, options=["--keep-analyses", "0"])
        change(mongo[name])
        mongo[name].quality.drop()
        load_checked(engine_uri, name, sample, options=["--keep-analyses", "0"])
        found = mongo[name].quality.find_one()["checks"]
        mongo.drop_database(name)
        return {check["name"]: check for check in found}

    return check


def test_orphans_are_found(checked_again):
    def change(database):
        order = database.orders.find_one({"items.0": {"$exists": True}})
        items = [{**order["items"][0], "product_id": "P404"}, {**order["items"][0], "seller_id": "S404"}]
        strange = {**order, "customer_id": "C404", "location_id": "L404", "items": items}
        database.orders.insert_many([{**strange, "_id": f"X{n}"} for n in range(7)] + [{**strange, "_id": "Y", "customer_id": "C405"}])

    found = checked_again(change)
    assert (found["orders-of-unknown-customers"]["count"], found["orders-of-unknown-customers"]["examples"]) == (8, ["X0", "Y"])
    assert (found["orders-at-unknown-locations"]["count"], found["orders-at-unknown-locations"]["examples"]) == (8, ["X0"])
    assert (found["items-of-unknown-products"]["count"], found["items-of-unknown-products"]["examples"]) == (8, ["X0"])
    assert (found["items-of-unknown-sellers"]["count"], found["items-of-unknown-sellers"]["examples"]) == (8, ["X0"])


def test_amounts_are_compared_exactly(checked_again):
    """0.1 + 0.2 is 0.3: no check adds money up in floating point."""

    def change(database):
        database.orders.update_one(
            {"payments.0": {"$exists": True}, "items.0": {"$exists": True}},
            {"$set": {"sales": Decimal128("0.31"), "freight": Decimal128("0"), "payments": [{"value": Decimal128(v)} for v in ("0.1", "0.2")]}},
        )

    plain = checked_again(lambda database: None)["payments-differ"]["count"]
    assert checked_again(change)["payments-differ"]["count"] in (plain, plain - 1)


# Per import


def test_counts_of_rows_add_up(flawed_server, flawed):
    newest = flawed_server.get("/v1/data-quality").json()["data"][0]
    assert {file["file"] for file in newest["files"]} == {f"{name}.csv" for name in FILES}
    for counts in [*newest["files"], newest["rows"]]:
        assert counts["read"] == sum(counts[fate] for fate in ("inserted", "updated", "unchanged", "skipped", "rejected"))
    tables = read(flawed)
    for file in newest["files"]:
        assert file["read"] == len(tables[file["file"].removesuffix(".csv")])
    assert newest["rows"]["read"] == sum(file["read"] for file in newest["files"])
    assert sum(newest["rejected"].values()) == newest["rows"]["rejected"]


def test_rejected_rows_are_told_by_reason(engine_uri, mongo, new_database, tmp_path):
    folder = harness.generate(tmp_path, orders=500, options=["--dirty"])
    reasons = collections.Counter(row["reason"] for row in json.loads((folder / "dirty.json").read_text()))
    name = new_database("dirty")
    load_checked(engine_uri, name, folder, options=["--max-rejects", "100%"], status=3)
    with harness.Server(engine_uri, name) as server:
        newest = server.get("/v1/data-quality").json()["data"][0]
    assert newest["rejected"] == dict(reasons)
    assert newest["rows"]["rejected"] == sum(reasons.values()) > 0
    assert newest["cleaned"] and all(entry["count"] > 0 for entry in newest["cleaned"])
    mongo.drop_database(name)


@pytest.fixture(scope="module")
def several(engine_uri, new_database, sample, tmp_path_factory):
    """A server of a database that was loaded four times: twice with something new, and each time once more."""
    name = new_database("several")
    folder = pathlib.Path(shutil.copytree(sample, tmp_path_factory.mktemp("several") / "shop"))
    for _ in range(2):
        load_checked(engine_uri, name, folder)
        load_checked(engine_uri, name, folder)
        with (folder / "products.csv").open("a", encoding="utf-8") as products:
            products.write("P99999,One More,Kitchen,Pans,1.00,1\n")
    with harness.Server(engine_uri, name) as server:
        yield server


def test_imports_come_newest_first_and_in_pages(several):
    every = several.get("/v1/data-quality").json()
    started = [entry["started_at"] for entry in every["data"]]
    assert len(started) == 4 and started == sorted(started, reverse=True) and "next_offset" not in every
    assert [entry["attempts"] for entry in every["data"]] == [1, 1, 1, 1]
    pages = [several.get("/v1/data-quality", params={"limit": 3, "offset": n}).json() for n in (0, 3)]
    assert pages[0]["data"] + pages[1]["data"] == every["data"]
    assert pages[0]["next_offset"] == 3 and "next_offset" not in pages[1]
    assert several.get("/v1/data-quality?offset=4").json() == {"data": []}


def test_same_data_are_not_checked_again(several):
    """The findings of the import that changed them stand under those that did not."""
    every = several.get("/v1/data-quality").json()["data"]
    assert [entry["data_version"] for entry in every] == [2, 2, 1, 1]
    for again, first in (every[:2], every[2:]):
        assert again["rows"]["inserted"] == again["rows"]["updated"] == 0 < first["rows"]["inserted"]
        assert (again["checked_at"], again["checks"]) == (first["checked_at"], first["checks"])
    assert every[0]["checked_at"] > every[2]["checked_at"] and every[0]["checks"] != every[2]["checks"] != []


def test_one_import_is_found_by_its_id(several):
    for entry in several.get("/v1/data-quality").json()["data"]:
        assert several.get("/v1/data-quality", params={"import": entry["import"]}).json() == {"data": [entry]}


def test_an_unknown_import_is_answered_with_the_nearest(several):
    name = several.get("/v1/data-quality").json()["data"][2]["import"]
    problem = check_problem(several.get("/v1/data-quality", params={"import": name[:-1]}), 404)
    assert "did you mean" in problem["detail"]
    assert "/v1/data-quality" in check_problem(several.get("/v1/data-quality?import=nothing-like-it"), 404)["detail"]


@pytest.mark.parametrize("name, value", [
    ("limit", "0"), ("limit", "101"), ("limit", "x"), ("offset", "-1"), ("import", ""), ("import", "x" * 1025), ("imports", "x"), ("kpi", "x"),
])
def test_a_wrong_parameter_is_refused(several, name, value):
    check_parameter_problem(several.get("/v1/data-quality", params={name: value}), name, value[:127])


def test_a_parameter_without_a_value_or_twice_is_refused(several):
    check_parameter_problem(several.get("/v1/data-quality?limit"), "limit", "")
    check_parameter_problem(several.get("/v1/data-quality?limit=1&limit=2"), "limit", "2")


def test_the_answer_has_a_tag_until_it_changes(several):
    first = several.get("/v1/data-quality")
    again = several.get("/v1/data-quality", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    other = several.get("/v1/data-quality?limit=1", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200 and other.headers["ETag"] != first.headers["ETag"]


def test_head_and_options_work(several):
    head = several.session.head(f"{several.url}/v1/data-quality", timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    options = several.session.options(f"{several.url}/v1/data-quality", timeout=10)
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    check_problem(several.session.post(f"{several.url}/v1/data-quality", timeout=10), 405)


def test_nothing_loaded_is_an_empty_list(engine_uri, new_database):
    with harness.Server(engine_uri, new_database("empty")) as server:
        assert server.get("/v1/data-quality").json() == {"data": []}
        check_problem(server.get("/v1/data-quality?import=x"), 404)


# New checks, wrong checks


@pytest.fixture
def pipelines(tmp_path):
    """A copy of the definitions, to change."""
    return pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))


def put_check(pipelines, name, **members):
    check = {"title": "T", "summary": "S", "collection": "orders", "severity": "error", "columns": [{"name": "count", "text": "C"}]}
    (pipelines / "quality" / f"{name}.json").write_text(json.dumps({**check, **members}))


@pytest.fixture
def checks_of(engine_uri, mongo, new_database, sample, pipelines):
    """Loads with those definitions, and returns the findings with the finished process."""

    def load():
        name = new_database("checks")
        done = load_checked(engine_uri, name, sample, options=["--pipelines", pipelines, "--keep-analyses", "0"])
        with harness.Server(engine_uri, name) as server:
            checks = server.get("/v1/data-quality").json()["data"][0]["checks"]
        mongo.drop_database(name)
        return {check["name"]: check for check in checks}, done

    return load


def test_a_new_check_is_a_new_file(checks_of, pipelines, sample):
    for path in (pipelines / "quality").glob("*.json"):
        path.unlink()
    put_check(pipelines, "cheap", pipeline=[{"$match": {"sales": {"$lt": 20}}}, {"$group": {"_id": None, "count": {"$sum": 1}}}])
    checks, done = checks_of()
    shop = Shop(sample)
    cheap = sum(shop.sales(order) < 20 for order in shop.orders)
    assert list(checks) == ["cheap"]
    assert (checks["cheap"]["count"], checks["cheap"]["of"]) == (cheap, len(shop.orders))
    assert "Quality: 1 check " in done.stderr


def test_a_check_that_fails_is_told_and_hurts_nobody_else(checks_of, pipelines):
    put_check(pipelines, "broken", pipeline=[{"$group": {"_id": {"$toInt": "$_id"}, "count": {"$sum": 1}}}])
    put_check(pipelines, "no-count", pipeline=[{"$group": {"_id": None}}, {"$replaceWith": {"$arrayToObject": {"$literal": []}}}])
    checks, done = checks_of()
    assert checks["broken"]["count"] is None and checks["broken"]["error"]
    assert checks["no-count"]["error"] == "a row of its pipeline has no count"
    assert "2 could not be computed" in done.stderr
    assert checks["orders-without-items"]["count"] > 0


@pytest.mark.parametrize("stage, sentence", [
    ({"$out": "orders"}, "not an allowed stage: '$out'"),
    ({"$match": {"sale": 0}}, "there is no field 'sale' here; did you mean 'sales'?"),
], ids=["writes", "misspelt"])  # fmt: skip
def test_a_wrong_check_stops_the_load_before_anything_is_written(engine_uri, mongo, new_database, sample, pipelines, stage, sentence):
    put_check(pipelines, "ours", pipeline=[stage, {"$group": {"_id": None, "count": {"$sum": 1}}}])
    name = new_database("wrong")
    done = load_checked(engine_uri, name, sample, options=["--pipelines", pipelines], status=1)
    assert "ours.json" in done.stderr and sentence in done.stderr
    assert mongo[name].list_collection_names() == []


def test_checks_can_be_left_out(engine_uri, mongo, new_database, sample):
    name = new_database("unchecked")
    load_checked(engine_uri, name, sample, options=["--quality", "off", "--keep-analyses", "0"])
    with harness.Server(engine_uri, name) as server:
        newest = server.get("/v1/data-quality").json()["data"][0]
    assert (newest["checked_at"], newest["checks"]) == (None, [])
    assert "quality" not in mongo[name].list_collection_names()
    mongo.drop_database(name)
