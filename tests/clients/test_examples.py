"""The examples run as they are against a real kpi-server, and show its numbers."""

import datetime
import os
import subprocess

import pytest
import requests
from streamlit.testing.v1 import AppTest

import harness

DASHBOARD = harness.ROOT / "examples" / "streamlit" / "dashboard.py"
REPORT = harness.ROOT / "examples" / "shell" / "report.sh"


def ask(api, name, **parameters):
    return requests.get(f"{api}/v1/kpis/{name}", params=parameters, timeout=30).json()["data"]


@pytest.fixture
def dashboard(api, monkeypatch):
    monkeypatch.setenv("KPI_SERVER", api)
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    assert not app.exception and not app.error, [element.value for element in [*app.exception, *app.error]]
    return app


def headline(app):
    return {metric.label: metric.value for metric in app.metric}


def shown(row):
    return {"Sales (USD)": f"{row['sales']:,.0f}", "Orders": f"{row['orders']:,}", "Units": f"{row['units']:,}"}


def test_dashboard_shows_the_numbers_of_the_server(dashboard, api):
    (row,) = ask(api, "sales-summary")
    assert shown(row).items() <= headline(dashboard).items()
    assert [part.value for part in dashboard.subheader] == [
        "Sales over time", "Sales by region", "Sales by category", "Where sales come from"]
    assert not dashboard.info


def test_filters_of_the_dashboard_filter_all_it_shows(dashboard, api):
    regions = [entry["value"] for entry in requests.get(f"{api}/v1/dimensions/region", timeout=10).json()["data"]]
    assert dashboard.multiselect(key="region").options == regions
    dashboard.multiselect(key="region").select("West")
    dashboard.multiselect(key="category").select("Furniture")
    dashboard.date_input(key="days").set_value((datetime.date(2023, 1, 1), datetime.date(2023, 6, 30)))
    dashboard.run()
    assert not dashboard.exception and not dashboard.error
    (row,) = ask(api, "sales-summary", region="West", category="Furniture", **{"from": "2023-01-01", "to": "2023-06-30"})
    assert shown(row).items() <= headline(dashboard).items()


def test_dashboard_says_where_nothing_was_sold(dashboard):
    first = dashboard.date_input(key="days").value[0]
    dashboard.multiselect(key="region").select("Canada")
    dashboard.multiselect(key="category").select("Furniture")
    dashboard.date_input(key="days").set_value((first, first))
    dashboard.run()
    assert not dashboard.exception and not dashboard.error
    assert len(dashboard.info) == 3


def test_dashboard_without_a_server_says_so(monkeypatch):
    monkeypatch.setenv("KPI_SERVER", "http://127.0.0.1:9")
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    assert not app.exception
    assert "No kpi-server answers at http://127.0.0.1:9" in app.error[0].value


def report(api, *arguments):
    env = {**os.environ, "KPI_SERVER": api}
    return subprocess.run([REPORT, *arguments], env=env, capture_output=True, text=True, timeout=60)


def test_shell_report_shows_the_numbers_of_the_server(api):
    done = report(api, "this-year")
    assert done.returncode == 0, done.stderr
    (row,) = ask(api, "sales-summary", period="this-year")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["sales", str(row["sales"]), "USD"] in lines
    assert ["orders", str(row["orders"])] in lines
    best = ask(api, "sales-by-region", period="this-year")[0]
    assert [best["region"], str(best["sales"]), str(best["orders"])] in lines


def test_shell_report_says_what_is_wrong(api):
    done = report(api, "someday")
    assert done.returncode == 1
    assert done.stderr.startswith("report: period: ") and len(done.stderr.splitlines()) == 1
    done = report("http://127.0.0.1:9")
    assert done.returncode == 1
    assert "no kpi-server answers at http://127.0.0.1:9" in done.stderr
