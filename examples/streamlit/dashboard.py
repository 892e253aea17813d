"""A sales dashboard over kpi-server: headline numbers, sales over time, by region and category, and on the map.

    pip install -r requirements.txt
    KPI_SERVER=http://127.0.0.1:8080 streamlit run dashboard.py

KPI_KEY is the API key, where the server asks for one: whoever sees the page sees what the key may.

All numbers come from the server: this page neither computes KPIs nor knows where the data are.
"""

import datetime
import os

import altair as alt
import pandas as pd
import requests
import streamlit as st

SERVER = os.environ.get("KPI_SERVER", "http://127.0.0.1:8080").rstrip("/")
KEY = os.environ.get("KPI_KEY", "")
ANSWER_SECONDS = 30


@st.cache_resource
def connection():
    """Kept open between questions: an answer that has not changed comes back as 304, without a body."""
    return requests.Session()


def with_key(request):
    """Sends the key, and nothing of ~/.netrc in its place."""
    if KEY:
        request.headers["Authorization"] = f"Bearer {KEY}"
    return request


def get(url, **parameters):
    answer = connection().get(url, params=parameters, auth=with_key, timeout=ANSWER_SECONDS)
    if answer.ok:
        return answer.json()
    problem = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
    advice = " KPI_KEY is where this page has its key from." if answer.status_code == 401 else ""
    raise RuntimeError(problem.get("detail", f"the server answered {answer.status_code}") + advice)


@st.cache_data(ttl=5, show_spinner=False)
def status(server):
    return get(f"{server}/v1/status")


@st.cache_data(show_spinner="Asking the server …", max_entries=500)
def ask(server, path, data_version, **parameters):
    """An answer of the server. data_version is part of the question: with new data all is asked again."""
    return get(f"{server}/v1/{path}", **parameters)


def kpi(name, data_version, **parameters):
    return ask(SERVER, f"kpis/{name}", data_version, **parameters)


def menu(dimension, data_version):
    """The values of a filter."""
    return [entry["value"] for entry in ask(SERVER, f"dimensions/{dimension}", data_version, limit=1000)["data"]]


def choose(state):
    """The filters of the sidebar, as parameters of the API."""
    version = state["data_version"]
    first, last = (datetime.date.fromisoformat(state[day]) for day in ("first_day", "last_day"))
    with st.sidebar:
        st.header("Filters")
        days = st.date_input("Days", (first, last), min_value=first, max_value=last, key="days")
        regions = st.multiselect("Region", menu("region", version), key="region", placeholder="All regions")
        categories = st.multiselect("Category", menu("category", version), key="category", placeholder="All categories")
        st.caption(f"Data version {version}, newest day {last:%d %b %Y}")
    if isinstance(days, datetime.date):
        days = (days,)
    if len(days) != 2:
        st.info("Choose the last day of the range, too.")
        st.stop()
    chosen = {"from": days[0].isoformat(), "to": days[1].isoformat()}
    if regions:
        chosen["region"] = regions
    if categories:
        chosen["category"] = categories
    return chosen


def money(value):
    return "–" if value is None else f"{value:,.0f}"


def count(value):
    return "–" if value is None else f"{value:,}"


def show_headline(version, chosen):
    answer = kpi("sales-summary", version, **chosen)
    row, currency = answer["data"][0], answer["currency"]
    tiles = [
        (f"Sales ({currency})", money(row["sales"])),
        (f"Profit ({currency})", money(row["profit"])),
        ("Orders", count(row["orders"])),
        (f"Per order ({currency})", money(row["average_order_value"])),
        ("Units", count(row["units"])),
    ]
    for column, (label, text) in zip(st.columns(len(tiles)), tiles):
        column.metric(label, text)
    for note in answer.get("notes", []):
        st.caption(note)


def show_time(version, chosen):
    st.subheader("Sales over time")
    granularity = st.segmented_control("Granularity", ["day", "week", "month", "quarter"], default="month", key="granularity")
    answer = kpi("sales-over-time", version, granularity=granularity or "month", limit=10000, **chosen)
    rows = pd.DataFrame(answer["data"])
    if rows.empty:
        st.info("Nothing was sold in this range.")
        return
    rows["period"] = pd.to_datetime(rows["period"])
    st.line_chart(rows, x="period", y=["sales", "profit"], x_label="", y_label=answer["currency"])


def show_regions(version, chosen):
    st.subheader("Sales by region")
    rows = pd.DataFrame(kpi("sales-by-region", version, limit=50, **chosen)["data"])
    if rows.empty:
        st.info("Nothing was sold in this range.")
        return
    st.bar_chart(rows, x="region", y="sales", x_label="", horizontal=True, sort="-sales")


def show_categories(version, chosen):
    st.subheader("Sales by category")
    rows = pd.DataFrame(kpi("sales-by-category", version, limit=50, **chosen)["data"])
    rows = rows[rows["sales"] > 0] if not rows.empty else rows  # a share of a pie cannot be negative
    if rows.empty:
        st.info("Nothing was sold in this range.")
        return
    pie = alt.Chart(rows.fillna({"category": "none"})).mark_arc(innerRadius=50)
    st.altair_chart(pie.encode(theta="sales:Q", color=alt.Color("category:N", title=None), tooltip=["category", "sales", "orders"]))


def show_map(version, chosen):
    st.subheader("Where sales come from")
    rows = pd.DataFrame(kpi("sales-map", version, limit=1000, **chosen)["data"])
    if rows.empty:
        st.info("No order of this range has a place with coordinates.")
        return
    rows["size"] = (rows["sales"].clip(lower=0) / max(rows["sales"].max(), 1)) ** 0.5 * 60_000
    st.map(rows, latitude="latitude", longitude="longitude", size="size")


def section(show, version, chosen):
    """One that fails does not take the page with it."""
    try:
        show(version, chosen)
    except RuntimeError as problem:
        st.error(str(problem))


def main():
    st.set_page_config("Sales", layout="wide")
    st.title("Sales")
    try:
        state = status(SERVER)
        if not state["last_day"]:
            st.info("Nothing is loaded yet: kpi-load FILES loads some.")
            st.stop()
        version, chosen = state["data_version"], choose(state)
        section(show_headline, version, chosen)
        section(show_time, version, chosen)
        left, right = st.columns(2)
        with left:
            section(show_regions, version, chosen)
        with right:
            section(show_categories, version, chosen)
        section(show_map, version, chosen)
    except requests.RequestException:
        st.error(f"No kpi-server answers at {SERVER}. Start it, or say where it is with KPI_SERVER.")
    except RuntimeError as problem:  # what the filters need
        st.error(str(problem))


main()
