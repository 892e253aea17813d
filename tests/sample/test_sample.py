"""kpi-sample writes a shop that is the same to the byte, closed, and shaped so that every KPI has something to show."""

import collections
import csv
import datetime
import hashlib
import io
import itertools
import json
import math
import os
import pathlib
import subprocess
from decimal import Decimal

import pytest

PROGRAM = pathlib.Path(os.environ.get("KPI_BUILD", "build")).resolve() / "kpi-sample"

NATIVE = {
    "locations": "location_id,city,state,region,country,postal_code,latitude,longitude",
    "customers": "customer_id,name,segment,location_id",
    "products": "product_id,name,category,subcategory,cost,weight_g",
    "sellers": "seller_id,name,location_id",
    "orders": "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode",
    "order_items": "order_id,product_id,seller_id,quantity,unit_price,discount,freight",
    "payments": "order_id,sequence,type,installments,value",
    "reviews": "review_id,order_id,score,created_at",
}

SUPERSTORE = (
    "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,"
    "Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit"
)

OLIST = {
    "olist_customers_dataset": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    "olist_geolocation_dataset": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,"
    "geolocation_state",
    "olist_order_items_dataset": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "olist_order_payments_dataset": "order_id,payment_sequential,payment_type,payment_installments,payment_value",
    "olist_order_reviews_dataset": "review_id,order_id,review_score,review_comment_title,review_comment_message,"
    "review_creation_date,review_answer_timestamp",
    "olist_orders_dataset": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "olist_products_dataset": "product_id,product_category_name,product_name_lenght,product_description_lenght,"
    "product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm",
    "olist_sellers_dataset": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "product_category_name_translation": "product_category_name,product_category_name_english",
}

STATUSES = set("created paid processing shipped delivered cancelled unavailable unpaid returned".split())

# One hash over the names and bytes of all files of `--orders 50 --seed 7`. A change here changes every sample that
# anyone has: make it on purpose.
GOLDEN = {
    "native": "1d8a1047cc14ee18beb2d489818e5d14dda192b3a8b66cf792ab4644858c20dc",
    "superstore": "3ac9f8d6cb1e32a7b8e67a3ab27a202762fe99b003b2451c3cb8fa41749675d5",
    "olist": "865957377188e81b5ffdc095c0bbb88e80e7bfc0b4979d6c1259af9b0097c7f7",
    "dirty": "22f163dd5a9250c25a071e4960fe09e26020536727426098121778e75a45e34d",
}


def sample(directory, *arguments):
    """Runs the program, which must succeed, and returns the directory."""
    run = subprocess.run([PROGRAM, *map(str, arguments), directory], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return directory


def refused(*arguments):
    """Runs the program, which must fail; returns its exit code and message."""
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert run.returncode != 0
    assert run.stderr.startswith("kpi-sample: ") and run.stderr.count("\n") == 1
    return run.returncode, run.stderr


def digest(directory):
    total = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def rows(path, encoding="utf-8"):
    """All rows by column; every row has exactly the columns of the header."""
    with open(path, encoding=encoding, newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader)
        result = []
        for row in reader:
            assert len(row) == len(header), (path.name, reader.line_num, row)
            result.append(dict(zip(header, row)))
        return result


class Shop:
    """The tables of a native sample, and what several tests work out of them."""

    def __init__(self, directory):
        self.directory = directory
        for table in NATIVE:
            setattr(self, table, rows(directory / f"{table}.csv"))
        self.place = {row["location_id"]: row for row in self.locations}
        self.home = {row["customer_id"]: row["location_id"] for row in self.customers}
        self.seller_place = {row["seller_id"]: row["location_id"] for row in self.sellers}
        self.items_of = collections.defaultdict(list)
        for item in self.order_items:
            self.items_of[item["order_id"]].append(item)

    def destination(self, order):
        return self.place[order["location_id"] or self.home[order["customer_id"]]]

    def distance(self, order):
        """Kilometres on the great circle from the farthest seller of the order."""
        to = self.destination(order)
        sellers = {item["seller_id"] for item in self.items_of[order["order_id"]]}
        return max(kilometres(self.place[self.seller_place[seller]], to) for seller in sellers)


def line_total(item):
    return int(item["quantity"]) * Decimal(item["unit_price"]) - Decimal(item["discount"]) + Decimal(item["freight"])


def kilometres(a, b):
    phi1, phi2 = math.radians(float(a["latitude"])), math.radians(float(b["latitude"]))
    lam = math.radians(float(a["longitude"]) - float(b["longitude"]))
    cosine = math.sin(phi1) * math.sin(phi2) + math.cos(phi1) * math.cos(phi2) * math.cos(lam)
    return 6371 * math.acos(min(1, cosine))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(sample(tmp_path_factory.mktemp("native") / "data", "--orders", 20000))


@pytest.fixture(scope="module")
def superstore(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("superstore"), "--orders", 5000, "--layout", "superstore") / "superstore.csv"


@pytest.fixture(scope="module")
def olist(tmp_path_factory):
    directory = sample(tmp_path_factory.mktemp("olist"), "--orders", 20000, "--layout", "olist")
    encoding = {"product_category_name_translation": "utf-8-sig"}
    return {name: rows(directory / f"{name}.csv", encoding.get(name, "utf-8")) for name in OLIST} | {"": directory}


@pytest.fixture(scope="module", params=[1, 30, 4000])
def dirty_pair(request, tmp_path_factory):
    """The same sample clean and dirty."""
    clean = sample(tmp_path_factory.mktemp("clean"), "--orders", request.param, "--seed", 3)
    dirty = sample(tmp_path_factory.mktemp("dirty"), "--orders", request.param, "--seed", 3, "--dirty")
    return clean, dirty


# The same bytes


def test_products_can_be_said(tmp_path):
    folder = sample(tmp_path / "data", "--orders", 50, "--products", 777)
    assert len((folder / "products.csv").read_text().splitlines()) == 777 + 1


@pytest.mark.parametrize("layout", ["native", "superstore", "olist"])
def test_same_seed_gives_same_bytes_and_another_seed_others(tmp_path, layout):
    arguments = ["--orders", 500, "--layout", layout]
    first = digest(sample(tmp_path / "a", *arguments, "--seed", 5))
    assert digest(sample(tmp_path / "b", *arguments, "--seed", 5)) == first
    assert digest(sample(tmp_path / "c", *arguments, "--seed", 6)) != first


@pytest.mark.parametrize("layout", GOLDEN)
def test_bytes_have_not_drifted(tmp_path, layout):
    options = ["--dirty"] if layout == "dirty" else ["--layout", layout]
    assert digest(sample(tmp_path / "data", "--orders", 50, "--seed", 7, *options)) == GOLDEN[layout]


def test_locale_and_time_zone_do_not_matter(tmp_path, monkeypatch):
    first = digest(sample(tmp_path / "a", "--orders", 200))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert digest(sample(tmp_path / "b", "--orders", 200)) == first


# The native layout


def test_native_headers(shop):
    for table, header in NATIVE.items():
        data = (shop.directory / f"{table}.csv").read_bytes()
        assert data.split(b"\n", 1)[0].decode() == header
        assert data.endswith(b"\n") and b"\r" not in data
    assert len(list(shop.directory.iterdir())) == len(NATIVE)


def test_keys_are_unique_and_closed(shop):
    keys = {}
    for table, key in [
        ("locations", "location_id"),
        ("customers", "customer_id"),
        ("products", "product_id"),
        ("sellers", "seller_id"),
        ("orders", "order_id"),
        ("reviews", "review_id"),
    ]:
        values = [row[key] for row in getattr(shop, table)]
        keys[key] = set(values)
        assert len(values) == len(keys[key]) and "" not in keys[key]
    assert len(shop.orders) == 20000
    for table in ["customers", "sellers", "orders", "order_items", "payments", "reviews"]:
        for row in getattr(shop, table):
            for key in keys.keys() & row.keys():
                assert row[key] in keys[key] or (table == "orders" and key == "location_id" and row[key] == "")
    assert len({(row["order_id"], row["sequence"]) for row in shop.payments}) == len(shop.payments)


def test_values_are_well_formed(shop):
    second, day = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
    parse = datetime.datetime.strptime
    for order in shop.orders:
        times = [parse(order[name], second) for name in ("ordered_at", "shipped_at", "delivered_at") if order[name]]
        assert times == sorted(times)
        assert datetime.datetime(2022, 1, 1) <= times[0] and times[-1] < datetime.datetime(2025, 1, 1)
        assert parse(order["estimated_at"], day).date() >= times[0].date()
        assert order["status"] in STATUSES
        assert bool(order["delivered_at"]) == (order["status"] in ("delivered", "returned"))
    for item in shop.order_items:
        assert Decimal(item["unit_price"]) >= 0 and int(item["quantity"]) != 0 and Decimal(item["freight"]) >= 0
        assert Decimal(item["discount"]) * int(item["quantity"]) >= 0
        for column in ("unit_price", "discount", "freight"):
            assert item[column][-3] == "."
    assert {row["score"] for row in shop.reviews} == set("12345")
    assert [row["ordered_at"] for row in shop.orders] == sorted(row["ordered_at"] for row in shop.orders)


def test_open_orders_are_only_those_of_the_last_weeks(shop):
    for order in shop.orders:
        if order["status"] in ("created", "paid", "processing", "shipped"):
            assert order["ordered_at"] > "2024-11-15"
    assert STATUSES == {order["status"] for order in shop.orders}


def test_names_need_quotes_and_unicode(shop):
    for table in ("customers", "products", "sellers"):
        names = [row["name"] for row in getattr(shop, table)]
        assert any("," in name for name in names)
        assert any('"' in name for name in names)
        assert any(not name.isascii() for name in names)


def test_places_are_many_and_in_named_regions(shop):
    assert {row["region"] for row in shop.locations} == {"West", "Central", "East", "South", "Canada", "Mexico"}
    assert len({(row["city"], row["state"]) for row in shop.locations}) >= 120
    assert len({row["country"] for row in shop.locations}) == 3
    assert 0.01 < sum(not order["location_id"] for order in shop.orders) / 20000 < 0.06


def test_categories_and_costs(shop):
    subs = collections.defaultdict(set)
    for product in shop.products:
        subs[product["category"]].add(product["subcategory"])
    assert 5 <= len(subs) <= 8 and all(3 <= len(names) <= 6 for names in subs.values())
    assert len(shop.products) == 600 and len(shop.sellers) == 60
    assert 1 <= sum(not product["cost"] for product in shop.products) <= 18


def test_payments_add_up_for_most_orders(shop):
    paid = collections.defaultdict(Decimal)
    types = collections.defaultdict(set)
    for payment in shop.payments:
        paid[payment["order_id"]] += Decimal(payment["value"])
        types[payment["order_id"]].add(payment["type"])
    equal = considered = 0
    for order in shop.orders:
        if order["status"] in ("delivered", "returned", "shipped"):
            total = sum(map(line_total, shop.items_of[order["order_id"]]))
            considered += 1
            equal += paid[order["order_id"]] == total
    assert 0.95 < equal / considered < 1
    assert sum(len(kinds) == 2 for kinds in types.values()) > 100
    without = [order for order in shop.orders if order["order_id"] not in paid]
    assert {"cancelled", "unpaid"} <= {order["status"] for order in without}


def test_a_third_of_customers_come_back(shop):
    visits = collections.Counter(order["customer_id"] for order in shop.orders)
    assert 0.30 < sum(count > 1 for count in visits.values()) / len(visits) < 0.40
    assert 0.9 < len(shop.customers) / (20000 / 1.6) < 1.1


def test_sales_grow_and_peak_in_the_fourth_quarter(shop):
    months = [(order["ordered_at"][:4], int(order["ordered_at"][5:7])) for order in shop.orders]
    quarters = collections.Counter((year, (month + 2) // 3) for year, month in months)
    for year in ("2022", "2023", "2024"):
        assert quarters[year, 4] > 1.25 * max(quarters[year, quarter] for quarter in (1, 2, 3))
    years = collections.Counter(order["ordered_at"][:4] for order in shop.orders)
    assert years["2022"] * 1.1 < years["2023"] < years["2024"] / 1.1


def test_hours_and_weekdays_differ(shop):
    hours = collections.Counter(order["ordered_at"][11:13] for order in shop.orders)
    assert hours["12"] > 5 * hours["03"]
    dates = [datetime.date.fromisoformat(order["ordered_at"][:10]) for order in shop.orders]
    days = collections.Counter(date.isoweekday() for date in dates)
    assert days[1] > 1.1 * days[6]


def test_products_and_cities_are_long_tailed(shop):
    sold = collections.Counter(item["product_id"] for item in shop.order_items)
    counts = sorted(sold.values(), reverse=True)
    assert sum(counts[: len(shop.products) // 5]) > 0.5 * sum(counts)
    cities = collections.Counter((place["city"], place["state"]) for place in map(shop.destination, shop.orders))
    assert cities["New York City", "New York"] > 20 * sorted(cities.values())[len(cities) // 4]


def test_a_quarter_of_lines_has_a_discount(shop):
    bought = [item for item in shop.order_items if int(item["quantity"]) > 0]
    assert 0.2 < sum(item["discount"] != "0.00" for item in bought) / len(bought) < 0.33


def test_returns_take_back_what_was_bought(shop):
    returning = 0
    for items in shop.items_of.values():
        units = collections.Counter()
        for item in items:
            units[item["product_id"], item["seller_id"]] += int(item["quantity"])
        assert min(units.values()) >= 0
        returning += any(int(item["quantity"]) < 0 for item in items)
    assert 0.02 < returning / 20000 < 0.04
    for order in shop.orders:
        if order["status"] == "returned":
            assert sum(int(item["quantity"]) for item in shop.items_of[order["order_id"]]) == 0


def test_some_lines_repeat_within_an_order(shop):
    repeated = 0
    for items in shop.items_of.values():
        pairs = [(item["product_id"], item["seller_id"]) for item in items if int(item["quantity"]) > 0]
        repeated += len(set(pairs)) < len(pairs)
    assert 50 < repeated < 1000


def test_far_away_takes_longer_and_is_late_more_often(shop):
    classes = collections.defaultdict(list)
    for order in shop.orders:
        if order["delivered_at"]:
            parse = datetime.datetime.fromisoformat
            days = parse(order["delivered_at"]) - parse(order["ordered_at"])
            late = order["delivered_at"][:10] > order["estimated_at"]
            km = shop.distance(order)
            classes[0 if km < 800 else 1 if km < 2000 else 2].append((days.total_seconds() / 86400, late))
    days = [sum(day for day, _ in classes[i]) / len(classes[i]) for i in range(3)]
    late = [sum(late for _, late in classes[i]) / len(classes[i]) for i in range(3)]
    assert all(len(members) > 500 for members in classes.values())
    assert days[0] + 0.4 < days[1] < days[2] - 0.4
    assert 0.01 < late[0] < late[1] < late[2] < 0.3


def test_reviews_are_worse_when_late(shop):
    order_of = {order["order_id"]: order for order in shop.orders}
    scores = {False: [], True: []}
    for review in shop.reviews:
        order = order_of[review["order_id"]]
        scores[order["delivered_at"][:10] > order["estimated_at"]].append(int(review["score"]))
    delivered = sum(bool(order["delivered_at"]) for order in shop.orders)
    assert 0.7 < len(shop.reviews) / delivered < 0.8
    assert sum(scores[False]) / len(scores[False]) > 1 + sum(scores[True]) / len(scores[True])


def test_some_products_are_bought_together(shop):
    baskets = [{item["product_id"] for item in items} for items in shop.items_of.values()]
    single = collections.Counter(itertools.chain.from_iterable(baskets))
    double = collections.Counter(pair for basket in baskets for pair in itertools.combinations(sorted(basket), 2))
    lifts = [count * len(baskets) / (single[a] * single[b]) for (a, b), count in double.items() if count >= 20]
    assert sum(lift > 5 for lift in lifts) >= 10
    assert sum(lift < 2 for lift in lifts) >= 10


def test_range_is_kept_and_small_samples_have_empty_days(tmp_path):
    few = Shop(sample(tmp_path / "data", "--orders", 40, "--from", "2020-02-01", "--to", "2020-03-01"))
    days = {order["ordered_at"][:10] for order in few.orders}
    assert "2020-02-01" <= min(days) and max(days) <= "2020-03-01" and len(days) < 30


def test_one_order_and_one_day_will_do(tmp_path):
    one = Shop(sample(tmp_path / "data", "--orders", 1, "--from", "2024-02-29", "--to", "2024-02-29"))
    assert [order["ordered_at"][:10] for order in one.orders] == ["2024-02-29"]


# The superstore layout


def test_superstore_has_the_real_form(superstore):
    data = superstore.read_bytes()
    assert data.split(b"\r\n", 1)[0].decode() == SUPERSTORE
    assert data.count(b"\n") == data.count(b"\r\n") and data.endswith(b"\r\n")
    with pytest.raises(UnicodeDecodeError):
        data.decode()


def test_superstore_has_the_real_quirks(superstore):
    table = rows(superstore, "cp1252")
    assert [row["Row ID"] for row in table] == [str(i + 1) for i in range(len(table))]
    assert len({row["Order ID"] for row in table}) == 5000
    assert any(len(row["Postal Code"]) == 4 for row in table)
    assert not any(row["Postal Code"].startswith("0") for row in table)
    pairs = collections.Counter((row["Order ID"], row["Product ID"]) for row in table)
    assert any(count > 1 for count in pairs.values())
    names = collections.defaultdict(set)
    for row in table:
        names[row["Product ID"]].add(row["Product Name"])
        parts = [int(part) for part in row["Order Date"].split("/")]
        assert row["Order Date"] == "/".join(map(str, parts)) and datetime.date(parts[2], parts[0], parts[1])
        assert 0 <= Decimal(row["Discount"]) < 1 and Decimal(row["Sales"]) >= 0
    assert max(map(len, names.values())) == 2
    decimals = {-Decimal(row["Sales"]).as_tuple().exponent for row in table}
    assert {0, 2, 3} <= decimals and max(decimals) <= 4
    assert not any("." in row["Sales"] and row["Sales"].endswith("0") for row in table)
    assert {row["Region"] for row in table} == {"West", "Central", "East", "South"}
    assert any(Decimal(row["Profit"]) < 0 for row in table)


# The olist layout


def test_olist_headers(olist):
    directory = olist[""]
    for name, header in OLIST.items():
        data = (directory / f"{name}.csv").read_bytes()
        if name == "product_category_name_translation":
            assert data.startswith(b"\xef\xbb\xbf" + header.encode() + b"\r\n")
            assert data.count(b"\n") == data.count(b"\r\n")
        else:
            assert data.startswith(header.encode() + b"\n")
    assert len(list(directory.iterdir())) == len(OLIST)


def test_olist_keys_are_closed(olist):
    orders = {row["order_id"] for row in olist["olist_orders_dataset"]}
    assert len(orders) == 20000
    customers = {row["customer_id"] for row in olist["olist_customers_dataset"]}
    assert customers == {row["customer_id"] for row in olist["olist_orders_dataset"]}
    products = {row["product_id"] for row in olist["olist_products_dataset"]}
    sellers = {row["seller_id"] for row in olist["olist_sellers_dataset"]}
    for row in olist["olist_order_items_dataset"]:
        assert row["order_id"] in orders and row["product_id"] in products and row["seller_id"] in sellers
    for name in ("olist_order_payments_dataset", "olist_order_reviews_dataset"):
        assert all(row["order_id"] in orders for row in olist[name])
    zips = {row["geolocation_zip_code_prefix"] for row in olist["olist_geolocation_dataset"]}
    assert {row["customer_zip_code_prefix"] for row in olist["olist_customers_dataset"]} <= zips


def test_olist_orders_have_the_real_quirks(olist):
    orders = olist["olist_orders_dataset"]
    people = collections.Counter(row["customer_unique_id"] for row in olist["olist_customers_dataset"])
    assert 0.3 < sum(count > 1 for count in people.values()) / len(people) < 0.4
    assert {row["order_status"] for row in orders} == set(
        "delivered shipped canceled unavailable invoiced processing created approved".split()
    )
    with_items = {row["order_id"] for row in olist["olist_order_items_dataset"]}
    assert any(row["order_id"] not in with_items for row in orders)
    delivered = [row for row in orders if row["order_status"] == "delivered"]
    assert 1 <= sum(not row["order_delivered_customer_date"] for row in delivered) < 60
    units = collections.Counter((row["order_id"], row["product_id"]) for row in olist["olist_order_items_dataset"])
    assert max(units.values()) > 5
    numbers = collections.defaultdict(list)
    for row in olist["olist_order_items_dataset"]:
        numbers[row["order_id"]].append(int(row["order_item_id"]))
    assert all(ids == list(range(1, len(ids) + 1)) for ids in numbers.values())


def test_olist_payments_add_up_and_have_the_real_quirks(olist):
    payments = olist["olist_order_payments_dataset"]
    total, paid = collections.defaultdict(Decimal), collections.defaultdict(Decimal)
    for row in olist["olist_order_items_dataset"]:
        total[row["order_id"]] += Decimal(row["price"]) + Decimal(row["freight_value"])
    for row in payments:
        paid[row["order_id"]] += Decimal(row["payment_value"])
    delivered = [row["order_id"] for row in olist["olist_orders_dataset"] if row["order_status"] == "delivered"]
    assert 0.95 < sum(total[key] == paid[key] for key in delivered) / len(delivered) < 1
    undefined = [row for row in payments if row["payment_type"] == "not_defined"]
    assert undefined and all(row["payment_value"] == "0.00" for row in undefined)
    assert any(row["payment_installments"] == "0" for row in payments)
    assert max(int(row["payment_sequential"]) for row in payments) > 5


def test_olist_reviews_have_the_real_quirks(olist):
    reviews = olist["olist_order_reviews_dataset"]
    assert max(collections.Counter(row["order_id"] for row in reviews).values()) > 1
    assert max(collections.Counter(row["review_id"] for row in reviews).values()) > 1
    pairs = collections.Counter((row["review_id"], row["order_id"]) for row in reviews)
    assert max(pairs.values()) == 1
    assert any("\n" in row["review_comment_message"] for row in reviews)
    assert any('"' in row["review_comment_message"] for row in reviews)


def test_olist_products_and_places_have_the_real_quirks(olist):
    products = olist["olist_products_dataset"]
    bare = [row for row in products if not row["product_category_name"]]
    assert bare and not any(row["product_name_lenght"] for row in bare)
    translated = {row["product_category_name"] for row in olist["product_category_name_translation"]}
    missing = {row["product_category_name"] for row in products} - translated - {""}
    assert len(missing) == 2
    points = olist["olist_geolocation_dataset"]
    assert len({tuple(row.values()) for row in points}) < 0.9 * len(points)
    cities, states = collections.defaultdict(set), collections.defaultdict(set)
    for row in points:
        cities[row["geolocation_zip_code_prefix"]].add(row["geolocation_city"])
        states[row["geolocation_zip_code_prefix"]].add(row["geolocation_state"])
    assert max(map(len, cities.values())) > 1 and max(map(len, states.values())) > 1


# Dirt


def records(data):
    """The records of a CSV file as bytes, each with the physical line where it starts. Blank lines are records too."""
    result, start, line, quoted = [], 0, 1, False
    first = line
    for at, byte in enumerate(data):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x0A:
            line += 1
            if not quoted:
                result.append((first, data[start:at]))
                start, first = at + 1, line
    if start < len(data):
        result.append((first, data[start:]))
    return result


def fields_of(record):
    return next(csv.reader(io.StringIO(record.decode("latin-1"), newline=""), strict=True))


def test_good_rows_are_untouched_by_dirt(dirty_pair):
    clean, dirty = dirty_pair
    for path in clean.iterdir():
        dirty_records = [record for _, record in records((dirty / path.name).read_bytes())]
        position = 0
        for _, record in records(path.read_bytes()):
            position = dirty_records.index(record, position) + 1


def test_rejects_and_odd_rows_are_all_that_is_added(dirty_pair):
    """Without the rejects, and with values trimmed, nothing but new unused things and the free unit is added."""
    clean, dirty = dirty_pair
    rejects = json.loads((dirty / "dirty.json").read_text())
    for path in clean.iterdir():
        bad = {entry["line"] for entry in rejects if entry["file"] == path.name}
        good = collections.Counter(record for _, record in records(path.read_bytes()))
        added = [record for line, record in records((dirty / path.name).read_bytes()) if line not in bad]
        odd = []
        for record in added:
            if good[record] > 0:
                good[record] -= 1
            else:
                odd.append(record)
        assert not +good
        if path.name in ("orders.csv", "payments.csv", "reviews.csv"):
            assert odd == [b""]
        elif path.name == "order_items.csv":
            cancelled = {row["order_id"] for row in rows(clean / "orders.csv") if row["status"] == "cancelled"}
            existing = {record.rsplit(b",", 4)[0] for _, record in records(path.read_bytes())}
            free = [record for record in odd if record]
            assert len(free) <= 1 and b"" in odd
            for record in free:
                assert record.split(b",")[0].decode() in cancelled and record.endswith(b",1,0.00,0.00,0.00")
                assert record.rsplit(b",", 4)[0] in existing
        elif path.name == "customers.csv":
            first = [field.strip() for field in fields_of(records(path.read_bytes())[1][1])]
            assert sum(1 for record in odd if record and [f.strip() for f in fields_of(record)] == first) == 2
            assert sum(1 for record in odd if record) == 2
        else:
            keys = {fields_of(record)[0] for _, record in records(path.read_bytes())}
            assert all(fields_of(record)[0].strip() not in keys for record in odd if record)


def test_dirty_json_points_at_the_rows(dirty_pair):
    _, dirty = dirty_pair
    rejects = json.loads((dirty / "dirty.json").read_text())
    assert {entry["reason"] for entry in rejects} == set(
        "missing_key missing_value bad_number bad_date bad_encoding bad_value negative_price unknown_reference "
        "duplicate_key too_many_columns too_few_columns".split()
    )
    assert len({(entry["file"], entry["line"]) for entry in rejects}) == len(rejects)
    files = {entry["file"]: dict(records((dirty / entry["file"]).read_bytes())) for entry in rejects}
    headers = {file: fields_of(lines[1]) for file, lines in files.items()}
    accepted = {
        (key, fields_of(record)[0].strip())
        for file, lines in files.items()
        for key in [headers[file][0]]
        for line, record in lines.items()
        if record and not any(entry["file"] == file and entry["line"] == line for entry in rejects)
    }
    for entry in rejects:
        assert set(entry) == {"file", "line", "reason", "column"}
        header, record = headers[entry["file"]], files[entry["file"]][entry["line"]]
        check_reason(entry, header, record, fields_of(record), accepted)


def check_reason(entry, header, record, fields, accepted):
    """That the record has the fault it is said to have."""
    reason = entry["reason"]
    if reason == "too_few_columns":
        assert len(fields) < len(header) and entry["column"] is None
        return
    if reason == "too_many_columns":
        assert len(fields) > len(header) and entry["column"] is None
        return
    assert len(fields) == len(header)
    value = fields[header.index(entry["column"])]
    if reason in ("missing_key", "missing_value"):
        assert value == "" and entry["column"].endswith("_id") == (reason == "missing_key")
    elif reason == "bad_number":
        with pytest.raises(ValueError):
            (int if entry["column"] in ("quantity", "installments", "score") else finite)(value)
    elif reason == "bad_date":
        with pytest.raises(ValueError):
            datetime.datetime.fromisoformat(value)
    elif reason == "bad_encoding":
        with pytest.raises(UnicodeDecodeError):
            value.encode("latin-1").decode()
        with pytest.raises(UnicodeDecodeError):
            record.decode()
    elif reason == "bad_value":
        limits = {"latitude": range(-90, 91), "longitude": range(-180, 181), "score": range(1, 6)}
        if entry["column"] == "status":
            assert value not in STATUSES
        else:
            assert int(float(value)) not in limits[entry["column"]]
    elif reason == "negative_price":
        assert entry["column"] == "unit_price" and Decimal(value) < 0
    elif reason == "unknown_reference":
        assert value and (entry["column"], value) not in accepted
    elif reason == "duplicate_key":
        assert entry["column"] == header[0] and (header[0], value) in accepted


def finite(text):
    number = float(text.replace("_", "x"))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def test_dirt_has_multiline_records_blank_lines_and_no_final_newline(dirty_pair):
    _, dirty = dirty_pair
    for name in ("products.csv", "sellers.csv", "locations.csv"):
        assert any(b"\n" in record for _, record in records((dirty / name).read_bytes()))
    assert not (dirty / "sellers.csv").read_bytes().endswith(b"\n")
    assert not (dirty / "reviews.csv").read_bytes().endswith(b"\n")
    assert all(b"\n\n" in path.read_bytes() for path in dirty.glob("*.csv"))


def test_a_clean_run_takes_an_old_dirty_json_away(tmp_path):
    sample(tmp_path, "--orders", 5, "--dirty")
    assert (tmp_path / "dirty.json").exists()
    sample(tmp_path, "--orders", 5)
    assert not (tmp_path / "dirty.json").exists()


# The command line


@pytest.mark.parametrize(
    "arguments, told",
    [
        ([], "directory"),
        (["a", "b"], "one directory"),
        (["--orders", "ten", "a"], "whole number"),
        (["--orders", "0", "a"], "from 1"),
        (["--orders", "-5", "a"], "whole number"),
        (["--orders", "50000001", "a"], "50000000"),
        (["--orders"], "value"),
        (["--products", "199", "a"], "from 200 to 5000"),
        (["--products", "5001", "a"], "from 200 to 5000"),
        (["--seed", "18446744073709551616", "a"], "18446744073709551615"),
        (["--seed=", "a"], "whole number"),
        (["--from", "2023-02-29", "a"], "day"),
        (["--to", "31/12/2023", "a"], "day"),
        (["--from", "2024-01-02", "--to", "2024-01-01", "a"], "after"),
        (["--from", "1970-01-01", "--to", "2199-12-31", "a"], "fifty years"),
        (["--layout", "shopify", "a"], "native, superstore or olist"),
        (["--layout", "olist", "--dirty", "a"], "native"),
        (["--dirty=yes", "a"], "no value"),
        (["--ordres", "5", "a"], "--help"),
    ],
)
def test_wrong_usage_is_2_with_a_remedy(tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    code, message = refused(*arguments)
    assert code == 2 and told in message
    assert not list(tmp_path.iterdir())


def test_help_is_0(tmp_path):
    run = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.startswith("usage:") and "--dirty" in run.stdout


def test_last_line_tells_what_was_written(tmp_path):
    run = subprocess.run([PROGRAM, "--orders", "7", tmp_path], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == ""
    assert run.stderr.startswith("kpi-sample: 7 orders, ") and " 8 files, " in run.stderr


def test_missing_parent_and_file_in_the_way_are_1(tmp_path):
    code, message = refused(tmp_path / "no" / "such")
    assert code == 1 and "parent" in message
    (tmp_path / "file").write_text("")
    code, message = refused(tmp_path / "file")
    assert code == 1 and "directory" in message


def test_full_disk_is_1_and_leaves_nothing(tmp_path):
    """A limit on file size stands in for a full disk."""
    run = subprocess.run(
        ["sh", "-c", 'ulimit -f 64; exec "$0" --orders 20000 "$1"', PROGRAM, tmp_path], capture_output=True, text=True
    )
    assert run.returncode == 1 and "cannot write" in run.stderr and run.stderr.startswith("kpi-sample: ")
    assert not list(tmp_path.iterdir())


def test_a_failed_run_keeps_the_files_of_the_last_one(tmp_path):
    sample(tmp_path, "--orders", 30)
    before = digest(tmp_path)
    subprocess.run(["sh", "-c", 'ulimit -f 64; exec "$0" --orders 20000 "$1"', PROGRAM, tmp_path], capture_output=True)
    assert digest(tmp_path) == before


def test_a_killed_run_leaves_no_half_file(tmp_path):
    run = subprocess.Popen([PROGRAM, "--orders", "5000000", tmp_path], stderr=subprocess.DEVNULL)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.3)
    finally:
        run.kill()
        run.wait()
    assert not list(tmp_path.glob("*.csv"))
    sample(tmp_path, "--orders", 5)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
