"""Takes README's pictures: picture.py http://127.0.0.1:8080 docs

Of a server with the sample of `make run`. The Swagger page goes to the folder, the dashboard to its screenshots/."""

import pathlib
import sys

from playwright.sync_api import expect, sync_playwright

import chromium
import dashboard

DASHBOARD = {
    "overview": ("/", {}),
    "overview-dark": ("/?region=West&region=East", {"color_scheme": "dark"}),
    "customers": ("/?page=customers", {}),
    "products": ("/?page=products", {}),
    "delivery": ("/?page=geography", {}),
    "data": ("/?page=data", {}),
    "phone": ("/", {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}),
    "french": ("/?page=sales&lang=fr", {"locale": "fr-FR"}),
}


def main(api, folder):
    screenshots = pathlib.Path(folder) / "screenshots"
    screenshots.mkdir(exist_ok=True)
    with sync_playwright() as playwright, chromium.launch(playwright) as browser:
        take_swagger(browser, api, folder)
        for name, (path, options) in DASHBOARD.items():
            page = browser.new_page(**{"viewport": {"width": 1280, "height": 860}, "color_scheme": "light", "reduced_motion": "reduce", **options})
            page.goto(api + path)
            dashboard.drawn(page)
            expect(page.locator("#live")).to_have_class("live on")
            page.screenshot(path=screenshots / f"{name}.png")
            page.close()


def take_swagger(browser, api, folder):
    page = browser.new_page(viewport={"width": 1100, "height": 1000}, color_scheme="light")
    page.goto(f"{api}/docs/")
    page.locator(".opblock").first.wait_for()
    page.screenshot(path=f"{folder}/swagger.png")
    try_out(page)
    page.screenshot(path=f"{folder}/swagger-answer.png")
    page.close()


def try_out(page):
    """A KPI with its answer: the last of the parameters, the curl line, and the first rows."""
    block = page.locator("#operations-geography-salesByRegion")
    block.locator(".opblock-summary-control").first.click()
    block.get_by_role("button", name="Try it out").click()
    for name in ["from", "to"]:
        block.locator(f"tr[data-param-name={name}] input").fill("2023")
    block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table").wait_for()
    block.locator("tr[data-param-name=limit]").evaluate("row => row.scrollIntoView()")


main(*sys.argv[1:])
