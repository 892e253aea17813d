"""The pages of a server that asks for API keys."""

import re
import subprocess

import pytest
from playwright.sync_api import expect

import harness
from dashboard import act, card, drawn
from test_dashboard_access import violations


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return tmp_path_factory.mktemp("keys") / "keys"


def add(keys, name):
    done = subprocess.run([harness.BUILD / "kpi-server", "key", "add", name, "--keys", keys], env=harness.environment(),
                          capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def key(keys):
    return add(keys, "reader")


@pytest.fixture(scope="module")
def guarded(engine_uri, database, key, keys):
    with harness.Server(engine_uri, database, "--keys", str(keys)) as running:
        yield running


@pytest.fixture
def visit(new_page, guarded):
    """Opens a path of the guarded server; that it answers some requests with 401 is part of it."""
    def open_page(path, **options):
        return new_page(path, origin=guarded.url, expect_complaints=True, **options)

    return open_page


def sent_by(page):
    """The addresses and headers of all that a page asks for from now on."""
    sent = []
    page.on("request", lambda request: sent.append((request.url, request.headers)))
    return sent


def enter(page, key):
    page.get_by_label("This server asks for an API key").fill(key)
    page.get_by_role("button", name="Use it").click()


def test_the_dashboard_asks_once_and_then_shows_all(visit, key):
    page = visit("/")
    dialog = page.get_by_role("dialog", name="API key")
    expect(dialog).to_have_count(1)
    expect(page.get_by_label("This server asks for an API key")).to_be_focused()
    sent = sent_by(page)
    enter(page, key)
    drawn(page)
    expect(dialog).to_have_count(0)
    expect(card(page, "total-sales").or_(card(page, "sales-summary")).first).to_be_visible()
    expect(page.locator("#live")).to_have_class(re.compile(r"\bon\b"))
    asked = [headers for url, headers in sent if "/v1/" in url]
    assert asked and all(headers.get("authorization") == f"Bearer {key}" for headers in asked)
    assert not any(key in url for url, _ in sent) and key not in page.url
    assert any(url.endswith("/v1/events") for url, _ in sent)


def test_the_key_is_kept_for_the_tab_alone(visit, key, guarded):
    page = visit("/")
    enter(page, key)
    drawn(page)
    page.reload()
    drawn(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("Object.values(localStorage).join() + document.cookie").find(key) == -1
    other = page.context.browser.new_context(base_url=guarded.url).new_page()
    other.goto("/")
    expect(other.get_by_role("dialog", name="API key")).to_be_visible()
    other.context.close()


def test_a_wrong_key_is_said_and_asked_for_again(visit, key):
    page = visit("/")
    enter(page, "kpi_" + "A" * 43)
    expect(page.get_by_role("alert")).to_contain_text("does not know this key")
    enter(page, key)
    drawn(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("text", ["", "   ", "clé", "a b"])
def test_what_no_header_can_carry_is_not_sent(visit, text):
    page = visit("/")
    sent = sent_by(page)
    enter(page, text)
    expect(page.get_by_role("dialog", name="API key")).to_be_visible()
    assert not any("/v1/" in url for url, _ in sent)


def test_who_closes_the_dialog_can_try_again(visit, key):
    page = visit("/")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Try again").first.click()
    enter(page, key)
    drawn(page)


def test_a_file_is_saved_and_a_line_is_copied_without_the_key_in_it(visit, key):
    page = visit("/?page=geography")
    enter(page, key)
    drawn(page)
    with page.expect_download() as download:
        act(page, "sales-by-region", "csv")
    with open(download.value.path()) as file:
        assert file.readline().startswith("region,sales,")
    act(page, "sales-by-region", "api")
    text = page.get_by_role("dialog").inner_text()
    assert '-H "Authorization: Bearer $KPI_KEY"' in text and key not in text


def test_new_data_are_told_by_a_stream_with_the_key(visit, key, guarded):
    page = visit("/")
    enter(page, key)
    drawn(page)
    expect(page.locator("#live")).to_have_class(re.compile(r"\bon\b"))
    # What the server sends on such a stream, an event that this page has not seen.
    page.route("**/v1/events", lambda route: route.fulfill(content_type="text/event-stream", body=': hello\n\nid: 9\nevent: data-version\ndata: {"data_version":9}\n\n'))
    sent = sent_by(page)
    page.reload()
    drawn(page)
    # The catalogue is asked for with the page, and again with the news.
    expect(page.locator("#said")).to_have_text("New data are shown.")
    assert sum(url.endswith("/v1/kpis") for url, _ in sent) == 2


def test_a_key_that_is_removed_is_asked_for_again(visit, keys, key):
    short = add(keys, "short")
    page = visit("/?page=geography")
    # The server has read the file within two seconds.
    page.wait_for_timeout(2000)
    enter(page, short)
    drawn(page)
    subprocess.run([harness.BUILD / "kpi-server", "key", "remove", "short", "--keys", keys], env=harness.environment(), capture_output=True, check=True, timeout=20)
    page.wait_for_timeout(2000)
    page.locator("#nav a").first.click()
    enter(page, key)
    drawn(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(visit, scheme):
    page = visit("/", color_scheme=scheme, reduced_motion="reduce")
    expect(page.get_by_role("dialog", name="API key")).to_be_visible()
    assert violations(page) == []


def try_out(page):
    """Swagger's block of a KPI, once that is answered, and the request that was sent."""
    block = page.locator("#operations-geography-salesByRegion")
    block.locator(".opblock-summary-control").first.click()
    block.get_by_role("button", name="Try it out").click()
    with page.expect_response(lambda answer: "/v1/kpis/" in answer.url) as answer:
        block.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    return block, answer.value.request


def test_swagger_sends_the_key_that_authorize_was_given(visit, key):
    page = visit("/docs/")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator("#auth-bearer-value, #api_key_value, .auth-container input[type=text], .auth-container input[type=password]").first.fill(key)
    page.locator(".auth-btn-wrapper button.authorize").first.click()
    page.locator(".auth-btn-wrapper button.btn-done").first.click()
    block, request = try_out(page)
    assert request.headers["authorization"] == f"Bearer {key}"
    assert "authorization" in block.locator(".curl").inner_text().lower()


def test_swagger_takes_the_key_of_the_dashboard(visit, key):
    page = visit("/")
    enter(page, key)
    drawn(page)
    page.goto("/docs/")
    try_out(page)
