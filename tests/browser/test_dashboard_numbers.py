"""The numbers on the page and the words beside them: what was before, what is not known, what is not ours to rewrite."""

import re

import pytest
import requests
from playwright.sync_api import expect

from dashboard import answer_with, ask, card, chart, drawn, show_table, texts, written

YEAR = {"from": "2024-01-01", "to": "2024-12-31"}
BEFORE = {"from": "2023-01-01", "to": "2023-12-31"}
AWKWARD = ["__proto__", "constructor", "toString", "hasOwnProperty", "pen_100", "late", "x__proto__"]


@pytest.mark.parametrize(
    "page_name, kpi, key, value",
    [
        ("customers", "sales-by-customer", ["customer"], "sales"),
        ("products", "discount-by-product", ["product"], "discount_rate"),
        ("geography", "sales-by-state", ["country", "state"], "sales"),
        ("geography", "sales-by-city", ["country", "state", "city"], "sales"),
        ("customers", "rfm-segments", ["rfm_segment"], "customers"),
    ],
)
def test_every_row_is_compared_with_what_it_was(new_page, api, page_name, kpi, key, value):
    """Also one that was not among the first of then; what was nothing is a mark at nothing."""
    page = drawn(new_page(f"/?page={page_name}"))
    rows = ask(api, kpi, limit=10, **YEAR)["data"]
    identity = lambda row: tuple(row[name] for name in key)
    range_before = ask(api, kpi, compare="previous-period", **YEAR)["comparison"]
    old = ask(api, kpi, limit=10_000, **BEFORE, **({"as_of": range_before["as_of"]} if "as_of" in range_before else {}))["data"]
    before = {identity(row): row[value] for row in old}
    nothing = None if value.endswith("_rate") else 0
    assert chart(page, kpi)["series"]["2023"] == [before.get(identity(row), nothing) for row in rows]


def test_what_was_before_is_not_drawn_where_it_cannot_be_asked_for(new_page, api):
    """A mark at nothing would say that nothing was sold."""
    refused = answer_with("**/v1/kpis/sales-by-customer?**customer=**", 500, {"title": "Broken", "status": 500, "detail": "Broken."})
    page = drawn(new_page("/?page=customers", before=refused, expect_complaints=True))
    expect(card(page, "sales-by-customer")).to_have_attribute("data-state", "ready")
    shown = chart(page, "sales-by-customer")["series"].get("2023", [])
    first = ask(api, "sales-by-customer", limit=10, **BEFORE)["data"]
    assert set(shown) <= {None} | {row["sales"] for row in first}


def test_before_the_first_day_nothing_is_known(new_page, api):
    first = requests.get(f"{api}/v1/status", timeout=10).json()["first_day"]
    year = int(first[:4])
    page = drawn(new_page(f"/?from={year}&to={year}"))
    figures = card(page, "sales-summary")
    expect(figures.locator(".figure-before").first).not_to_contain_text("from")
    expect(figures.locator(".change")).to_have_count(0)
    expect(page.locator("#range")).not_to_contain_text("compared")
    assert str(year - 1) not in chart(page, "sales-over-time")["series"]
    page.goto(f"/?from={year + 1}&to={year + 1}")
    expect(page.locator("#range")).to_contain_text("compared")


def test_periods_before_the_first_day_are_not_drawn_as_nothing(new_page, api):
    first = requests.get(f"{api}/v1/status", timeout=10).json()["first_day"]
    year = int(first[:4])
    assert first[5:7] == "01", "else the months below are others"
    page = drawn(new_page(f"/?from={year}-07&to={year + 1}-06"))
    before = next(values for name, values in chart(page, "sales-over-time")["series"].items() if str(year - 1) in name)
    assert before[:6] == [None] * 6
    assert all(value > 0 for value in before[6:])


def test_refused_rows_are_those_of_the_last_load(new_page, api):
    """A clean load that was not checked ends what was said of the one before."""
    one = requests.get(f"{api}/v1/data-quality", timeout=10).json()["data"][0]
    clean = {**one, "rejected": {}, "checks": [], "cleaned": []}
    page = new_page("/?page=data", before=answer_with("**/v1/data-quality?**", 200, {"data": [clean, {**one, "rejected": {"bad_day": 1}}]}))
    drawn(page)
    expect(page.locator('[data-part="rejects"]')).to_contain_text("No row was refused.")
    expect(page.locator('[data-part="checks"]')).to_contain_text("The last load was not checked.")
    page.unroute("**/v1/data-quality?**")
    running = {**clean, "status": "running"}
    answer_with("**/v1/data-quality?**", 200, {"data": [running, {**one, "rejected": {"bad_day": 1}}]})(page)
    page.reload()
    expect(page.locator('[data-part="rejects"]')).to_contain_text("Bad day")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_names_are_as_the_shop_wrote_them(new_page, api, locale):
    """Also those that every object of a script has, those that look like ours, and those that we have a word for."""
    answer = ask(api, "sales-by-product", limit=10, **YEAR)
    answer["data"] = [{**row, "name": name} for row, name in zip(answer["data"], AWKWARD)]
    page = drawn(new_page("/", locale=locale, before=answer_with("**/v1/kpis/sales-by-product?**", 200, answer)))
    expect(card(page, "sales-by-product")).to_have_attribute("data-state", "ready")
    names = chart(page, "sales-by-product")["names"]
    assert [name.removeprefix("\u2060") for name in names] == AWKWARD
    assert page.evaluate("() => { const all = []; for (const name in {}) all.push(name); return all; }") == []
    assert page.evaluate("[Object.prev, Object.next, Object.prototype.toString.prev].every(one => one === undefined)")
    page.locator('[data-kpi="sales-by-product"] .card-tools button').last.click()
    page.locator('[data-action="table"]').click()
    at = list(answer["data"][0]).index("name")
    assert [row[at] for row in texts(page, "sales-by-product")] == AWKWARD


def test_a_ring_of_awkward_names(new_page, api):
    answer = ask(api, "order-status", **YEAR)
    answer["data"] = [{**answer["data"][0], "status": name} for name in AWKWARD[:4]]
    page = drawn(new_page("/?page=geography", before=answer_with("**/v1/kpis/order-status?**", 200, answer)))
    expect(card(page, "order-status")).to_have_attribute("data-state", "ready")
    assert page.evaluate("() => { const all = []; for (const name in {}) all.push(name); return all; }") == []


def payments(api, *amounts):
    """What payment-mix would say of these types and values."""
    answer, whole = ask(api, "payment-mix", **YEAR), sum(value for _, value in amounts)
    one = answer["data"][0]
    answer["data"] = [{**one, "payment_type": name, "value": value, "value_rate": value / whole, "all_value": whole} for name, value in amounts]
    return answer


def test_slices_of_one_name_are_two_in_the_legend(new_page, api):
    """One that the shop calls other, and names that are texts of a style or have lines; and the sum is within the ring."""
    names = ["other", "other", "card\nat the till", "{a|b}", "check", "cash", "gift", "points"]
    answer = payments(api, *[(name, 800_000 - 60_000 * i) for i, name in enumerate(names)])
    answer["currency"] = "XYZ"
    page = new_page("/livez", before=answer_with("**/v1/kpis/payment-mix?**", 200, answer))
    page.set_viewport_size({"width": 768, "height": 900})
    page.goto("/?page=sellers")
    drawn(page)
    said = written(page, "payment-mix")
    assert [text for text, *_ in said if not text.startswith("XYZ")] == (
        ["Total", "Other", "17%", "Other", "16%", "card at the till", "14%", "{a|b\uff5d", "13%", "Check", "12%", "Cash", "11%", "2 others", "17%"]
    )
    ring = "plot => { const [{ radius }] = echarts.getInstanceByDom(plot).getOption().series; return 2 * radius[0]; }"
    left, right = next((left, right) for text, left, _, right, _ in said if text.startswith("XYZ"))
    assert right - left < 0.9 * card(page, "payment-mix").locator(".plot").evaluate(ring)


def test_what_is_below_zero_is_drawn(new_page, api):
    answer = payments(api, ("credit_card", 100), ("voucher", 80), ("bank_transfer", -60))
    page = drawn(new_page("/?page=sellers", before=answer_with("**/v1/kpis/payment-mix?**", 200, answer)))
    shown = chart(page, "payment-mix")
    assert shown == {"series": {"Value": [100, 80, -60]}, "names": ["Credit card", "Voucher", "Bank transfer"]}
    said = [text for text, *_ in written(page, "payment-mix")]
    assert said[0] == "Total: $120.00" and "-$60" in said


def test_a_part_of_a_period_is_not_compared_as_if_it_were_whole(new_page, api):
    """The comparison of days that are no whole months begins within one. A point says the period that it is of."""
    answer = ask(api, "sales-over-time", compare="previous-period", granularity="month", **YEAR)
    answer["comparison"]["data"][0]["partial"] = True
    page = drawn(new_page("/", reduced_motion="reduce", before=answer_with("**/v1/kpis/sales-over-time?**", 200, answer)))
    plot = card(page, "sales-over-time").locator(".plot")
    lines = plot.evaluate("""plot => echarts.getInstanceByDom(plot).getOption().series.filter(one => one.name === "2023")
        .map(one => [one.lineStyle.type, one.data])""")
    old = [row["sales"] for row in answer["comparison"]["data"]]
    assert [line[1] for line in lines] == [[None, *old[1:]], [*old[:2], *[None] * 10]]
    assert lines[1][0] == [4, 4] != lines[0][0]
    box, first = plot.bounding_box(), plot.evaluate("plot => echarts.getInstanceByDom(plot).convertToPixel({ gridIndex: 0 }, [0, 0])[0]")
    page.mouse.move(box["x"] + first + 2, box["y"] + box["height"] / 2)
    tip = plot.locator(".tip-content")
    expect(tip).to_contain_text("Jan 2023, in part")
    page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] / 2)
    expect(tip).to_contain_text("Dec 2023")
    expect(tip).not_to_contain_text("in part")


def test_of_many_cohorts_the_newest_are_there(new_page, api):
    """And it is said which are not. Shares of a cohort are all written alike."""
    rows = 500

    def few(page):
        page.route("**/v1/kpis/cohort-retention?**", lambda route: route.continue_(url=f"{route.request.url}&limit={rows}"))

    page = drawn(new_page("/?page=customers&period=all", before=few))
    newest = ask(api, "cohort-retention", sort="-cohort", limit=rows)["data"]
    whole = sorted({row["cohort"] for row in newest})[1:]
    month = lambda day: page.evaluate("day => new Intl.DateTimeFormat('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(day))", day)
    cohorts = card(page, "cohort-retention")
    side = cohorts.locator(".axis.down").evaluate_all("texts => texts.map(text => text.textContent)")
    assert (side[0], side[-1], len(side)) == (month(whole[0]), month(whole[-1]), len(whole))
    expect(cohorts.locator(".card-more")).to_have_text(f"From {side[0]}: those before are left out")
    reached = max(row["months_since"] for row in newest if row["cohort"] in whole and row["customers"] is not None)
    assert cohorts.locator(".cell").count() == len(whole) * (reached + 1)
    said = cohorts.locator(".cell text").evaluate_all("texts => texts.map(text => text.textContent)")
    assert len(said) > 50 and [text for text in said if not re.fullmatch(r"0%|100%|\d+\.\d%", text)] == []


def test_products_without_names_are_called_by_their_ids(new_page, api):
    """Both of a pair. And what is counted is counted in whole numbers."""
    pairs, orders = ask(api, "product-pairs", limit=12, **YEAR), ask(api, "orders-by-product", limit=10, **YEAR)
    pairs["data"] = [{**row, "name_a": None, "name_b": None} for row in pairs["data"]]
    orders["data"] = [{**row, "orders": 1} for row in orders["data"]]
    few = answer_with("**/v1/kpis/orders-by-product?**", 200, orders)
    page = new_page("/?page=products", before=lambda page: (answer_with("**/v1/kpis/product-pairs?**", 200, pairs)(page), few(page)))
    drawn(page)
    assert [row[:2] for row in texts(page, "product-pairs")] == [[row["product_a"], row["product_b"]] for row in pairs["data"]]
    bottom = max(box[4] for box in written(page, "orders-by-product"))
    assert [text for text, *_, end in written(page, "orders-by-product") if end > bottom - 4] == ["0", "1"]


def test_one_value_has_one_name_on_all_charts(new_page, api):
    """A category stands in for a subcategory that has no name, and is written alike."""
    answer = ask(api, "sales-by-subcategory", limit=2, **YEAR)
    answer["data"] = [{**row, "category": "health_beauty", "subcategory": None} for row in answer["data"][:1]]
    page = drawn(new_page("/?page=products", before=answer_with("**/v1/kpis/sales-by-subcategory?**", 200, answer)))
    assert chart(page, "sales-by-subcategory")["names"] == ["Health beauty"]


@pytest.mark.parametrize("locale, one, two", [("en-US", "1 definition cannot", "2 definitions cannot"), ("fr-FR", "1 définition est", "2 définitions sont")])
def test_one_is_said_in_the_singular(new_page, api, locale, one, two):
    status = requests.get(f"{api}/v1/status", timeout=10).json()
    mistake = {"file": "kpi/a.json", "place": "", "reason": "no"}
    for count, text in ((1, one), (2, two)):
        page = new_page("/", locale=locale, before=answer_with("**/v1/status", 200, {**status, "definition_errors": [mistake] * count}))
        expect(page.locator("#banner")).to_contain_text(text)
    answer = ask(api, "orders-per-customer", **YEAR)
    answer["data"][0].update(orders=1, customers=1)
    page = new_page("/?page=customers&region=West", locale=locale, before=answer_with("**/v1/kpis/orders-per-customer?**", 200, answer))
    drawn(page)
    asides = card(page, "orders-per-customer").locator(".asides span")
    assert asides.all_inner_texts() == (["1 order", "1 customer"] if locale == "en-US" else ["1 commande", "1 client"])
    expect(page.locator("#open-filters .menu-value")).to_have_text("1 in use" if locale == "en-US" else "1 actif")
