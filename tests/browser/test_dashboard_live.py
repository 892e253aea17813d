"""A page that stays open: new data and new definitions reach it, and leave what its reader is at."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

import harness
from dashboard import ask, card, drawn, show_table, texts


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


def test_new_data_leave_an_open_menu_and_the_order_of_a_table(new_page, start_server, engine_uri, new_database, sample, tmp_path):
    database = new_database("at-work")
    harness.load(engine_uri, database, sample)
    server = start_server(engine_uri, database)
    page = drawn(new_page(f"{server.url}/?period=all", origin=server.url))
    expect(page.locator("#live")).to_have_class("live on")
    show_table(page, "sales-by-region")
    region = card(page, "sales-by-region").get_by_role("button", name="Region", exact=True)
    region.click()
    orders = card(page, "sales-summary").locator('[data-column="orders"] .figure-value')
    before = orders.inner_text()
    page.locator("#period").click()
    first = page.get_by_label("From", exact=True)
    first.fill("2023-02-03")
    harness.load(engine_uri, database, harness.generate(tmp_path / "more", orders=900, seed=5), options=["--replace"])
    expect(orders).not_to_have_text(before)
    drawn(page)
    expect(first).to_have_value("2023-02-03")
    expect(first).to_be_focused()
    shown = [row[0] for row in texts(page, "sales-by-region")]
    assert shown == sorted(shown) and shown[0] != ask(server.url, "sales-by-region")["data"][0]["region"]
    expect(card(page, "sales-by-region").locator('th[aria-sort="ascending"]')).to_have_text("Region")
    page.get_by_label("To", exact=True).fill("2023-02-03")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#range b")).to_have_text("Feb 3, 2023")
    drawn(page)


def test_a_server_that_took_no_listener_is_asked_again(new_page, api):
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(status=503, body='{"status":503}', content_type="application/problem+json")

    page = new_page("/", expect_complaints=True, before=lambda page: page.route("**/v1/events", refuse))
    drawn(page)
    live = page.locator("#live")
    expect(live).to_have_attribute("title", re.compile("connects again by itself"))
    with page.expect_request("**/v1/events", timeout=30_000):
        pass
    page.unroute("**/v1/events")
    expect(live).to_have_class("live on")
    assert asked, "the first was refused"


def test_a_new_definition_reaches_a_page_that_is_open(new_page, start_server, engine_uri, database, pipelines):
    new = json.loads((pipelines / "kpi" / "sales-by-region.json").read_text())
    server = start_server(engine_uri, database, pipelines=pipelines)
    page = drawn(new_page(f"{server.url}/?page=geography", origin=server.url))
    expect(page.locator("#live")).to_have_class("live on")
    (pipelines / "kpi" / "areas.json").write_text(json.dumps({**new, "title": "Areas"}))
    (pipelines / "kpi" / "ours.json").write_text(json.dumps({**new, "title": "Ours", "group": "our own"}))
    expect(card(page, "areas")).to_have_attribute("data-state", "ready")
    expect(page.get_by_role("link", name="Our own")).to_be_visible()
    (pipelines / "kpi" / "areas.json").write_text("{")
    expect(page.locator("#banner")).to_contain_text("1 definition cannot be used")
    (pipelines / "kpi" / "areas.json").write_text(json.dumps({**new, "title": "Areas again"}))
    expect(card(page, "areas")).to_contain_text("Areas again")
    expect(page.locator(".banner")).to_have_count(0)


def test_a_new_definition_leaves_the_chart_that_fills_the_screen(new_page, start_server, engine_uri, database, pipelines):
    new = json.loads((pipelines / "kpi" / "sales-by-region.json").read_text())
    server = start_server(engine_uri, database, pipelines=pipelines)
    page = new_page(f"{server.url}/?page=geography&full=sales-by-state", origin=server.url)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator('[data-state="ready"]')).to_be_visible(timeout=30_000)
    expect(page.locator("#live")).to_have_class("live on")
    (pipelines / "kpi" / "areas.json").write_text(json.dumps({**new, "title": "Areas"}))
    expect(page.locator('#cards [data-kpi="areas"]')).to_have_attribute("data-state", "ready")
    expect(dialog).to_have_count(1)
    expect(dialog.locator('[data-state="ready"]')).to_be_visible(timeout=30_000)
    assert "full=sales-by-state" in page.url
