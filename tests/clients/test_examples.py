"""The examples run as they are against a real kpi-server, and show its numbers."""

import datetime
import os
import subprocess

import pytest
import requests
import streamlit
from streamlit.testing.v1 import AppTest

import harness

DASHBOARD = harness.ROOT / "examples" / "streamlit" / "dashboard.py"
REPORT = harness.ROOT / "examples" / "shell" / "report.sh"


def ask(api, name, **parameters):
    return requests.get(f"{api}/v1/kpis/{name}", params=parameters, timeout=30).json()["data"]


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    """Of whoever runs the tests; nor what the dashboard got with another one."""
    monkeypatch.delenv("KPI_KEY", raising=False)
    streamlit.cache_data.clear()


@pytest.fixture(scope="module")
def guarded(engine_uri, database, tmp_path_factory):
    """A server that asks for a key, and a key for it."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    command = [harness.BUILD / "kpi-server", "key", "add", "report", "--keys", keys]
    key = subprocess.run(command, env=harness.environment(), check=True, capture_output=True, text=True, timeout=20).stdout.strip()
    with harness.Server(engine_uri, database, "--keys", str(keys)) as server:
        yield server, key


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


def test_dashboard_sends_its_key(guarded, api, monkeypatch, tmp_path):
    server, key = guarded
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("KPI_SERVER", server.url)
    monkeypatch.setenv("KPI_KEY", key)
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    assert not app.exception and not app.error, [element.value for element in [*app.exception, *app.error]]
    assert shown(ask(api, "sales-summary")[0]).items() <= headline(app).items()


@pytest.mark.parametrize("key", ["", "kpi_wrong"])
def test_dashboard_without_a_good_key_says_so(guarded, monkeypatch, key):
    monkeypatch.setenv("KPI_SERVER", guarded[0].url)
    monkeypatch.setenv("KPI_KEY", key)
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60).run()
    assert not app.exception and len(app.error) == 1
    assert "API key" in app.error[0].value and "KPI_KEY" in app.error[0].value


def report(api, *arguments, key=None):
    env = {**os.environ, "KPI_SERVER": api} | ({"KPI_KEY": key} if key is not None else {})
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


def test_shell_report_sends_its_key(guarded, api):
    server, key = guarded
    done = report(server.url, "this-year", key=key)
    assert done.returncode == 0, done.stderr
    assert done.stdout == report(api, "this-year").stdout


@pytest.mark.parametrize("key", [None, "", "kpi_wrong"])
def test_shell_report_without_a_good_key_says_so(guarded, key):
    done = report(guarded[0].url, "this-year", key=key)
    assert done.returncode == 1 and done.stdout == ""
    assert "API key" in done.stderr and len(done.stderr.splitlines()) == 1


def test_shell_report_shows_its_key_to_no_other_user(tmp_path):
    """curl's own words, which everybody can read in the list of processes, are without it."""
    (tmp_path / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{tmp_path}/words\n')
    (tmp_path / "curl").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KPI_KEY": "kpi_secret"}
    subprocess.run([REPORT], env=env, capture_output=True, timeout=60)
    words = (tmp_path / "words").read_text()
    assert "--header" in words and "kpi_secret" not in words


@pytest.mark.parametrize("header", ["Authorization: Bearer {}", "X-API-Key: {}"])
def test_headers_that_other_tools_are_told_to_send_are_taken(guarded, header):
    """As Grafana, Excel and Power BI are set up: examples/README.md."""
    server, key = guarded
    url = f"{server.url}/v1/kpis/sales-by-product?period=last-month&format=csv"
    done = subprocess.run(["curl", "-sf", "--header", header.format(key), url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("product,name,sales")
    name, _, value = header.partition(": ")
    text = (harness.ROOT / "examples" / "README.md").read_text()
    assert name in text and (value != "Bearer {}" or "Bearer Token" in text)
