"""The Swagger page, as a person uses it."""

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


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_page_fits_the_width(new_page, width):
    page = new_page("/docs/")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".opblock").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
