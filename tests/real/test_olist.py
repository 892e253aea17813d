"""The real Olist folder, end to end: every KPI that its nine files feed, against its oracle.

Run when asked: KPI_DATA is the folder that holds olist/."""

import contextlib
import itertools
import os
import pathlib
import shutil

import pytest

from oracle import oracle
from oracle.shops import Plan

CASES = """everything one_year one_month only_from only_to cut_months first_to_last_day region two_regions country state city category
    two_categories category_and_region product customer seller seller_and_category delivered cancelled last_90_days
    last_7_days_before_a_day after_the_data as_of_a_day"""


@pytest.fixture(scope="module")
def shop(engine_uri, new_database, tmp_path_factory):
    source = pathlib.Path(os.environ["KPI_DATA"]) / "olist"
    copy = lambda folder: [shutil.copyfile(file, folder / file.name) for file in source.glob("*.csv")]
    with contextlib.ExitStack() as stack:
        yield Plan(copy, "olist", CASES).open(tmp_path_factory.mktemp("olist"), new_database("olist"), engine_uri, stack)


@pytest.mark.parametrize("case, kpi", list(itertools.product(CASES.split(), oracle.kpi_names())))
def test_kpi_agrees_with_its_oracle(shop, case, kpi):
    assert not (difference := shop.difference(kpi, shop.request(case))), difference


@pytest.mark.parametrize("kpi", ["sales-over-time", "new-vs-returning"])
@pytest.mark.parametrize("granularity", "day week month quarter year".split())
@pytest.mark.parametrize("case", ["everything", "category", "last_90_days"])
def test_time_series_agrees_at_every_granularity(shop, case, granularity, kpi):
    request = shop.request(case) | {"granularity": granularity}
    assert not (difference := shop.difference(kpi, request)), difference
