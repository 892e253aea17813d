"""A headless Chromium of the system, driven by Playwright; nothing is downloaded."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright


def find_chromium():
    """KPI_CHROMIUM, or the first on PATH of the names that distributions give it."""
    names = [os.environ.get("KPI_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = [path for name in names if name and (path := shutil.which(name))]
    assert found, "there is no Chromium: install it (Debian: apt-get install chromium), or set KPI_CHROMIUM"
    return found[0]


def launch(playwright):
    # Chromium's own sandbox does not work for root, nor in most containers. Only our own pages are opened.
    return playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


class Complaints:
    """What a page must not do: say errors on the console, fail in a script, talk to another host."""

    def __init__(self, page, api):
        self.list = []
        page.on("console", lambda message: self.note(message.type in ("error", "warning"), f"console: {message.text}"))
        page.on("pageerror", lambda error: self.note(True, f"script: {error}"))
        page.on("request", lambda r: self.note(not r.url.startswith((api + "/", "data:")), f"request: {r.url}"))
        page.on("response", lambda r: self.note(r.status >= 400, f"{r.status}: {r.url}"))

    def note(self, wrong, text):
        if wrong:
            self.list.append(text)


@pytest.fixture
def new_page(chromium, api):
    """Opens a path; complaints of all pages opened so have to be none at the end, but those that a test expects."""
    opened = []

    def new(path, *, expect_complaints=False, before=None, **options):
        context = chromium.new_context(base_url=api, viewport={"width": 1280, "height": 900}, **options)
        page = context.new_page()
        page.set_default_timeout(15_000)
        opened.append((context, Complaints(page, api), expect_complaints))
        if before:
            before(page)
        page.goto(path)
        return page

    yield new
    for context, _, _ in opened:
        context.close()
    complaints = [text for _, complaints, expected in opened for text in complaints.list if not expected]
    assert complaints == []
