"""as_of: the answer as it was on that day. Without a period by name it is the last day that counts."""

import pytest

from problems import check_parameter_problem


@pytest.fixture(scope="module")
def ask(server):
    def ask(kpi, query=""):
        answer = server.get(f"/v1/kpis/{kpi}?{query}")
        assert answer.status_code == 200, f"{answer.url}: {answer.text}"
        return answer.json()

    return ask


@pytest.fixture(scope="module")
def kpis(server):
    return [kpi["name"] for kpi in server.get("/v1/kpis").json()["data"] if "as_of" in kpi["parameters"]]


@pytest.mark.parametrize("range_", ["", "from=2022-07-10&", "period=all&", "region=West&"])
def test_what_came_later_does_not_count(ask, kpis, range_):
    assert kpis
    for kpi in kpis:
        then, now = ask(kpi, f"{range_}as_of=2023-08-17"), ask(kpi, range_)
        assert then["parameters"]["to"] == then["parameters"]["as_of"] == "2023-08-17"
        assert not any("day" in note for note in then.get("notes", [])), kpi
        assert then["data"] != now["data"], kpi
        if "period" not in range_:
            assert then["data"] == ask(kpi, f"{range_}to=2023-08-17&as_of=2023-08-17")["data"], kpi


def test_without_a_day_that_it_counts_from_it_is_the_same_as_to(ask, kpis):
    for kpi in set(kpis) - {"cohort-retention", "rfm-segments"}:
        assert ask(kpi, "as_of=2023-08-17")["data"] == ask(kpi, "to=2023-08-17")["data"], kpi


@pytest.mark.parametrize("to, last", [("2023-08-16", "2023-08-16"), ("2023-08", "2023-08-17"), ("2024", "2023-08-17")])
def test_a_range_ends_on_as_of_at_the_latest(ask, to, last):
    answer = ask("sales-summary", f"from=2023&to={to}&as_of=2023-08-17")
    assert answer["parameters"]["to"] == last
    assert answer["data"] == ask("sales-summary", f"from=2023&to={last}")["data"]


def test_a_range_that_begins_after_it_is_refused(server):
    for query in ("from=2023-08-18", "from=2023-09&to=2024"):
        problem = check_parameter_problem(server.get(f"/v1/kpis/total-sales?{query}&as_of=2023-08-17"), "as_of", "2023-08-17")
        assert "2023-08-17" in problem["detail"] and problem["accepted"] == "a day that is not before from"


def test_the_period_that_it_cuts_is_partial(ask):
    rows = ask("sales-over-time", "from=2023-06&as_of=2023-08-17")["data"]
    assert [(row["period"], row["partial"]) for row in rows] == [("2023-06-01", False), ("2023-07-01", False), ("2023-08-01", True)]
    assert not any(row["partial"] for row in ask("sales-over-time", "from=2023-06&as_of=2023-07-31")["data"])


@pytest.mark.parametrize("compare, first, last", [("previous-period", "2023-02-21", "2023-05-31"), ("previous-year", "2022-06-01", "2022-09-08")])
def test_it_cuts_the_other_range_too(ask, compare, first, last):
    comparison = ask("sales-summary", f"from=2023-06&as_of=2023-09-08&compare={compare}")["comparison"]
    assert (comparison["from"], comparison["to"]) == (first, last)
    assert comparison["data"] == ask("sales-summary", f"from={first}&to={last}")["data"]


@pytest.mark.parametrize("to, first, last, partial", [
    ("2023-09", "2023-08-01", "2023-08-08", True),
    ("2023-12", "2023-05-01", "2023-05-08", True),
    ("2023-09-08", "2023-08-24", "2023-08-31", False),
])
def test_a_range_that_it_cuts_is_compared_up_to_that_day(ask, to, first, last, partial):
    """As one that reaches beyond the newest day: whole months are compared with whole months, as far as they have come."""
    answer = ask("sales-summary", f"from=2023-09&to={to}&as_of=2023-09-08&compare=previous-period")
    comparison = answer["comparison"]
    assert (comparison["from"], comparison["to"], comparison["partial"]) == (first, last, partial)
    assert comparison["data"] == ask("sales-summary", f"from={first}&to={last}")["data"]
    assert answer["data"] == ask("sales-summary", "from=2023-09&to=2023-09-08")["data"]


@pytest.mark.parametrize("day, says", [("2150-01-01", "after the newest day"), ("1999-12-31", "before the first day")])
def test_a_day_beyond_the_data_is_said(ask, day, says):
    (note,) = ask("order-count", f"as_of={day}")["notes"]
    assert says in note
