"""Why an answer has less than one might expect: what the files do not tell, a range beyond the data, orders that do not count."""

import csv
import datetime
import decimal
import itertools
import json
import shutil

import pytest

import harness
from layouts import jaffle_shop, northwind, pme
from oracle.oracle import read_json

DEFINITIONS = {path.stem: json.loads(path.read_text()) for path in (harness.PIPELINES / "kpi").glob("*.json")}
SAYS = {
    "cost": "no costs", "discount": "neither discounts nor", "hour": "no time of day", "payments": "no payments", "reviews": "no reviews",
    "sellers": "no sellers", "delivery": "no delivery dates", "estimates": "promised", "distances": "no coordinates",
    "customers": "who bought", "points": "put on a map", "freight": "what freight", "regions": "no regions",
    "countries": "no countries", "states": "no states", "cities": "no cities", "segments": "no customer segments",
    "categories": "no categories", "subcategories": "no subcategories",
}
# What a shop's files do not tell.
LACKS = {
    "pme": set(SAYS) - {"discount", "regions", "countries", "cities"},
    "northwind": {"cost", "hour", "payments", "reviews", "sellers", "delivery", "distances", "points", "freight", "segments", "subcategories"},
    "jaffle-shop": {
        "discount", "payments", "reviews", "sellers", "delivery", "estimates", "distances", "points", "freight", "countries", "states",
        "segments", "subcategories",
    },
}
# Filters, and what they are of.
FILTERS = {
    "region": "regions", "country": "countries", "state": "states", "city": "cities", "segment": "segments", "customer": "customers",
    "category": "categories", "subcategory": "subcategories", "seller": "sellers",
}
# KPIs that have nothing to say, and what of.
EMPTY = {
    "pme": "peak-hours payment-mix review-score seller-performance delivery-time".split(),
    "northwind": "peak-hours payment-mix review-score seller-performance delivery-time".split(),
}
NULL = {"on-time-rate": ["on_time_rate"], "retention-rate": ["retention_rate"], "total-profit": ["profit", "margin"]}


@pytest.fixture(scope="module")
def shops(engine_uri, new_database, tmp_path_factory):
    def make(layout, write, options=()):
        folder, database = tmp_path_factory.mktemp(layout), new_database(f"notes_{layout.replace('-', '_')}")
        write(folder)
        harness.load(engine_uri, database, folder, options=options)
        return harness.Server(engine_uri, database)

    by_name = ["--profile", str(harness.ROOT / "tests" / "layouts" / "northwind.json")]
    with (
        make("pme", lambda folder: pme.write(folder, orders=80)) as one,
        make("northwind", lambda folder: northwind.write(folder, orders=80, suppliers=False), by_name) as two,
        make("jaffle-shop", lambda folder: jaffle_shop.write(folder, seed=1, orders=80)) as three,
    ):
        yield {"pme": one, "northwind": two, "jaffle-shop": three}


# KPIs that say which sales their profit was earned on.
COSTED = sorted(kpi for kpi, d in DEFINITIONS.items() if any(column["name"] == "costed_sales" for column in d["columns"]))


def without_costs(notes):
    """All but that a part of the sales has no cost."""
    return [note for note in notes if "whose cost is not known" not in note]


def answer_of(server, kpi, **request):
    answer = server.get(f"/v1/kpis/{kpi}", params={name.rstrip("_"): value for name, value in request.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("layout", LACKS)
@pytest.mark.parametrize("kpi", sorted(DEFINITIONS))
def test_what_a_kpi_needs_and_the_files_do_not_tell_is_said(shops, layout, kpi):
    notes = without_costs(answer_of(shops[layout], kpi).get("notes", []))
    lacking = [feature for feature in SAYS if feature in DEFINITIONS[kpi].get("needs", []) and feature in LACKS[layout]]
    assert len(notes) == len(lacking)
    assert all(any(SAYS[feature] in note for note in notes) for feature in lacking), notes


@pytest.mark.parametrize("layout, kpi", [(layout, kpi) for layout in EMPTY for kpi in EMPTY[layout]])
def test_a_list_of_what_the_files_do_not_tell_is_empty(shops, layout, kpi):
    answer = answer_of(shops[layout], kpi)
    assert answer["data"] == [] and answer["notes"]


@pytest.mark.parametrize("kpi", NULL)
def test_a_number_of_what_the_files_do_not_tell_is_null(shops, kpi):
    (row,) = answer_of(shops["pme"], kpi)["data"]
    assert [row[column] for column in NULL[kpi]] == [None] * len(NULL[kpi])


@pytest.mark.parametrize("kpi", ["average-discount", "sales-summary", "sales-by-product", "discount-by-product"])
def test_a_discount_that_nobody_tells_is_null_and_one_of_nothing_is_0(shops, server, kpi):
    for row in answer_of(shops["jaffle-shop"], kpi)["data"]:
        assert row["discount"] is row["discount_rate"] is None and row["gross"] > 0
    for row in answer_of(server, kpi)["data"]:
        assert row["discount"] is not None and row["discount_rate"] is not None


def test_a_freight_that_nobody_tells_is_null(shops, server):
    (row,) = answer_of(shops["northwind"], "delivery-distance")["data"]
    assert row["freight"] is row["mean_freight"] is None and row["orders"] == 80
    assert all(row["freight"] > 0 and row["mean_freight"] > 0 for row in answer_of(server, "delivery-distance")["data"])


def test_a_discount_of_0_is_known(engine_uri, new_database, tmp_path, sample):
    """A shop that never gives one, and says so."""
    shutil.copytree(sample, tmp_path / "shop")
    path = tmp_path / "shop" / "order_items.csv"
    rows = list(csv.DictReader(path.open(newline="")))
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(row | {"discount": "0.00", "freight": "0"} for row in rows)
    database = new_database("no_discount")
    harness.load(engine_uri, database, tmp_path / "shop")
    with harness.Server(engine_uri, database) as server:
        answer = answer_of(server, "average-discount")
        assert answer["data"][0]["discount_rate"] == answer["data"][0]["discount"] == 0 and "notes" not in answer
        answer = answer_of(server, "delivery-distance")
        assert answer["data"][0]["freight"] == answer["data"][0]["mean_freight"] == 0 and "notes" not in answer


@pytest.mark.parametrize("layout", LACKS)
@pytest.mark.parametrize("filter_", FILTERS)
def test_a_filter_on_what_the_files_do_not_tell_is_said(shops, layout, filter_):
    answer = answer_of(shops[layout], "order-count", **{filter_: "Nowhere"})
    assert answer["data"] == [{"orders": 0}]
    lacks = FILTERS[filter_] in LACKS[layout]
    assert len(answer.get("notes", [])) == lacks and all(SAYS[FILTERS[filter_]] in note for note in answer.get("notes", []))


def test_an_answer_that_lacks_nothing_has_no_notes(server):
    assert [kpi for kpi in DEFINITIONS if without_costs(answer_of(server, kpi).get("notes", []))] == []


@pytest.mark.parametrize("kpi", COSTED)
def test_the_part_of_the_sales_that_has_no_cost_is_said(shops, server, kpi):
    """Of the rows that are shown: of a page those of the page."""
    limit = {} if DEFINITIONS[kpi].get("single_row") else {"limit": 5}
    for one, request in itertools.product((server, shops["jaffle-shop"]), ({}, limit)):
        answer = read_json(one.get(f"/v1/kpis/{kpi}", params=request).text)
        sales, costed = (sum(row[name] for row in answer["data"]) for name in ("sales", "costed_sales"))
        notes = [note for note in answer.get("notes", []) if "whose cost is not known" in note]
        if sales == costed:
            assert notes == []
            continue
        (note,) = notes
        assert decimal.Decimal(note.partition(" % of the sales")[0]) == round(100 * (sales - costed) / sales, 1) > 0


def test_profit_is_divided_by_the_sales_that_it_was_earned_on(server):
    """Sales of a product have a cost all or none: what has one is what those products bring in."""
    (total,) = read_json(server.get("/v1/kpis/total-profit").text)["data"]
    rows = read_json(server.get("/v1/kpis/sales-by-product?limit=10000").text)["data"]
    known = sum(row["sales"] for row in rows if row["profit"] is not None)
    assert total["costed_sales"] == known < total["sales"]
    assert total["margin"] == round(total["profit"] / known, 6) != round(total["profit"] / total["sales"], 6)
    product = next(row["product"] for row in rows if row["profit"] is None)
    answer = answer_of(server, "total-profit", product=product)
    assert (answer["data"][0]["profit"], answer["data"][0]["margin"], answer["data"][0]["costed_sales"]) == (None, None, 0)
    assert answer["notes"][0].startswith("100 % of the sales")
    product = next(row["product"] for row in rows if row["profit"] is not None)
    assert "notes" not in answer_of(server, "total-profit", product=product)


def test_orders_that_do_not_count_are_left_out_and_that_is_said(server):
    for status in ("cancelled", "unavailable", "unpaid"):
        answer = answer_of(server, "order-count", status=["delivered", status])
        assert len(answer["notes"]) == 1 and "do not count as sales" in answer["notes"][0]
    assert "notes" not in answer_of(server, "order-count", status="returned")


@pytest.mark.parametrize("kpi", ["order-status", "seller-performance"])
def test_a_kpi_of_all_orders_leaves_out_none(server, kpi):
    assert "notes" not in answer_of(server, kpi, status="cancelled")


@pytest.mark.parametrize(
    "request_, says",
    [
        ({"from_": "2150"}, "begins after the newest day"),
        ({"to": "1999"}, "ends before the first day"),
        ({"period": "last-7-days", "as_of": "2150-01-01"}, "begins after the newest day"),
        ({"period": "last-7-days", "as_of": "1999-01-01"}, "ends before the first day"),
    ],
)
def test_a_range_beyond_the_data_is_said(server, request_, says):
    answer = answer_of(server, "order-count", **request_)
    assert len(answer["notes"]) == 1 and says in answer["notes"][0]


def test_a_period_that_only_ends_after_the_data_is_said(server):
    last = answer_of(server, "order-count")["last_day"]
    later = datetime.date.fromisoformat(last) + datetime.timedelta(10)
    answer = answer_of(server, "order-count", period="last-90-days", as_of=later)
    assert len(answer["notes"]) == 1 and "as_of is after the newest day" in answer["notes"][0]
    assert len(answer_of(server, "order-count", as_of=later)["notes"]) == 1
    assert "notes" not in answer_of(server, "order-count", period="last-month", as_of=last)
    assert "notes" not in answer_of(server, "order-count", period="last-90-days", as_of=last)
    assert "notes" not in answer_of(server, "order-count", period="last-90-days")
