"""Every KPI against SQL of its own over the CSV files that were loaded: row by row, in the same order, to the last digit."""

import contextlib
import csv
import decimal
import fractions
import functools
import itertools
import random

import pytest

import harness
from oracle import cases, oracle
from oracle.shops import MAIN, PLANS

LISTS = [kpi for kpi in oracle.kpi_names() if cases.rows_are_sorted_by_request(kpi)]
SERIES = [kpi for kpi in oracle.kpi_names() if "granularity" in oracle.definition(kpi)["parameters"]]
GRANULARITIES = "day week month quarter year".split()

main_shop = pytest.mark.parametrize("shop", [MAIN], indirect=True)


@pytest.fixture(scope="session")
def shops(engine_uri, new_database, tmp_path_factory):
    """Makes a shop when it is first asked for, and keeps it."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def make(name):
            return PLANS[name].open(tmp_path_factory.mktemp(name), new_database(name.replace("-", "_")), engine_uri, stack)

        yield make


@pytest.fixture
def shop(shops, request):
    return shops(request.param)


def comparisons():
    for name, plan in PLANS.items():
        for case, kpi in itertools.product(plan.cases.split(), oracle.kpi_names()):
            yield pytest.param(name, case, kpi, id=f"{name}-{case}-{kpi}")


@pytest.mark.parametrize("shop, case, kpi", list(comparisons()), indirect=["shop"])
def test_kpi_agrees_with_its_oracle(shop, case, kpi):
    assert not (difference := shop.difference(kpi, shop.request(case))), difference


@pytest.mark.parametrize("shop", PLANS, indirect=True)
def test_first_orders_are_those_of_the_oracle(shop, mongo):
    marked = {order["_id"] for order in mongo[shop.database].orders.find({"first_order": True}, {"_id": 1})}
    assert marked == {row[0] for row in shop.oracle.sql('SELECT "order" FROM first_orders')}


@main_shop
@pytest.mark.parametrize("kpi", SERIES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("case", ["everything", "cut_months", "only_from", "category", "one_day", "after_the_data", "last_30_days"])
def test_time_series_agrees_at_every_granularity(shop, granularity, case, kpi):
    request = shop.request(case) | {"granularity": granularity}
    assert not (difference := shop.difference(kpi, request)), difference


@main_shop
@pytest.mark.parametrize("kpi", LISTS)
def test_rows_can_be_sorted_by_every_sortable_column_both_ways(shop, kpi):
    sortable = [column["name"] for column in oracle.definition(kpi)["columns"] if column.get("sortable", True)]
    for column, sign in itertools.product(sortable, ["", "-"]):
        request = {"sort": sign + column, "limit": 10000}
        assert not (difference := shop.difference(kpi, request)), difference


@main_shop
@pytest.mark.parametrize("kpi", LISTS)
def test_pages_join_up_to_the_whole(shop, kpi):
    whole = shop.ask(kpi, {"limit": 10000})["data"]
    size = max(1, -(-len(whole) // 4))
    pages, offset = [], 0
    while offset is not None:
        answer = shop.ask(kpi, {"limit": size, "offset": offset})
        assert len(answer["data"]) == min(size, len(whole) - len(pages))
        pages += answer["data"]
        assert ("next_offset" in answer) == (len(pages) < len(whole))
        offset = answer.get("next_offset")
        assert offset in (None, len(pages))
    assert pages == whole


@main_shop
@pytest.mark.parametrize("kpi", LISTS)
def test_a_page_in_the_middle_agrees(shop, kpi):
    request = {"limit": 3, "offset": 2}
    assert not (difference := shop.difference(kpi, request)), difference


def test_every_kpi_has_its_oracle():
    """Adding a KPI is adding a file to pipelines/kpi; the proof of it is a file in tests/oracle/kpi."""
    written = {path.stem for path in (oracle.HERE / "kpi").glob("*.sql")}
    assert oracle.unproven() == [], "definitions without an oracle"
    assert written - set(oracle.kpi_names()) == set(), "oracles without a definition"


@main_shop
def test_an_oracle_has_the_columns_of_its_definition(shop):
    for kpi in oracle.kpi_names():
        columns, _ = shop.oracle.rows(kpi, {})
        assert list(columns) == [column["name"] for column in oracle.definition(kpi)["columns"]], kpi


@pytest.mark.parametrize("shop, name", [(name, name) for name in PLANS], indirect=["shop"])
def test_the_cases_ask_for_something(shop, name):
    """A comparison of nothing with nothing proves little: most cases have orders."""
    asked = set(PLANS[name].cases.split())
    assert {case for case in asked if shop.oracle.rows("order-count", shop.request(case))[1] == [(0,)]} == asked & cases.EMPTY


@main_shop
def test_the_sample_has_what_oracles_could_get_wrong(shop):
    """Orders over several categories or of several sellers, orders out of scope, unknown costs, returns, two orders of one customer on
    one day, orders paid in several types, deliveries on the last day that is on time."""
    ask = lambda text: shop.oracle.sql(text)[0][0]
    shop.oracle.ask({})
    assert ask('SELECT count(*) FROM (SELECT "order" FROM lines GROUP BY 1 HAVING count(DISTINCT category) > 1)') > 10
    assert ask("SELECT count(*) FROM loaded_orders WHERE NOT is_counted(status)") > 10
    assert ask("SELECT count(*) FROM lines WHERE profit IS NULL") > 0
    assert ask("SELECT count(*) FROM lines WHERE quantity < 0") > 0
    assert ask("SELECT count(*) FROM (SELECT customer FROM orders GROUP BY customer, day HAVING count(*) > 1)") > 0
    assert ask("SELECT count(*) FROM loaded_orders WHERE region IS NULL") >= 0
    assert ask("SELECT count(DISTINCT customer) - count(DISTINCT (customer, region)) FROM orders") < 0
    assert ask('SELECT count(*) FROM (SELECT "order" FROM lines GROUP BY 1 HAVING count(DISTINCT seller) > 1)') > 10
    assert ask('SELECT count(*) FROM (SELECT "order" FROM loaded_payments GROUP BY 1 HAVING count(DISTINCT type) > 1)') > 10
    for delivery in "delivered_day > estimated_day", "delivered_day = estimated_day", "delivered_day IS NULL":
        assert ask(f'SELECT count(*) FROM orders JOIN loaded_deliveries USING ("order") WHERE {delivery}') > 10


@pytest.mark.parametrize("shop", ["olist"], indirect=True)
def test_a_customer_number_that_changes_with_every_order_is_resolved_to_the_person(shop):
    """Olist gives each order a customer_id of its own; who came back is told by the customer_unique_id."""
    rows = csv.DictReader((shop.folder / "olist_customers_dataset.csv").open(newline=""))
    person = {row["customer_id"]: row["customer_unique_id"] for row in rows}
    rows = csv.DictReader((shop.folder / "olist_orders_dataset.csv").open(newline=""))
    buyers = [row["customer_id"] for row in rows if row["order_status"] not in ("canceled", "unavailable")]
    orders, people = len(buyers), len({person[customer] for customer in buyers})
    assert len(set(buyers)) == orders > people
    rows = shop.ask("new-vs-returning", {})["data"]
    assert (sum(row["new_orders"] for row in rows), sum(row["orders"] for row in rows)) == (people, orders)
    assert shop.ask("customer-lifetime-value", {})["data"][0]["customers"] == people


# Of each shop: what its oracle could get wrong, and where there must be some of it.
QUIRKS = {
    "olist": {
        "orders of no line": 'loaded_orders WHERE "order" NOT IN (SELECT "order" FROM loaded_lines)',
        "people who moved": "(SELECT customer FROM loaded_orders GROUP BY 1 HAVING count(DISTINCT city) > 1)",
        "regions, all five": "(SELECT count(DISTINCT region) AS n FROM loaded_orders) WHERE n = 5",
        "products of no category": "lines WHERE category IS NULL",
        "categories that nobody translated": "loaded_products WHERE category LIKE 'artigos%'",
        "lines that repeat": '(SELECT "order", product FROM lines GROUP BY ALL HAVING count(*) > 1)',
        "orders delivered on an unknown day": 'orders JOIN loaded_deliveries USING ("order") WHERE status = \'delivered\' AND delivered_day IS NULL',
        "orders cancelled and delivered": 'loaded_orders JOIN loaded_deliveries USING ("order") WHERE status = \'cancelled\' AND delivered_day IS NOT NULL',
        "orders of unknown distance": 'orders JOIN loaded_deliveries USING ("order") WHERE km IS NULL',
        "reviews of orders not delivered": 'orders JOIN loaded_deliveries USING ("order") WHERE score IS NOT NULL AND delivered_day IS NULL',
        "orders paid twice in one type": '(SELECT "order" FROM loaded_payments GROUP BY "order", type HAVING count(*) > 1)',
        "payments of nothing": "loaded_payments WHERE value = 0 OR installments = 0",
        "cities of several points": "(SELECT city FROM orders JOIN loaded_points USING (\"order\") GROUP BY city, state HAVING count(DISTINCT location) > 1)",
        "orders without a point": 'orders WHERE "order" NOT IN (SELECT "order" FROM loaded_points)',
        "orders reviewed twice at one moment": '(SELECT "order" FROM loaded_reviews GROUP BY "order", moment HAVING count(DISTINCT score) > 1)',
        "people who came back": "(SELECT customer FROM orders GROUP BY 1 HAVING count(*) > 1)",
    },
    "pme-excel": {
        "products of which more came back": "(SELECT product FROM lines GROUP BY 1 HAVING sum(quantity) < 0)",
        "sales above the list price": "lines WHERE discount < 0 AND quantity > 0",
        "towns of two shops": "(SELECT ville FROM shops_read GROUP BY 1 HAVING count(*) > 1)",
    },
    "online-retail-1": {
        "orders of nobody": "orders WHERE customer IS NULL",
        "customers who brought back before they bought": "first_orders f JOIN orders o USING (customer) WHERE o.units < 0 AND o.day < f.day",
        "exchanges of which only what came back is asked for": 'lines JOIN orders o USING ("order") WHERE quantity < 0 AND o.units > 0',
        "customers who only brought back": "orders WHERE customer NOT IN (SELECT customer FROM first_orders)",
        "customers who brought back more": "(SELECT customer FROM orders GROUP BY 1 HAVING sum(units) < 0)",
        "products of which more came back": "(SELECT product FROM lines GROUP BY 1 HAVING sum(quantity) < 0)",
        "products of more than one name": "(SELECT product FROM lines_read GROUP BY 1 HAVING count(DISTINCT name) > 1)",
        "lines that repeat": '(FROM loaded_lines GROUP BY ALL HAVING count(*) > 1)',
        "lines for nothing": "lines WHERE gross = 0",
        "orders below zero": "orders WHERE units < 0",
    },
    "jaffle-shop": {
        "orders of no line": 'loaded_orders WHERE "order" NOT IN (SELECT "order" FROM loaded_lines)',
        "orders of known and unknown cost": '(SELECT "order" FROM lines GROUP BY 1 HAVING count(profit) BETWEEN 1 AND count(*) - 1)',
        "customers who never came": "loaded_customers WHERE customer NOT IN (SELECT customer FROM orders)",
    },
    "northwind": {
        "products of no seller": "lines WHERE seller IS NULL",
        "discounts that do not come out even": "lines WHERE discount * 8 <> gross AND abs(discount * 8 - gross) < 0.001",
        "customers of several regions": "(SELECT customer FROM orders GROUP BY 1 HAVING count(DISTINCT region) > 1)",
    },
}


@pytest.mark.parametrize("shop, name", [(name, name) for name in QUIRKS], indirect=["shop"])
def test_other_layouts_have_what_oracles_could_get_wrong(shop, name):
    shop.oracle.ask({})
    assert [quirk for quirk, rows in QUIRKS[name].items() if shop.oracle.sql(f"SELECT count(*) FROM {rows}") == [(0,)]] == []


@pytest.mark.parametrize("shop, name", [(name, name) for name in PLANS], indirect=["shop"])
def test_the_oracle_reads_every_digit(shop, name):
    """Its amounts have 4 decimals. A file with more would be rounded without a word."""
    amounts = "unit_price discount freight cost sales profit prix chiffre_affaires unitprice price freight_value".split()
    for path in shop.folder.glob("*.csv"):
        header, rows = PLANS[name].text.read(path)
        for row in (dict(zip(map(str.lower, header), row)) for row in rows):
            assert all(len(row.get(amount, "").partition(PLANS[name].text.decimal)[2]) <= 4 for amount in amounts), row


@main_shop
def test_the_oracle_rounds_half_to_even(shop):
    """Against exact fractions, on ties, on negative numbers and on large ones."""
    numbers = random.Random(1)
    pairs = [(1, 8), (3, 8), (5, 8), (-1, 8), (-3, 8), (1, -8), (1, 640), (3, 640), (0, 7), (7, 0), (10**13, 3)]
    pairs += [(1, 2_000_000), (3, 2_000_000), (-3, 2_000_000), (5, 2_000_000)]
    pairs += [(numbers.randint(-(10**9), 10**9), numbers.randint(1, 5000)) for _ in range(300)]
    for a, b in pairs:
        ratio, mean = shop.oracle.db.execute(f"SELECT ratio({a}, {b}), mean_money({a}, {b})").fetchone()
        for got, digits in ((ratio, 6), (mean, 2)):
            want = round(fractions.Fraction(a, b), digits) if b else None  # Python's is half to even, and exact
            assert got == (want if want is None else decimal.Decimal(want.numerator) / want.denominator), (a, b, digits)
    amounts = "0.0001", "-12345678.9999", "0.125"
    (same,) = shop.oracle.db.execute(f"SELECT [ratio(x, 1) FOR x IN [{', '.join(amounts)}]]").fetchone()
    assert same == [decimal.Decimal(amount) for amount in amounts]
