"""The real Superstore file, end to end: its known answers to the last digit, then every KPI against its oracle.

Run when asked: KPI_DATA is the folder that holds superstore/superstore.csv."""

import itertools
import os
import pathlib
from decimal import Decimal

import pytest

import harness
from oracle import cases, oracle

CASES = """everything one_year one_month only_from only_to cut_months region two_regions state category
category_and_region subcategory product customer everything_at_once last_90_days after_the_data""".split()


@pytest.fixture(scope="session")
def shop(engine_uri, new_database):
    folder = pathlib.Path(os.environ["KPI_DATA"]) / "superstore"
    database = new_database("superstore")
    harness.load(engine_uri, database, folder / "superstore.csv")
    with harness.Server(engine_uri, database) as server:
        yield cases.Shop(folder, oracle.Oracle("superstore", folder), server)


def rows(shop, kpi, **request):
    return shop.ask(kpi, request)["data"]


def test_totals_are_the_known_ones(shop):
    (summary,) = rows(shop, "sales-summary")
    assert summary["sales"] == Decimal("2297200.8603")
    assert summary["profit"] == Decimal("286397.0217")
    assert summary["orders"] == 5009
    assert summary["units"] == 37873
    assert rows(shop, "customer-count") == [{"customers": 793, "known_customers": 793}]


def test_money_is_written_with_its_exact_digits(shop):
    answer = shop.server.get("/v1/kpis/total-sales")
    assert '"sales":2297200.8603}' in answer.text.replace(" ", "")


def test_regions_are_the_known_ones(shop):
    west = rows(shop, "sales-by-region")[0]
    assert west["region"] == "West"
    assert round(west["sales"], 2) == Decimal("725457.82")
    assert round(west["profit"], 2) == Decimal("108418.45")


def test_categories_are_the_known_ones(shop):
    best = rows(shop, "sales-by-category")[0]
    assert best["category"] == "Technology"
    assert round(best["sales"], 2) == Decimal("836154.03")


def test_a_year_is_the_known_one(shop):
    (total,) = rows(shop, "total-sales", **{"from": "2017", "to": "2017"})
    assert round(total["sales"], 2) == Decimal("733215.26")
    assert sum(row["sales"] for row in rows(shop, "sales-over-time", **{"from": "2017", "to": "2017"})) == total["sales"]


def test_what_the_file_does_not_tell_is_said(shop):
    answer = shop.ask("peak-hours", {})
    assert answer["data"] == []
    assert any("time of day" in note for note in answer["notes"])


@pytest.mark.parametrize("case, kpi", list(itertools.product(CASES, oracle.kpi_names())))
def test_kpi_agrees_with_its_oracle(shop, case, kpi):
    assert not (difference := shop.difference(kpi, shop.request(case))), difference


@pytest.mark.parametrize("granularity", "day week month quarter year".split())
def test_time_series_agrees_at_every_granularity(shop, granularity):
    assert not (difference := shop.difference("sales-over-time", {"granularity": granularity})), difference
