"""How the dashboard looks where that can be measured: tables whose columns line up, charts that fit the room that they have, paper,
axes that say their year, and definitions that nobody of us has drawn before."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

import harness
from dashboard import PAGES, answer_with, ask, card, drawn, written

YEAR = {"from": "2024-01-01", "to": "2024-12-31"}
STILL = {"reduced_motion": "reduce"}

# For each row of a table, how far its cells' texts end from the ends of their heads.
ENDS = """table => {
  const end = element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const padding = parseFloat(getComputedStyle(element).paddingRight);
    return { text: range.getBoundingClientRect().right, cell: element.getBoundingClientRect().right - padding, shown: getComputedStyle(element).display };
  };
  const heads = [...table.querySelectorAll("thead th")].map(end);
  return [...table.querySelectorAll("tbody tr")].map(row => [...row.children].map((cell, i) => {
    const own = end(cell);
    const number = cell.classList.contains("number");
    return [own.shown, Math.abs(own.cell - heads[i].cell), number ? Math.abs(own.text - own.cell) : 0];
  }));
}"""


@pytest.mark.parametrize("media", ["screen", "print"])
def test_numbers_stand_below_their_heads(new_page, media):
    page = drawn(new_page("/?page=sellers"))
    page.emulate_media(media=media)
    rows = card(page, "seller-performance").locator("table").evaluate(ENDS)
    heads = card(page, "seller-performance").locator("thead th").count()
    assert len(rows) > 5
    for row in rows:
        assert len(row) == heads
        for shown, aside, short in row:
            assert shown == "table-cell" and aside < 1 and short < 2


# What is drawn, as pictures, and whether each is as large as its place.
DRAWN = """() => [...document.querySelectorAll("#cards .plot")].map(plot => {
  const canvas = plot.querySelector("canvas");
  return [plot.closest(".card").dataset.kpi, Math.abs(canvas.clientWidth - plot.clientWidth) < 1.5 && Math.abs(canvas.clientHeight - plot.clientHeight) < 1.5, canvas.toDataURL()];
})"""


@pytest.mark.parametrize("first, then", [(1440, 390), (390, 1440)])
def test_a_chart_whose_room_changes_is_as_one_drawn_there(new_page, first, then):
    def sized(page, width):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        return page.evaluate(DRAWN)

    page = new_page("/livez", **STILL)
    page.set_viewport_size({"width": first, "height": 900})
    page.goto("/?page=geography")
    drawn(page)
    changed = sized(page, then)
    page.reload()
    drawn(page)
    fresh = sized(page, then)
    assert len(changed) > 4 and all(fits for _, fits, _ in changed)
    assert [kpi for kpi, _, picture in changed if picture not in [other for _, _, other in fresh]] == []


def test_panels_of_a_phone_stand_below_each_other(new_page):
    page = new_page("/livez", **STILL)
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto("/?page=geography")
    drawn(page)
    grids = card(page, "delivery-distance").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption().grid")
    height = card(page, "delivery-distance").locator(".plot").evaluate("plot => plot.clientHeight")
    assert len(grids) == 3
    for upper, lower in zip(grids, grids[1:]):
        assert lower["left"] == upper["left"] and lower["top"] > upper["top"] + upper["height"]
    assert grids[-1]["top"] + grids[-1]["height"] <= height


# The texts of a legend with where they end, and where the bars begin.
LEGEND = """plot => {
  const chart = echarts.getInstanceByDom(plot);
  const { legend, series, grid } = chart.getOption();
  const names = new Set(series.map(one => one.name));
  const texts = chart.getZr().storage.getDisplayList(true).filter(one => names.has(one.style.text));
  const boxes = texts.map(one => { const box = one.getBoundingRect().clone(); box.applyTransform(one.transform); return box; });
  return [legend[0].type, names.size, boxes.map(box => box.x + box.width), boxes.map(box => box.y + box.height), plot.clientWidth, grid[0].top];
}"""


@pytest.mark.parametrize("width", [375, 820, 1440])
def test_a_legend_takes_the_lines_that_it_needs(new_page, width):
    page = new_page("/livez", locale="fr-FR", **STILL)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?page=geography")
    kind, names, rights, bottoms, room, top = card(drawn(page), "delivery-time").locator(".plot").evaluate(LEGEND)
    assert kind == "plain" and len(rights) == names == 4
    assert max(rights) <= room and max(bottoms) <= top


def test_paper_is_light_and_its_charts_are_as_wide_as_it(new_page):
    page = drawn(new_page("/?page=geography&theme=dark", **STILL))
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") != "rgb(255, 255, 255)"
    page.evaluate(
        """() => addEventListener("beforeprint", () => (globalThis.printed = [
            getComputedStyle(document.querySelector(".card")).backgroundColor,
            document.body.clientWidth,
            ...[...document.querySelectorAll(".plot")].map(plot => Math.abs(plot.querySelector("canvas").clientWidth - plot.clientWidth)),
        ]))"""
    )
    before = page.evaluate(DRAWN)
    page.pdf(format="A4")
    ground, width, *aside = page.evaluate("printed")
    assert ground == "rgb(255, 255, 255)"
    assert 690 < width < 720  # 186 mm
    assert len(aside) > 4 and max(aside) < 1.5
    page.wait_for_timeout(300)
    assert page.evaluate(DRAWN) == before


LABELS = """async ([days, granularity, width]) => {
  const { periodLabels } = await import("/assets/js/charts/periods.js");
  const { interval, formatter } = periodLabels(days, granularity, width);
  return days.map((_, i) => interval(i) ? formatter("", i) : null).filter(Boolean);
}"""


def test_an_axis_of_periods_says_its_years(new_page):
    page = drawn(new_page("/"))
    months = [f"{year}-{month:02}-01" for year in (2022, 2023, 2024) for month in range(1, 13)]
    wide = page.evaluate(LABELS, [months[24:], "month", 600])
    assert wide[:2] == ["Jan\n2024", "Feb"] and len(wide) == 12
    narrow = page.evaluate(LABELS, [months[3:], "month", 220])
    assert [name for name in narrow if "\n" in name][-2:] == ["Jan\n2023", "Jan\n2024"]
    weeks = page.evaluate(LABELS, [["2023-11-06", "2023-11-13", "2023-11-20", "2023-12-25", "2024-01-01", "2024-01-08"], "week", 900])
    assert weeks == ["Nov 6\n2023", "Nov 13", "Nov 20", "Dec 25", "Jan 1\n2024", "Jan 8"]
    shown = card(page, "sales-over-time").locator(".plot").evaluate(
        "plot => { const { data, axisLabel } = echarts.getInstanceByDom(plot).getOption().xAxis[0]; return axisLabel.interval(0) && axisLabel.formatter(data[0], 0); }"
    )
    assert shown == "Jan\n2024"


def test_values_beside_bars_are_in_one_form(new_page):
    page = drawn(new_page("/"))
    written = """async values => {
      const { brief } = await import("/assets/js/format.js");
      return values.map(brief(values, { name: "sales", type: "money" }, { currency: "USD" }));
    }"""
    assert page.evaluate(written, [224_163, 96_167, 51_000]) == ["$224.2K", "$96.2K", "$51.0K"]
    assert page.evaluate(written, [96_167, 95.5]) == ["$96,167", "$96"]
    assert page.evaluate(written, [15.8, 7.7]) == ["$15.80", "$7.70"]


def test_the_classes_of_abc_are_told_apart(new_page, api):
    page = drawn(new_page("/?page=products"))
    classes = list(dict.fromkeys(row["class"] for row in ask(api, "product-abc", limit=300, **YEAR)["data"]))
    areas = card(page, "product-abc").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption().series[0].markArea.data")
    assert [area[0]["name"] for area in areas] == classes and len(classes) > 1


def test_a_map_says_what_its_circles_are_in_its_picture_too(new_page):
    page = drawn(new_page("/"))
    expect(card(page, "sales-map").locator("svg .map-legend text")).to_contain_text("Sales, ≤ $")
    names = card(page, "sales-map").locator("svg .place")
    boxes = names.evaluate_all("texts => texts.map(text => text.getBBox()).map(({ x, y, width, height }) => [x, y, x + width, y + height])")
    assert len(boxes) >= 3
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert not any(left < other[2] and other[0] < right and top + 4 < other[3] and other[1] + 4 < bottom for other in boxes[i + 1 :])


@pytest.mark.parametrize("width", [1440, 1280, 820])
def test_imports_are_whole(new_page, width):
    page = new_page("/livez")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?page=data")
    table = page.locator('[data-part="imports"] .table-scroll')
    expect(table.locator("tbody tr").first).to_be_visible()
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth")


def notes_of_the_server():
    """The sentences of core/ that an answer says of itself, as the server writes them."""
    joined = {name: re.sub(r'"\s*\n\s*"', "", (harness.ROOT / "core" / name).read_text()) for name in ["dataset.c", "notes.c", "answer.c", "costed.c"]}
    features = re.search(r"feature_notes\[FEATURE_COUNT\] = \{(.*?)\};", joined["dataset.c"], re.S)[1]
    said = re.findall(r'"([^"]+\.)"', features) + re.findall(r'(?:return|=)\s+"([^"]+\.)"', joined["notes.c"] + joined["answer.c"])
    costed = re.search(r'"%s( of the sales[^"]+)"', joined["costed.c"])[1]
    return said + [share + costed for share in ["1.7 %", "A part", "Less than 0.1 %", "More than 99.9 %"]]


def test_what_answers_say_of_themselves_is_said_in_french(new_page):
    notes = notes_of_the_server()
    assert len(notes) > 25
    page = drawn(new_page("/", locale="fr-FR"))
    said = page.evaluate("async notes => { const { note } = await import('/assets/js/i18n.js'); return notes.map(note); }", notes)
    assert [note for note, own in zip(notes, said) if own["lang"] or own["text"] == note or "{" in own["text"]] == []
    assert re.match(r"1,7\s% des ventes", said[-4]["text"]) and re.match(r"Moins de 0,1\s% des", said[-2]["text"])


def test_what_answers_say_of_themselves_is_said_as_people_write(new_page):
    """Without the names of columns, and with numbers as the page has them."""
    page = drawn(new_page("/"))
    said = page.evaluate("async notes => { const { note } = await import('/assets/js/i18n.js'); return notes.map(note); }", notes_of_the_server())
    assert [note for note in said if note["lang"] or re.search(r"\w_\w|\d %|order-status", note["text"])] == []
    assert said[-4]["text"].startswith("1.7% of the sales") and said[-2]["text"].startswith("Less than 0.1% of")


def test_english_on_a_french_page_is_marked_so(new_page, api):
    answer = {**ask(api, "sales-by-category", **YEAR), "notes": ["Something that nobody has translated."]}
    page = drawn(new_page("/?page=products", locale="fr-FR", before=answer_with("**/v1/kpis/sales-by-category?**", 200, answer)))
    expect(card(page, "sales-by-category").locator(".card-notes [lang=en]")).to_have_text("Something that nobody has translated.")
    head = card(page, "product-pairs").locator("thead button").first
    expect(head).to_have_attribute("lang", "en")
    expect(head.locator("span[lang=fr]")).to_have_text("Produit A")
    card(page, "product-pairs").get_by_role("button", name="Plus :").click()
    page.locator('[data-action="api"]').click()
    expect(page.get_by_role("dialog").locator("p[lang=en]")).to_be_visible()


def test_names_of_distances_are_french(new_page):
    page = drawn(new_page("/?page=geography", locale="fr-FR"))
    names = card(page, "delivery-distance").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption().yAxis[0].data")
    assert "moins de 50 km" in names and not any(re.search(r"under|to|more", name) for name in names)


@pytest.fixture(scope="module")
def odd(engine_uri, database, tmp_path_factory):
    """A server with charts of kinds and columns that none of ours has."""
    pipelines = tmp_path_factory.mktemp("odd") / "pipelines"
    shutil.copytree(harness.PIPELINES, pipelines)
    regions = json.loads((pipelines / "kpi" / "sales-by-region.json").read_text())
    for name, chart in {
        "odd-line": {"type": "line", "x": "region", "y": ["sales"]},
        "odd-heat": {"type": "heatmap", "x": "region", "y": ["region"], "value": "sales"},
        "odd-number": {"type": "number", "y": ["sales"]},
    }.items():
        (pipelines / "kpi" / f"{name}.json").write_text(json.dumps({**regions, "title": name, "group": "odd", "chart": chart}))
    months = json.loads((pipelines / "kpi" / "sales-over-time.json").read_text())
    chart = {"type": "line", "x": "period", "y": ["sales", "orders", "profit"]}
    bars = {"type": "bar", "x": "period", "y": ["sales", "orders", "sales_change_rate"]}
    for name, chart in {"odd-units": chart, "odd-bars": bars}.items():
        (pipelines / "kpi" / f"{name}.json").write_text(json.dumps({**months, "title": name, "group": "odd", "chart": chart}))
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        yield server.url


def test_charts_along_names_say_the_names(new_page, odd):
    page = drawn(new_page("/?page=group-odd", origin=odd))
    regions = [row["region"] for row in ask(odd, "odd-line", **YEAR)["data"]]
    names = card(page, "odd-line").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption().xAxis[0].data")
    assert names == regions
    side = card(page, "odd-heat").locator(".axis.down")
    assert side.evaluate_all("texts => texts.map(text => text.textContent)") == sorted(regions)
    assert min(side.evaluate_all("texts => texts.map(text => text.getBBox().x)")) >= 0


def test_lines_of_different_units_have_an_axis_each(new_page, odd):
    page = drawn(new_page("/?page=group-odd", origin=odd))
    option = card(page, "odd-units").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption()")
    upper, lower = option["grid"]
    assert upper["left"] == lower["left"] and upper["top"] + upper["height"] < lower["top"]
    assert {one["name"]: one["yAxisIndex"] for one in option["series"]} == {"Sales": 0, "2023": 0, "Profit": 0, "Orders": 1}
    bars = card(page, "odd-bars").locator(".plot").evaluate("plot => echarts.getInstanceByDom(plot).getOption()")
    assert {one["name"]: one["yAxisIndex"] for one in bars["series"]} == {"Sales": 0, "Orders": 1, "Sales change rate": 2}
    most = max(row["orders"] for row in ask(odd, "odd-units", granularity="month", **YEAR)["data"])
    assert most <= option["yAxis"][1]["max"] < 2.5 * most
    boxes = written(page, "odd-units")
    assert {"Sales, Profit", "Orders"} <= {text for text, *_ in boxes}
    for i, (_, left, top, right, bottom) in enumerate(boxes):
        assert not any(left < other[3] and other[1] < right and top + 2 < other[4] and other[2] + 2 < bottom for other in boxes[i + 1 :])


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_every_line_of_an_axis_says_its_value(new_page, api, locale):
    answer = ask(api, "sales-by-region", **YEAR)
    most = max(row["sales"] for row in answer["data"])
    answer["currency"] = "BRL"
    answer["data"] = [{**row, "region": f"{row['region']} and all around it", "sales": row["sales"] / most * 380_000, "profit": 0} for row in answer["data"]]
    page = new_page("/livez", locale=locale, before=answer_with("**/v1/kpis/sales-by-region?**", 200, answer), **STILL)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/")
    drawn(page)
    boxes = written(page, "sales-by-region")
    bottom = max(box[4] for box in boxes)
    said = [box for box in boxes if box[4] > bottom - 4]
    ticks = "plot => echarts.getInstanceByDom(plot).getModel().getComponent('xAxis').axis.scale.getTicks().length"
    assert len(said) == card(page, "sales-by-region").locator(".plot").evaluate(ticks) >= 2
    assert all(left[3] + 4 < right[1] for left, right in zip(said, said[1:]))


def test_a_number_of_several_rows_is_one_of_each(new_page, odd):
    page = drawn(new_page("/?page=group-odd", origin=odd))
    rows = ask(odd, "odd-number", **YEAR)["data"]
    figures = card(page, "odd-number").locator(".figure")
    assert figures.locator(".figure-name").all_inner_texts() == [row["region"] for row in rows]
    assert figures.locator(".figure-value").all_inner_texts() == [f"${row['sales']:,.0f}" for row in rows]
    expect(figures.locator(".spark")).to_have_count(0)


@pytest.mark.parametrize("kpi", ["average-discount", "average-order-value", "total-sales", "order-count"])
def test_a_figure_has_its_small_line(new_page, kpi):
    page = drawn(new_page("/?page=sales"))
    expect(card(page, kpi).locator(".spark")).to_be_visible()


@pytest.mark.parametrize("name", PAGES)
def test_no_figure_stands_alone_in_its_row(new_page, name):
    page = drawn(new_page(f"/?page={name}"))
    alone = page.locator(".tiles .card:only-child").evaluate_all("cards => cards.map(card => card.querySelectorAll('.figure').length)")
    assert all(figures > 1 for figures in alone)


# The rows of figures, each as [left, where its line is, where its value ends, right].
ROWS = """figures => {
  const left = figures.getBoundingClientRect().left;
  const rows = new Map();
  for (const figure of figures.children) {
    const box = figure.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(figure.querySelector(".figure-value"));
    const one = [left, box.left, range.getBoundingClientRect().right, box.right];
    rows.set(box.top, [...(rows.get(box.top) ?? []), one]);
  }
  return [...rows.values()];
}"""


def test_figures_stand_in_rows_of_as_many(new_page, api):
    """Each row begins without a line, and no figure touches the next line."""
    answer = ask(api, "sales-summary", compare="previous-period", **YEAR)
    answer["data"][0].update(sales=1_234_567.0, profit=1_234_567.0)
    page = drawn(new_page("/", before=answer_with("**/v1/kpis/sales-summary?**", 200, answer)))
    found = {}
    for width in [1600, 1080, 800, 768, 700, 360]:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => innerWidth === width", arg=width)
        rows = card(page, "sales-summary").locator(".figures").evaluate(ROWS)
        found[width] = [len(row) for row in rows]
        for row in rows:
            assert row[0][1] < row[0][0] and all(line >= left for left, line, *_ in row[1:])
            assert all(end + 6 < right for *_, end, right in row)
    assert found == {1600: [6], 1080: [3, 3], 800: [3, 3], 768: [3, 3], 700: [3, 3], 360: [2, 2, 2]}


def test_a_change_too_small_to_be_said_is_none(new_page):
    said = drawn(new_page("/")).evaluate(
        """async () => {
          const { change } = await import("/assets/js/format.js");
          const rate = { name: "discount_rate", type: "ratio" };
          const sales = { name: "sales", type: "money" };
          const cases = [[0.05912, 0.0589, rate], [0.06, 0.0589, rate], [100.01, 100, sales], [101, 100, sales]];
          return cases.map(([now, before, column]) => change(now, before, column).same);
        }"""
    )
    assert said == [True, False, True, False]
