"""The Swagger page and the catalogue page, as a person uses them."""

import json
import re

import pytest
import requests
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def kpis(api):
    return requests.get(f"{api}/v1/kpis", timeout=10).json()["data"]


def open_operation(page, tag, operation):
    block = page.locator(f"#operations-{tag}-{operation}")
    block.locator(".opblock-summary-control").first.click()
    expect(block).to_have_class(re.compile("is-open"))
    return block


def execute(page, block):
    """Presses Execute and returns the answer that the browser got."""
    with page.expect_response(lambda answer: "/v1/kpis/" in answer.url) as answer:
        block.get_by_role("button", name="Execute").click()
    live = block.locator(".live-responses-table tr.response .response-col_status").first
    expect(live).to_contain_text(str(answer.value.status))
    return answer.value


def test_swagger_page_lists_every_kpi(new_page, kpis):
    page = new_page("/docs/")
    expect(page.locator("h1.title, h2.title")).to_contain_text("KPI API")
    for kpi in kpis:
        expect(page.locator(".opblock", has_text=f"/v1/kpis/{kpi['name']}").first).to_be_visible()


def test_a_kpi_can_be_tried_out_with_what_is_filled_in(new_page):
    """Swagger UI sends what it prefills: that has to be an answerable request."""
    page = new_page("/docs/")
    block = open_operation(page, "geography", "salesByRegion")
    block.get_by_role("button", name="Try it out").click()
    answer = execute(page, block)
    assert answer.status == 200
    assert len(answer.json()["data"]) > 1
    expect(block.locator(".live-responses-table")).to_contain_text('"kpi": "sales-by-region"')


def test_a_kpi_can_be_tried_out_with_parameters(new_page, api):
    page = new_page("/docs/")
    block = open_operation(page, "geography", "salesByRegion")
    block.get_by_role("button", name="Try it out").click()
    block.locator("tr[data-param-name=from] input").fill("2023")
    block.locator("tr[data-param-name=to] input").fill("2023-06")
    block.locator("tr[data-param-name=sort] select").select_option("-orders")
    region = block.locator("tr[data-param-name=region]")
    for value in ["West", "East"]:
        region.get_by_role("button", name="Add").click()
        region.locator("input").last.fill(value)
    answer = execute(page, block)
    assert answer.status == 200
    parameters = answer.json()["parameters"]
    assert (parameters["from"], parameters["to"]) == ("2023-01-01", "2023-06-30")
    assert (parameters["region"], parameters["sort"]) == (["East", "West"], "-orders")
    expect(block.locator(".curl-command")).to_contain_text(f"{api}/v1/kpis/sales-by-region?")


def test_a_refused_request_shows_its_problem(new_page):
    page = new_page("/docs/#/sales/totalSales", expect_complaints=True)
    block = page.locator("#operations-sales-totalSales")
    block.get_by_role("button", name="Try it out").click()
    block.locator("tr[data-param-name=from] input").fill("2023-02-30")
    answer = execute(page, block)
    assert answer.status == 400
    expect(block.locator(".live-responses-table")).to_contain_text('"parameter": "from"')


@pytest.mark.parametrize("scheme, dark", [("light", False), ("dark", True)])
def test_swagger_page_follows_the_colour_scheme(new_page, scheme, dark):
    page = new_page("/docs/", color_scheme=scheme)
    expect(page.locator(".opblock").first).to_be_visible()
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") == dark


def test_catalogue_lists_every_kpi_with_its_links(new_page, kpis, api):
    page = new_page("/")
    expect(page.locator(".kpi")).to_have_count(len(kpis))
    for kpi in kpis:
        item = page.locator(f"li#{kpi['name']}")
        expect(item).to_contain_text(kpi["title"])
        expect(item).to_contain_text(kpi["summary"])
        path = f"/v1/kpis/{kpi['name']}"
        assert item.get_by_role("link", name="JSON").get_attribute("href").startswith(path[1:])
        assert re.fullmatch(rf"curl '{re.escape(api + path)}(\?from=\d+&to=\d+)?'", item.locator("code").first.inner_text())
    expect(page.locator("#facts")).to_contain_text("orders")
    expect(page.locator("#note")).to_be_hidden()


def test_links_to_swagger_lead_to_the_operation(new_page, kpis):
    page = new_page("/")
    expect(page.locator(".kpi")).to_have_count(len(kpis))
    places = page.locator(".kpi").get_by_role("link", name=re.compile(" in Swagger$")).evaluate_all("links => links.map(a => a.hash)")
    assert len(places) == len(kpis)
    page.locator("li#sales-by-region").get_by_role("link", name="Swagger").click()
    expect(page.locator("#operations-geography-salesByRegion")).to_have_class(re.compile("is-open"))
    ids = page.locator(".opblock").evaluate_all("blocks => blocks.map(b => b.id)")
    assert {"operations-" + place.removeprefix("#/").replace("/", "-") for place in places} <= set(ids)


def test_curl_line_can_be_copied(new_page):
    page = new_page("/", permissions=["clipboard-read", "clipboard-write"])
    item = page.locator("li#sales-by-region")
    item.get_by_role("button", name="Copy").click()
    expect(item.get_by_role("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == item.locator("code").first.inner_text()


def test_finding_narrows_the_list(new_page):
    page = new_page("/")
    page.get_by_role("searchbox").fill("profit region")
    expect(page.locator("li#profit-by-region")).to_be_visible()
    expect(page.locator("li#seasonality")).to_be_hidden()
    page.get_by_role("searchbox").fill("xyzzy")
    expect(page.locator("#note")).to_have_text("No KPI has these words.")
    page.get_by_role("searchbox").fill("")
    expect(page.locator("li#seasonality")).to_be_visible()


def test_catalogue_works_by_keyboard(new_page):
    page = new_page("/")
    expect(page.locator("li#total-sales")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".kpi a").first).to_be_focused()
    page.locator("li#total-sales summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("li#total-sales dl")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/docs/"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_fit_the_width(new_page, path, width):
    page = new_page(path)
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".kpi, .opblock").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def answer_with(path, status, body):
    """Makes a page get another answer at a path."""
    text, media = json.dumps(body), "application/problem+json" if status >= 400 else "application/json"
    return lambda page: page.route(f"**{path}", lambda r: r.fulfill(status=status, body=text, content_type=media))


def test_nothing_loaded_yet_says_how_to_load(new_page, api):
    status = requests.get(f"{api}/v1/status", timeout=10).json()
    status.update(data_version=0, first_day=None, last_day=None, currency="", last_import=None)
    page = new_page("/", before=answer_with("/v1/status", 200, status))
    expect(page.locator("#banner")).to_contain_text("kpi-load")
    expect(page.locator("li#total-sales code").first).not_to_contain_text("from=")


def test_a_database_that_is_away_leaves_the_list(new_page, kpis):
    problem = {"title": "Service Unavailable", "status": 503, "detail": "The database does not answer; try again."}
    page = new_page("/", expect_complaints=True, before=answer_with("/v1/status", 503, problem))
    expect(page.locator("#banner")).to_contain_text("The database does not answer")
    expect(page.locator(".kpi")).to_have_count(len(kpis))


def test_a_failure_is_said_and_can_be_tried_again(new_page, kpis):
    problem = {"title": "Internal Server Error", "status": 500, "detail": "Out of memory."}
    page = new_page("/", expect_complaints=True, before=answer_with("/v1/kpis", 500, problem))
    expect(page.locator("#note")).to_contain_text("Out of memory.")
    page.unroute("**/v1/kpis")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".kpi")).to_have_count(len(kpis))
