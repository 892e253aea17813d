"""The dashboard as a manager uses it: looking, filtering, going back, taking numbers away."""

import csv
import re
import struct

import pytest
import requests
from playwright.sync_api import expect

import harness
from dashboard import PAGES, act, ask, card, choose, drawn, number, show_table, texts

YEAR = {"from": "2024-01-01", "to": "2024-12-31"}


@pytest.fixture(scope="module")
def kpis(api):
    return requests.get(f"{api}/v1/kpis", timeout=10).json()["data"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(new_page, name):
    page = drawn(new_page(f"/?page={name}"))
    expect(page.locator("nav [aria-current]")).to_have_count(1)
    assert page.locator('[data-state="error"]').count() == 0
    assert page.locator(".card").count() >= 3


def test_every_kpi_stands_on_the_page_of_its_group(new_page, kpis):
    found = set()
    page = new_page("/")
    for name in PAGES[1:-1]:
        page.goto(f"/?page={name}")
        drawn(page)
        found |= set(page.locator("#cards [data-kpi]").evaluate_all("cards => cards.map(card => card.dataset.kpi)"))
    assert found == {kpi["name"] for kpi in kpis}


def test_overview_has_what_its_definitions_say(new_page, kpis):
    page = drawn(new_page("/"))
    wanted = sorted((kpi["chart"]["overview"], kpi["name"]) for kpi in kpis if kpi["chart"].get("overview"))
    shown = page.locator("#cards [data-kpi]").evaluate_all("cards => cards.map(card => card.dataset.kpi)")
    assert shown == [name for _, name in wanted]
    assert {"sales-summary", "sales-over-time", "sales-by-region", "sales-by-category", "sales-by-product", "sales-map"} <= set(shown)


def test_headline_numbers_are_those_of_the_api(new_page, api):
    page = drawn(new_page("/"))
    answer = ask(api, "sales-summary", compare="previous-period", **YEAR)
    now, before = answer["data"][0], answer["comparison"]["data"][0]
    for name in ["sales", "profit", "orders", "average_order_value", "units", "discount_rate"]:
        figure = card(page, "sales-summary").locator(f'[data-column="{name}"]')
        value = figure.locator(".figure-value")
        assert number(value.get_attribute("title")) == pytest.approx(now[name], abs=0.006 if now[name] > 1 else 0.0006), name
        assert number(value.inner_text()) == pytest.approx(now[name], rel=0.01), name
        from_ = figure.locator(".figure-before").inner_text().split("from")[1]
        assert number(from_) == pytest.approx(before[name], rel=0.01), name
    change = card(page, "sales-summary").locator('[data-column="sales"] .change').inner_text()
    assert number(change) == pytest.approx(abs(now["sales"] / before["sales"] - 1), abs=0.006)
    assert ("▲" in change) == (now["sales"] > before["sales"])


@pytest.mark.parametrize("kpi, key", [("sales-by-region", "region"), ("sales-by-category", "category"), ("sales-by-product", "product"), ("sales-over-time", "period")])
def test_numbers_of_a_chart_are_those_of_the_api(new_page, api, kpi, key):
    page = drawn(new_page("/"))
    show_table(page, kpi)
    rows = ask(api, kpi, **YEAR)["data"][:10 if key == "product" else None]
    shown = texts(page, kpi)
    assert len(shown) == len(rows)
    names = list(rows[0])
    for texts_of_row, row in zip(shown, rows):
        if key != "period":
            assert texts_of_row[names.index(key)] == row[key]
        assert number(texts_of_row[names.index("sales")]) == pytest.approx(row["sales"], abs=0.006)


def test_a_filter_acts_on_all_charts_and_is_in_the_address(new_page, api):
    page = drawn(new_page("/"))
    choose(page, "region", "West")
    drawn(page)
    assert "region=West" in page.url
    west = ask(api, "sales-summary", region="West", **YEAR)["data"][0]
    value = card(page, "sales-summary").locator('[data-column="orders"] .figure-value')
    expect(value).to_have_text(f"{west['orders']:,}")
    show_table(page, "sales-by-category")
    rows = ask(api, "sales-by-category", region="West", **YEAR)["data"]
    assert [number(row[1]) for row in texts(page, "sales-by-category")] == pytest.approx([row["sales"] for row in rows], abs=0.006)
    page.get_by_role("button", name="Clear filters").click()
    everything = ask(api, "sales-summary", **YEAR)["data"][0]
    expect(value).to_have_text(f"{everything['orders']:,}")
    assert "region" not in page.url


def test_several_values_of_a_filter_are_any_of_them(new_page, api):
    page = drawn(new_page("/"))
    page.locator("#filter-region").click()
    page.get_by_role("checkbox", name="West", exact=True).check()
    page.get_by_role("checkbox", name="East", exact=True).check()
    page.keyboard.press("Escape")
    expect(page.locator("#filter-region")).to_be_focused()
    both = ask(api, "sales-summary", region=["West", "East"], **YEAR)["data"][0]
    expect(card(page, "sales-summary").locator('[data-column="orders"] .figure-value')).to_have_text(f"{both['orders']:,}")
    expect(page.locator("#chips .chip")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Region: East. Remove")).click()
    expect(page.locator("#chips .chip")).to_have_count(1)


def test_a_click_on_a_bar_filters_and_back_undoes_it(new_page, api):
    page = drawn(new_page("/"))
    first = ask(api, "sales-by-region", **YEAR)["data"][0]["region"]
    plot = card(page, "sales-by-region").locator(".plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    # The first bar is the longest: a quarter of the width is within it, a line below the legend.
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + 30 + (box["height"] - 52) / 12 - 6)
    expect(page.locator("#chips .chip")).to_contain_text(first)
    drawn(page)
    assert f"region={first}" in page.url
    page.go_back()
    expect(page.locator("#chips .chip")).to_have_count(0)
    drawn(page)
    everything = ask(api, "sales-summary", **YEAR)["data"][0]
    expect(card(page, "sales-summary").locator('[data-column="orders"] .figure-value')).to_have_text(f"{everything['orders']:,}")
    page.go_forward()
    expect(page.locator("#chips .chip")).to_contain_text(first)


def test_a_click_on_a_month_chooses_its_days(new_page):
    page = drawn(new_page("/"))
    box = card(page, "sales-over-time").locator(".plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"from=2024-0[67]-01&to=2024-0[67]-3[01]"))
    drawn(page)
    show_table(page, "sales-over-time")
    assert len(texts(page, "sales-over-time")) in (30, 31)


def test_a_click_on_a_month_that_the_range_cuts_chooses_its_days_within(new_page, api):
    page = drawn(new_page("/?from=2024-01-20&to=2024-06-10&granularity=month"))
    show_table(page, "sales-over-time")
    month = ask(api, "sales-over-time", **{"from": "2024-01-20", "to": "2024-06-10", "granularity": "month"})["data"][0]
    picks = card(page, "sales-over-time").locator(".pick")
    picks.first.click()
    expect(page).to_have_url(re.compile("from=2024-01-20&to=2024-01-31"))
    expect(card(drawn(page), "sales-summary").locator('[data-column="orders"] .figure-value')).to_have_text(f"{month['orders']:,}")
    page.go_back()
    drawn(page)
    picks.last.click()
    expect(page).to_have_url(re.compile("from=2024-06-01&to=2024-06-10"))


def test_a_second_click_brings_back_what_the_first_took_the_place_of(new_page):
    page = drawn(new_page("/?region=West&region=East&region=South"))
    show_table(page, "sales-by-region")
    page.get_by_role("button", name="West", exact=True).click()
    expect(page.locator("#chips .chip")).to_have_count(1)
    drawn(page)
    page.get_by_role("button", name="West", exact=True).click()
    expect(page.locator("#chips .chip")).to_have_text([re.compile(name) for name in ("West", "East", "South")])
    drawn(page)


def test_a_point_of_the_map_filters_by_its_place(new_page):
    page = drawn(new_page("/"))
    # The largest is drawn first, so that smaller ones lie above it: its edge may be covered, a small one is not.
    page.locator(".place-mark").last.click()
    drawn(page)
    chips = page.locator("#chips").inner_text()
    assert "Country" in chips and "City" in chips


def test_rows_of_a_table_filter_by_keyboard(new_page):
    page = drawn(new_page("/"))
    show_table(page, "sales-by-region")
    first = page.locator('[data-kpi="sales-by-region"] .pick').first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(1)
    drawn(page)
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(0)
    drawn(page)
    expect(first).to_be_focused()


def test_chips_are_removed_by_keyboard_one_after_the_other(new_page):
    page = drawn(new_page("/?region=West&region=East"))
    page.locator("#chips .chip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_text(re.compile("East"))
    expect(page.locator("#chips .chip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chips .chip")).to_have_count(0)
    expect(page.locator("#bar-area")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#controls :focus")).to_have_count(1)
    drawn(page)


def test_days_that_the_data_have_not_reached_are_compared_with_nothing(new_page):
    assert "compared" in drawn(new_page("/?from=2024-06-01&to=2024-06-30")).locator("#range").inner_text()
    assert "compared" not in drawn(new_page("/?from=2050-01-01&to=2050-02-01")).locator("#range").inner_text()


def test_a_filter_by_product_says_its_name(new_page, api):
    product = ask(api, "sales-by-product", limit=1, **YEAR)["data"][0]
    page = drawn(new_page(f"/?product={product['product']}"))
    expect(page.locator("#chips .chip")).to_contain_text(product["name"])


def test_period_and_comparison_are_chosen_and_kept_in_the_address(new_page, api):
    page = drawn(new_page("/"))
    page.locator("#period").click()
    page.get_by_role("button", name="Last quarter").click()
    page.locator("#compare").select_option("previous-year")
    drawn(page)
    assert "period=last-quarter" in page.url and "compare=previous-year" in page.url
    answer = ask(api, "sales-summary", period="last-quarter", compare="previous-year")
    for address in [page.url, page.url]:
        figure = card(page, "sales-summary").locator('[data-column="orders"]')
        expect(figure.locator(".figure-value")).to_have_text(f"{answer['data'][0]['orders']:,}")
        expect(figure.locator(".figure-before")).to_contain_text(f"{answer['comparison']['data'][0]['orders']:,}")
        page.goto(address)
    page.locator("#compare").select_option("off")
    expect(page.locator(".change")).to_have_count(0)


def test_days_of_choice(new_page, api):
    page = drawn(new_page("/"))
    page.locator("#period").click()
    page.get_by_label("From", exact=True).fill("2023-03-01")
    page.get_by_label("To", exact=True).fill("2023-03-31")
    page.get_by_role("button", name="Apply").click()
    orders = ask(api, "order-count", **{"from": "2023-03-01", "to": "2023-03-31"})["data"][0]["orders"]
    expect(card(page, "sales-summary").locator('[data-column="orders"] .figure-value')).to_have_text(f"{orders:,}")
    drawn(page)
    show_table(page, "sales-over-time")
    assert len(texts(page, "sales-over-time")) == 31


def test_navigation_keeps_filters(new_page):
    page = drawn(new_page("/?region=West"))
    page.get_by_role("link", name="Customers").click()
    drawn(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    assert "page=customers" in page.url and "region=West" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_csv_is_that_of_the_server(new_page, api):
    page = drawn(new_page("/?region=West"))
    with page.expect_download() as download:
        act(page, "sales-by-category", "csv")
    assert download.value.suggested_filename == "sales-by-category_2024-01-01_2024-12-31.csv"
    with open(download.value.path(), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = ask(api, "sales-by-category", region="West", **YEAR)["data"]
    assert [(row["category"], float(row["sales"])) for row in rows] == [(row["category"], row["sales"]) for row in wanted]


@pytest.mark.parametrize("kpi", ["sales-over-time", "sales-summary", "sales-map"])
def test_png_is_a_picture(new_page, kpi):
    page = drawn(new_page("/"))
    with page.expect_download() as download:
        act(page, kpi, "png")
    content = open(download.value.path(), "rb").read()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width > 400 and height > 200
    assert len(content) > 4000


def test_api_dialog_has_a_request_that_answers(new_page, api):
    page = drawn(new_page("/?region=West"))
    act(page, "sales-by-category", "api")
    dialog = page.get_by_role("dialog")
    url = dialog.locator("code").first.inner_text()
    assert url.startswith(f"{api}/v1/kpis/sales-by-category?") and "region=West" in url
    assert dialog.locator("code").nth(1).inner_text() == f"curl '{url}'"
    assert requests.get(url, timeout=10).status_code == 200
    dialog.get_by_role("link", name="Try it in Swagger").click()
    block = page.locator("#operations-products-salesByCategory")
    expect(block).to_have_class(re.compile("is-open"))
    block.get_by_role("button", name="Try it out").click(timeout=60_000)
    with page.expect_response(lambda answer: "/v1/kpis/sales-by-category" in answer.url) as answer:
        block.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200


def test_swagger_has_every_place_that_cards_lead_to(new_page, kpis):
    page = new_page("/docs/")
    page.locator(".opblock").first.wait_for()
    places = set(page.locator(".opblock").evaluate_all("blocks => blocks.map(block => block.id)"))
    for kpi in kpis:
        camel = re.sub(r"-([a-z0-9])", lambda found: found[1].upper(), kpi["name"])
        assert f"operations-{kpi['group']}-{camel}" in places


def test_full_screen_is_in_the_address_and_closes_by_escape_and_back(new_page):
    page = drawn(new_page("/"))
    card(page, "sales-by-product").get_by_role("button", name="Full screen").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator('[data-state="ready"]')).to_be_visible()
    assert "full=sales-by-product" in page.url
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).not_to_have_url(re.compile("full"))
    card(page, "sales-by-product").get_by_role("button", name="Full screen").click()
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).to_have_count(0)


def test_french(new_page):
    page = drawn(new_page("/", locale="fr-FR"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Vue d’ensemble")
    expect(card(page, "sales-by-region").get_by_role("heading")).to_have_text("Ventes par région")
    assert re.search(r"\d\u202f\d{3}\s?\$", card(page, "sales-summary").locator(".figure-value").first.inner_text())
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.get_by_role("link", name="Données").click()
    expect(page.locator("#cards")).to_contain_text("Commandes sans article")
    expect(page.locator("#cards")).to_contain_text("Lignes ajoutées à une autre du même produit")
    expect(page.locator("#cards [lang=en]")).to_have_count(0)
    whats = ["rows skipped: a total line", "duplicate reviews dropped", "order ship_mode differs from the first row's", "something new"]
    told = page.evaluate("async whats => { const { cleaning } = await import('/assets/js/i18n.js'); return whats.map(cleaning); }", whats)
    assert told == [
        {"text": "Lignes passées : a total line", "lang": None},
        {"text": "Doublons écartés : note", "lang": None},
        {"text": "Commande : « ship_mode » diffère de la première ligne", "lang": None},
        {"text": "Something new", "lang": "en"},
    ]


def test_every_text_is_there_in_both_languages(new_page):
    page = drawn(new_page("/"))
    texts = page.evaluate("""async () => {
        const [en, fr] = await Promise.all(["en", "fr"].map(name => import(`/assets/js/texts/${name}.js`)));
        return [en.default, fr.default];
    }""")
    english, french = ({key: text for key, text in one.items() if isinstance(text, str)} for one in texts)
    holes = lambda text: sorted(re.findall(r"\{\w+\}", text))
    assert {key: holes(text) for key, text in english.items()} == {key: holes(text) for key, text in french.items()}


def test_what_is_said_in_french_is_there(new_page, kpis):
    """A KPI needs no French: it is then shown as the catalogue says it. But none stays that is there no more."""
    page = drawn(new_page("/"))
    french = page.evaluate("async () => (await import('/assets/js/texts/fr.js')).default")
    names = {kpi["name"] for kpi in kpis}
    columns = {column["name"] for kpi in kpis for column in kpi["columns"]}
    assert set(french["kpis"]) == set(french["summaries"]) <= names
    assert set(french["columns"]) <= columns
    assert set(french["checks"]) == {file.stem for file in (harness.PIPELINES / "quality").glob("*.json")}
    assert set(french["reasons"]) == set(re.findall(r'X\(\w+, +"(\w+)"', (harness.ROOT / "loader/fault.h").read_text()))


def test_presets_are_the_days_that_the_server_means(new_page, api):
    """The page says which days it shows, and the server chooses them."""
    status = requests.get(f"{api}/v1/status", timeout=10).json()
    page = drawn(new_page("/"))
    days = """async status => {
        const range = await import("/assets/js/range.js");
        return Object.fromEntries(range.PRESETS.map(period => [period, range.daysOf({ period, from: "", to: "" }, status)]));
    }"""
    for period, shown in page.evaluate(days, status).items():
        if period in ["all", "last-12-months"]:
            continue
        parameters = ask(api, "order-count", period=period)["parameters"]
        assert (shown["from"], shown["to"]) == (parameters["from"], min(parameters["to"], status["last_day"])), period
