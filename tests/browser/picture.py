"""Takes README's pictures of the Swagger page: picture.py http://127.0.0.1:8080 docs"""

import sys

from playwright.sync_api import sync_playwright

import conftest


def main(api, folder):
    with sync_playwright() as playwright, conftest.launch(playwright) as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 1000}, color_scheme="light")
        page.goto(f"{api}/docs/")
        page.locator(".opblock").first.wait_for()
        page.screenshot(path=f"{folder}/swagger.png")
        try_out(page)
        page.screenshot(path=f"{folder}/swagger-answer.png")


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
