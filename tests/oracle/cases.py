"""Requests to compare: for each a name, and what it asks of a given shop."""

import dataclasses
import pathlib

import harness
from oracle.oracle import Oracle, compare, definition, read_json


@dataclasses.dataclass
class Shop:
    """One folder of CSV files, loaded and served, with the oracle over the same files."""

    folder: pathlib.Path
    oracle: Oracle
    server: harness.Server
    database: str
    requests: dict = dataclasses.field(default_factory=dict)

    def request(self, case):
        """What the case asks of this shop."""
        if case not in self.requests:
            self.requests[case] = CASES[case](self)
        return dict(self.requests[case])

    def ask(self, kpi, request):
        answer = self.server.get(f"/v1/kpis/{kpi}", params=request)
        assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return read_json(answer.text)

    def difference(self, kpi, request):
        """Where the server's answer differs from the oracle's; an empty string where it does not."""
        columns, rows = self.oracle.rows(kpi, request)
        found = compare(columns, rows, self.ask(kpi, request))
        return found and f"{kpi} {request}:\n{found}"


def most_frequent(*dimensions, count=1):
    def request(shop):
        return {dimension: shop.oracle.top(dimension, count) for dimension in dimensions}

    return request


def busiest_day(shop):
    (day,) = shop.oracle.top("day")
    return {"from": day.isoformat(), "to": day.isoformat()}


def edges_of_the_data(shop):
    """From the first day to the last: both are inclusive, so nothing is lost."""
    return {"from": shop.oracle.first.isoformat(), "to": shop.oracle.last.isoformat()}


def many_filters(shop):
    filters = most_frequent("segment")(shop) | most_frequent("state", count=3)(shop)
    return filters | {"from": f"{shop.oracle.last.year - 1}-11-16"}


def newest_year(shop):
    return {"from": str(shop.oracle.last.year), "to": str(shop.oracle.last.year)}


def a_month(shop):
    return {"from": f"{shop.oracle.last.year - 1}-05", "to": f"{shop.oracle.last.year - 1}-05"}


def products_without_cost(shop):
    rows = shop.oracle.sql("SELECT DISTINCT product FROM loaded_lines WHERE profit IS NULL ORDER BY 1")
    return {"product": [product for (product,) in rows]}


def products_returned(shop):
    rows = shop.oracle.sql("SELECT DISTINCT product FROM loaded_lines WHERE quantity < 0 ORDER BY 1 LIMIT 5")
    return {"product": [product for (product,) in rows]}


def always(**request):
    return lambda shop: {name.rstrip("_"): value for name, value in request.items()}


CASES = {
    "everything": always(),
    "one_month": a_month,
    "one_day": busiest_day,
    "one_year": newest_year,
    "only_from": lambda shop: {"from": f"{shop.oracle.last.year - 1}-07-15"},
    "only_to": lambda shop: {"to": f"{shop.oracle.last.year - 1}-03"},
    "cut_months": lambda shop: {"from": f"{shop.oracle.first.year}-11-20", "to": f"{shop.oracle.first.year + 1}-02-10"},
    "first_to_last_day": edges_of_the_data,
    "before_the_data": always(from_="1999", to="1999-06"),
    "after_the_data": always(from_="2150-02-03", to="2150-06-20"),
    "only_from_after_the_data": always(from_="2150"),
    "only_to_before_the_data": always(to="1999"),
    "region": most_frequent("region"),
    "two_regions": most_frequent("region", count=2),
    "country": most_frequent("country"),
    "state": most_frequent("state"),
    "city": most_frequent("city"),
    "segment": most_frequent("segment"),
    "category": most_frequent("category"),
    "two_categories": most_frequent("category", count=2),
    "subcategory": most_frequent("subcategory"),
    "category_and_region": most_frequent("category", "region"),
    "product": most_frequent("product"),
    "three_products": most_frequent("product", count=3),
    "customer": most_frequent("customer"),
    "delivered": always(status="delivered"),
    "cancelled": always(status="cancelled"),
    "unknown_region": always(region="Atlantis"),
    "everything_at_once": many_filters,
    "last_30_days": always(period="last-30-days"),
    "last_7_days_before_a_day": lambda shop: {"period": "last-7-days", "as_of": f"{shop.oracle.last.year}-02-03"},
    "last_90_days": always(period="last-90-days"),
    "this_month": always(period="this-month"),
    "last_month": lambda shop: {"period": "last-month", "as_of": f"{shop.oracle.last.year}-01-31"},
    "this_quarter": lambda shop: {"period": "this-quarter", "as_of": f"{shop.oracle.last.year}-06-10"},
    "last_quarter": lambda shop: {"period": "last-quarter", "as_of": f"{shop.oracle.last.year}-02-28"},
    "this_year": lambda shop: {"period": "this-year", "as_of": f"{shop.oracle.last.year}-08-17"},
    "last_year": always(period="last-year"),
    "all": always(period="all"),
    "seller": most_frequent("seller"),
    "seller_and_category": most_frequent("seller", "category"),
    "products_without_cost": products_without_cost,
    "products_returned": products_returned,
    "returned": always(status="returned"),
    "as_of_a_day": lambda shop: {"as_of": f"{shop.oracle.last.year - 1}-08-17"},
    "as_of_a_month_end": lambda shop: {"as_of": f"{shop.oracle.last.year - 1}-02-28", "from": f"{shop.oracle.last.year - 2}-06-15"},
    "all_as_of_a_day": lambda shop: {"period": "all", "as_of": f"{shop.oracle.last.year - 1}-08-17"},
    "as_of_before_to": lambda shop: {"from": f"{shop.oracle.last.year - 1}-02-10", "to": f"{shop.oracle.last.year}", "as_of": f"{shop.oracle.last.year}-01-31"},
    "wider_than_all_data": lambda shop: {"from": f"{shop.oracle.first.year - 1}-11-20", "to": f"{shop.oracle.last.year + 2}"},
    "two_statuses": always(status=["delivered", "returned"]),
    "customers": most_frequent("customer", count=5),
    "as_of_beyond": lambda shop: {"as_of": f"{shop.oracle.last.year + 1}-02-03"},
}
# What asks for nothing in any shop.
EMPTY = {name for name in CASES if "_the_data" in name} | {"cancelled", "unknown_region"}


def rows_are_sorted_by_request(kpi):
    return "sort" in definition(kpi)["parameters"]
