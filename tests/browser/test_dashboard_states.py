"""The dashboard when something is other than well: no data, no database, slow or broken answers, new data, new definitions; and what it
transfers."""

import json
import re
import shutil

import pytest
import requests
from playwright.sync_api import expect

import harness
from api.gate import Gate
from dashboard import answer_with, ask, card, choose, drawn

PROBLEM = {"title": "Internal Server Error", "status": 500, "detail": "The pipeline broke."}
YEAR = {"from": "2024-01-01", "to": "2024-12-31"}


def test_nothing_loaded_yet_says_how_to_load(new_page, api):
    status = requests.get(f"{api}/v1/status", timeout=10).json()
    status.update(data_version=0, first_day=None, last_day=None, currency="", last_import=None, counts={})
    page = new_page("/", before=answer_with("**/v1/status", 200, status))
    expect(page.locator("#banner")).to_contain_text("kpi-load FOLDER")


def test_an_empty_database_is_no_error(new_page, start_server, engine_uri, new_database):
    server = start_server(engine_uri, new_database("empty"), ready=False)
    page = new_page(f"{server.url}/", origin=server.url)
    expect(page.locator("#banner")).to_contain_text("Nothing has been loaded yet.")
    drawn(page)
    expect(page.locator('[data-state="error"]')).to_have_count(0)


def test_a_range_without_sales_is_said_to_be_empty(new_page):
    page = drawn(new_page("/?region=Canada&segment=Nobody"))
    expect(card(page, "sales-by-category")).to_have_attribute("data-state", "empty")
    expect(card(page, "sales-by-category")).to_contain_text("Nothing in this range with these filters.")


def test_the_reason_for_nothing_is_one_that_can_be_it(new_page, api):
    """And not the first thing that the answer has to say."""
    lacks = [f"The loaded data has no {what}." for what in ("payments", "reviews", "sellers", "delivery dates", "regions")]

    def empty(kpi, notes):
        return answer_with(f"**/v1/kpis/{kpi}?**", 200, {**ask(api, kpi, **YEAR), "data": [], "notes": notes})

    def answers(page):
        empty("seller-performance", lacks[1:])(page)
        empty("payment-mix", lacks[1:])(page)

    page = drawn(new_page("/?page=sellers", before=answers))
    expect(card(page, "seller-performance").locator(".card-empty")).to_have_text(lacks[2])
    expect(card(page, "seller-performance").locator(".card-notes")).to_contain_text(lacks[1])
    expect(card(page, "seller-performance").locator(".card-notes")).not_to_contain_text(lacks[2])
    expect(card(page, "payment-mix").locator(".card-empty")).to_have_text("There is nothing in this range.")
    expect(card(page, "payment-mix").locator(".card-notes")).to_contain_text(lacks[1])
    choose(page, "region", "West")
    drawn(page)
    expect(card(page, "payment-mix").locator(".card-empty")).to_have_text(lacks[4])


def test_one_chart_that_fails_leaves_the_others_and_can_be_tried_again(new_page):
    page = new_page("/", expect_complaints=True, before=answer_with("**/v1/kpis/sales-by-region?**", 500, PROBLEM))
    drawn(page)
    failed = card(page, "sales-by-region")
    expect(failed).to_have_attribute("data-state", "error")
    expect(failed).to_contain_text("The pipeline broke.")
    expect(card(page, "sales-by-category")).to_have_attribute("data-state", "ready")
    page.unroute("**/v1/kpis/sales-by-region?**")
    failed.get_by_role("button", name="Try again").click()
    expect(failed).to_have_attribute("data-state", "ready")


def test_a_chart_that_loads_says_so(new_page):
    held = []
    page = new_page("/", before=lambda page: page.route("**/v1/kpis/sales-by-region?**", lambda route: held.append(route)))
    expect(card(page, "sales-by-category")).to_have_attribute("data-state", "ready")
    expect(card(page, "sales-by-region")).to_have_attribute("data-state", "loading")
    expect(card(page, "sales-by-region")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(card(page, "sales-by-region")).to_have_attribute("data-state", "ready")


def test_old_numbers_are_marked(new_page, api):
    stale = {**ask(api, "sales-by-category", compare="previous-period", **YEAR), "stale": True}
    page = drawn(new_page("/", before=answer_with("**/v1/kpis/sales-by-category?**", 200, stale)))
    expect(card(page, "sales-by-category")).to_have_attribute("data-state", "stale")
    expect(card(page, "sales-by-category")).to_contain_text("Old numbers")


def test_a_filter_that_a_kpi_does_not_take_is_said(new_page, api):
    catalogue = requests.get(f"{api}/v1/kpis", timeout=10).json()
    for kpi in catalogue["data"]:
        if kpi["name"] == "sales-by-category":
            kpi["parameters"].remove("region")
    page = new_page("/?region=West", before=answer_with("**/v1/kpis", 200, catalogue))
    drawn(page)
    expect(card(page, "sales-by-category")).to_contain_text("Not filtered by Region")
    expect(card(page, "sales-by-product")).not_to_contain_text("Not filtered")


def test_notes_of_an_answer_are_shown(new_page, api):
    answer = {**ask(api, "sales-by-category", **YEAR), "notes": ["The data tell no cost."]}
    page = drawn(new_page("/", before=answer_with("**/v1/kpis/sales-by-category?**", 200, answer)))
    expect(card(page, "sales-by-category")).to_contain_text("The data tell no cost.")


def test_without_the_database_numbers_stay_or_are_said_to_be_missing(new_page, start_server, engine_uri, database):
    with Gate(engine_uri).open() as gate:
        server = start_server(gate.uri, database, "--max-stale", "0", "--fresh-wait", "1")
        page = drawn(new_page(f"{server.url}/", origin=server.url, expect_complaints=True))
        gate.shut()
        page.locator("#compare").select_option("off")
        overview = card(page, "sales-by-region")
        expect(overview).to_have_attribute("data-state", "stale")
        expect(overview).to_contain_text("Numbers of before")
        page.reload()
        expect(overview).to_have_attribute("data-state", "error")
        expect(page.locator("#banner")).to_contain_text("The database does not answer")
        gate.open()
        # Nobody presses a button at a screen on the wall.
        expect(overview).to_have_attribute("data-state", "ready")
        expect(page.locator(".banner")).to_have_count(0)


def test_with_the_database_away_old_numbers_are_said_to_be_old(new_page, start_server, engine_uri, database):
    """On a page that nobody touches, and on one that is opened then: it shows the days that it says."""
    with Gate(engine_uri).open() as gate:
        server = start_server(gate.uri, database)
        idle = drawn(new_page(f"{server.url}/", origin=server.url, expect_complaints=True))
        live = idle.locator("#live")
        expect(live).to_have_class("live on")
        sales = card(idle, "sales-summary").locator('[data-column="sales"] .figure-value').inner_text()
        gate.shut()
        expect(idle.locator("#banner")).to_contain_text("The database does not answer")
        expect(live).to_have_class("live")
        expect(live).to_have_attribute("title", re.compile("database does not answer"))
        opened = new_page(f"{server.url}/", origin=server.url, expect_complaints=True)
        expect(opened.locator("#banner")).to_contain_text("The database does not answer")
        cards = opened.locator("#cards [data-kpi]")
        expect(opened.locator('#cards [data-state="stale"]')).to_have_count(cards.count())
        expect(opened.locator("#cards .card-status")).to_contain_text(["Old numbers: the database does not answer."] * cards.count())
        expect(opened.locator("#range b")).to_have_text(re.compile("Jan 1.*2024"))
        expect(card(opened, "sales-summary").locator('[data-column="sales"] .figure-value')).to_have_text(sales)
        gate.open()
        for page in (idle, opened):
            expect(page.locator(".banner")).to_have_count(0)
            expect(page.locator('#cards [data-state="ready"]')).to_have_count(cards.count())
            expect(page.locator("#live")).to_have_class("live on")


def test_without_their_days_no_numbers_stand_under_a_range(new_page):
    """Which days the last 12 months are is known from the state of the data: without it numbers of other days must not be shown."""
    asked = []

    def begin(page):
        page.on("request", lambda request: asked.append(request.url))
        answer_with("**/v1/status", 503, {"title": "Service Unavailable", "status": 503, "detail": "No database."})(page)

    page = drawn(new_page("/?lang=en", expect_complaints=True, before=begin))
    summary = card(page, "sales-summary")
    expect(page.locator("#period")).to_contain_text("Last 12 months")
    expect(page.locator('#cards [data-state="error"]')).to_have_count(page.locator("#cards [data-kpi]").count())
    expect(summary).to_contain_text("The database does not answer.")
    assert not [url for url in asked if "/v1/kpis/" in url]
    page.locator("#period").click()
    page.get_by_role("button", name="All days", exact=True).click()  # which the server knows by itself
    expect(summary).to_have_attribute("data-state", "ready")
    page.go_back()
    expect(summary).to_have_attribute("data-state", "error")
    expect(summary.locator(".figure-value")).to_have_count(0)
    page.unroute("**/v1/status")
    summary.get_by_role("button", name="Try again").click()
    expect(summary).to_have_attribute("data-state", "ready")
    assert all("from=2024-01-01" in url or "period=all" in url or "limit=10000" in url for url in asked if "/v1/kpis/" in url)


def test_numbers_of_other_filters_do_not_stay_when_those_asked_for_fail(new_page):
    page = drawn(new_page("/", expect_complaints=True))
    page.route("**/v1/kpis/sales-by-category?**", lambda route: route.fulfill(status=500, body=json.dumps(PROBLEM)))
    failed = card(page, "sales-by-category")
    page.locator("#compare").select_option("off")
    expect(failed).to_contain_text("Numbers of before")
    choose(page, "region", "West")
    expect(failed).to_have_attribute("data-state", "error")
    expect(failed.locator("canvas")).to_have_count(0)


def test_a_server_that_is_away_is_said(new_page, api):
    page = drawn(new_page("/", expect_complaints=True))
    page.route("**/v1/**", lambda route: route.abort())
    page.locator("#compare").select_option("off")
    expect(card(page, "sales-summary")).to_contain_text("The server cannot be reached.")


def test_a_failure_of_the_catalogue_is_said_and_can_be_tried_again(new_page):
    page = new_page("/", expect_complaints=True, before=answer_with("**/v1/kpis", 500, PROBLEM))
    expect(page.locator("#cards")).to_contain_text("The pipeline broke.")
    page.unroute("**/v1/kpis")
    page.get_by_role("button", name="Try again").click()
    drawn(page)


def test_new_data_appear_by_themselves(new_page, start_server, engine_uri, new_database, sample, tmp_path):
    database = new_database("live")
    harness.load(engine_uri, database, sample)
    server = start_server(engine_uri, database)
    page = drawn(new_page(f"{server.url}/?period=all", origin=server.url))
    orders = card(page, "sales-summary").locator('[data-column="orders"] .figure-value')
    expect(orders).to_have_text(f"{ask(server.url, 'order-count')['data'][0]['orders']:,}")
    expect(page.locator("#live")).to_have_class("live on")
    before = orders.inner_text()
    harness.load(engine_uri, database, harness.generate(tmp_path / "more", orders=900, seed=5), options=["--replace"])
    expect(orders).not_to_have_text(before)
    expect(orders).to_have_text(f"{ask(server.url, 'order-count')['data'][0]['orders']:,}")


def test_a_new_definition_is_a_new_chart(new_page, start_server, engine_uri, database, tmp_path):
    pipelines = tmp_path / "pipelines"
    shutil.copytree(harness.PIPELINES, pipelines)
    new = json.loads((pipelines / "kpi" / "sales-by-region.json").read_text())
    scatter = {"type": "scatter", "x": "orders", "y": ["sales"], "value": "units", "label": "region"}
    for name, change in {
        "sales-by-area": {"title": "Sales by area"},
        "areas": {"title": "Areas at a glance", "group": "our own", "chart": scatter},
    }.items():
        (pipelines / "kpi" / f"{name}.json").write_text(json.dumps({**new, **change}))
    server = start_server(engine_uri, database, pipelines=pipelines)
    page = drawn(new_page(f"{server.url}/?page=geography", origin=server.url))
    expect(card(page, "sales-by-area")).to_contain_text("Sales by area")
    expect(card(page, "sales-by-area").locator("canvas")).to_be_visible()
    page.get_by_role("link", name="Our own").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our own")
    expect(card(page, "areas").locator("canvas")).to_be_visible()
    expect(card(page, "areas")).to_have_attribute("data-state", "ready")


def transferred(page, act):
    """The bytes that came over the network while something was done, with their headers. Events are left out: they never end."""
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    finished = []
    client.on("Network.loadingFinished", lambda event: finished.append(event["encodedDataLength"]))
    act()
    page.wait_for_timeout(500)
    client.detach()
    return sum(finished)


def test_transfers_little_at_first_and_less_after(new_page):
    page = new_page("/livez")
    first = transferred(page, lambda: drawn(page.goto("/") and page))
    again = transferred(page, lambda: drawn(page.reload() and page))
    filtered = transferred(page, lambda: (page.locator("#compare").select_option("off"), drawn(page)))
    assert 100_000 < first <= 700_000
    assert again <= 30_000
    assert filtered <= 30_000


def test_only_the_page_in_view_is_asked_for_and_each_kpi_once(new_page):
    """And once more for the rows of a ranking that were not among the first of then."""
    asked = []
    page = new_page("/", before=lambda page: page.on("request", lambda request: asked.append(request.url)))
    drawn(page)
    before = [url for url in asked if "limit=10000" in url]
    assert len(before) <= 2 and all("from=2023-01-01&to=2023-12-31" in url for url in before)
    kpis = [url.split("/v1/kpis/")[1].split("?")[0] for url in asked if "/v1/kpis/" in url and url not in before]
    assert len(kpis) == len(set(kpis)) == page.locator("#cards [data-kpi]").count()


def test_a_limited_rate_is_waited_for(new_page, start_server, engine_uri, database):
    """The files of the page are many more than the limit lets through at once, and its requests are, too."""
    server = start_server(engine_uri, database, "--rate-limit", "4", "--rate-burst", "3")
    page = drawn(new_page(f"{server.url}/", origin=server.url, expect_complaints=True))
    expect(page.locator('#cards [data-state="error"]')).to_have_count(0)
    assert page.locator('#cards [data-state="ready"]').count() > 3
