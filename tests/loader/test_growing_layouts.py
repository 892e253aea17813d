"""Layouts that are delivered little by little: what grown files end in is what one load of them gives."""

import random

import pytest

import harness
from layouts import dirty, jaffle_shop, olist, online_retail, pme
from layouts.dirty import CUSTOMERS, ITEMS, ORDERS, PAYMENTS, REVIEWS

DAYS = 4
REFUSED = {tuple(map(str, row)) for row in online_retail.REFUSED}
COLLECTIONS = ["locations", "customers", "products", "sellers", "orders"]

# How a shop is made, and of the files that grow the column that tells the order; a star: rows of it may be late.
GROWING = {
    "superstore": (lambda folder, seed: harness.generate(folder, layout="superstore", orders=200, seed=seed), {"superstore.csv": "Order ID*"}),
    "olist": (
        lambda folder, seed: olist.write(folder, orders=200, seed=seed),
        {CUSTOMERS: "customer_id", ORDERS: "order_id", ITEMS: "order_id*", PAYMENTS: "order_id*", REVIEWS: "order_id*"},
    ),
    "pme": (lambda folder, seed: pme.write(folder, orders=200, seed=seed), {"ventes.csv": "id_vente"}),
    "online-retail": (lambda folder, seed: online_retail.write(folder, orders=150, seed=seed), {"online_retail.csv": "InvoiceNo*"}),
    "jaffle-shop": (lambda folder, seed: jaffle_shop.write(folder, orders=200, seed=seed), {"raw_orders.csv": "id", "raw_items.csv": "order_id*"}),
}


@pytest.fixture
def databases(mongo, new_database):
    names = [new_database("grown"), new_database("at_once")]
    yield [mongo[name] for name in names]
    for name in names:
        mongo.drop_database(name)


def contents(database):
    return {name: list(database[name].find({}, {"import_id": 0, "hash": 0}).sort("_id")) for name in COLLECTIONS}


def load(uri, database, folder, layout):
    done = harness.load(uri, database.name, folder)
    assert f"profile {layout} " in done.stderr


def deliveries(folder, layout, dice):
    """By file, the header and the rows of each day. An order comes on one day; a late row of it a day or two after."""
    text = dirty.TEXTS.get(layout, olist.PLAIN)
    _, growing = GROWING[layout]
    order_of = {}  # a customer's row of Olist is of one order
    if layout == "olist":
        _, rows = text.read(folder / ORDERS)
        order_of = {row[1]: row[0] for row in rows}
    day_of = {}
    for name, key in growing.items():
        header, rows = text.read(folder / name)
        days = [[] for _ in range(DAYS)]
        for row in (row for row in rows if tuple(row) not in REFUSED):
            order = row[header.index(key.rstrip("*"))]
            day = day_of.setdefault(order_of.get(order, order), dice.randrange(DAYS))
            late = dice.choice([0, 0, 0, 1, 2]) if key.endswith("*") else 0
            days[min(DAYS - 1, day + late)].append(row)
        yield name, text.bytes([header]), [text.bytes(day) for day in days]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("layout", GROWING)
def test_files_that_grow_end_as_if_loaded_at_once(engine_uri, databases, tmp_path, layout, seed):
    make, _ = GROWING[layout]
    make(tmp_path, seed + 30)
    plan = list(deliveries(tmp_path, layout, random.Random(seed)))
    for name, header, _ in plan:
        (tmp_path / name).write_bytes(header)
    for day in range(DAYS):
        for name, _, days in plan:
            with (tmp_path / name).open("ab") as file:
                file.write(days[day])
        load(engine_uri, databases[0], tmp_path, layout)
    load(engine_uri, databases[1], tmp_path, layout)
    grown, at_once = map(contents, databases)
    for name in COLLECTIONS:
        assert grown[name] == at_once[name], name
