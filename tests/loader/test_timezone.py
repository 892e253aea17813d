"""kpi-load --timezone: what the loader stores and the API answers, against DuckDB's own time zones over the same CSV."""

import csv
import datetime
import random
import zoneinfo

import duckdb
import pytest

import harness

UTC = datetime.timezone.utc
COLUMNS = {
    "locations": "location_id,city,state,region,country,postal_code,latitude,longitude",
    "customers": "customer_id,name,segment,location_id",
    "products": "product_id,name,category,subcategory,cost,weight_g",
    "orders": "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode",
    "order_items": "order_id,product_id,seller_id,quantity,unit_price,discount,freight",
}


def write(folder, times):
    """A shop in the native layout with an order at each of these texts."""
    rows = {
        "locations": ["L,Town,,,,,,"],
        "customers": ["C,Ana,,L"],
        "products": ["P,Pot,,,,"],
        "orders": [f"O{n:05},C,,{time},,,,delivered," for n, time in enumerate(times)],
        "order_items": [f"O{n:05},P,,1,{n + 1}.25,0,0" for n, _ in enumerate(times)],
    }
    folder.mkdir(exist_ok=True)
    for name, lines in rows.items():
        (folder / f"{name}.csv").write_text("\n".join([COLUMNS[name], *lines]) + "\n")
    return folder


# Times around every kind of change that these zones have had, and at random: wall clock, without a zone.
EDGES = [
    "2017-10-14 23:59:59", "2017-10-15 01:00:00", "2018-02-17 22:59:59", "2018-02-18 00:00:00", "2018-03-25 01:59:59",
    "2018-03-25 03:00:00", "2018-10-28 01:59:59", "2018-10-28 03:00:00", "2017-12-31 23:59:59", "2018-01-01 00:00:00",
]
TWICE = {"America/Sao_Paulo": "2018-02-17 23:30:00", "Europe/Paris": "2017-10-29 02:30:00"}
SKIPPED = {"America/Sao_Paulo": "2017-10-15 00:30:00", "Europe/Paris": "2018-03-25 02:30:00"}
ZONES = ["America/Sao_Paulo", "Europe/Paris", "Asia/Kathmandu", "UTC"]


def random_times(count):
    draw = random.Random(5)
    start = datetime.datetime(2017, 1, 1)
    return [str(start + datetime.timedelta(seconds=draw.randrange(2 * 365 * 86400))) for _ in range(count)]


@pytest.fixture(scope="module", params=ZONES)
def shop(request, engine_uri, new_database, mongo, tmp_path_factory):
    """The zone, the wall times of its orders, and the database."""
    zone = request.param
    times = EDGES + random_times(3000) + [t for t in (TWICE.get(zone), SKIPPED.get(zone)) if t]
    folder = write(tmp_path_factory.mktemp("zone") / "csv", times)
    name = new_database("zone")
    harness.load(engine_uri, name, folder, options=["--timezone", zone])
    return zone, times, mongo[name]


def instant_by_rfc5545(text, zone):
    """Of two the first; one that is not there with the offset from before: Python's fold=0 means both."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)


def test_stored_times_are_instants(shop):
    zone, times, database = shop
    stored = {order["_id"]: order["ordered_at"].replace(tzinfo=UTC) for order in database.orders.find()}
    assert stored == {f"O{n:05}": instant_by_rfc5545(time, zone) for n, time in enumerate(times)}


def test_instants_are_those_of_duckdb(shop):
    zone, times, database = shop
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        rows = db.execute(
            "SELECT (t::TIMESTAMP AT TIME ZONE $1 AT TIME ZONE 'UTC') FROM (SELECT unnest($2) AS t)", [zone, times]
        ).fetchall()
    stored = [order["ordered_at"] for order in database.orders.find().sort("_id")]
    different = [time for time, want, got in zip(times, rows, stored) if want[0] != got]
    assert set(different) <= {t for t in times if t[:13] == TWICE.get(zone, "none")[:13]}  # DuckDB means the second


def test_calendar_is_that_of_duckdb(shop):
    zone, times, database = shop
    with duckdb.connect() as db:
        db.execute(f"SET TimeZone = '{zone}'")
        want = db.execute(
            """SELECT date_trunc('day', moment)::DATE, month(moment), isodow(moment), hour(moment)
               FROM (SELECT t::TIMESTAMP::TIMESTAMPTZ AS moment FROM (SELECT unnest($1) AS t))""", [times]
        ).fetchall()
    orders = database.orders.find().sort("_id")
    got = [(o["day"].date(), o["month_of_year"], o["weekday"], o["hour"]) for o in orders]
    assert got == want
    assert all(order["day"].time() == datetime.time() for order in database.orders.find())


def test_a_skipped_time_is_that_much_after_the_gap(shop):
    zone, times, database = shop
    for number, time in enumerate(times):
        if time == SKIPPED.get(zone):
            order = database.orders.find_one({"_id": f"O{number:05}"})
            later = datetime.datetime.fromisoformat(time) + datetime.timedelta(hours=1)
            assert (order["day"].date(), order["hour"]) == (later.date(), later.hour)


def test_the_api_groups_by_the_clock_of_the_shop(shop, engine_uri):
    zone, times, database = shop
    with duckdb.connect() as db:
        db.execute(f"SET TimeZone = '{zone}'")
        db.execute(
            """CREATE TABLE orders AS SELECT t::TIMESTAMP::TIMESTAMPTZ AS moment, n + 0.25 AS sales
               FROM (SELECT unnest($1) AS t, generate_subscripts($1, 1) AS n)""", [times]
        )
        hours = db.execute("SELECT isodow(moment), hour(moment), count(*), sum(sales)::DOUBLE FROM orders GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
        days = db.execute("SELECT moment::DATE::VARCHAR, count(*), sum(sales)::DOUBLE FROM orders GROUP BY 1 ORDER BY 1").fetchall()
    with harness.Server(engine_uri, database.name) as server:
        answer = server.get("/v1/kpis/peak-hours").json()
        assert [(r["weekday"], r["hour"], r["orders"], r["sales"]) for r in answer["data"]] == hours
        answer = server.get("/v1/kpis/sales-over-time?granularity=day").json()
        assert [(r["period"], r["orders"], r["sales"]) for r in answer["data"] if r["orders"]] == days
        assert answer["last_day"] == days[-1][0]
        status = server.get("/v1/status").json()
        assert (status["timezone"], status["first_day"], status["last_day"]) == (zone, days[0][0], days[-1][0])
        one = server.get("/v1/kpis/order-count?from=2017-10-15&to=2017-10-15").json()["data"][0]["orders"]
        assert one == dict((day, n) for day, n, _ in days)["2017-10-15"]


def only_order(target):
    (order,) = target.orders.find()
    return order


def test_a_time_with_its_zone_is_an_instant_already(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-01-01T01:30:00Z"])
    harness.load(engine_uri, target.name, folder, options=["--timezone", "America/Sao_Paulo"])
    order = only_order(target)
    assert order["ordered_at"] == datetime.datetime(2018, 1, 1, 1, 30)
    assert (order["day"], order["hour"]) == (datetime.datetime(2017, 12, 31), 23)


def test_a_day_without_a_time_stays_that_day(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-01-01"])
    harness.load(engine_uri, target.name, folder, options=["--timezone", "America/Sao_Paulo"])
    order = only_order(target)
    assert order["day"] == order["ordered_at"] == datetime.datetime(2018, 1, 1)
    assert order["hour"] is None


def test_days_of_delivery_stay_when_a_part_of_the_order_comes_later(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-01-01 09:00:00"])
    orders = folder / "orders.csv"
    orders.write_text(orders.read_text().replace("00:00,,,,delivered", "00:00,2018-01-02 23:00:00,2018-01-05T01:00:00Z,2018-01-04,delivered"))
    harness.load(engine_uri, target.name, folder, options=["--timezone", "America/Sao_Paulo"])
    days = {name: only_order(target)[f"{name}_day"] for name in ("shipped", "delivered", "estimated")}
    assert [day.isoformat() for day in days.values()] == ["2018-01-02T00:00:00", "2018-01-04T00:00:00", "2018-01-04T00:00:00"]
    (folder / "payments.csv").write_text("order_id,sequence,type,installments,value\nO00000,1,voucher,1,1.25\n")
    harness.load(engine_uri, target.name, folder, options=["--timezone", "America/Sao_Paulo"])
    assert len(only_order(target)["payments"]) == 1
    assert {name: only_order(target)[f"{name}_day"] for name in days} == days


def test_orders_of_an_older_release_get_what_it_did_not_write(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-01-01 09:00:00", "2018-01-02"])
    load = lambda: harness.load(engine_uri, target.name, folder)
    load()
    whole = list(target.orders.find({}, {"import_id": 0}))
    target.orders.update_many({}, {"$unset": dict.fromkeys(["shipped_day", "delivered_day", "estimated_day"], 1), "$inc": {"hash": 1}})
    target.files.update_many({}, {"$set": {"reading": "0" * 64}})
    load()
    assert list(target.orders.find({}, {"import_id": 0})) == whole


def test_the_environment_names_the_zone_too(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-07-01 00:30:00"])
    harness.load(engine_uri, target.name, folder, variables={"KPI_TIMEZONE": "Europe/Paris"})
    assert only_order(target)["ordered_at"] == datetime.datetime(2018, 6, 30, 22, 30)
    assert target.meta.find_one({"_id": "data"})["timezone"] == "Europe/Paris"
    assert target.imports.find_one()["timezone"] == "Europe/Paris"


def test_without_a_zone_it_is_utc(engine_uri, target, tmp_path):
    harness.load(engine_uri, target.name, write(tmp_path, ["2018-07-01 00:30:00"]))
    assert only_order(target)["ordered_at"] == datetime.datetime(2018, 7, 1, 0, 30)
    assert target.meta.find_one({"_id": "data"})["timezone"] == "UTC"


def test_a_database_has_one_zone(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-07-01 00:30:00"])
    harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Paris"])
    before = only_order(target)
    for options in [], ["--timezone", "Asia/Kathmandu"]:
        done = harness.load(engine_uri, target.name, folder, options=options, status=1)
        assert "--timezone Europe/Paris" in done.stderr and "--replace" in done.stderr
    assert only_order(target) == before
    harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Paris"])
    assert only_order(target) == before


def test_what_a_load_left_behind_has_a_zone_too(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-07-01 00:30:00"])
    harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Paris"])
    target.meta.delete_one({"_id": "data"})  # as if it had been killed before its end
    done = harness.load(engine_uri, target.name, folder, status=1)
    assert "Europe/Paris" in done.stderr
    harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Paris"])


def test_an_unknown_zone_is_wrong_usage(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-07-01 00:30:00"])
    done = harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Pariss"], status=2)
    assert "did you mean 'Europe/Paris'" in done.stderr
    done = harness.load(engine_uri, target.name, folder, variables={"TZDIR": str(tmp_path), "KPI_TIMEZONE": "Europe/Paris"}, status=2)
    assert "tzdata" in done.stderr
    assert target.orders.count_documents({}) == 0


def test_the_clock_of_the_machine_is_no_matter(engine_uri, target, tmp_path):
    folder = write(tmp_path, ["2018-07-01 00:30:00"])
    harness.load(engine_uri, target.name, folder, options=["--timezone", "Europe/Paris"], variables={"TZ": "Asia/Tokyo"})
    assert only_order(target)["ordered_at"] == datetime.datetime(2018, 6, 30, 22, 30)


def test_a_large_sample_has_the_same_days_in_its_zone(engine_uri, target, sample):
    """What the CSV says is the shop's clock: the calendar does not depend on the zone, the instants do."""
    harness.load(engine_uri, target.name, sample, options=["--timezone", "America/Sao_Paulo"])
    with open(sample / "orders.csv", newline="") as file:
        walls = {row["order_id"]: datetime.datetime.fromisoformat(row["ordered_at"]) for row in csv.DictReader(file)}
    zone = zoneinfo.ZoneInfo("America/Sao_Paulo")
    for order in target.orders.find():
        real = walls[order["_id"]].replace(tzinfo=zone).astimezone(UTC)
        wall = real.astimezone(zone)
        assert order["ordered_at"].replace(tzinfo=UTC) == real
        assert (order["day"].date(), order["hour"], order["weekday"]) == (wall.date(), wall.hour, wall.isoweekday())
