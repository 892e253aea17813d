"""Which pages of other sites may read answers."""

import contextlib

import pytest

import harness
from gauges import gauge
from keyring import guard
from raw import Connection

KPI = "/v1/kpis/total-sales"
OURS = "https://dashboard.example"
ALSO = "http://localhost:3000"
STRANGERS = ["https://evil.example", "null", "https://dashboard.example.evil.example", "https://dashboard.example:8443",
             "http://dashboard.example", "https://DASHBOARD.example", "https://dashboard.example/", "https://", "*", ""]


def cors(answer):
    return {name: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


@pytest.fixture(scope="module")
def sharing(engine_uri, database):
    with harness.Server(engine_uri, database, "--cors-origin", f"{OURS},{ALSO}") as running:
        yield running


@pytest.mark.parametrize("origin", [OURS, ALSO])
@pytest.mark.parametrize("path", [KPI, "/v1/kpis", "/nothing", "/v1/status"])
def test_a_page_of_the_list_may_read_answers_and_errors(sharing, origin, path):
    answer = sharing.get(path, headers={"Origin": origin})
    said = cors(answer)
    assert said["Access-Control-Allow-Origin"] == origin
    for name in ("ETag", "Cache-Status", "Retry-After", "RateLimit-Remaining"):
        assert name in said["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in said
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", STRANGERS)
def test_no_other_page_may(sharing, origin):
    answer = sharing.get(KPI, headers={"Origin": origin})
    assert answer.status_code == 200 and cors(answer) == {}
    assert "Origin" in answer.headers["Vary"]


def test_an_answer_that_is_kept_says_it_to_each_as_he_is(sharing):
    """One answer, asked for by a page of the list, by a stranger and by nobody's page: no header of one goes to another."""
    for _ in range(3):
        for origin in (OURS, STRANGERS[0], None, ALSO):
            answer = sharing.get(KPI + "?from=2023", headers={"Origin": origin} if origin else {})
            expected = origin if origin in (OURS, ALSO) else None
            assert cors(answer).get("Access-Control-Allow-Origin") == expected
            assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Cache-Status"] == "kpi-server; hit"


def preflight(server, origin, path=KPI):
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    return server.session.options(server.url + path, headers=headers, timeout=20)


@pytest.mark.parametrize("path", [KPI, "/v1/events", "/v1/status"])
def test_a_preflight_is_answered_without_a_key(engine_uri, database, tmp_path_factory, path):
    made = guard(engine_uri, database, tmp_path_factory.mktemp("cors"), "--cors-origin", OURS)
    with made.server as server:
        answer = preflight(server, OURS, path)
        said = cors(answer)
        assert answer.status_code == 204 and answer.text == ""
        assert said["Access-Control-Allow-Origin"] == OURS
        assert said["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        allowed = {name.lower() for name in said["Access-Control-Allow-Headers"].split(", ")}
        assert {"authorization", "x-api-key", "if-none-match"} <= allowed
        assert int(said["Access-Control-Max-Age"]) > 0
        # The request behind it needs its key still, and the page may read why it was refused.
        refused = server.get(path, headers={"Origin": OURS})
        assert refused.status_code == 401 and cors(refused)["Access-Control-Allow-Origin"] == OURS
        # A stranger's is no preflight of ours.
        assert preflight(server, STRANGERS[0], path).status_code == 401


@pytest.mark.parametrize(
    "path, status, headers",
    [(KPI + "?x=%zz", 400, []), ("/%00", 400, []), ("/" + "a" * 9000, 414, []), (KPI, 413, ["Content-Length: 5"]),
     (KPI, 400, ["X : y"]), (KPI, 431, ["X: " + "y" * 17000]), (KPI + "?" + "&".join("a" * 201), 400, [])],
)
def test_a_page_may_read_why_a_request_was_refused_at_once(sharing, path, status, headers):
    with Connection(sharing.address) as connection:
        answer = connection.ask(path, headers=[f"Origin: {OURS}", *headers])
        assert answer.status_code == status and answer.headers["Access-Control-Allow-Origin"] == OURS
        assert "Origin" in answer.headers["Vary"]
    with Connection(sharing.address) as connection:
        assert cors(connection.ask(path, headers=[f"Origin: {STRANGERS[0]}", *headers])) == {}


def test_a_page_may_read_that_too_many_connections_are_open(engine_uri, database):
    with harness.Server(engine_uri, database, "--cors-origin", OURS, files=(256, 256)) as server, contextlib.ExitStack() as stack:
        most = int(gauge(server, "kpi_connections_most"))
        for _ in range(most):
            assert stack.enter_context(Connection(server.address)).ask("/livez").status_code == 200
        answer = stack.enter_context(Connection(server.address)).ask(KPI, headers=[f"Origin: {OURS}"])
        assert answer.status_code == 503 and answer.headers["Access-Control-Allow-Origin"] == OURS


def test_without_the_option_nothing_is_said(server):
    answer = server.get(KPI, headers={"Origin": OURS})
    assert cors(answer) == {} and "Origin" not in answer.headers.get("Vary", "")
    assert cors(preflight(server, OURS)) == {}


@pytest.mark.parametrize(
    "value, why",
    [("*", "pattern"), ("https://*.example", "pattern"), ("dashboard.example", "http"), ("https://a.example/", "slash"),
     ("https://a.example,https://A.example", "small letters"), ("https://a.example:443", "usual port"),
     ("http://a.example:80", "usual port"), ("null", "http"), (",", "no origin"), ("https://a.example/x?y", "path"),
     ("https://a b", "characters"), ("https://a.example:99999", "port"), ("https://a.example:0443", "port"), ("https://a.example:", "port"),
     ("https://é.example", "ASCII"), ("https://a..b", "dot"), ("https://[::1", "IPv6"), ("https://[::1]x", "behind the host"),
     ("https://:80", "no host"), ("https://a.example,", "no origin"), (",".join(f"https://a{i}.example" for i in range(65)), "more than 64")],
)
def test_an_origin_that_no_browser_sends_is_refused_at_the_start(engine_uri, database, value, why):
    with pytest.raises(AssertionError, match=why):
        harness.Server(engine_uri, database, "--cors-origin", value)


def test_origins_that_browsers_do_send_are_taken(engine_uri, database):
    sent = ["http://127.0.0.1:8443", "https://[::1]:65535", "http://[fe80::1]", "https://xn--9ca.example", "https://a_b.c-d.example.:1"]
    with harness.Server(engine_uri, database, "--cors-origin", ",".join(sent)) as server:
        assert [cors(server.get(KPI, headers={"Origin": origin}))["Access-Control-Allow-Origin"] for origin in sent] == sent
