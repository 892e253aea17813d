"""Shops to compare: a folder of files in each shipped layout, in the forms that such files come in, and one in a layout that is
not shipped; and the cases that make sense of each."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import harness
from layouts import jaffle_shop, northwind, olist, online_retail, pme, superstore_eu
from layouts.table import Text
from oracle import cases
from oracle.oracle import Oracle

MANY = "everything one_year only_to category category_and_region customer last_30_days after_the_data"


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a shop is made, loaded and asked."""

    make: Callable[[pathlib.Path], object]  # writes its files into a folder
    profile: str  # that kpi-load should find
    cases: str  # names, with spaces between
    layout: str = ""  # whose SQL reads the files, where it is not called like the profile
    text: Text = Text()
    options: tuple = ()  # of kpi-load
    rejected: int = 0  # rows

    def open(self, folder, database, uri, stack):
        """Makes the shop in a folder, loads it and serves it for as long as the stack lasts."""
        self.make(folder)
        done = harness.load(uri, database, folder, options=self.options, status=3 if self.rejected else 0)
        assert f"profile {self.profile} " in done.stderr
        server = stack.enter_context(harness.Server(uri, database))
        return cases.Shop(folder, Oracle(self.layout or self.profile, folder, self.text), server, database)


def sample(layout, seed, orders):
    return functools.partial(harness.generate, layout=layout, seed=seed, orders=orders)


NATIVE = f"{MANY} seller seller_and_category products_without_cost products_returned returned as_of_a_day"
CP1252 = Text(encoding="cp1252", days="%m/%d/%Y")
# A profile of our own, written from loader/profiles/README.md alone.
BY_NAME = ("--profile", pathlib.Path(northwind.__file__).with_suffix(".json"))
PLANS = {
    "native-1": Plan(sample("native", 1, 2000), "native", " ".join(cases.CASES)),
    "native-2": Plan(sample("native", 2, 3000), "native", NATIVE),
    "native-3": Plan(sample("native", 3, 1500), "native", NATIVE),
    "superstore": Plan(sample("superstore", 4, 1500), "superstore", f"{MANY} as_of_a_day", text=CP1252),
    "superstore-eu": Plan(
        functools.partial(superstore_eu.write, seed=5, orders=900), "superstore-eu",
        "everything one_month category_and_region segment customer", layout="superstore", text=superstore_eu.EUROPEAN,
    ),
    "olist": Plan(functools.partial(olist.write, seed=6), "olist", f"{MANY} seller seller_and_category state city one_day cancelled as_of_a_day"),
    "pme-excel": Plan(
        functools.partial(pme.write, seed=7), "pme", "everything one_month cut_months region two_regions product "
        "products_returned last_90_days after_the_data", text=pme.EXCEL,
    ),
    "pme-export": Plan(
        functools.partial(pme.write, seed=8, orders=600, text=pme.EXPORT, revenue=False), "pme",
        "everything only_from city three_products", text=pme.EXPORT,
    ),
    "online-retail-1": Plan(
        functools.partial(online_retail.write, seed=9), "online-retail", "everything one_year one_month country product customer "
        "products_returned returned delivered last_30_days after_the_data as_of_a_day", text=online_retail.FIRST, rejected=3,
    ),
    "online-retail-2": Plan(
        functools.partial(online_retail.write, seed=10, orders=300, text=online_retail.SECOND), "online-retail",
        "everything only_to region customer", text=online_retail.SECOND, rejected=3,
    ),
    "jaffle-shop": Plan(
        functools.partial(jaffle_shop.write, seed=11), "jaffle-shop", f"{MANY} city two_categories products_without_cost",
    ),
    "jaffle-shop-costless": Plan(
        functools.partial(jaffle_shop.write, seed=12, orders=400, supplies=False), "jaffle-shop", "everything one_year category_and_region",
    ),
    "northwind": Plan(
        functools.partial(northwind.write, seed=13), "northwind",
        "everything one_year region country state city category category_and_region customer seller seller_and_category last_30_days",
        options=BY_NAME,
    ),
    "northwind-supplierless": Plan(
        functools.partial(northwind.write, seed=14, orders=200, suppliers=False), "northwind", "everything category customer", options=BY_NAME,
    ),
}
MAIN = "native-1"
