"""The same KPI served by FastAPI and PyMongo: from a dict of finished bytes; from a dict of answers as FastAPI's tutorial writes
it; and computed for each request, with the asynchronous client and orjson.

The environment names the database (MONGODB_URI, BENCH_DB) and a file with the answer (BENCH_ANSWER)."""

import datetime
import os
import pathlib
from typing import Annotated

import orjson
import pymongo
from bson.decimal128 import Decimal128
from fastapi import FastAPI, Query, Response

app = FastAPI(openapi_url=None)
orders = pymongo.AsyncMongoClient(os.environ["MONGODB_URI"])[os.environ["BENCH_DB"]].orders
answer = pathlib.Path(os.environ["BENCH_ANSWER"]).read_bytes()
Day = Annotated[datetime.date | None, Query()]
First = Annotated[datetime.date | None, Query(alias="from")]
Limit = Annotated[int, Query(ge=1, le=10_000)]
finished = {(None, None, 50): answer}
objects = {(None, None, 50): orjson.loads(answer)}


def as_json(content):
    return Response(content, media_type="application/json")


def plain(value):
    return float(value.to_decimal()) if isinstance(value, Decimal128) else value


@app.get("/livez")
async def livez():
    return as_json(b"{}")


@app.get("/bytes/sales-by-region")
async def from_bytes(first: First = None, to: Day = None, limit: Limit = 50):
    return as_json(finished[first, to, limit])


@app.get("/tutorial/sales-by-region")
def from_objects(first: First = None, to: Day = None, limit: Limit = 50):
    return objects[first, to, limit]


@app.get("/uncached/sales-by-region")
async def uncached(first: First = None, to: Day = None, limit: Limit = 50):
    days = {}
    if first:
        days["$gte"] = datetime.datetime.combine(first, datetime.time())
    if to:
        days["$lte"] = datetime.datetime.combine(to, datetime.time())
    sums = {name: {"$sum": f"${name}"} for name in ("sales", "profit", "orders", "units")}
    customers = {"customers": {"$sum": 1}}
    cursor = await orders.aggregate([
        {"$match": {"counted": True, **({"day": days} if days else {})}},
        {"$group": {"_id": {"region": "$region", "customer": "$customer_id"}, **sums}},
        {"$group": {"_id": "$_id.region", **sums, **customers}},
        {"$sort": {"sales": -1}},
        {"$limit": limit},
    ])
    rows = [{"region": row.pop("_id"), **{name: plain(value) for name, value in row.items()}} async for row in cursor]
    return as_json(orjson.dumps({"kpi": "sales-by-region", "data": rows}))
