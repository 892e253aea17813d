"""compare: the same KPI over another range, like for like."""

import datetime

import pytest

from problems import check_parameter_problem, check_problem

DAY = datetime.timedelta(days=1)
COMPARISONS = ["previous-period", "previous-year"]


@pytest.fixture(scope="module")
def ask(server):
    def ask(kpi, query="", **parameters):
        answer = server.get(f"/v1/kpis/{kpi}?{query}", params={name.rstrip("_"): value for name, value in parameters.items()})
        assert answer.status_code == 200, f"{answer.url}: {answer.text}"
        return answer.json()

    return ask


@pytest.fixture(scope="module")
def kpis(server):
    """The KPIs with a range: a KPI that takes one is compared without a word in its file."""
    found = [kpi for kpi in server.get("/v1/kpis").json()["data"] if {"from", "to"} <= set(kpi["parameters"])]
    assert found
    return found


@pytest.fixture(scope="module")
def last_day(server):
    return datetime.date.fromisoformat(server.get("/v1/status").json()["last_day"])


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("range_", ["from=2023-05&to=2024-02-10", "period=last-90-days", "from=2024&region=West&region=East"])
def test_every_kpi_says_of_the_other_range_what_it_says_when_asked_for_it(ask, kpis, compare, range_):
    for kpi in kpis:
        assert "compare" in kpi["parameters"], kpi["name"]
        answer = ask(kpi["name"], range_, compare=compare)
        other = answer["comparison"]
        plain = ask(kpi["name"], range_)
        assert plain["data"] == answer["data"] and "comparison" not in plain
        filters = "&".join(part for part in range_.split("&") if part.startswith("region"))
        as_of = f"&as_of={other['as_of']}" if "as_of" in other else ""
        alone = ask(kpi["name"], f"{filters}&from={other['from']}&to={other['to']}{as_of}")
        assert other["data"] == alone["data"], kpi["name"]
        assert other.get("next_offset") == alone.get("next_offset")
        assert not other["partial"]
        assert other["to"] < answer["parameters"]["to" if compare == "previous-year" and "to" in answer["parameters"] else "from"]


# The sample ends on 31 December 2024.
@pytest.mark.parametrize(
    "query, first, last",
    [
        ("from=2024-03-10&to=2024-03-16&compare=previous-period", "2024-03-03", "2024-03-09"),
        ("from=2024-03&to=2024-03&compare=previous-period", "2024-02-01", "2024-02-29"),
        ("from=2024&to=2024&compare=previous-period", "2023-01-01", "2023-12-31"),
        ("period=last-30-days&as_of=2024-03-15&compare=previous-period", "2024-01-16", "2024-02-14"),
        ("period=this-month&as_of=2024-03-15&compare=previous-period", "2024-02-01", "2024-02-15"),
        ("period=this-month&as_of=2024-03-30&compare=previous-period", "2024-02-01", "2024-02-29"),
        ("period=this-year&as_of=2024-02-29&compare=previous-period", "2023-01-01", "2023-02-28"),
        ("from=2024-02-29&to=2024-02-29&compare=previous-year", "2023-02-28", "2023-02-28"),
        ("period=this-month&as_of=2024-03-15&compare=previous-year", "2023-03-01", "2023-03-15"),
    ],
)
def test_ranges_are_those_of_the_calendar(ask, query, first, last):
    comparison = ask("sales-summary", query)["comparison"]
    assert (comparison["from"], comparison["to"]) == (first, last)


def test_a_range_cut_by_the_newest_day_is_cut_the_same_way_before(ask, last_day):
    """Asked 10 days before the data end for 20 days: 10 are there, and 10 of the 20 before are compared."""
    first, last = last_day - 9 * DAY, last_day + 10 * DAY
    answer = ask("order-count", from_=first, to=last, compare="previous-period")
    assert answer["parameters"]["to"] == str(last)
    assert answer["comparison"]["from"] == str(first - 20 * DAY)
    assert answer["comparison"]["to"] == str(last_day - 20 * DAY)
    assert answer["comparison"]["partial"]
    assert answer["comparison"]["data"] == ask("order-count", from_=first - 20 * DAY, to=last_day - 20 * DAY)["data"]


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("begins", [1, 40])
def test_a_range_of_which_no_day_is_reached_is_compared_with_nothing(ask, kpis, last_day, compare, begins):
    """With nulls: any range before it would have days, and what is to come has none."""
    for kpi in kpis:
        for to in {}, {"to": last_day + (begins + 30) * DAY}:
            answer = ask(kpi["name"], from_=last_day + begins * DAY, compare=compare, **to)
            assert answer["comparison"] == {"from": None, "to": None, "partial": True, "data": []}, kpi["name"]
            assert any("after the newest day" in note for note in answer["notes"])


def test_recency_is_counted_to_the_end_of_each_range(ask, last_day):
    """The same customers in 2023 and in 2024 would be as recent: what differs is what they did, and no year of 365 days."""
    answer = ask("rfm-segments", "from=2024&to=2024&compare=previous-year")
    other = answer["comparison"]
    assert (other["from"], other["to"], other["as_of"]) == ("2023-01-01", "2023-12-31", "2023-12-31")
    assert last_day == datetime.date(2024, 12, 31)
    for rows in answer["data"], other["data"]:
        assert rows and 0 <= max(row["mean_recency_days"] for row in rows) < 366
    assert "as_of" not in ask("total-sales", "from=2024&to=2024&compare=previous-year")["comparison"]
    later = ask("rfm-segments", "from=2024-03-10&to=2024-03-16&compare=previous-period")["comparison"]
    assert later["as_of"] == str(last_day - 7 * DAY)


# Where a range is no whole number of periods, months and longer ones can differ: 90 days are parts of three months or of four.
@pytest.mark.parametrize(
    "granularity, range_",
    [(short, range_) for short in ("day", "week") for range_ in ("from=2024&to=2024", "from=2024-03&to=2024-05",
                                                                 "period=last-90-days", "period=last-month")]
    + [("month", "from=2024-03&to=2024-05"), ("month", "period=last-month"), ("month", "period=this-year&as_of=2024-05-20"),
       ("quarter", "from=2024&to=2024"), ("quarter", "from=2024-04&to=2024-06"), ("year", "from=2023&to=2024")],
)  # fmt: skip
def test_a_time_series_has_as_many_rows_before(ask, granularity, range_):
    answer = ask("sales-over-time", range_, granularity=granularity, compare="previous-period")
    assert len(answer["data"]) == len(answer["comparison"]["data"])


def test_pages_are_the_same_pages(ask):
    answer = ask("sales-by-product", "from=2024&compare=previous-year&sort=-units&limit=3&offset=2")
    alone = ask("sales-by-product", f"from=2023&to={answer['comparison']['to']}&sort=-units&limit=3&offset=2")
    assert answer["comparison"]["data"] == alone["data"] and answer["comparison"]["next_offset"] == alone["next_offset"] == 5


def test_a_range_without_data_before_it_is_compared_with_nothing(ask):
    answer = ask("sales-summary", "from=2022&to=2022&compare=previous-year")
    assert answer["comparison"]["data"][0]["sales"] == 0
    assert ask("sales-by-region", "from=2022&to=2022&compare=previous-year")["comparison"]["data"] == []


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("query", ["", "to=2024", "period=all"])
def test_a_range_without_a_beginning_has_nothing_before_it(server, compare, query):
    answer = server.get(f"/v1/kpis/total-sales?{query}&compare={compare}")
    assert "from" in check_parameter_problem(answer, "compare", compare)["accepted"]


@pytest.mark.parametrize("name", ["csv", "ndjson"])
def test_rows_alone_are_not_compared(server, name):
    answer = server.get(f"/v1/kpis/total-sales?from=2024&compare=previous-year&format={name}")
    assert "JSON" in check_parameter_problem(answer, "compare", "previous-year")["detail"]
    answer = server.get("/v1/kpis/total-sales?from=2024&compare=previous-year", headers={"Accept": "text/csv"})
    check_parameter_problem(answer, "compare", "previous-year")


@pytest.mark.parametrize("value", ["", "last-year", "Previous-Year", "previous-period "])
def test_an_unknown_comparison_is_answered_with_those_there_are(server, value):
    problem = check_parameter_problem(server.get("/v1/kpis/total-sales", params={"from": 2024, "compare": value}), "compare", value)
    assert problem["accepted"] == "previous-period, previous-year"


def test_a_comparison_has_its_own_tag(server):
    tags = {server.get(f"/v1/kpis/total-sales?from=2024{query}").headers["ETag"]
            for query in ("", "&compare=previous-year", "&compare=previous-period")}  # fmt: skip
    assert len(tags) == 3


def test_too_many_periods_before_are_said_so(server):
    answer = server.get("/v1/kpis/sales-over-time?granularity=day&from=1900&to=2199&compare=previous-year")
    check_problem(answer, 400)
