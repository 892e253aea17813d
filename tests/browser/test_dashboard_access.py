"""The dashboard for everybody: on a phone, a wall, in the dark, on paper, by keyboard, by ear."""

import pathlib

import pytest
from playwright.sync_api import expect

import harness
from dashboard import PAGES, act, answer_with, card, drawn, show_table

AXE = (pathlib.Path(harness.ROOT) / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page):
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })")
    return [(one["id"], one["help"], [node["html"][:160] + " | " + (node["failureSummary"] or "")[:200] for node in one["nodes"][:4]]) for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(new_page, name, scheme):
    page = drawn(new_page(f"/?page={name}", color_scheme=scheme, reduced_motion="reduce"))
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_menus_tables_dialogs_and_failures(new_page, scheme):
    broken = answer_with("**/v1/kpis/sales-by-category?**", 500, {"title": "Broken", "status": 500, "detail": "The pipeline broke."})
    page = drawn(new_page("/?region=West", color_scheme=scheme, reduced_motion="reduce", expect_complaints=True, before=broken))
    show_table(page, "sales-by-region")
    page.locator("#filter-segment").click()
    expect(page.get_by_role("checkbox").first).to_be_visible()
    assert violations(page) == []
    page.locator("#period").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    act(page, "sales-by-product", "api")
    assert violations(page) == []
    page.keyboard.press("Escape")
    act(page, "sales-by-product", "full")
    expect(page.get_by_role("dialog").locator('[data-state="ready"]')).to_be_visible()
    assert violations(page) == []


# axe does not look at texts in drawings. The colours are drawn to be read, since they may be mixed in other spaces than sRGB.
CELLS = """() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const luminance = colour => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const part = value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].map(value => part(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return [...document.querySelectorAll(".cell:has(text)")].map(cell => {
    const [a, b] = ["text", "rect"].map(name => luminance(getComputedStyle(cell.querySelector(name)).fill)).sort((a, b) => b - a);
    return (a + 0.05) / (b + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_on_colours_can_be_read(new_page, scheme):
    page = drawn(new_page("/?page=customers", color_scheme=scheme))
    contrasts = page.evaluate(CELLS)
    assert len(contrasts) > 50
    assert min(contrasts) >= 4.5


BEYOND = "(cards, width) => cards.filter(card => card.getBoundingClientRect().right > width).map(card => card.dataset.kpi)"


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_every_width(new_page, name):
    page = drawn(new_page(f"/?page={name}&segment=Consumer"))
    for width in [2560, 1280, 768, 390, 320]:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(150)  # charts follow their cards
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.locator(".card").evaluate_all(BEYOND, width) == [], width


def test_filters_on_a_phone(new_page):
    page = new_page("/")
    page.set_viewport_size({"width": 390, "height": 844})
    drawn(page)
    expect(page.locator("#filter-region")).to_be_hidden()
    page.locator("#open-filters").click()
    page.locator("#filter-region").click()
    page.get_by_role("checkbox").first.check()
    panel = page.locator(".panel").bounding_box()
    assert panel["x"] >= 0 and panel["x"] + panel["width"] <= 390
    expect(page.locator("#chips .chip")).to_have_count(1)


def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_colours_follow_the_system_or_the_reader(new_page):
    light = ground(drawn(new_page("/", color_scheme="light")))
    page = drawn(new_page("/", color_scheme="dark"))
    dark = ground(page)
    assert light != dark
    page.locator("#theme").click()
    assert ground(page) == light
    page.reload()
    drawn(page)
    assert ground(page) == light


def test_prints_without_what_is_pressed(new_page):
    page = drawn(new_page("/"))
    page.emulate_media(media="print")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator(".card-tools").first).to_be_hidden()
    expect(card(page, "sales-over-time")).to_be_visible()
    assert len(page.pdf(format="A4")) > 20_000


def test_works_by_keyboard(new_page):
    page = drawn(new_page("/"))
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.locator("#filter-region").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("We")
    expect(page.locator(".options label")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#chips .chip")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#filter-region")).to_be_focused()


def test_charts_are_told_in_words(new_page):
    page = drawn(new_page("/"))
    for plot in page.locator('[role="img"].plot, [role="img"].map').all():
        assert len(plot.get_attribute("aria-label")) > 40
    told = card(page, "sales-by-region").locator(".plot").get_attribute("aria-label")
    assert told.startswith("Sales by region: 6 rows. Sales: highest $")
    expect(card(page, "sales-by-region").get_by_role("heading", level=2)).to_be_visible()


def test_what_is_looked_at_is_said(new_page):
    """Those who listen are told that the numbers are others now."""
    page = drawn(new_page("/"))
    expect(page.locator("#said")).to_have_attribute("role", "status")
    page.get_by_role("link", name="Customers").click()
    expect(page.locator("#said")).to_have_text("Customers: Jan 1 – Dec 31, 2024")
