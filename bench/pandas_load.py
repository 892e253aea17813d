"""What kpi-load is measured against: the native layout into MongoDB with pandas and PyMongo, as one writes it who wants it to be
fast. Columns are read, joined and computed as wholes; money is whole cents until the end; every distinct amount becomes one
Decimal128; documents are zipped from columns; insert_many takes thousands at a time, unordered, from several threads.

It makes the same documents as kpi-load, fields in the same order, but checks nothing: no row is validated, rejected or counted.

    pandas_load.py FOLDER DATABASE SHAPE      with MONGODB_URI in the environment

SHAPE is a JSON file that the bench writes from what kpi-load has loaded: the names of the fields of each kind of document, and
the indexes. Standard output: the seconds from the first statement of this file, imports included."""

import time

started = time.perf_counter()

import concurrent.futures
import json
import os
import pathlib
import sys

import numpy
import pandas
import pymongo
from bson.decimal128 import Decimal128
from bson.int64 import Int64

BATCH, THREADS = 5000, 2
NOT_COUNTED = ["cancelled", "unavailable", "unpaid"]
MOMENTS = ["shipped", "delivered", "estimated"]
EARTH_RADIUS_KM = 6371.0088


def main(folder, database, shape):
    shape = json.loads(pathlib.Path(shape).read_text())
    with pymongo.MongoClient(os.environ["MONGODB_URI"]) as client:
        target = client[database]
        load(pathlib.Path(folder), target, shape["fields"])
        # Behind the documents: faster than with them.
        for name, indexes in shape["indexes"].items():
            if indexes:
                target[name].create_indexes([pymongo.IndexModel(list(keys.items())) for keys in indexes])


def load(folder, target, fields):
    shop = Shop(folder)
    for name in ("locations", "customers", "products", "sellers"):
        insert(target[name], documents(getattr(shop, name)(), fields[name]))
    insert(target["orders"], documents(shop.orders(fields), fields["orders"]))


class Shop:
    """The files, and a dict of columns for each collection; a column is a list or an array of values that PyMongo takes."""

    def __init__(self, folder):
        def read(name, *, times=(), **types):
            return pandas.read_csv(folder / f"{name}.csv", dtype=types, parse_dates=list(times), keep_default_na=False, na_values=[""])

        self.places = read("locations", location_id=str, postal_code=str, latitude=float, longitude=float)
        self.people = read("customers", customer_id=str, location_id=str)
        self.goods = read("products", product_id=str, cost=float, weight_g=float)
        self.shops = read("sellers", seller_id=str, location_id=str)
        when = ["ordered_at", "shipped_at", "delivered_at", "estimated_at"]
        self.heads = read("orders", times=when, order_id=str, customer_id=str, location_id=str)
        self.lines = read("order_items", order_id=str, product_id=str, seller_id=str, unit_price=float, discount=float, freight=float)
        self.paid = read("payments", order_id=str, value=float)
        self.rated = read("reviews", times=["created_at"], review_id=str, order_id=str)

    def locations(self):
        p = self.places
        point = [
            None if numpy.isnan(latitude) else {"type": "Point", "coordinates": [longitude, latitude]}
            for latitude, longitude in zip(p.latitude.tolist(), p.longitude.tolist())
        ]
        names = ["city", "state", "region", "country", "postal_code"]
        return {"_id": texts(p.location_id), **{name: texts(p[name]) for name in names}, "point": point}

    def customers(self):
        p = self.people
        return {"_id": texts(p.customer_id), **{name: texts(p[name]) for name in ["name", "segment", "location_id"]}}

    def products(self):
        p = self.goods
        columns = {name: texts(p[name]) for name in ["name", "category", "subcategory"]}
        return {"_id": texts(p.product_id), **columns, "cost": money(cents(p.cost)), "weight_g": integers(p.weight_g)}

    def sellers(self):
        p = self.shops
        return {"_id": texts(p.seller_id), "name": texts(p.name), "location_id": texts(p.location_id)}

    def orders(self, fields):
        heads = self.heads.sort_values("ordered_at", kind="stable", ignore_index=True)
        people = self.people.set_index("customer_id").reindex(heads.customer_id)
        at_customer = heads.location_id.isna() & people.location_id.notna().array
        heads.location_id = heads.location_id.where(heads.location_id.notna(), people.location_id.array)
        places = self.places.set_index("location_id").reindex(heads.location_id)
        items = self.items(heads)
        paid = self.of_orders(self.paid, heads)
        rated = self.of_orders(self.rated, heads)
        rated = rated.sort_values(["order", "created_at", "review_id"], kind="stable", ignore_index=True)
        at = heads.ordered_at.dt
        columns = {
            "_id": texts(heads.order_id),
            "customer_id": texts(heads.customer_id),
            "location_id": texts(heads.location_id),
            "at_customer": at_customer.tolist(),
            "ordered_at": times(heads.ordered_at),
            "day": times(at.normalize()),
            "month_of_year": at.month.tolist(),
            "weekday": (at.day_of_week + 1).tolist(),
            "hour": at.hour.tolist(),
            **{f"{name}_at": times(heads[f"{name}_at"]) for name in MOMENTS},
            **{f"{name}_day": times(heads[f"{name}_at"].dt.normalize()) for name in MOMENTS},
            "status": texts(heads.status),
            "counted": (~heads.status.isin(NOT_COUNTED)).tolist(),
            "ship_mode": texts(heads.ship_mode),
            **{name: texts(places[name]) for name in ["region", "country", "state", "city"]},
            "segment": texts(people.segment),
            "items": grouped(self.item_columns(items), fields["items"], items.order, len(heads)),
            **self.totals(items, len(heads)),
            "orders": [1] * len(heads),
            "payments": grouped(
                {
                    "sequence": integers(paid.sequence), "type": texts(paid.type),
                    "installments": integers(paid.installments), "value": money(cents(paid.value)),
                },
                fields["payments"], paid.order, len(heads),
            ),
            "review_score": last_of(rated.score, rated.order, len(heads)),
            "distance_km": self.distances(items, places),
            "warehouse_id": [None] * len(heads),
        }
        if "reviews" in fields["orders"]:
            columns["reviews"] = grouped(
                {"review_id": texts(rated.review_id), "score": integers(rated.score), "created_at": times(rated.created_at)},
                fields["reviews"], rated.order, len(heads),
            )
        if "is_return" in fields["orders"]:
            columns["is_return"] = (numpy.array(columns["units"]) < 0).tolist()
        if "first_order" in fields["orders"]:
            back = numpy.array(columns["units"]) < 0
            counted = heads[~heads.status.isin(NOT_COUNTED) & heads.customer_id.notna() & ~back]
            first = counted.sort_values(["ordered_at", "order_id"]).drop_duplicates("customer_id").index
            columns["first_order"] = heads.index.isin(first).tolist()
        return columns

    @staticmethod
    def of_orders(rows, heads):
        """The rows of known orders with the number of their order, in its order."""
        numbers = pandas.Series(heads.index, index=heads.order_id)
        rows = rows.assign(order=numbers.reindex(rows.order_id).array)
        rows = rows[rows.order.notna()].astype({"order": "int64"})
        return rows.sort_values("order", kind="stable", ignore_index=True)

    def items(self, heads):
        """One row for each product and seller of an order, in their order, amounts in cents."""
        keys = ["order", "product_id", "seller_id"]
        lines = self.of_orders(self.lines, heads).sort_values(keys, kind="stable", ignore_index=True)
        goods = self.goods.set_index("product_id").reindex(lines.product_id)
        price = cents(lines.unit_price)
        lines["price"] = price
        lines["gross"] = price * lines.quantity
        lines["off"] = cents(lines.discount.fillna(0))
        lines["sales"] = lines.gross - lines.off
        lines["carried"] = cents(lines.freight.fillna(0))
        lines["cost"] = cents(goods.cost).array * lines.quantity
        lines["profit"] = lines.sales - lines.cost
        lines["costed"] = lines.sales.where(lines.profit.notna(), 0)
        if not lines.duplicated(keys).any():
            return lines
        merged = lines.groupby(keys, sort=False, dropna=False, as_index=False)
        sums = {name: (name, "sum") for name in ["quantity", "gross", "off", "sales", "costed", "carried"]}
        result = merged.agg(price=("price", "first"), **sums)
        for name in ["cost", "profit"]:
            result[name] = merged[name].sum(min_count=1)[name]
        return result.sort_values("order", kind="stable", ignore_index=True)

    def item_columns(self, items):
        goods = self.goods.set_index("product_id").reindex(items.product_id)
        return {
            "line": [None] * len(items),
            "product_id": texts(items.product_id),
            "seller_id": texts(items.seller_id),
            **{name: texts(goods[name]) for name in ["name", "category", "subcategory"]},
            "quantity": integers(items.quantity),
            "unit_price": money(items.price),
            "gross": money(items.gross),
            "discount": money(items.off),
            "sales": money(items.sales),
            "cost": money(items.cost),
            "profit": money(items.profit),
            "costed_sales": money(items.costed),
            "freight": money(items.carried),
        }

    @staticmethod
    def totals(items, count):
        sums = items.groupby("order")[["gross", "sales", "costed", "off", "carried", "quantity"]].sum().reindex(range(count), fill_value=0)
        profit = items.groupby("order").profit.sum(min_count=1).reindex(range(count))
        products = items.groupby("order").product_id.nunique().reindex(range(count), fill_value=0)
        return {
            "gross": money(sums.gross), "sales": money(sums.sales), "profit": money(profit),
            "costed_sales": money(sums.costed), "discount": money(sums.off),
            "freight": money(sums.carried), "units": integers(sums.quantity), "products": integers(products),
        }

    def distances(self, items, places):
        """The farthest seller of each order; none where a place is not known."""
        points = self.shops.set_index("seller_id").location_id.reindex(items.seller_id)
        points = self.places.set_index("location_id").reindex(points.array)
        latitude, longitude = (numpy.radians(points[name].to_numpy()) for name in ["latitude", "longitude"])
        to = places.iloc[items.order.to_numpy()]
        to_latitude, to_longitude = (numpy.radians(to[name].to_numpy()) for name in ["latitude", "longitude"])
        h = numpy.sin((to_latitude - latitude) / 2) ** 2
        h += numpy.cos(latitude) * numpy.cos(to_latitude) * numpy.sin((to_longitude - longitude) / 2) ** 2
        km = numpy.round(2 * EARTH_RADIUS_KM * numpy.arcsin(numpy.sqrt(numpy.minimum(h, 1))), 3)
        result = numpy.full(len(places), numpy.nan)
        starts = numpy.flatnonzero(numpy.diff(items.order.to_numpy(), prepend=-1))
        if len(starts):
            result[items.order.to_numpy()[starts]] = numpy.maximum.reduceat(km, starts)  # nan when any is
        return [None if km != km else km for km in result.tolist()]


# Columns as lists of what PyMongo takes, None where there is no value.


def texts(series):
    values = series.to_numpy(dtype=object, na_value=None)
    return values.tolist()


def integers(series):
    if series.dtype.kind == "i":
        return series.tolist()
    return [None if value != value else int(value) for value in series.tolist()]


def times(series):
    return series.to_numpy().astype("datetime64[ms]").astype(object).tolist()


def cents(series):
    scaled = (series * 100).round()
    return scaled if scaled.isna().any() else scaled.astype("int64")


def money(series):
    """Decimal128, one object for all equal amounts."""
    codes, unique = pandas.factorize(series)  # -1: not known
    table = [decimal(int(value)) for value in unique.tolist()] + [None]
    return numpy.array(table, dtype=object)[codes].tolist()


def decimal(amount):
    whole, rest = divmod(abs(amount), 100)
    text = f"{whole}.{rest:02}".rstrip("0").rstrip(".")
    return Decimal128("-" + text if amount < 0 else text)


def last_of(values, order, count):
    result = [None] * count
    for number, value in zip(order.tolist(), integers(values)):
        result[number] = value
    return result


def zipped(columns, names):
    missing = [name for name in names if name not in columns]
    if missing:
        sys.exit(f"pandas_load: kpi-load writes fields that this does not: {', '.join(missing)}")
    return [dict(zip(names, row)) for row in zip(*(columns[name] for name in names))]


def grouped(columns, names, order, count):
    """A list of documents for each order; `order` is sorted."""
    every = zipped(columns, names)
    edges = numpy.searchsorted(order.to_numpy(), numpy.arange(count + 1)).tolist()
    return [every[start:end] for start, end in zip(edges, edges[1:])]


def documents(columns, names):
    count = len(columns["_id"])
    same = {"hash": Int64(1), "import_id": "20240101T000000Z-pandas"}
    return zipped({**columns, **{name: [value] * count for name, value in same.items()}}, names)


def insert(collection, rows):
    def send(start):
        collection.insert_many(rows[start : start + BATCH], ordered=False)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(0, len(rows), BATCH)))


if __name__ == "__main__":
    main(*sys.argv[1:])
    print(f"{time.perf_counter() - started:.6f}")
