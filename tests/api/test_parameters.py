"""What a request may ask for, and what is said to one that asks wrongly."""

import datetime
import itertools

import pytest
import requests

from problems import check_parameter_problem, check_problem
from raw import Connection

DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def get(server):
    def get(kpi, **parameters):
        """from_ stands for from, which Python has taken. A ready query string goes as it is."""
        query = parameters.pop("query", None) or {name.rstrip("_"): value for name, value in parameters.items()}
        return server.get(f"/v1/kpis/{kpi}", params=query)

    return get


@pytest.fixture(scope="session")
def orders(get):
    def orders(**parameters):
        answer = get("order-count", **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"][0]["orders"]

    return orders


@pytest.fixture(scope="session")
def days(get):
    """{business day: number of orders}, of all days with an order."""
    rows = get("peak-days", limit=10000).json()["data"]
    return {datetime.date.fromisoformat(row["day"]): row["orders"] for row in rows}


# Ranges


def test_from_and_to_are_inclusive_to_the_day(orders, days):
    for first, last in itertools.pairwise(sorted(days)[::150]):
        inside = sum(n for day, n in days.items() if first <= day <= last)
        assert days[first] and days[last]
        assert orders(from_=first, to=last) == inside
        assert orders(from_=first + DAY, to=last - DAY) == inside - days[first] - days[last]


def test_one_day_is_a_range(orders, days):
    day = max(days, key=days.get)
    assert orders(from_=day, to=day) == days[day]


def test_from_alone_goes_to_the_end_of_the_data(orders, days):
    first = sorted(days)[len(days) // 2]
    assert orders(from_=first) == sum(n for day, n in days.items() if day >= first)


def test_to_alone_goes_from_the_start_of_the_data(orders, days):
    last = sorted(days)[len(days) // 2]
    assert orders(to=last) == sum(n for day, n in days.items() if day <= last)


def test_no_range_is_everything(orders, days):
    assert orders() == orders(period="all") == sum(days.values())


@pytest.mark.parametrize(
    "short, first, last",
    [
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
    ],
)
def test_years_and_months_mean_their_first_and_last_day(get, orders, short, first, last):
    answer = get("order-count", from_=short, to=short).json()
    assert answer["parameters"] == {"from": first, "to": last}
    assert answer["data"][0]["orders"] == orders(from_=first, to=last) > 0


def test_the_leap_day_is_a_day(get):
    assert get("order-count", from_="2024-02-29", to="2024-02-29").status_code == 200


def test_periods_count_back_from_the_newest_day_inclusively(get, orders, days):
    last = datetime.date.fromisoformat(get("order-count").json()["last_day"])
    answer = get("order-count", period="last-30-days").json()
    assert answer["parameters"] == {
        "from": str(last - 29 * DAY),
        "to": str(last),
        "period": "last-30-days",
    }
    assert answer["data"][0]["orders"] == orders(from_=last - 29 * DAY, to=last)


@pytest.mark.parametrize(
    "period, first, last",
    [
        ("last-7-days", "2023-03-09", "2023-03-15"),
        ("last-30-days", "2023-02-14", "2023-03-15"),
        ("last-90-days", "2022-12-16", "2023-03-15"),
        ("this-month", "2023-03-01", "2023-03-15"),
        ("last-month", "2023-02-01", "2023-02-28"),
        ("this-quarter", "2023-01-01", "2023-03-15"),
        ("last-quarter", "2022-10-01", "2022-12-31"),
        ("this-year", "2023-01-01", "2023-03-15"),
        ("last-year", "2022-01-01", "2022-12-31"),
    ],
)
def test_periods_count_back_from_as_of(get, period, first, last):
    parameters = get("total-sales", period=period, as_of="2023-03-15").json()["parameters"]
    assert (parameters["from"], parameters["to"]) == (first, last)


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize(
    "value",
    """2023-02-30 2023-02-29 2023-13 2023-00 2023-01-00 2023-1-1 23 20230101 2023-01-01T00:00:00Z 2023/01/01 yesterday
    0000 9999 1899-12-31 2200 -2023 +2023 2023-01-01x 2023- ２０２３""".split()
    + [" 2023", "2023 ", "", "'", "1e3"],
)
def test_what_is_no_day_month_or_year_is_refused(get, name, value):
    problem = check_parameter_problem(get("total-sales", **{name: value}), name, value)
    assert "YYYY-MM-DD" in problem["accepted"]


@pytest.mark.parametrize("value", ["2023", "2023-01", "2023-02-30", "today", ""])
def test_as_of_is_one_day(get, value):
    check_parameter_problem(get("total-sales", period="this-year", as_of=value), "as_of", value)


def test_a_range_that_ends_before_it_begins_is_refused(get):
    problem = check_parameter_problem(get("total-sales", from_="2023-05-02", to="2023-05-01"), "from", "2023-05-02")
    assert "2023-05-01" in problem["detail"]
    assert get("total-sales", from_="2023-05", to="2023-05").status_code == 200


@pytest.mark.parametrize("name", ["from", "to"])
def test_period_does_not_go_with_from_or_to(get, name):
    check_parameter_problem(get("total-sales", period="last-month", **{name: "2023"}), "period", "last-month")


def test_an_unknown_period_is_answered_with_those_there_are(get):
    problem = check_parameter_problem(get("total-sales", period="last-fortnight"), "period", "last-fortnight")
    assert "last-7-days" in problem["accepted"] and "this-quarter" in problem["accepted"]


# Names


@pytest.mark.parametrize(
    "wrong, right",
    [("form", "from"), ("regoin", "region"), ("categroy", "category"), ("region[$ne]", "region"), ("Region", "region")],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(get, wrong, right):
    problem = check_parameter_problem(get("sales-by-region", **{wrong: "x"}), wrong, "x")
    assert f"'{right}'" in problem["detail"]
    assert right in problem["accepted"].split(", ")


@pytest.mark.parametrize("name", ["zzzzzzzz", "$where", "$gt", "a.b", "__proto__", "region.$ne", "[]", "x" * 300, "ключ"])
def test_a_name_like_no_other_is_refused_too(get, name):
    problem = check_problem(get("sales-by-region", **{name: "1"}), 400)
    assert name.startswith(problem["parameter"])


def test_a_parameter_that_other_kpis_take_is_refused_where_it_means_nothing(get):
    check_parameter_problem(get("total-sales", granularity="day"), "granularity", "day")
    check_parameter_problem(get("total-sales", limit="3"), "limit", "3")


@pytest.mark.parametrize("query", ["from", "region", "=2023", "&&&=", "limit"])
def test_half_a_parameter_is_refused(get, query):
    check_problem(get("sales-by-region", query=query), 400)


@pytest.mark.parametrize("name, value", [("from", "2023"), ("limit", "5"), ("sort", "sales"), ("period", "all"), ("offset", "0")])
def test_a_single_valued_parameter_is_given_once(get, name, value):
    check_parameter_problem(get("sales-by-region", query=[(name, value), (name, value)]), name, value)


# Numbers


@pytest.mark.parametrize("value", ["0", "-1", "10001", "1.5", "", "ten", "1e3", " 5", "+5", "5 ", "0x10", "99999999999999999999", "NaN", "١"])
def test_limit_is_a_whole_number_from_1_to_10000(get, value):
    problem = check_parameter_problem(get("sales-by-region", limit=value), "limit", value)
    assert "1" in problem["accepted"] and "10000" in problem["accepted"].replace(",", "")


@pytest.mark.parametrize("value", [1, 10000])
def test_the_ends_of_limit_are_accepted(get, value):
    assert get("sales-by-region", limit=value).status_code == 200


def test_limit_is_the_most_rows(get):
    answer = get("sales-by-city", limit=3).json()
    assert len(answer["data"]) == 3
    assert answer["next_offset"] == 3


@pytest.mark.parametrize("value", ["-1", "1.5", "", "x", "99999999999"])
def test_offset_is_a_whole_number_from_0(get, value):
    check_parameter_problem(get("sales-by-region", offset=value), "offset", value)


@pytest.mark.parametrize("offset", [100, 10_000, 10_000_000])
def test_an_offset_past_the_end_is_an_empty_list(get, offset):
    answer = get("sales-by-region", offset=offset)
    assert answer.status_code == 200
    assert answer.json()["data"] == [] and "next_offset" not in answer.json()


# Order


@pytest.mark.parametrize("value", ["", "-", "nonsense", "--sales", "sales,region", "+sales", "Sales", "$sales", "name"])
def test_sort_is_a_column_that_can_be_sorted_by(get, value):
    problem = check_parameter_problem(get("sales-by-product", sort=value), "sort", value)
    assert "discount_rate" in problem["accepted"] and "name" not in problem["accepted"].split(", ")


@pytest.mark.parametrize("value", ["", "hour", "Month", "months", "fortnight"])
def test_granularity_is_one_of_its_values(get, value):
    problem = check_parameter_problem(get("sales-over-time", granularity=value), "granularity", value)
    assert problem["accepted"] == "day, week, month, quarter, year"


def test_more_periods_than_rows_can_be_are_refused(get):
    answer = get("sales-over-time", granularity="day", from_="1900", to="2199")
    assert "periods" in check_problem(answer, 400)["detail"]


# Filters


@pytest.mark.parametrize("name", "region country state city segment category subcategory product customer seller status".split())
@pytest.mark.parametrize(
    "value",
    ["$secret", "$region", "$$ROOT", '{"$ne":null}', '{"$gt":""}', "[$ne]", "' OR 1=1 --", ".*", "^W", "null", "true", "1",
     "$where: 1", "%", "west", "West ", " West", "W\nest", "\u202eWest", "\U0001f600", "x" * 1024, "é" * 512],
)  # fmt: skip
def test_a_value_matches_only_itself(orders, name, value):
    assert orders(**{name: value}) == 0


@pytest.mark.parametrize("value", ["x" * 1025, "é" * 513, "x" * 5000, ""])
def test_a_value_too_long_or_empty_is_refused(get, value):
    problem = check_problem(get("total-sales", region=value), 400)
    assert problem["parameter"] == "region"
    assert value.startswith(problem["value"])


def test_a_filter_given_again_means_any_of_the_values(orders):
    both = orders(region=["West", "East"])
    assert both == orders(region="West") + orders(region="East")
    assert both == orders(region=["East", "West", "East", "Nowhere"])


def test_filters_of_different_names_all_hold(orders, get):
    state = get("sales-by-state", region="West", limit=1).json()["data"][0]["state"]
    assert orders(region="West", state=state) == orders(state=state) > 0
    assert orders(region="East", state=state) == 0


def test_too_many_values_are_refused(get):
    values = [f"C{number:07}" for number in range(1, 102)]
    assert get("total-sales", customer=values[:100]).status_code == 200
    assert check_problem(get("total-sales", customer=values), 400)["parameter"] == "customer"


def test_percent_and_plus_are_decoded_once(get):
    answer = get("total-sales", query="city=New%20York+City&state=%2541")
    assert answer.json()["parameters"] == {"state": "%41", "city": "New York City"}


def test_the_answer_says_which_parameters_were_in_effect(get):
    answer = get("sales-by-region", from_="2023", segment=["Corporate", "Consumer"]).json()
    assert answer["parameters"] == {
        "from": "2023-01-01",
        "segment": ["Consumer", "Corporate"],
        "sort": "-sales",
        "limit": 50,
        "offset": 0,
    }


def test_spellings_of_one_request_are_one_request(get):
    """The same range and the same filters in another order: the same tag, so one answer in any cache."""
    one = get("sales-by-region", query="from=2023&to=2023&region=West&region=East&limit=50")
    other = get("sales-by-region", query="region=East&to=2023-12-31&region=West&from=2023-01")
    assert one.headers["ETag"] == other.headers["ETag"]
    assert one.headers["ETag"] != get("sales-by-region", query="from=2023&to=2022-12-31".replace("2022", "2024")).headers["ETag"]


# Bytes that no client library sends


@pytest.mark.parametrize("query", ["region=%00", "region=West%00", "%00=x", "fr%00om=2023"])
def test_a_nul_in_the_query_is_refused(api, query):
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?{query}", timeout=10), 400)


@pytest.mark.parametrize("path", ["/v1/kpis/total-sales%00", "/%00", "/v1/kpis/%00", "/v1/dimensions/region%00"])
def test_a_nul_in_the_path_is_refused(api, path):
    check_problem(requests.get(api + path, timeout=10), 400)


@pytest.mark.parametrize("text", ["%ff", "%c3%28", "%ed%a0%80", "%c0%80", "%f5%80%80%80", "a%80"])
def test_what_is_not_utf_8_is_refused(api, text):
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?region={text}", timeout=10), 400)
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?{text}=x", timeout=10), 400)
    check_problem(requests.get(f"{api}/v1/kpis/{text}", timeout=10), 400)


@pytest.mark.parametrize("escape", ["%zz", "%", "%4", "%g0", "%0g", "%%41", "50%", "%u0041", "% 41"])
def test_a_percent_sign_without_two_digits_is_refused_with_how_to_write_it(api, escape):
    quoted = escape.replace(" ", "+")
    for target in (f"/v1/kpis/total-sales?region={quoted}", f"/v1/kpis/total-sales?{quoted}=x", f"/v1/kpis/{quoted}", f"/v1/dimensions/region?q={quoted}"):
        with Connection(api.removeprefix("http://")) as connection:
            assert "%25" in check_problem(connection.ask(target), 400)["detail"]


@pytest.mark.parametrize("size", [9_000, 20_000, 28_000])
def test_a_uri_too_long_is_refused(api, size):
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?region={'x' * size}", timeout=10), 414)
    check_problem(requests.get(f"{api}/v1/kpis/{'x' * size}", timeout=10), 414)


def test_a_hundred_kilobytes_of_uri_end_in_an_error_too(api):
    answer = requests.get(f"{api}/v1/kpis/total-sales?region={'x' * 100_000}", timeout=10)
    assert answer.status_code in (400, 414, 431)
    assert requests.get(f"{api}/livez", timeout=10).status_code == 200


def test_many_parameters_are_refused(api):
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?{'&'.join(['city=a'] * 300)}", timeout=10), 400)
