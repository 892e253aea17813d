"""Every KPI on every source that may answer it: rollup or orders, the answer is the same to the last byte."""

import contextlib
import dataclasses
import functools

import pytest

import harness
from layouts import olist
from oracle import cases, oracle
from oracle.shops import CP1252, Plan, sample

BASE = "order,item,line"
ROLLUPS = sorted(path.stem for path in (harness.PIPELINES / "rollup").glob("*.json"))

# What rollups could get wrong: ranges that cut what they have added up and those that do not, filters of which an order may have
# several, filters together.
MORE_CASES = {
    "whole_months": lambda shop: {"from": f"{shop.oracle.last.year - 1}-02", "to": f"{shop.oracle.last.year - 1}-07"},
    "all_but_the_first_day": lambda shop: {"from": (shop.oracle.first + shop.oracle.first.resolution).isoformat()},
    "all_but_the_last_day": lambda shop: {"to": (shop.oracle.last - shop.oracle.last.resolution).isoformat()},
    "more_than_the_data": lambda shop: {"from": f"{shop.oracle.first.year - 1}-12-31", "to": f"{shop.oracle.last.year + 1}-01-02"},
    "state_in_a_month": lambda shop: cases.most_frequent("state")(shop) | cases.a_month(shop),
    "product_in_a_year": lambda shop: cases.most_frequent("product")(shop) | cases.newest_year(shop),
    "subcategories_in_cut_months": lambda shop: cases.most_frequent("category")(shop)
    | cases.most_frequent("subcategory", count=2)(shop)
    | {"from": f"{shop.oracle.last.year - 1}-03-04"},
    "category_and_subcategory": lambda shop: subcategory_with_its_category(shop),
    "two_categories_and_two_regions": cases.most_frequent("category", "region", count=2),
    "product_and_its_category": lambda shop: cases.most_frequent("product", "category")(shop),
    "city_and_segment": cases.most_frequent("city", "segment"),
    "two_customers": cases.most_frequent("customer", count=2),
}


def subcategory_with_its_category(shop):
    rows = shop.oracle.sql("SELECT category, subcategory FROM loaded_lines GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 1")
    return {name: value for name, value in zip(["category", "subcategory"], rows[0]) if value is not None}


FEW = "everything one_month cut_months category category_and_region state_in_a_month two_categories product whole_months only_to"
PLANS = {
    "native-1": Plan(sample("native", 21, 500), "native", " ".join([*cases.CASES, *MORE_CASES])),
    "native-2": Plan(sample("native", 22, 900), "native", f"{FEW} only_from one_day city region segment after_the_data"),
    "superstore": Plan(sample("superstore", 23, 500), "superstore", f"{FEW} subcategories_in_cut_months customer", text=CP1252),
    "olist": Plan(functools.partial(olist.write, seed=24), "olist", f"{FEW} seller state city all_but_the_first_day"),
}
MAIN = "native-1"
GRANULARITIES = "day week quarter year".split()


def request_of(shop, case):
    return dict(shop.request(case)) if case in cases.CASES else MORE_CASES[case](shop)


def takes(kpi, parameter):
    return parameter in oracle.definition(kpi)["parameters"]


def requests_of(shop, kpi, names):
    """What is asked of a KPI: the cases, and what else it takes."""
    every = {"limit": 10000} if takes(kpi, "limit") else {}
    for case in names:
        yield request_of(shop, case) | every
    if not takes(kpi, "from"):
        return
    for case in ["one_month", "cut_months", "last_30_days", "category"][: 4 if len(names) > 20 else 1]:
        for comparison in ["previous-period", "previous-year"]:
            if {"from", "period"} & (request := request_of(shop, case)).keys():
                yield request | every | {"compare": comparison}
    for granularity in GRANULARITIES if takes(kpi, "granularity") else []:
        for case in ["everything", "cut_months", "category"]:
            yield request_of(shop, case) | every | {"granularity": granularity}


def fits(kpi, request):
    """Without the filters that the KPI does not take; as_of of a KPI that takes none leaves the request out."""
    return all(takes(kpi, name) for name in request if name not in ("compare", "limit"))


@dataclasses.dataclass
class Served:
    """A shop, and a server for every choice of sources, started when it is first asked."""

    shop: cases.Shop
    names: list
    uri: str
    stack: contextlib.ExitStack

    @functools.cached_property
    def servers(self):
        return {}

    def server(self, sources):
        if sources not in self.servers:
            options = ["--sources", sources] if sources else []
            self.servers[sources] = self.stack.enter_context(harness.Server(self.uri, self.shop.database, *options))
        return self.servers[sources]

    def answer(self, sources, kpi, request):
        """The source that answered, and the text of data, comparison and notes."""
        answer = self.server(sources).get(f"/v1/kpis/{kpi}", params=request)
        assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text}"
        text = answer.text[answer.text.index(',\n"data":') :].partition(',\n"explain":')[0].rstrip("}\n")
        return answer.json(), text


@pytest.fixture(scope="session")
def shops(engine_uri, new_database, tmp_path_factory):
    with contextlib.ExitStack() as stack:

        @functools.cache
        def make(name):
            plan = PLANS[name]
            shop = plan.open(tmp_path_factory.mktemp(name), new_database(name.replace("-", "_")), engine_uri, stack)
            return Served(shop, plan.cases.split(), engine_uri, stack)

        yield make


def may_answer(explained):
    """The rollups that could have answered, but for the chosen one."""
    return [s["name"] for s in explained["sources"] if "rows" in s and not s["chosen"] and s["why"].startswith("has no fewer rows")]


@pytest.mark.parametrize("kpi", oracle.kpi_names())
@pytest.mark.parametrize("name", PLANS)
def test_every_source_that_may_answer_gives_the_same(shops, name, kpi):
    served = shops(name)
    for request in requests_of(served.shop, kpi, served.names):
        if not fits(kpi, request):
            continue
        answer, want = served.answer(BASE, kpi, request)
        assert answer["source"] in BASE.split(",")
        chosen, got = served.answer("", kpi, request | {"explain": "true"})
        assert got == want, f"{kpi} {request} from {chosen['source']}"
        for rollup in may_answer(chosen["explain"]):
            answer, got = served.answer(f"{BASE},{rollup}", kpi, request)
            assert answer["source"] == rollup
            assert got == want, f"{kpi} {request} from {rollup}"


def test_every_rollup_answers_something(shops):
    """One that is never taken is time and room for nothing, and nothing is proven of it."""
    served, idle = shops(MAIN), set(ROLLUPS)
    for case in "everything region subcategory cut_months category category_and_region state only_from product state_in_a_month product_in_a_year".split():
        for kpi in oracle.kpi_names():
            request = request_of(served.shop, case) | {"explain": "true"}
            if idle and fits(kpi, {k: v for k, v in request.items() if k != "explain"}):
                idle.discard(served.answer("", kpi, request)[0]["source"])
    assert not idle, "rollups that answer nothing"


def test_every_rollup_is_there_after_a_load(shops, mongo):
    database = mongo[shops(MAIN).shop.database]
    listed = database.meta.find_one({"_id": "data"})["rollups"]
    assert sorted(listed) == ROLLUPS
