"""How soon the dashboard's first page is drawn, and what it transfers, in a headless Chromium and by a server that has its answers."""

import contextlib
import statistics
import sys

import programs
import serving
from playwright.sync_api import sync_playwright
from report import Table, number

sys.path.append(str(programs.ROOT / "tests" / "browser"))
from chromium import launch  # noqa: E402

OPENINGS = 10
ORDERS = 20_000
VIEW = {"width": 1440, "height": 900}
BUDGET_S, BUDGET_FIRST_KB, BUDGET_AGAIN_KB = 1, 700, 30
# The time since the navigation began, once there are cards and none of them waits for its numbers; looked at with each frame.
DRAWN = """() => document.querySelector(".card")
    && !document.querySelector('[data-state="loading"], [data-state="again"], #cards [aria-busy="true"]')
    && performance.now() / 1000"""


class Transferred:
    """The bytes that came over the wire, headers included."""

    def __init__(self, page):
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add)

    def _add(self, event):
        self.bytes += event["encodedDataLength"]

    def take(self):
        taken, self.bytes = self.bytes, 0
        return taken / 1000


def open_twice(browser, address):
    """Seconds and kB of the first visit, with nothing kept, and of the page loaded again."""
    with contextlib.closing(browser.new_context(viewport=VIEW)) as context:
        page = context.new_page()
        transferred = Transferred(page)
        visits = []
        for visit in (lambda: page.goto(address), page.reload):
            visit()
            seconds = page.wait_for_function(DRAWN).json_value()
            # What came last is told after it is drawn.
            page.wait_for_timeout(200)
            visits.append((seconds, transferred.take()))
        return visits


def run(orders, _rounds, say):
    with programs.database("page") as database, sync_playwright() as playwright:
        programs.load(database, programs.generate(orders), options=programs.TO_SERVE)
        with serving.kpi_server(database) as server, launch(playwright) as browser:
            address = f"http://127.0.0.1:{server.port}/"
            say("the answers")
            open_twice(browser, address)
            say(f"{OPENINGS} openings")
            visits = [open_twice(browser, address) for _ in range(OPENINGS)]
            version = browser.version
    return render(list(zip(*visits)), version, orders)


def render(kinds, version, orders):
    table = Table("Overview", "median", "least", "most", "transferred")
    for what, visits in zip(["first visit, nothing kept by the browser", "loaded again"], kinds):
        seconds = [s for s, _ in visits]
        kb = statistics.median(kb for _, kb in visits)
        table.row(what, f"{statistics.median(seconds):.2f} s", f"{min(seconds):.2f} s", f"{max(seconds):.2f} s", f"{kb:.1f} kB")
    first, again = kinds
    budgets = Table("budget", "wanted", "measured", "")
    budgets.check("Overview drawn, s", BUDGET_S, statistics.median(s for s, _ in first), at_least=False)
    budgets.check("first transfer, kB", BUDGET_FIRST_KB, statistics.median(kb for _, kb in first), at_least=False)
    budgets.check("transfer after, kB", BUDGET_AGAIN_KB, statistics.median(kb for _, kb in again), at_least=False)
    return "\n\n".join([
        f"The dashboard's Overview in headless Chromium {version.split('.')[0]}, {VIEW['width']} × {VIEW['height']}, of {number(orders)} orders, by a server that has "
        f"its answers, on the same cores; {len(first)} openings. Drawn: from the beginning of the navigation to the frame after which no "
        "chart waits.",
        str(table),
        str(budgets),
    ])  # fmt: skip
