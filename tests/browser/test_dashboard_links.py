"""What an address says, what it cannot say, and what back and a second click take back."""

import re

import pytest
from playwright.sync_api import expect

from dashboard import ask, card, drawn, show_table


@pytest.mark.parametrize("day", ["2024-99", "2024-13-45", "2024-02-31", "2024-00", "0000", "1899", "2200", "9999-12-31", "yesterday", "2024-1"])
def test_a_day_that_does_not_exist_is_none(new_page, day):
    page = drawn(new_page(f"/?from={day}&to={day}"))
    expect(page.locator("#range b")).to_have_text(re.compile("Jan 1.*2024"))
    assert page.locator('[data-state="error"]').count() == 0


@pytest.mark.parametrize("query", ["from=2024-05&to=2024-01", "from=2030", "to=2001", "from=2030&to=2031"])
def test_a_range_without_data_or_order_is_no_failure(new_page, query):
    page = drawn(new_page(f"/?{query}"))
    expect(page.locator("#range b")).not_to_be_empty()
    assert page.locator('[data-state="error"]').count() == 0


@pytest.mark.parametrize("query", ["lang=__proto__", "lang=constructor", "lang=", "page=__proto__", "page=constructor", "full=constructor", "period=toString"])
def test_names_that_every_object_has_are_none_of_ours(new_page, query):
    page = drawn(new_page(f"/?{query}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_language_that_a_link_asks_for_stays(new_page):
    page = drawn(new_page("/?lang=fr"))
    page.get_by_role("link", name="Produits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Produits")
    page.reload()
    drawn(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Produits")
    assert "lang=fr" in page.url
    page.locator("#language").select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Products")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    assert "lang" not in page.url


@pytest.mark.parametrize("query", ["region=%00", "region=West%00", "region=50%", "%zz", "region=" + "x" * 2000])
def test_a_mistyped_link_is_a_page(new_page, query):
    page = drawn(new_page(f"/?{query}"))
    assert page.locator('[data-state="error"]').count() == 0


def apply_days(page, first, last):
    page.locator("#period").click()
    page.get_by_label("From", exact=True).fill(first)
    page.get_by_label("To", exact=True).fill(last)
    page.get_by_role("button", name="Apply").click()


def test_one_end_of_a_range_stays_that_end(new_page):
    page = drawn(new_page("/"))
    apply_days(page, "2024-06-01", "")
    expect(page.locator("#range b")).to_have_text("Jun 1 – Dec 31, 2024")
    assert page.url.endswith("?from=2024-06-01")
    apply_days(page, "", "2022-06-30")
    expect(page.locator("#range b")).to_contain_text("Jun 30, 2022")
    assert page.url.endswith("?to=2022-06-30")
    apply_days(page, "2024-03-31", "2024-03-01")
    expect(page.locator("#range b")).to_have_text("Mar 1 – 31, 2024")


def pick(page, kpi, text):
    card(page, kpi).get_by_role("button", name=text, exact=True).click()


@pytest.mark.parametrize("away", ["chip", "clear"])
def test_a_chosen_month_is_left_by_one_click(new_page, away):
    page = drawn(new_page("/?period=all&granularity=month"))
    show_table(page, "sales-over-time")
    pick(page, "sales-over-time", "Mar 2023")
    expect(page.locator("#range b")).to_have_text("Mar 1 – 31, 2023")
    chip = page.locator("#chips .chip")
    expect(chip).to_have_count(1)
    expect(chip).to_contain_text("Mar 1 – 31, 2023")
    drawn(page)
    pick(page, "sales-over-time", "Mar 7, 2023")  # further in
    expect(chip).to_contain_text("Mar 7, 2023")
    page.reload()
    drawn(page)
    if away == "chip":
        page.get_by_role("button", name="Period: Mar 7, 2023. Remove this filter").click()
    else:
        page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#period")).to_contain_text("All days")
    expect(chip).to_have_count(0)
    assert "period=all" in page.url and "granularity=month" in page.url and "from" not in page.url


def test_a_second_click_on_a_day_takes_it_back(new_page, api):
    days = {"from": "2024-03-01", "to": "2024-03-15"}
    sold = next(row["period"] for row in ask(api, "sales-over-time", granularity="day", **days)["data"] if row["sales"] > 0)
    name = f"Mar {int(sold[8:])}, 2024"
    page = drawn(new_page("/?from=2024-03-01&to=2024-03-15"))
    show_table(page, "sales-over-time")
    pick(page, "sales-over-time", name)
    expect(page.locator("#chips .chip")).to_have_count(1)
    drawn(page)
    pick(page, "sales-over-time", name)
    expect(page.locator("#range b")).to_have_text("Mar 1 – 15, 2024")
    expect(page.locator("#chips .chip")).to_have_count(0)


def test_days_from_the_menu_are_no_chip_and_end_one(new_page):
    page = drawn(new_page("/?from=2024-03-01&to=2024-03-31&within=all"))
    expect(page.locator("#chips .chip")).to_have_count(1)
    apply_days(page, "2024-05-01", "2024-05-31")
    expect(page.locator("#chips .chip")).to_have_count(0)
    assert "within" not in page.url


@pytest.mark.parametrize("way", ["Escape", "Close"])
def test_a_closed_full_screen_is_no_step_of_its_own(new_page, way):
    page = drawn(new_page("/"))
    page.get_by_role("link", name="Products").click()
    drawn(page)
    card(page, "sales-by-product").get_by_role("button", name="Full screen").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator('[data-state="ready"]')).to_be_visible()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(page).not_to_have_url(re.compile("full"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_a_link_to_a_full_screen_closes_to_its_page(new_page):
    page = new_page("/?page=products&full=sales-by-product")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator('[data-state="ready"]')).to_be_visible(timeout=30_000)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?page=products$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Products")


def test_a_filter_on_what_is_no_sale_is_said(new_page, api):
    page = drawn(new_page("/?status=cancelled"))
    expect(page.locator("#banner")).to_contain_text("do not count as sales")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#uncounted")).to_have_count(0)
    page.goto("/?status=delivered")
    drawn(page)
    expect(page.locator("#uncounted")).to_have_count(0)
    assert ask(api, "total-sales", status="cancelled")["data"][0]["sales"] == 0
