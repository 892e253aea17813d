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

# The shops: one with every case, two more of other seeds and one of another layout with some.
SHOPS = {
    "native-1": {"layout": "native", "seed": 1, "orders": 2000},
    "native-2": {"layout": "native", "seed": 2, "orders": 3000},
    "native-3": {"layout": "native", "seed": 3, "orders": 1500},
    "superstore-4": {"layout": "superstore", "seed": 4, "orders": 1500},
}
MAIN = "native-1"
LISTS = [kpi for kpi in oracle.kpi_names() if cases.rows_are_sorted_by_request(kpi)]
GRANULARITIES = "day week month quarter year".split()

main_shop = pytest.mark.parametrize("shop", [MAIN], indirect=True)


@pytest.fixture(scope="session")
def shops(engine_uri, new_database, tmp_path_factory):
    """Makes a shop when it is first asked for, and keeps it."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def make(name):
            folder = harness.generate(tmp_path_factory.mktemp(name), **SHOPS[name])
            database = new_database(name.replace("-", "_"))
            harness.load(engine_uri, database, folder)
            server = stack.enter_context(harness.Server(engine_uri, database))
            return cases.Shop(folder, oracle.Oracle(SHOPS[name]["layout"], folder), server)

        yield make


@pytest.fixture
def shop(shops, request):
    return shops(request.param)


def comparisons():
    for name in SHOPS:
        wanted = cases.CASES if name == MAIN else {case: cases.CASES[case] for case in cases.SOME}
        if name.startswith("native"):
            wanted = wanted | cases.NATIVE_CASES
        for case, kpi in itertools.product(wanted, oracle.kpi_names()):
            yield pytest.param(name, case, kpi, id=f"{name}-{case}-{kpi}")


@pytest.mark.parametrize("shop, case, kpi", list(comparisons()), indirect=["shop"])
def test_kpi_agrees_with_its_oracle(shop, case, kpi):
    assert not (difference := shop.difference(kpi, shop.request(case))), difference


@main_shop
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("case", ["everything", "cut_months", "only_from", "category", "one_day", "after_the_data", "last_30_days"])
def test_time_series_agrees_at_every_granularity(shop, granularity, case):
    request = shop.request(case) | {"granularity": granularity}
    assert not (difference := shop.difference("sales-over-time", request)), difference


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
    assert set(oracle.kpi_names()) - written == set(), "definitions without an oracle"
    assert written - set(oracle.kpi_names()) == set(), "oracles without a definition"


@main_shop
def test_an_oracle_has_the_columns_of_its_definition(shop):
    for kpi in oracle.kpi_names():
        columns, _ = shop.oracle.rows(kpi, {})
        assert list(columns) == [column["name"] for column in oracle.definition(kpi)["columns"]], kpi


@main_shop
def test_the_cases_ask_for_something(shop):
    """A comparison of nothing with nothing proves little: most cases have orders."""
    empty = set()
    for name in cases.CASES | cases.NATIVE_CASES:
        if shop.oracle.rows("order-count", shop.request(name))[1] == [(0,)]:
            empty.add(name)
    assert empty == {name for name in cases.CASES if "_the_data" in name} | {"cancelled", "unknown_region"}


@main_shop
def test_the_sample_has_what_oracles_could_get_wrong(shop):
    """Orders over several categories, orders out of scope, unknown costs, returns, two orders of one customer on one day."""
    ask = lambda text: shop.oracle.sql(text)[0][0]
    shop.oracle.ask({})
    assert ask('SELECT count(*) FROM (SELECT "order" FROM lines GROUP BY 1 HAVING count(DISTINCT category) > 1)') > 10
    assert ask("SELECT count(*) FROM loaded_orders WHERE NOT is_counted(status)") > 10
    assert ask("SELECT count(*) FROM lines WHERE profit IS NULL") > 0
    assert ask("SELECT count(*) FROM lines WHERE quantity < 0") > 0
    assert ask("SELECT count(*) FROM (SELECT customer FROM orders GROUP BY customer, day HAVING count(*) > 1)") > 0
    assert ask("SELECT count(*) FROM loaded_orders WHERE region IS NULL") >= 0
    assert ask("SELECT count(DISTINCT customer) - count(DISTINCT (customer, region)) FROM orders") < 0


@pytest.mark.parametrize("shop", SHOPS, indirect=True)
def test_the_oracle_reads_every_digit(shop):
    """Its amounts have 4 decimals. A file with more would be rounded without a word."""
    numbers = "unit_price discount freight cost Sales Discount Profit".split()
    for path in shop.folder.glob("*.csv"):
        with path.open(newline="", encoding="latin-1") as lines:
            for row in csv.DictReader(lines):
                assert all(len((row.get(name) or "").partition(".")[2]) <= 4 for name in numbers), row


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
