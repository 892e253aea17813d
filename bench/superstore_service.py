"""The usual sales service over MongoDB: FastAPI, PyMongo's asynchronous client, a collection for each table of the model, and
pipelines that join line by line with $lookup before they group. fill() loads it, fill_plainly() as it is before anybody has
asked why it is slow; the environment names its database and how it is joined (MONGODB_URI, BENCH_DB, BENCH_PLAIN)."""

import csv
import datetime
import os
from typing import Annotated

import orjson
import pymongo
from fastapi import FastAPI, Query, Response

app = FastAPI(openapi_url=None)
db = pymongo.AsyncMongoClient(os.environ["MONGODB_URI"])[os.environ.get("BENCH_DB", "unused")]
First = Annotated[datetime.date, Query(alias="from")]
Day = Annotated[datetime.date, Query()]

PLAIN = bool(os.environ.get("BENCH_PLAIN"))


def join(collection, key, local, name):
    """The key is the _id, or as files have it, a field of its own."""
    foreign = key if PLAIN else "_id"
    return [{"$lookup": {"from": collection, "localField": local, "foreignField": foreign, "as": name}}, {"$unwind": f"${name}"}]


ORDER = join("orders", "order_id", "order_id", "order")
PRODUCT = join("products", "product_id", "product_id", "product")
CUSTOMER = join("customers", "customer_id", "order.customer_id", "customer")
SUMS = {
    "sales": {"$sum": "$sales"}, "profit": {"$sum": "$profit"}, "units": {"$sum": "$quantity"}, "orders": {"$addToSet": "$order_id"},
}  # fmt: skip
COUNT = {"$set": {"orders": {"$size": "$orders"}}}
LARGEST = [{"$sort": {"sales": -1}}, {"$limit": 50}]


def ordered(first, to):
    """Lines of orders of these days."""
    after = datetime.datetime.combine(to + datetime.timedelta(days=1), datetime.time())
    return [*ORDER, {"$match": {"order.ordered_at": {"$gte": datetime.datetime.combine(first, datetime.time()), "$lt": after}}}]


async def answer(*stages):
    cursor = await db.order_details.aggregate([stage for part in stages for stage in part])
    return Response(orjson.dumps({"data": [row async for row in cursor]}), media_type="application/json")


@app.get("/livez")
async def livez():
    return Response(b"{}", media_type="application/json")


@app.get("/total-sales")
async def total_sales(first: First, to: Day):
    return await answer(ordered(first, to), [{"$group": {"_id": None, "sales": {"$sum": "$sales"}}}])


@app.get("/sales-by-region")
async def sales_by_region(first: First, to: Day):
    group = {"$group": {"_id": "$order.region", **SUMS, "customers": {"$addToSet": "$order.customer_id"}}}
    return await answer(ordered(first, to), [group, COUNT, {"$set": {"customers": {"$size": "$customers"}}}], LARGEST)


@app.get("/sales-by-category")
async def sales_by_category(first: First, to: Day):
    return await answer(ordered(first, to), PRODUCT, [{"$group": {"_id": "$product.category", **SUMS}}, COUNT], LARGEST)


@app.get("/sales-by-product")
async def sales_by_product(first: First, to: Day):
    group = {"$group": {"_id": "$product_id", "name": {"$first": "$product.name"}, **SUMS}}
    return await answer(ordered(first, to), PRODUCT, [group, COUNT], LARGEST)


@app.get("/sales-over-time")
async def sales_over_time(first: First, to: Day):
    month = {"$dateToString": {"format": "%Y-%m", "date": "$order.ordered_at"}}
    return await answer(ordered(first, to), [{"$group": {"_id": month, **SUMS}}, COUNT, {"$sort": {"_id": 1}}])


@app.get("/sales-by-customer")
async def sales_by_customer(first: First, to: Day):
    group = {"$group": {"_id": "$order.customer_id", "name": {"$first": "$customer.name"}, **SUMS}}
    return await answer(ordered(first, to), CUSTOMER, [group, COUNT], LARGEST)


def read(path):
    """The tables of a CSV file of the Superstore layout, by their keys, and its lines."""
    orders, products, customers, lines = {}, {}, {}, []
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        for row in csv.DictReader(file):
            customers[row["Customer ID"]] = {"name": row["Customer Name"], "segment": row["Segment"]}
            products[row["Product ID"]] = {"name": row["Product Name"], "category": row["Category"], "subcategory": row["Sub-Category"]}
            orders[row["Order ID"]] = {
                "customer_id": row["Customer ID"], "ordered_at": day(row["Order Date"]), "shipped_at": day(row["Ship Date"]),
                "ship_mode": row["Ship Mode"], "region": row["Region"], "state": row["State"], "city": row["City"],
            }  # fmt: skip
            lines.append({
                "order_id": row["Order ID"], "product_id": row["Product ID"], "quantity": int(row["Quantity"]),
                "sales": float(row["Sales"]), "discount": float(row["Discount"]), "profit": float(row["Profit"]),
            })  # fmt: skip
    return {"orders": orders, "products": products, "customers": customers}, lines


def fill(database, path):
    """Loads a file, keyed and indexed for the joins; the number of lines."""
    tables, lines = read(path)
    for name, rows in tables.items():
        database[name].insert_many([{"_id": key, **row} for key, row in rows.items()])
    database.order_details.insert_many(lines)
    database.orders.create_index("ordered_at")
    database.orders.create_index("customer_id")
    database.order_details.create_index("order_id")
    database.order_details.create_index("product_id")
    return len(lines)


def fill_plainly(database, path):
    """Loads a file table by table, as to_dict("records") gives them: keys are fields like others, and nothing has an index."""
    tables, lines = read(path)
    for name, rows in tables.items():
        database[name].insert_many([{f"{name.removesuffix('s')}_id": key, **row} for key, row in rows.items()])
    database.order_details.insert_many(lines)


def day(text):
    return datetime.datetime.strptime(text, "%m/%d/%Y")
