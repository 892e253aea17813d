"""Requests whose ends could be read in two ways, or that hide something: each is refused before a route sees it."""

import pytest
import requests

from problems import check_problem
from raw import Connection


def ask(server, text):
    with Connection(server.address) as connection:
        connection.send(text)
        answer = connection.read()
        assert connection.read() is None, "the connection is closed, and nothing behind the request is answered"
        return answer


HIDDEN = "GET /livez HTTP/1.1\r\nHost: hidden\r\n\r\n"


@pytest.mark.parametrize(
    "headers, status",
    [
        ("Content-Length: 0\r\nContent-Length: 39", 400),
        ("Content-Length: 39\r\nContent-Length: 0", 400),
        ("Content-Length: 39\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
        ("Host: second", 400),
        ("Content-Length: 39", 413),
    ],
)
def test_a_request_with_two_ends_is_refused(server, headers, status):
    answer = ask(server, f"GET /v1/kpis/total-sales HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{HIDDEN}")
    check_problem(answer, status)


@pytest.mark.parametrize("target", [b"/v1/kpis/total-sales?region=a\0b", b"/livez\0x", b"/v1/kpis\0/total-sales"])
def test_a_raw_nul_is_refused(server, target):
    check_problem(ask(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"), 400)


def test_headers_beyond_their_bound_are_refused(server):
    answer = ask(server, f"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: {'a' * 20_000}\r\n\r\n")
    check_problem(answer, 431)
    with Connection(server.address) as connection:
        assert connection.ask("/livez", headers=[f"X-Long: {'a' * 15_000}"]).status_code == 200


@pytest.mark.parametrize("path, status", [("/v1/kpis/total-sales", 405), ("/livez", 405), ("/nothing-like-it", 404)])
def test_a_body_does_not_hide_what_is_wrong_with_the_method(api, path, status):
    answer = requests.post(api + path, data="x" * 100, timeout=10)
    check_problem(answer, status)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("query", ["&", "limit=1&", "&&limit=1"])
def test_a_stray_ampersand_is_no_parameter(api, query):
    assert requests.get(f"{api}/v1/kpis/sales-by-region?{query}", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/v1/kpis", "/v1/status", "/v1/dimensions/region", "/openapi.json"])
def test_who_accepts_only_something_else_is_told(api, path):
    check_problem(requests.get(api + path, headers={"Accept": "text/csv"}, timeout=10), 406)


def test_an_unknown_parameter_of_a_menu_is_answered_with_the_nearest(api):
    members = check_problem(requests.get(f"{api}/v1/dimensions/region?limt=3", timeout=10), 400)
    assert "'limit'" in members["detail"]
