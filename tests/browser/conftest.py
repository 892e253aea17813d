"""A headless Chromium of the system, driven by Playwright; nothing is downloaded."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import expect, sync_playwright

import harness
from chromium import launch

expect.set_options(timeout=60_000)  # the machine may be busy


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


class Complaints:
    """What a page must not do: say errors on the console, fail in a script, talk to another host."""

    def __init__(self, page, api):
        self.list = []
        page.on("console", lambda m: self.note(m.type in ("error", "warning"), f"console: {m.text}"))
        page.on("pageerror", lambda error: self.note(True, f"script: {error}"))
        page.on("request", lambda r: self.note(not r.url.startswith((api + "/", "data:")), f"request: {r.url}"))
        page.on("response", lambda r: self.note(r.status >= 400, f"{r.status}: {r.url}"))

    def note(self, wrong, text):
        if wrong:
            self.list.append(text)


@pytest.fixture
def start_server():
    """Starts a server of the test's own, which ends after all pages: an open page would complain that nobody answers it."""
    with ExitStack() as running:
        yield lambda *arguments, **options: running.enter_context(harness.Server(*arguments, **options))


@pytest.fixture
def new_page(chromium, api, start_server):
    """Opens a path; complaints of all pages opened so have to be none at the end, but those that a test expects."""
    opened = []

    def new(path, *, origin=api, expect_complaints=False, before=None, **options):
        context = chromium.new_context(base_url=origin, viewport={"width": 1280, "height": 900}, **options)
        page = context.new_page()
        page.set_default_timeout(60_000)
        opened.append((context, Complaints(page, origin), expect_complaints))
        if before:
            before(page)
        page.goto(path)
        return page

    yield new
    for context, _, _ in opened:
        context.close()
    complaints = [text for _, complaints, expected in opened for text in complaints.list if not expected]
    assert complaints == []
