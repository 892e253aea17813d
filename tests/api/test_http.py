"""The server as HTTP: methods, statuses, tags, connections, and what no answer tells."""

import re

import pytest
import requests

import harness
from gate import Gate
from problems import TELLTALES, check_problem
from raw import Connection

KPI = "/v1/kpis/sales-by-region?from=2023&to=2023"
READ_ONLY = {"GET", "HEAD", "OPTIONS"}


def allowed(answer):
    return set(re.split(r",\s*", answer.headers["Allow"]))


@pytest.fixture
def connection(server):
    with Connection(server.address) as connection:
        yield connection


# Methods


@pytest.mark.parametrize("path", [KPI, "/v1/kpis", "/v1/dimensions/region", "/livez", "/openapi.json", "/metrics"])
def test_head_is_get_without_the_body(api, path):
    get, head = requests.get(api + path, timeout=10), requests.head(api + path, timeout=10)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    for name in ("Content-Type", "ETag"):
        assert head.headers.get(name) == get.headers.get(name)
    if path != "/metrics":
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


def steady(headers):
    """Those that depend neither on the moment nor on how a body is sent."""
    passing = ("Date", "Retry-After", "Content-Length", "Transfer-Encoding", "Connection", "X-Request-Id")
    return {name: value for name, value in headers.items() if name not in passing}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    "path",
    ["/", KPI, f"{KPI}&format=csv", f"{KPI}&format=ndjson", f"{KPI}&explain=true", "/v1/kpis", "/v1/dimensions/region", "/v1/data-quality",
     "/v1/analyses", "/v1/events", "/v1/status", "/openapi.json", "/docs", "/docs/", "/docs/swagger-ui.css",
     "/docs/kpi-definition.schema.json", "/metrics", "/livez", "/readyz", "/v1/kpis/nonsense", f"{KPI}&limit=0", "/nothing"],
)  # fmt: skip
def test_head_has_the_headers_of_get_on_every_path(engine_uri, database, path, encoding):
    def ask(method):
        options = {"headers": {"Accept-Encoding": encoding}, "stream": True, "allow_redirects": False, "timeout": 10}
        with requests.request(method, server.url + path, **options) as answer:
            return answer.status_code, steady(answer.headers)

    with harness.Server(engine_uri, database) as server:
        first = ask("HEAD")
        status, headers = ask("GET")
        again = ask("HEAD")
        assert again == ask("GET")
    for got in (first, again):  # what is computed for one is kept for the next
        assert got[0] == status
        assert {**got[1], "Cache-Status": ""} == {**headers, "Cache-Status": ""}


def test_head_of_what_is_wrong_has_the_status_and_no_body(connection):
    assert connection.ask("/v1/kpis/total-sales?limit=0", method="HEAD").status_code == 400
    assert connection.ask("/v1/kpis/nonsense", method="HEAD").status_code == 404
    assert connection.ask("/livez").text == "ok\n", "the connection is still in step"


@pytest.mark.parametrize("path", [KPI, "/v1/kpis", "/livez", "/v1/status"])
def test_options_says_what_a_path_allows(api, path):
    answer = requests.options(api + path, timeout=10)
    assert answer.status_code == 204 and answer.content == b""
    assert allowed(answer) == READ_ONLY


def test_options_of_the_server_says_what_all_paths_allow(connection):
    answer = connection.ask("*", method="OPTIONS")
    assert answer.status_code == 204 and allowed(answer) == READ_ONLY
    check_problem(connection.ask("*"), 404)
    assert connection.ask("/livez").text == "ok\n", "the connection is still in step"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "path",
    [KPI, "/", "/v1/kpis", "/v1/dimensions/region", "/v1/data-quality", "/v1/analyses", "/v1/events", "/v1/status", "/openapi.json", "/docs",
     "/docs/", "/metrics", "/livez", "/readyz"],
)  # fmt: skip
def test_a_method_that_would_write_is_refused_with_those_that_are_allowed(api, method, path):
    answer = requests.request(method, api + path, timeout=10)
    check_problem(answer, 405)
    assert allowed(answer) == READ_ONLY


# Paths


@pytest.mark.parametrize("wrong, right", [("totl-sales", "total-sales"), ("sales-by-regions", "sales-by-region"), ("Total-Sales", "total-sales")])
def test_an_unknown_kpi_is_answered_with_the_nearest(api, wrong, right):
    problem = check_problem(requests.get(f"{api}/v1/kpis/{wrong}", timeout=10), 404)
    assert f"'{right}'" in problem["detail"]


def test_a_kpi_like_no_other_is_answered_with_where_they_are_listed(api):
    assert "/v1/kpis" in check_problem(requests.get(f"{api}/v1/kpis/{'z' * 60}", timeout=10), 404)["detail"]


@pytest.mark.parametrize("wrong, right", [("/v1/kpi", "/v1/kpis"), ("/readyzz", "/readyz"), ("/v2/kpis", "/v1/kpis")])
def test_an_unknown_path_is_answered_with_the_nearest(api, wrong, right):
    assert right in check_problem(requests.get(api + wrong, timeout=10), 404)["detail"]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/docs/../../Makefile", "/docs/..%2f..%2fMakefile",
     "/assets/../../core/db.c", "/v1/kpis/../../pipelines/kpi/total-sales.json", "/v1/kpis/..%2f..%2fMakefile",
     "/v1/kpis/total-sales.json", "/v1/kpis/total-sales/", "/v1/kpis/total-sales/x", "//v1/kpis", "/v1//kpis",
     "/v1/kpis/%24where", "/v1/kpis/.", "/v1/dimensions/", "/v1/dimensions/nonsense"],
)  # fmt: skip
def test_no_path_leads_out_of_the_api(connection, path):
    check_problem(connection.ask(path), 404)


@pytest.mark.parametrize("scheme", ["http", "HTTP", "https"])
@pytest.mark.parametrize("path", [KPI, "/v1/kpis", "/livez", "/v1/kpis/total-sales?region=a%2Fb%3Fc"])
def test_a_whole_url_is_answered_as_its_path(connection, scheme, path):
    for _ in range(2):
        plain, whole = connection.ask(path), connection.ask(f"{scheme}://some.host:81{path}")
        assert (whole.status_code, whole.headers.get("Etag")) == (200, plain.headers.get("Etag"))
        if path != "/livez":
            assert whole.json()["data"] == plain.json()["data"]


def test_a_whole_url_without_a_path_is_that_of_the_first_page(connection):
    assert connection.ask("http://some.host").text == connection.ask("http://some.host?x=/y").text == connection.ask("/").text
    assert connection.ask("http://some.host", method="OPTIONS").status_code == 204
    check_problem(connection.ask("http://some.host/nothing/like/it"), 404)
    check_problem(connection.ask("http://some.host/livez", method="DELETE"), 405)


@pytest.mark.parametrize("target", ["ftp://some.host/livez", "http:///livez", "http://", "http:/livez", "http://a%2Fb/livez", "livez", "?x=1", "some.host:443"])
def test_a_target_that_is_neither_a_path_nor_a_url_is_refused(server, target):
    for method in ("GET", "OPTIONS"):
        with Connection(server.address) as connection:
            check_problem(connection.ask(target, method=method), 400)


# Content


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html, application/json;q=0.5", "text/html;q=0.9,*/*;q=0.1"])
def test_json_is_served_to_those_who_accept_it(api, accept):
    answer = requests.get(api + KPI, headers={"Accept": accept}, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "application/json;q=0", "application/json;q=0, text/csv;q=0, application/x-ndjson;q=0"])
def test_those_who_accept_no_json_are_told(api, accept):
    check_problem(requests.get(api + KPI, headers={"Accept": accept}, timeout=10), 406)


TYPES = {
    "/": "text/html", "/v1/kpis": "application/json", "/v1/dimensions/region": "application/json", "/v1/data-quality": "application/json",
    "/v1/analyses": "application/json", "/v1/events": "text/event-stream", "/v1/status": "application/json",
    "/openapi.json": "application/json", "/docs/": "text/html", "/docs/swagger-ui.css": "text/css", "/metrics": "text/plain",
}  # fmt: skip


@pytest.mark.parametrize("path", TYPES)
def test_a_path_says_that_it_has_nothing_that_is_wanted(api, path):
    def status(accept):
        with requests.get(api + path, headers={"Accept": accept}, timeout=10, stream=True) as answer:
            if answer.status_code != 200:
                check_problem(answer, answer.status_code)
            return answer.status_code

    mine = TYPES[path]
    main = mine.split("/")[0]
    for accept in (f"{mine};q=0", f"{mine};q=0, */*", f"{main}/*;q=0", "*/*;q=0", "image/png", "*/*;q=0.000"):
        assert status(accept) == 406, accept
    for accept in (mine, f"{main}/*", "*/*", f"{mine};q=0.001", f"image/png, {mine};q=0.1", f"*/*;q=0, {mine}"):
        assert status(accept) == 200, accept


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_who_asks_whether_the_server_is_well_is_told_whatever_he_accepts(api, path):
    assert requests.get(api + path, headers={"Accept": "application/json, */*;q=0"}, timeout=10).status_code == 200


@pytest.mark.parametrize("types", [["application/json", "text/csv", "application/x-ndjson"], ["*/*"], ["application/*", "text/*"]])
def test_a_kpi_has_nothing_for_who_refuses_every_form(api, types):
    check_problem(requests.get(api + KPI, headers={"Accept": ", ".join(f"{type_};q=0" for type_ in types)}, timeout=10), 406)


def test_an_answer_may_be_kept_but_must_be_asked_about(api):
    headers = requests.get(api + KPI, timeout=10).headers
    assert headers["Cache-Control"] == "no-cache"
    assert headers["ETag"]
    assert headers["X-Content-Type-Options"] == "nosniff"


# Tags


def test_a_known_answer_is_304_without_a_body(connection):
    tag = connection.ask(KPI).headers["Etag"]
    again = connection.ask(KPI, headers=[f"If-None-Match: {tag}"])
    assert again.status_code == 304
    assert again.headers["Etag"] == tag
    assert connection.ask("/livez").text == "ok\n", "the connection is still in step"


def test_a_tag_is_found_in_a_list_and_weakly(api):
    tag = requests.get(api + KPI, timeout=10).headers["ETag"]
    bare = tag.removeprefix("W/")
    for value in (f'"other", {tag}', bare, f"W/{bare}", "*"):
        assert requests.get(api + KPI, headers={"If-None-Match": value}, timeout=10).status_code == 304, value
    for value in ('"other"', bare.strip('"'), bare[:-2] + '"', '""'):
        assert requests.get(api + KPI, headers={"If-None-Match": value}, timeout=10).status_code == 200, value


def test_another_question_has_another_tag(api):
    tags = {
        requests.get(f"{api}/v1/kpis/{path}", timeout=10).headers["ETag"]
        for path in ("total-sales", "order-count", "total-sales?from=2023", "total-sales?to=2023", "total-sales?region=West",
                     "total-sales?city=West", "sales-by-region?limit=1", "sales-by-region?offset=1", "sales-by-region?sort=sales")
    }  # fmt: skip
    assert len(tags) == 9


def test_a_wrong_request_is_wrong_whatever_tag_it_brings(api):
    check_problem(requests.get(f"{api}/v1/kpis/total-sales?limit=0", headers={"If-None-Match": "*"}, timeout=10), 400)
    check_problem(requests.get(f"{api}/v1/kpis/nonsense", headers={"If-None-Match": "*"}, timeout=10), 404)


def test_a_304_needs_no_database(engine_uri, database):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database) as server:
        first = server.get(KPI)
        assert first.status_code == 200
        gate.shut()
        again = server.get(KPI, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        check_problem(server.get("/v1/kpis/sales-by-state?from=2022"), 503)


def test_new_data_has_a_new_tag(engine_uri, new_database, tmp_path):
    name = new_database("tags")
    harness.load(engine_uri, name, harness.generate(tmp_path / "a", orders=20, seed=1))
    with harness.Server(engine_uri, name) as server:
        before = server.get("/v1/kpis/order-count")
        log = len(server.lines)
        harness.load(engine_uri, name, harness.generate(tmp_path / "b", orders=40, seed=1))
        server.wait_for_line("data version", after=log)
        after = server.get("/v1/kpis/order-count", headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert after.json()["data_version"] > before.json()["data_version"]
        assert after.json()["data"] != before.json()["data"]


# Connections


def test_a_connection_stays_open_through_answers_of_all_kinds(connection):
    kinds = [("/livez", 200), (KPI, 200), ("/v1/kpis/nonsense", 404), ("/v1/kpis/total-sales?limit=0", 400), (KPI, 200)] * 20
    for path, status in kinds:
        assert connection.ask(path).status_code == status


def test_requests_sent_together_are_answered_in_their_order(connection):
    paths = ["/v1/kpis/order-count", "/livez", "/v1/kpis/total-sales", "/v1/kpis/nonsense", "/livez"]
    connection.send("".join(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n" for path in paths))
    answers = [connection.read() for _ in paths]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 200]
    assert answers[0].json()["kpi"] == "order-count" and answers[2].json()["kpi"] == "total-sales"


def test_connection_close_is_kept_to(connection):
    assert connection.ask("/livez", headers=["Connection: close"]).status_code == 200
    assert connection.read() is None


def test_http_1_0_is_answered_and_closed(connection):
    connection.send("GET /livez HTTP/1.0\r\n\r\n")
    assert connection.read().text == "ok\n"
    assert connection.read() is None


def test_a_request_without_host_is_refused(connection):
    connection.send("GET /livez HTTP/1.1\r\n\r\n")
    check_problem(connection.read(), 400)


@pytest.mark.parametrize("body", ["x", '{"$match":{}}', "x" * 100_000])
def test_a_body_on_get_is_refused(connection, body):
    check_problem(connection.ask(KPI, headers=[f"Content-Length: {len(body)}"], body=body), 413)


def test_a_chunked_body_on_get_is_refused(connection):
    headers = ["Transfer-Encoding: chunked"]
    check_problem(connection.ask(KPI, headers=headers, body="5\r\nhello\r\n0\r\n\r\n"), 413)


def test_a_client_that_says_nothing_keeps_nobody_waiting(server):
    with Connection(server.address) as silent, Connection(server.address) as half, Connection(server.address) as quick:
        half.send("GET /v1/kpis HTTP/1.1\r\nHost: te")
        assert quick.ask("/livez").text == "ok\n"
        half.send("st\r\n\r\n")
        assert half.read().status_code == 200
        assert silent.ask("/livez").status_code == 200


def test_a_client_that_leaves_in_the_middle_harms_nobody(server):
    for _ in range(50):
        with Connection(server.address) as gone:
            gone.send(f"GET {KPI} HTTP/1.1\r\nHost: test\r\n\r\n")
    assert server.get(KPI).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["nonsense\r\n\r\n", "GET\r\n\r\n", "GET /livez\r\n\r\n", "GET /livez HTTP/9.9\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00",
     "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", "GET /livez HTTP/1.1\r\nNo colon\r\n\r\n",
     "GET /livez HTTP/1.1\r\nHost: x\r\nX: " + "y" * 200_000 + "\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_harms_nobody(server, text):
    with Connection(server.address, timeout=2) as odd:
        try:
            odd.send(text)
            answer = odd.read()
        except (TimeoutError, ConnectionError):
            answer = None
        if answer and not text.startswith("GET /livez"):
            assert answer.status_code >= 400
        assert not answer or not TELLTALES.search(answer.text)
    assert server.get("/livez").status_code == 200


# What no answer tells


def test_no_answer_carries_a_path_a_stack_or_words_of_the_driver(server):
    paths = ["/", "/v1/kpis", "/v1/status", "/livez", "/readyz", "/nonsense", "/v1/kpis/x", "/v1/dimensions/x", KPI, "/v1/analyses"]
    for path in paths:
        answer = server.get(path)
        assert not TELLTALES.search(answer.text), f"{path}: {TELLTALES.search(answer.text)}"
        assert "Server" not in answer.headers or not re.search(r"\d", answer.headers["Server"])


def test_a_database_that_refuses_is_not_quoted(engine_uri, new_database, mongo):
    """Documents that a pipeline cannot sum: a fault on our side of the counter, told without its words."""
    name = new_database("odd")
    mongo[name].orders.insert_one({"_id": "O1", "counted": True, "day": "not a day", "sales": 1, "orders": 1, "items": []})
    mongo[name].meta.insert_one({"_id": "data", "version": 1})
    with harness.Server(engine_uri, name) as server:
        answer = server.get("/v1/kpis/peak-days")
        assert answer.status_code == 500
        assert not TELLTALES.search(answer.text), answer.text
        assert server.get("/v1/kpis/order-count").status_code == 200


def test_a_list_that_comes_in_several_lines_is_one_list(connection):
    path = "/v1/kpis/total-sales"
    csv = connection.ask(path, headers=["Accept: image/png", "accept: text/csv"])
    assert csv.status_code == 200 and csv.headers["Content-Type"].startswith("text/csv")
    refused = connection.ask(path, headers=["Accept: image/png", "Accept: image/gif"])
    assert refused.status_code == 406
    tag = connection.ask(path).headers["Etag"]
    assert connection.ask(path, headers=['If-None-Match: "x"', f"If-None-Match: {tag}"]).status_code == 304
    listed = connection.ask("/v1/kpis", method="HEAD", headers=["Accept-Encoding: br", "Accept-Encoding: gzip"])
    assert listed.headers["Content-Encoding"] == "gzip"
