"""The shipped profiles: the documents that their layouts become, and the rows that they refuse."""

import collections
import csv
import datetime
import functools
import io
import pathlib
import re
import subprocess
from decimal import Decimal

import pytest

import harness
from layouts import dirty, jaffle_shop, northwind, olist, online_retail, pme

MAKERS = {
    "superstore": lambda folder: harness.generate(folder, layout="superstore", orders=600, seed=21),
    "olist": functools.partial(olist.write, orders=600, seed=22),
    "pme": functools.partial(pme.write, orders=400, seed=23),
    "online-retail": functools.partial(online_retail.write, orders=200, seed=24),
    "jaffle-shop": functools.partial(jaffle_shop.write, orders=300, seed=25),
}
REFUSED = {"online-retail": len(online_retail.REFUSED)}


def load(uri, database, folder, layout, rejected=0):
    options = ["--max-rejects", "50%"]
    done = harness.load(uri, database.name, folder, options=options, status=3 if rejected else 0)
    assert f"profile {layout} " in done.stderr
    return done


# Documents


@pytest.fixture(scope="module")
def loaded(request, engine_uri, mongo, new_database, tmp_path_factory):
    """The folder of a layout, and the database that it is loaded into."""
    layout = request.param
    folder = tmp_path_factory.mktemp(layout)
    MAKERS[layout](folder)
    name = new_database(layout.replace("-", "_"))
    load(engine_uri, mongo[name], folder, layout, REFUSED.get(layout, 0))
    yield folder, mongo[name]
    mongo.drop_database(name)


def of(layout):
    return pytest.mark.parametrize("loaded", [layout], indirect=True)


def table(path, encoding="utf-8-sig", delimiter=","):
    """The rows of a file by their columns' names; an empty value is None."""
    lines = io.StringIO(path.read_bytes().decode(encoding), newline="")
    return [{column: value.strip() or None for column, value in row.items()} for row in csv.DictReader(lines, delimiter=delimiter)]


def time(text):
    return text and datetime.datetime.fromisoformat(text)


def plain(value):
    """A document's value with decimals as Python has them, without the digits that say nothing."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.to_decimal().normalize() + 0 if hasattr(value, "to_decimal") else value


def only(document, *names):
    return {name: plain(document[name]) for name in names}


FEATURES = "cost delivery discount hour payments reviews sellers".split()


@pytest.mark.parametrize("loaded, currency, features", [
    ("superstore", "USD", "cost discount"),
    ("olist", "BRL", "delivery hour payments reviews sellers"),
    ("pme", "EUR", "discount"),
    ("online-retail", "GBP", "hour"),
    ("jaffle-shop", "USD", "cost hour"),
], indirect=["loaded"])
def test_state_of_the_data_says_what_the_layout_knows(loaded, currency, features):
    meta = loaded[1].meta.find_one({"_id": "data"})
    assert meta["currency"] == currency
    assert {feature for feature in FEATURES if meta["has"][feature]} == set(features.split())
    assert meta["counts"] == {name: loaded[1][name].count_documents({}) for name in meta["counts"]}


@of("olist")
def test_olist_orders_say_who_where_and_when(loaded):
    folder, database = loaded
    customers = {row["customer_id"]: row for row in table(folder / "olist_customers_dataset.csv")}
    statuses = {"approved": "paid", "invoiced": "processing", "canceled": "cancelled"}
    orders = {order["_id"]: order for order in database.orders.find()}
    rows = table(folder / "olist_orders_dataset.csv")
    assert len(rows) == len(orders)
    for row in rows:
        customer, order = customers[row["customer_id"]], orders[row["order_id"]]
        zip_, city, state = (customer[f"customer_{part}"] for part in ("zip_code_prefix", "city", "state"))
        status = statuses.get(row["order_status"], row["order_status"])
        assert only(order, "customer_id", "location_id", "country", "state", "city", "status", "counted", "ordered_at", "shipped_at",
                    "delivered_at", "estimated_at") == {
            "customer_id": customer["customer_unique_id"],
            "location_id": f"{zip_}|{city}|{state}",
            "country": "Brazil",
            "state": state,
            "city": city,
            "status": status,
            "counted": status not in ("cancelled", "unavailable"),
            "ordered_at": time(row["order_purchase_timestamp"]),
            "shipped_at": time(row["order_delivered_carrier_date"]),
            "delivered_at": time(row["order_delivered_customer_date"]),
            "estimated_at": time(row["order_estimated_delivery_date"]),
        }


@of("olist")
def test_olist_items_are_summed_by_product_and_seller(loaded):
    folder, database = loaded
    wanted = collections.defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for row in table(folder / "olist_order_items_dataset.csv"):
        item = wanted[row["order_id"], row["product_id"], row["seller_id"]]
        for place, amount in enumerate((1, Decimal(row["price"]), Decimal(row["freight_value"]))):
            item[place] += amount
    found = {(order["_id"], item["product_id"], item["seller_id"]): [item["quantity"], *only(item, "sales", "freight").values()]
             for order in database.orders.find() for item in order["items"]}
    assert found == wanted
    for order in database.orders.find():
        assert plain(order["freight"]) == sum(plain(item["freight"]) for item in order["items"])


@of("olist")
def test_olist_payments_are_all_there(loaded):
    folder, database = loaded
    wanted = collections.defaultdict(list)
    for row in table(folder / "olist_order_payments_dataset.csv"):
        wanted[row["order_id"]].append((row["payment_type"], int(row["payment_installments"]), Decimal(row["payment_value"])))
    found = {order["_id"]: sorted(tuple(only(p, "type", "installments", "value").values()) for p in order["payments"])
             for order in database.orders.find() if order["payments"]}
    assert found == {order: sorted(payments) for order, payments in wanted.items()}


@of("olist")
def test_olist_latest_review_gives_the_score(loaded):
    folder, database = loaded
    reviews = collections.defaultdict(list)
    for row in table(folder / "olist_order_reviews_dataset.csv"):
        reviews[row["order_id"]].append((time(row["review_creation_date"]), int(row["review_score"])))
    assert max(map(len, reviews.values())) == 3
    for order in database.orders.find():
        written = reviews[order["_id"]]
        latest = max(written, default=(None,))[0]
        assert order["review_score"] in ([score for at, score in written if at == latest] or [None])


@of("olist")
def test_olist_places_have_the_first_point_of_their_zip(loaded):
    folder, database = loaded
    points = {}
    for row in table(folder / "olist_geolocation_dataset.csv"):
        point = [float(row["geolocation_lng"]), float(row["geolocation_lat"])]
        points.setdefault(row["geolocation_zip_code_prefix"], point)
    found = {place["_id"]: place for place in database.locations.find()}
    wanted = {"|".join(row[f"{who}_{part}"] for part in ("zip_code_prefix", "city", "state"))
              for who in ("customer", "seller") for row in table(folder / f"olist_{who}s_dataset.csv")}
    assert set(found) == wanted
    for key, place in found.items():
        zip_, city, state = key.split("|")
        point = points.get(zip_)
        assert only(place, "postal_code", "city", "state", "country") == {"postal_code": zip_, "city": city, "state": state, "country": "Brazil"}
        assert place["point"] == (point and {"type": "Point", "coordinates": pytest.approx(point, abs=1e-6)})
    assert None in [place["point"] for place in found.values()]


@of("olist")
def test_olist_people_live_where_their_first_row_says(loaded):
    folder, database = loaded
    homes = {}
    for row in table(folder / "olist_customers_dataset.csv"):
        parts = (row[f"customer_{part}"] for part in ("zip_code_prefix", "city", "state"))
        homes.setdefault(row["customer_unique_id"], "|".join(parts))
    assert {customer["_id"]: customer["location_id"] for customer in database.customers.find()} == homes


@of("olist")
def test_olist_products_have_a_translated_category(loaded):
    folder, database = loaded
    english = {row["product_category_name"]: row["product_category_name_english"]
               for row in table(folder / "product_category_name_translation.csv")}
    wanted = {row["product_id"]: (None, english.get(row["product_category_name"], row["product_category_name"]),
                                  row["product_weight_g"] and int(row["product_weight_g"]))
              for row in table(folder / "olist_products_dataset.csv")}
    found = {product["_id"]: (product["name"], product["category"], product["weight_g"]) for product in database.products.find()}
    assert found == wanted
    assert len({category for _, category, _ in wanted.values()} - set(english.values())) >= 2, "no category, and no translation"


@of("pme")
def test_pme_sales_are_of_their_shop(loaded):
    folder, database = loaded
    text = pme.EXCEL.encoding, pme.EXCEL.delimiter
    towns = {row["id_magasin"]: row["ville"] for row in table(folder / "magasins.csv", *text)}
    names = {row["id_produit"]: row["nom"] for row in table(folder / "produits.csv", *text)}
    orders = {order["_id"]: order for order in database.orders.find()}
    for row in table(folder / "ventes.csv", *text):
        town, order = towns[row["id_magasin"]], orders[row["id_vente"]]
        assert only(order, "customer_id", "region", "city", "country", "status", "hour") == {
            "customer_id": None, "region": town, "city": town, "country": "France", "status": "delivered", "hour": None}
        assert order["day"].strftime("%d/%m/%Y") == row["date_vente"]
        (item,) = order["items"]
        assert (item["product_id"], item["name"], item["quantity"]) == (row["id_produit"], names[row["id_produit"]], int(row["quantité"]))
    assert len(orders) == 400
    assert database.customers.count_documents({}) == 0


@of("online-retail")
def test_online_retail_invoices_are_orders(loaded):
    folder, database = loaded
    refused = {row[0] for row in online_retail.REFUSED}
    rows = [row for row in table(folder / "online_retail.csv", "cp1252") if row["InvoiceNo"] not in refused]
    first = {row["InvoiceNo"]: row for row in reversed(rows)}
    names = {row["StockCode"]: row["Description"] for row in reversed(rows)}
    orders = {order["_id"]: order for order in database.orders.find()}
    assert set(orders) == set(first)
    for invoice, row in first.items():
        order = orders[invoice]
        assert only(order, "customer_id", "region", "country", "status", "counted") == {
            "customer_id": row["CustomerID"], "region": row["Country"], "country": row["Country"],
            "status": "returned" if invoice.startswith("C") else "delivered", "counted": True}
        at = datetime.datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M")
        assert (order["ordered_at"], order["hour"]) == (at, at.hour)
    assert {product["_id"]: product["name"] for product in database.products.find()} == names
    reasons = collections.Counter(reject["reason"] for reject in database.rejects.find())
    assert reasons == {"negative_price": 2, "bad_value": 1}


@of("jaffle-shop")
def test_jaffle_shop_counts_in_cents(loaded):
    _, database = loaded
    prices = {sku: Decimal(cents) / 100 for sku, _, _, cents, _ in jaffle_shop.MENU}
    costs = collections.Counter()
    for _, _, cents, _, skus in jaffle_shop.SUPPLIES:
        costs.update({sku: cents for sku in skus.split()})
    products = {product["_id"]: product for product in database.products.find()}
    assert {sku: plain(product["cost"]) for sku, product in products.items()} == {
        sku: Decimal(costs[sku]) / 100 if sku in costs else None for sku in prices}
    assert {sku: product["category"] for sku, product in products.items()} == {sku: kind or None for sku, _, kind, _, _ in jaffle_shop.MENU}
    for order in database.orders.find():
        for item in order["items"]:
            assert plain(item["sales"]) == item["quantity"] * prices[item["product_id"]]
        assert order["region"] == order["city"] in {town for town, *_ in jaffle_shop.STORES}


@pytest.mark.parametrize("suppliers", [True, False], ids=["suppliers", "no suppliers"])
def test_profile_written_from_the_documentation_alone_loads_northwind(engine_uri, target, tmp_path, suppliers):
    """The profile is of somebody who has read loader/profiles/README.md, and nothing else."""
    profile = pathlib.Path(northwind.__file__).with_suffix(".json")
    northwind.write(tmp_path, seed=26, orders=200, suppliers=suppliers)
    check = subprocess.run([harness.BUILD / "kpi-load", "check", profile, tmp_path], capture_output=True, text=True, timeout=60)
    assert (check.returncode, "0 would be rejected" in check.stdout) == (0, True), check.stderr
    harness.load(engine_uri, target.name, tmp_path, options=["--profile", profile])
    read = lambda name: [{column: None if value == "NULL" else value for column, value in row.items()} for row in table(tmp_path / name)]
    makers = {row["product_id"]: row["supplier_id"] for row in read("products.csv")}
    details = {(row["order_id"], row["product_id"]): row for row in read("order_details.csv")}
    orders = {order["_id"]: order for order in target.orders.find()}
    for row in read("orders.csv"):
        order = orders[row["order_id"]]
        assert only(order, "customer_id", "country", "state", "city", "ordered_at", "shipped_at", "estimated_at", "ship_mode") == {
            "customer_id": row["customer_id"], "country": row["ship_country"], "state": row["ship_region"], "city": row["ship_city"],
            "ordered_at": time(row["order_date"]), "shipped_at": time(row["shipped_date"]), "estimated_at": time(row["required_date"]),
            "ship_mode": row["ship_via"]}
        assert order["status"] == ("shipped" if row["shipped_date"] else "processing")
        for item in order["items"]:
            line = details.pop((row["order_id"], item["product_id"]))
            assert (item["seller_id"], item["quantity"]) == (suppliers and makers[item["product_id"]] or None, int(line["quantity"]))
            assert plain(item["unit_price"]) == Decimal(line["unit_price"])
    assert not details
    assert target.sellers.count_documents({}) == (12 if suppliers else 0)


# Rows that are refused


@pytest.mark.parametrize("layout", dirty.ROWS)
def test_exactly_the_dirty_rows_are_rejected(engine_uri, target, tmp_path, layout):
    MAKERS[layout](tmp_path)
    wanted = dirty.spoil(tmp_path, layout)
    done = load(engine_uri, target, tmp_path, layout, rejected=len(wanted))
    old = {row[0] for row in online_retail.REFUSED}
    rejects = [reject for reject in target.rejects.find() if reject["row"].split(",")[0] not in old]
    assert {(reject["file"], reject["line"]): (reject["reason"], reject["column"]) for reject in rejects} == wanted
    for line in re.findall(r"^  \S+((?:\s+[\d,]+){5})$", done.stderr, re.M):
        read, *ends = (int(number.replace(",", "")) for number in line.split())
        assert read == sum(ends)


@pytest.mark.parametrize("layout", dirty.ROWS)
def test_good_rows_load_beside_dirty_ones(engine_uri, target, mongo, new_database, tmp_path, layout):
    folders = [tmp_path / "clean", tmp_path / "dirty"]
    databases = [mongo[new_database("clean")], target]
    for folder, database in zip(folders, databases):
        folder.mkdir()
        MAKERS[layout](folder)
        rejected = len(dirty.spoil(folder, layout)) if database is target else REFUSED.get(layout, 0)
        load(engine_uri, database, folder, layout, rejected)
    for name in ["orders", "customers", "products", "locations", "sellers"]:
        clean, spoilt = (list(database[name].find({}, {"import_id": 0, "hash": 0}).sort("_id")) for database in databases)
        assert clean == spoilt, name
    mongo.drop_database(databases[0].name)


REPEATED = {  # a row of the layout once more: the file, its line's key, and what is other
    "olist": ("olist_order_items_dataset.csv", "order_item_id", {"price": "0.01"}),
    "superstore": ("superstore.csv", "Row ID", {"Sales": "0.01"}),
    "pme": ("ventes.csv", "id_vente", {"date_vente": "01/01/2024", "quantité": "99"}),
    "jaffle-shop": ("raw_items.csv", "id", {"sku": "BEV-003"}),
}


def repeat(folder, layout, changes):
    """Says the first row of a file once more, behind the last."""
    name, _, _ = REPEATED[layout]
    text = dirty.TEXTS.get(layout, olist.PLAIN)
    header, rows = text.read(folder / name)
    text.write(folder / name, ",".join(header), [*rows, list((dict(zip(header, rows[0])) | changes).values())])


@pytest.mark.parametrize("layout", REPEATED)
def test_line_that_comes_again_with_other_content_is_rejected(engine_uri, target, tmp_path, layout):
    MAKERS[layout](tmp_path)
    repeat(tmp_path, layout, REPEATED[layout][2])
    load(engine_uri, target, tmp_path, layout, rejected=1)
    assert [reject["reason"] for reject in target.rejects.find()] == ["duplicate_key"]


@pytest.mark.parametrize("layout", REPEATED)
def test_line_that_comes_again_as_it_was_counts_once(engine_uri, target, mongo, new_database, tmp_path, layout):
    MAKERS[layout](tmp_path)
    once = mongo[new_database("once")]
    load(engine_uri, once, tmp_path, layout)
    repeat(tmp_path, layout, {})
    load(engine_uri, target, tmp_path, layout)
    orders = lambda database: list(database.orders.find({}, {"import_id": 0, "hash": 0}).sort("_id"))
    assert orders(target) == orders(once)


@pytest.mark.parametrize("layout, name, column, like", [
    ("olist", "olist_orders_dataset.csv", "customer_id", {"order_id": "new"}),
    ("pme", "ventes.csv", "id_produit", {"id_vente": "new", "chiffre_affaires": ""}),
])
def test_join_that_finds_nothing_is_an_unknown_reference(engine_uri, target, tmp_path, layout, name, column, like):
    MAKERS[layout](tmp_path)
    text = dirty.TEXTS.get(layout, olist.PLAIN)
    header, rows = text.read(tmp_path / name)
    text.write(tmp_path / name, ",".join(header), [*rows, list((dict(zip(header, rows[0])) | like | {column: "none"}).values())])
    load(engine_uri, target, tmp_path, layout, rejected=1)
    assert [(reject["reason"], reject["column"], reject["value"]) for reject in target.rejects.find()] == [
        ("unknown_reference", column, "none")]
