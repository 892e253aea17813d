"""What rollups must hold, worked out from the orders in Python, and what their collections show to a reader who follows the
protocol of core/rollup.h."""

import collections
import decimal
import json

from bson import Decimal128

import harness

decimal.getcontext().prec = 100  # no sum is rounded

GRAINS = {"day": lambda day: day, "month": lambda day: day.replace(day=1), "all": lambda day: None}
ORDER_PATHS = {"customer": "customer_id", "location": "location_id"}
ITEM_PATHS = {"product": "product_id", "seller": "seller_id", "category": "category", "subcategory": "subcategory"}


def declarations(pipelines=harness.PIPELINES):
    return {path.stem: json.loads(path.read_text()) for path in sorted((pipelines / "rollup").glob("*.json"))}


def field(dimension):
    return ITEM_PATHS.get(dimension) or ORDER_PATHS.get(dimension, dimension)


def plain(value):
    """Decimals as such; 5.10 is 5.1."""
    return value.to_decimal() if isinstance(value, Decimal128) else value


def add(cell, name, value):
    """A sum of nothing but nulls is null."""
    if value is not None:
        cell[name] = (cell[name] or 0) + plain(value)


def by_order(cells, declaration, order):
    key = (GRAINS[declaration["grain"]](order["day"]), *(order[field(d)] for d in declaration["dimensions"]))
    for name in declaration["measures"]:
        add(cells[key], name, order[name])


def by_line(cells, declaration, order):
    seen = collections.defaultdict(set)
    for item in order["items"]:
        values = ((item if d in ITEM_PATHS else order)[field(d)] for d in declaration["dimensions"])
        key = (GRAINS[declaration["grain"]](order["day"]), *values)
        for name in set(declaration["measures"]) - {"orders", "products"}:
            add(cells[key], name, item["quantity" if name == "units" else name])
        seen[key].add(item["product_id"])
    for key, products in seen.items():
        for name, count in (("orders", 1), ("products", len(products))):
            if name in declaration["measures"]:
                add(cells[key], name, count)


def expected(database, declaration):
    """{(day or None, values of the dimensions…): {measure: sum}} of the orders that count."""
    cells = collections.defaultdict(lambda: dict.fromkeys(declaration["measures"]))
    lines = set(declaration["dimensions"]) & set(ITEM_PATHS)
    for order in database.orders.find({"counted": True}):
        (by_line if lines else by_order)(cells, declaration, order)
    return dict(cells)


def listed(database):
    return (database.meta.find_one({"_id": "data"}) or {}).get("rollups", {})


def shown(database, name, meta=None, **more):
    """The documents that a reader sees who has read the document of the data."""
    meta = meta or database.meta.find_one({"_id": "data"})
    version = meta["version"]
    return database[name].find({"build": meta["rollups"][name]["build"], "from": {"$lte": version}, "to": {"$gt": version}, **more})


def rows(database, name, declaration, meta=None):
    """{key: measures} as they are stored, and the number of rows."""
    found, count = {}, 0
    for document in shown(database, name, meta):
        for row in document["rows"]:
            key = (document.get("day"), *(row[field(d)] for d in declaration["dimensions"]))
            assert key not in found, f"{name} has {key} twice"
            found[key] = {measure: plain(row[measure]) for measure in declaration["measures"]}
            assert set(row) == {field(d) for d in declaration["dimensions"]} | set(declaration["measures"])
            count += 1
    return found, count


def check(database, pipelines=harness.PIPELINES):
    """All rollups of the folder are listed, and equal the orders."""
    names = declarations(pipelines)
    assert set(listed(database)) == set(names)
    for name, declaration in names.items():
        got, count = rows(database, name, declaration)
        assert got == expected(database, declaration), name
        assert count == listed(database)[name]["rows"], name


def content(database):
    """What readers see, to the byte but for the number of the build and the versions."""
    found = {}
    for name in listed(database):
        chunks = sorted(shown(database, name), key=lambda d: (str(d.get("day")), int(d["_id"].rsplit("/", 1)[1])))
        found[name] = [(d.get("day"), [list(row.items()) for row in d["rows"]]) for d in chunks]
    return found
