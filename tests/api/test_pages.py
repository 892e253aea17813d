"""The static files: the dashboard, the Swagger page, and how they are served."""

import gzip
import html.parser
import re
import urllib.parse

import pytest
import requests

import harness

PAGES = ["/", "/docs/"]
DASHBOARD = harness.ROOT / "dashboard"


class Links(html.parser.HTMLParser):
    """What a page loads, and whether it holds script or style of its own."""

    def __init__(self, text):
        super().__init__()
        self.files, self.inline = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "script":
            (self.files if attributes.get("src") else self.inline).append(attributes.get("src") or tag)
        elif tag == "link":
            self.files.append(attributes["href"])
        elif tag == "style" or "style" in attributes or any(name.startswith("on") for name in attributes):
            self.inline.append(tag)


def get(url, **headers):
    return requests.get(url, headers=headers, timeout=10, allow_redirects=False)


@pytest.fixture(params=PAGES)
def page(api, request):
    answer = get(api + request.param)
    assert answer.status_code == 200
    return answer


def files_of(page):
    return [urllib.parse.urljoin(page.url, path) for path in Links(page.text).files]


def test_pages_are_html(page):
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text.startswith("<!DOCTYPE html>")


def test_pages_allow_no_script_but_their_own_files(page):
    policy = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert Links(page.text).inline == []


def test_all_files_of_a_page_are_there_and_on_this_server(api, page):
    files = files_of(page)
    assert any(path.endswith(".js") for path in files) and any(path.endswith(".css") for path in files)
    for url in files:
        assert url.startswith(api + "/"), url
        answer = get(url)
        assert answer.status_code == 200 and answer.content, url
        expected = {"js": "text/javascript", "css": "text/css", "png": "image/png", "svg": "image/svg+xml"}
        assert answer.headers["Content-Type"].split(";")[0] == expected[url.rsplit(".", 1)[1]]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_docs_without_slash_redirects(api):
    answer = get(f"{api}/docs")
    assert answer.status_code == 308
    assert urllib.parse.urljoin(answer.url, answer.headers["Location"]) == f"{api}/docs/"


def test_files_are_compressed_for_those_who_accept_it(page):
    for url in [page.url, *files_of(page)]:
        plain = get(url, **{"Accept-Encoding": "identity"})
        small = requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True)
        raw = small.raw.read(decode_content=False)
        assert "Content-Encoding" not in plain.headers
        if small.headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(raw) == plain.content
            assert len(raw) < len(plain.content)
            assert small.headers["ETag"] != plain.headers["ETag"]
            assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
        else:
            assert raw == plain.content


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_unchanged_files_are_not_sent_again(page, encoding):
    for url in [page.url, *files_of(page)]:
        first = get(url, **{"Accept-Encoding": encoding})
        again = get(url, **{"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert get(url, **{"Accept-Encoding": encoding, "If-None-Match": '"other"'}).status_code == 200


def test_head_answers_as_get_without_a_body(page):
    head = requests.head(page.url, headers={"Accept-Encoding": "identity"}, timeout=10)
    whole = get(page.url, **{"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    for name in ["Content-Type", "Content-Length", "ETag", "Content-Security-Policy"]:
        assert head.headers[name] == whole.headers[name]


def test_pages_take_no_notice_of_parameters(page):
    assert get(f"{page.url}?x=1&y").content == page.content


@pytest.mark.parametrize("path", ["/docs/nothing.js", "/docs/../core", "/assets/", "/assets/nothing.css", "/docs/%2e%2e/Makefile",
                                  "/assets/openapi/base.json", "/docs/index.html/"])
def test_unknown_files_are_a_404(api, path):
    answer = get(api + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


def test_files_that_are_not_for_clients_are_not_served(api):
    assert get(f"{api}/openapi/base.json").status_code == 404


def test_licences_of_what_is_served_are_served(api):
    assert "Apache License" in get(f"{api}/docs/LICENSE").text
    assert "Apache License" in get(f"{api}/assets/echarts/LICENSE").text
    assert "Apache ECharts" in get(f"{api}/assets/echarts/NOTICE").text
    assert "Bostock" in get(f"{api}/assets/world-atlas/LICENSE").text


def files_of_the_dashboard(api, ending):
    """What its page names, without where this version of them is."""
    return {re.sub("^assets/[0-9a-f]{16}/", "", path) for path in Links(get(f"{api}/").text).files if path.endswith(ending)}


def test_the_dashboard_names_all_its_modules(api):
    """They are asked for at once, and not one after the other as each is found in another. But for those of other languages."""
    modules = {path.relative_to(DASHBOARD).as_posix() for path in DASHBOARD.rglob("*.js") if not path.name.startswith("fr")}
    assert files_of_the_dashboard(api, ".js") == modules | {"echarts.js"}
    styles = {path.relative_to(DASHBOARD).as_posix() for path in DASHBOARD.rglob("*.css")}
    assert files_of_the_dashboard(api, ".css") == styles


def test_files_of_the_dashboard_never_change_where_its_page_finds_them(api):
    files = [path for path in Links(get(f"{api}/").text).files if path.startswith("assets/")]
    assert len(files) > 40
    for path in files:
        answer = get(f"{api}/{path}")
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.content == get(f"{api}/{re.sub('/[0-9a-f]{16}/', '/', path)}").content
    assert get(f"{api}/").headers["Cache-Control"] == "no-cache"
    assert get(f"{api}/assets/js/main.js").headers["Cache-Control"] == "no-cache"
    assert get(f"{api}/assets/0123456789abcdef/js/main.js").status_code == 404
