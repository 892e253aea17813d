"""What tests of the dashboard share: waiting until it is drawn, its cards, and the numbers that it shows."""

import json
import re

import requests
from playwright.sync_api import expect

PAGES = ["overview", "sales", "customers", "products", "geography", "sellers", "data"]


def drawn(page):
    """Waits until no card loads any more."""
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator('[data-state="loading"], [data-state="again"], #cards [aria-busy="true"]')).to_have_count(0)
    return page


def card(page, kpi):
    return page.locator(f'#cards [data-kpi="{kpi}"]')


def act(page, kpi, action):
    """Presses an entry of a card's menu."""
    card(page, kpi).get_by_role("button", name="More:").click()
    page.locator(f'[data-action="{action}"]').click()


def show_table(page, kpi):
    act(page, kpi, "table")
    expect(card(page, kpi).locator("table")).to_be_visible()


def texts(page, kpi):
    """The rows of a card's table, as texts."""
    rows = card(page, kpi).locator("tbody tr")
    return rows.evaluate_all("rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))")


def ask(api, kpi, **parameters):
    answer = requests.get(f"{api}/v1/kpis/{kpi}", params=parameters, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def number(text):
    """A number as it is written in English: $1,234.56, 12.3%, 4.2 days."""
    found = re.search(r"-?[\d,]*\.?\d+", text.replace("\u2212", "-"))
    assert found, text
    value = float(found[0].replace(",", ""))
    return value / 100 if "%" in text else value


def choose(page, dimension, value):
    """Ticks a value in a filter's menu, found by typing its beginning."""
    page.locator(f"#filter-{dimension}").click()
    page.get_by_role("searchbox").fill(value[:4])
    page.get_by_role("checkbox", name=value, exact=True).check()
    page.keyboard.press("Escape")


def answer_with(path, status, body):
    """Makes a page get another answer at a path, in which ** stands for anything."""
    text, media = json.dumps(body), "application/problem+json" if status >= 400 else "application/json"
    return lambda page: page.route(path, lambda route: route.fulfill(status=status, body=text, content_type=media))


# What a chart has drawn in letters, from the top to the bottom and from the left to the right, as [text, left, top, right, bottom].
WRITTEN = """plot => echarts.getInstanceByDom(plot).getZr().storage.getDisplayList(true).filter(one => one.style?.text).map(one => {
  const box = one.getBoundingRect().clone();
  if (one.transform) box.applyTransform(one.transform);
  return [one.style.text, box.x, box.y, box.x + box.width, box.y + box.height];
}).sort((a, b) => Math.round(a[2] - b[2]) || a[1] - b[1])"""


def written(page, kpi):
    """The texts that a chart has drawn, with their boxes."""
    return card(page, kpi).locator(".plot").evaluate(WRITTEN)


def chart(page, kpi):
    """What a card's chart was told to draw: { series: { name: values }, names: of the bars or points }."""
    return card(page, kpi).locator(".plot").evaluate("""plot => {
        const option = echarts.getInstanceByDom(plot).getOption();
        const value = point => point !== null && typeof point === "object" ? point.value : point;
        const axis = [...option.yAxis, ...option.xAxis].find(axis => axis.type === "category");
        return { series: Object.fromEntries(option.series.map(one => [one.name, one.data.map(value)])), names: axis.data };
    }""")
