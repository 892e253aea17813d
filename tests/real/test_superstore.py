"""The real Superstore files, end to end: their known answers to the last digit, then every KPI against its oracle.

Run when asked: KPI_DATA is the folder that holds superstore/."""

import contextlib
import functools
import itertools
import os
import pathlib
import shutil
from decimal import Decimal

import pytest

from layouts.table import Text
from oracle import oracle
from oracle.shops import Plan

CASES = {
    "superstore": """everything one_year one_month only_from only_to cut_months region two_regions state category
        category_and_region subcategory product customer everything_at_once last_90_days after_the_data""",
    "superstore-eu": "everything one_year cut_months category_and_region subcategory product customer last_30_days",
}
TEXTS = {
    "superstore": Text(encoding="cp1252", days="%m/%d/%Y"),
    "superstore-eu": Text(delimiter=";", decimal=",", days="%d/%m/%Y", mark=True),
}
FILES = {"superstore": "superstore.csv", "superstore-eu": "superstore_eu_semicolon_decimalcomma.csv"}
NEWEST_YEAR = {"superstore": "2017", "superstore-eu": "2021"}


@pytest.fixture(scope="module")
def shops(engine_uri, new_database, tmp_path_factory):
    with contextlib.ExitStack() as stack:

        @functools.cache
        def make(name):
            file = pathlib.Path(os.environ["KPI_DATA"]) / "superstore" / FILES[name]
            copy = lambda folder: shutil.copyfile(file, folder / "superstore.csv")
            plan = Plan(copy, name, CASES[name], layout="superstore", text=TEXTS[name])
            return plan.open(tmp_path_factory.mktemp(name), new_database(name.replace("-", "_")), engine_uri, stack)

        yield make


@pytest.fixture
def shop(shops, name):
    return shops(name)


both = pytest.mark.parametrize("name", FILES)


def rows(shop, kpi, **request):
    return shop.ask(kpi, request)["data"]


@both
def test_totals_are_the_known_ones(shop):
    (summary,) = rows(shop, "sales-summary")
    assert summary["sales"] == Decimal("2297200.8603")
    assert summary["profit"] == Decimal("286397.0217")
    assert summary["orders"] == 5009
    assert summary["units"] == 37873
    assert rows(shop, "customer-count") == [{"customers": 793, "known_customers": 793}]


@both
def test_money_is_written_with_its_exact_digits(shop):
    answer = shop.server.get("/v1/kpis/total-sales")
    assert '"sales":2297200.8603}' in answer.text.replace(" ", "")


@both
def test_regions_are_the_known_ones(shop):
    west = rows(shop, "sales-by-region")[0]
    assert west["region"] == "West"
    assert round(west["sales"], 2) == Decimal("725457.82")
    assert round(west["profit"], 2) == Decimal("108418.45")


@both
def test_categories_are_the_known_ones(shop):
    best = rows(shop, "sales-by-category")[0]
    assert best["category"] == "Technology"
    assert round(best["sales"], 2) == Decimal("836154.03")


@both
def test_a_year_is_the_known_one(shop, name):
    year = {"from": NEWEST_YEAR[name], "to": NEWEST_YEAR[name]}
    (total,) = rows(shop, "total-sales", **year)
    assert round(total["sales"], 2) == Decimal("733215.26")
    assert sum(row["sales"] for row in rows(shop, "sales-over-time", **year)) == total["sales"]


@both
def test_what_the_file_does_not_tell_is_said(shop):
    answer = shop.ask("peak-hours", {})
    assert answer["data"] == []
    assert any("time of day" in note for note in answer["notes"])


def comparisons():
    for name, kpi in itertools.product(CASES, oracle.kpi_names()):
        for case in CASES[name].split():
            yield pytest.param(name, case, kpi, id=f"{name}-{case}-{kpi}")


@pytest.mark.parametrize("name, case, kpi", list(comparisons()))
def test_kpi_agrees_with_its_oracle(shop, name, case, kpi):
    assert not (difference := shop.difference(kpi, shop.request(case))), difference


@both
@pytest.mark.parametrize("kpi", ["sales-over-time", "new-vs-returning"])
@pytest.mark.parametrize("granularity", "day week month quarter year".split())
def test_time_series_agrees_at_every_granularity(shop, granularity, kpi):
    assert not (difference := shop.difference(kpi, {"granularity": granularity})), difference
