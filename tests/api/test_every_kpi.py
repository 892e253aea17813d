"""What holds for every KPI there is, whatever it answers: a definition that is added is tested here without a word."""

import datetime
import decimal
import json
import math
import urllib.parse

import pytest

import harness

DEFINITIONS = {path.stem: json.loads(path.read_text()) for path in sorted((harness.PIPELINES / "kpi").glob("*.json"))}
RANGE = "from=2024-02-10&to=2024-11-20"
DAY = datetime.timedelta(days=1)

every_kpi = pytest.mark.parametrize("kpi", DEFINITIONS)
every_list = pytest.mark.parametrize("kpi", [name for name, d in DEFINITIONS.items() if not d.get("single_row")])
every_series = pytest.mark.parametrize("kpi", [name for name, d in DEFINITIONS.items() if "granularity" in d["parameters"]])


@pytest.fixture(scope="module")
def ask(server):
    def ask(kpi, query="", status=200):
        answer = server.get(f"/v1/kpis/{kpi}?{query}")
        assert answer.status_code == status, f"{answer.url}: {answer.text[:500]}"
        return json.loads(answer.text, parse_float=decimal.Decimal)

    return ask


@pytest.fixture(scope="module")
def values(server):
    """{dimension: three of its values}"""

    def of(name):
        return [row["value"] for row in server.get(f"/v1/dimensions/{name}?limit=3").json()["data"]]

    return {name: of(name) for name in ("region", "country", "state", "city", "segment", "category", "subcategory", "product", "customer", "seller", "status")}


def filters(*pairs):
    return "".join("&" + urllib.parse.urlencode([pair]) for pair in pairs)


def column_names(kpi, **having):
    return [c["name"] for c in DEFINITIONS[kpi]["columns"] if all(c.get(key, default) == value for key, (value, default) in having.items())]


def keys(kpi):
    return column_names(kpi, key=(True, False))


def ranked(value):
    """As the database orders values: null before all else, texts by their bytes."""
    return (value is not None, value.encode() if isinstance(value, str) else value or 0)


# Rows, their order and their pages


@every_list
def test_rows_are_told_apart_by_their_keys(ask, kpi):
    assert keys(kpi), "without keys, ties are broken by nothing"
    rows = ask(kpi, f"{RANGE}&limit=10000")["data"]
    assert rows, "the sample has rows of every KPI"
    assert len({tuple(row[name] for name in keys(kpi)) for row in rows}) == len(rows)


@every_list
def test_rows_can_be_sorted_by_every_column_and_ties_by_their_keys(ask, kpi):
    assert {"sort", "limit", "offset"} <= set(DEFINITIONS[kpi]["parameters"])
    whole = ask(kpi, f"{RANGE}&limit=10000")["data"]
    for name in column_names(kpi, sortable=(True, True)):
        for sign in ("", "-"):
            have = ask(kpi, f"{RANGE}&limit=10000&sort={sign}{name}")["data"]
            want = sorted(whole, key=lambda row: [ranked(row[key]) for key in keys(kpi)])
            want.sort(key=lambda row: ranked(row[name]), reverse=bool(sign))
            assert have == want, f"{sign}{name}"


@every_list
def test_pages_follow_each_other_without_gap_or_overlap(ask, kpi):
    for sort in ("", f"&sort=-{column_names(kpi, sortable=(True, True))[-1]}"):
        whole = ask(kpi, f"{RANGE}&limit=10000{sort}")["data"]
        size, offset, pages = math.ceil(len(whole) / 3), 0, []
        while offset is not None:
            page = ask(kpi, f"{RANGE}&limit={size}&offset={offset}{sort}")
            pages += page["data"]
            assert len(pages) <= len(whole), "pages overlap"
            offset = page.get("next_offset")
        assert pages == whole


@every_list
def test_the_ends_of_a_list(ask, kpi):
    whole = ask(kpi, f"{RANGE}&limit=10000")["data"]
    assert ask(kpi, f"{RANGE}&limit=1")["data"] == whole[:1]
    last = ask(kpi, f"{RANGE}&limit=5&offset={len(whole) - 1}")
    assert last["data"] == whole[-1:] and "next_offset" not in last
    beyond = ask(kpi, f"{RANGE}&offset={len(whole)}")
    assert beyond["data"] == [] and "next_offset" not in beyond


# Ranges


@every_kpi
@pytest.mark.parametrize("period, first, last", [
    ("last-30-days", "2024-08-03", "2024-09-01"), ("this-month", "2024-09-01", "2024-09-01"), ("last-quarter", "2024-04-01", "2024-06-30"),
    ("this-year", "2024-01-01", "2024-09-01"), ("last-year", "2023-01-01", "2023-12-31"),
])  # fmt: skip
def test_a_period_is_the_range_that_it_means(ask, kpi, period, first, last):
    named = ask(kpi, f"period={period}&as_of=2024-09-01")
    assert (named["parameters"]["from"], named["parameters"]["to"]) == (first, last)
    assert named["data"] == ask(kpi, f"from={first}&to={last}&as_of=2024-09-01")["data"]


@every_kpi
def test_a_period_counts_back_from_the_newest_day(ask, kpi):
    newest = ask(kpi, "period=last-90-days")
    assert newest["parameters"]["to"] == newest["last_day"]
    assert newest["data"] == ask(kpi, f"period=last-90-days&as_of={newest['last_day']}")["data"]


@every_kpi
def test_all_is_no_range_at_all(ask, kpi):
    assert ask(kpi, "period=all")["data"] == ask(kpi)["data"]


@every_kpi
def test_a_range_without_data_is_answered(ask, kpi):
    for query in ("from=1950&to=1950", "from=2030&to=2030", "to=1950", "from=2150"):
        ask(kpi, query)


# Filters


@every_kpi
def test_several_values_of_a_filter_mean_any_of_them(ask, values, kpi):
    for name, (one, *others) in values.items():
        if name not in DEFINITIONS[kpi]["parameters"]:
            continue
        other = others[-1] if others else one
        alone = ask(kpi, RANGE + filters((name, one)))["data"]
        assert ask(kpi, RANGE + filters((name, one), (name, "nowhere"), (name, one)))["data"] == alone, name
        both = ask(kpi, RANGE + filters((name, one), (name, other)))
        assert both["parameters"][name] == (sorted({one, other}) if one != other else one)
        assert ask(kpi, RANGE + filters((name, other), (name, one)))["data"] == both["data"], name


@every_kpi
def test_a_filter_that_a_kpi_takes_filters(ask, values, kpi):
    """One region of several is not all of them."""
    whole = ask(kpi, RANGE)["data"]
    part = ask(kpi, RANGE + filters(("region", values["region"][0])))["data"]
    assert part != whole


@every_kpi
def test_filters_on_all_dimensions_at_once_are_answered(ask, values, kpi):
    taken = set(values) & set(DEFINITIONS[kpi]["parameters"])
    ask(kpi, RANGE + filters(*((name, value) for name in sorted(taken) for value in values[name])))


# Time series


def start_of(day, granularity):
    match granularity:
        case "week":
            return day - day.weekday() * DAY
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
        case "year":
            return day.replace(day=1, month=1)
    return day


def starts(first, last, granularity):
    """The first days of all periods that the days are in."""
    return sorted({start_of(first + n * DAY, granularity) for n in range((last - first).days + 1)})


@every_series
@pytest.mark.parametrize("granularity", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("first, last, more", [
    ("2024-02-10", "2024-11-20", ""), ("2023-12-30", "2024-01-02", ""), ("2024-04-01", "2024-06-30", ""), ("2024-12-20", "2025-02-10", ""),
    ("2024-02-10", "2024-11-20", "&region=nowhere"),
])  # fmt: skip
def test_a_series_has_a_row_for_every_period_and_says_which_are_partial(ask, kpi, granularity, first, last, more):
    assert "period" in keys(kpi)
    answer = ask(kpi, f"from={first}&to={last}&granularity={granularity}&limit=10000{more}")
    first, last, newest = (datetime.date.fromisoformat(text) for text in (first, last, answer["last_day"]))
    want = starts(first, last, granularity)
    have = [datetime.date.fromisoformat(row["period"]) for row in answer["data"]]
    assert sorted(set(have)) == want
    ends = [start - DAY for start in starts(want[0], last + 400 * DAY, granularity)[1:]]
    whole = {start for start, end in zip(want, ends, strict=False) if start >= first and end <= min(last, newest)}
    for row, start in zip(answer["data"], have, strict=True):
        assert row["partial"] == (start not in whole), row
