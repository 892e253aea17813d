"""explain: how an answer was made."""

import bson.json_util
import pytest

from problems import check_parameter_problem


@pytest.fixture(scope="module")
def explain(server):
    def explain(kpi, query=""):
        answer = server.get(f"/v1/kpis/{kpi}?{query}&explain=true")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return explain


@pytest.fixture(scope="module")
def kpis(server):
    return [kpi["name"] for kpi in server.get("/v1/kpis").json()["data"]]


def plain(value):
    """A document of the database as JSON has it: numbers without their type, days as texts."""
    if isinstance(value, bson.Decimal128):
        return float(value.to_decimal())
    return value


def test_the_pipeline_that_is_shown_gives_the_answer(explain, kpis, mongo, database):
    """Run as it stands, on the collection that is named."""
    for kpi in kpis:
        answer = explain(kpi, "from=2023&to=2024-02&region=West")
        shown = answer["explain"]
        pipeline = bson.json_util.loads(bson.json_util.dumps(shown["pipeline"]))
        rows = list(mongo[database][shown["collection"]].aggregate(pipeline))
        assert len(rows) - ("next_offset" in answer) == len(answer["data"]), kpi
        for row, told in zip(rows, answer["data"], strict=False):
            for name, value in told.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    assert plain(row[name]) == pytest.approx(value), (kpi, name)


def test_one_source_is_chosen_and_every_other_has_its_reason(explain, kpis):
    for kpi in kpis:
        answer = explain(kpi, "category=Furniture")
        sources = answer["explain"]["sources"]
        (chosen,) = [source["name"] for source in sources if source["chosen"]]
        assert chosen == answer["source"] == answer["explain"]["source"]
        assert all(source["why"] for source in sources)
        costs = [source["cost"] for source in sources if "cost" in source]
        assert costs == sorted(costs) and len(costs) == 3
        assert all(("rows" in source) != ("cost" in source) for source in sources)


@pytest.mark.parametrize("query, reasons", [
    ("", {"customer_activity": "the fewest rows", "sales_by_day": "'region'", "order": "costs more", "item": "'is_return'", "line": "costs more"}),
    ("customer=C1", {"customer_activity": "no index", "order": "by an index", "line": "costs more"}),
    ("category=Furniture", {"order": "'category'", "item": "'is_return'", "line": "the cheapest"}),
])  # fmt: skip
def test_reasons_name_what_is_lacking(explain, query, reasons):
    sources = {source["name"]: source["why"] for source in explain("sales-by-region", query)["explain"]["sources"]}
    for name, words in reasons.items():
        assert words in sources[name]


def test_values_of_the_request_are_in_the_pipeline_as_values(explain):
    first = explain("average-order-value", "from=2023&to=2023&city=$sales&city=x")["explain"]["pipeline"][0]
    assert first["$match"]["city"] == {"$in": ["$sales", "x"]}
    assert first["$match"]["day"] == {"$gte": {"$date": "2023-01-01T00:00:00Z"}, "$lte": {"$date": "2023-12-31T00:00:00Z"}}


def test_every_part_has_taken_some_time(explain):
    times = explain("sales-by-product")["explain"]["milliseconds"]
    assert set(times) == {"parse", "plan", "database", "render"}
    assert all(time >= 0 for time in times.values()) and times["database"] > 0


def test_without_it_nothing_is_explained(server):
    for query in ("", "?explain=false"):
        assert "explain" not in server.get(f"/v1/kpis/total-sales{query}").json()


def test_an_explanation_is_made_anew_each_time(server):
    answer = server.get("/v1/kpis/total-sales?explain=true")
    assert "ETag" not in answer.headers
    assert server.get("/v1/kpis/total-sales?explain=true", headers={"If-None-Match": "*"}).status_code == 200


def test_explanations_are_in_json_only(server):
    check_parameter_problem(server.get("/v1/kpis/total-sales?explain=true&format=csv"), "explain", "true")
    check_parameter_problem(server.get("/v1/kpis/total-sales?explain=maybe"), "explain", "maybe")
