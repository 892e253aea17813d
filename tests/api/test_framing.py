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


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: x\r\nContent-Length : 39\r\n",
        b"Host: x\r\nContent-Length\t: 39\r\n",
        b"Host: x\r\nContent-Length\x0b: 39\r\n",
        b"Host: x\r\nContent Length: 39\r\n",
        b"Host: x\r\nTransfer-Encoding : chunked\r\n",
        b"Host: x\r\nX-\xc3\xa9: y\r\n",
        b"Host: x\r\n: y\r\n",
        b"Host: x\r\n: y\r\nX: y\r\n",
        b"Host: x\r\nHost : evil\r\n",
        b" Host: x\r\nX: y\r\n",
        b"\tHost: x\r\nX: y\r\n",
        # Lines that go on with a blank.
        b"Host: x\r\nX: y\r\n Content-Length: 39\r\n",
        b"Host: x\r\nX: y\r\n\tContent-Length: 39\r\n",
        b"Host: x\r\nX: y\r\n folded\r\n",
        b"Host: x\r\nX: y\r\n folded\r\nZ: z\r\n",
        b"Host: x\r\nX: y\r\n \r\nZ: z\r\n",
        b"Host: x\r\n evil\r\n",
        # Bytes that end a line to some.
        b"Host: x\r\nX: y\rContent-Length: 39\r\n",
        b"Host: x\r\nX: y\r\r\n",
        b"Host: x\r\nX: y\x01\r\n",
        b"Host: x\r\nX: y\x7f\r\n",
        b"Host: x\r\nX: y\0z\r\n",
        b"Host: x\r\nX: y\0z\r\nZ: z\r\n",
        b"Host: x\nX: y\r\n",
        b"Host: x\r\nX: y\nZ: z\r\n",
        b"Host: x\r\nX: y\n",
        b"Host: x\r\nX: y\n\n" + HIDDEN.encode(),
        b"Host: x\r\nX: y\r\n\n" + HIDDEN.encode(),
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(server, lines):
    check_problem(ask(server, b"GET /livez HTTP/1.1\r\n" + lines + b"\r\n" + HIDDEN.encode()), 400)


@pytest.mark.parametrize("beginning", [b"GET /livez HTTP/1.1\n", b"GET /livez?a=b HTTP/1.1\n"])
def test_a_first_line_without_its_cr_is_refused(server, beginning):
    check_problem(ask(server, beginning + b"Host: x\r\n\r\n" + HIDDEN.encode()), 400)


@pytest.mark.parametrize("lines", [b" folded\r\nHost: x\r\n", b"Host: x\r\nno colon\r\n", b"Host: x\r\nX\0: y\r\n"])
def test_what_is_no_header_is_refused(server, lines):
    """By libmicrohttpd, with a page of its own."""
    assert ask(server, b"GET /livez HTTP/1.1\r\n" + lines + b"\r\n" + HIDDEN.encode()).status_code == 400


@pytest.mark.parametrize("host", ["a b", "a/b", "a b/@", "a@b", "a:b", "a:80:80", "[::1", "[::1]x", "[x]", "::1", "a?b", "a#b", "a\\b", "h\xc3\xa9", "a,b c"])
def test_a_host_that_is_none_is_refused(server, host):
    check_problem(ask(server, f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n{HIDDEN}"), 400)


@pytest.mark.parametrize("host", ["", "a", "a:80", "a.b-c_d.example:8080", "127.0.0.1:1", "[::1]", "[::1]:8080", "[::ffff:1.2.3.4]:1", "%61", "a: ", "a  "])
def test_a_host_is_a_name_or_an_address_and_a_port(server, host):
    with Connection(server.address) as connection:
        connection.send(f"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert connection.read().status_code == 200


def test_headers_of_all_forms_pass_in_whatever_pieces_they_come(server):
    text = b"GET /livez HTTP/1.1\r\nHost: x\r\nX:\r\nY:   \r\nZ:\tz \t \r\nA!#$%&'*+-.^_`|~9: \xe9\xff\r\nCookie: a=b; c=d\r\nE:x\r\n\r\n"
    with Connection(server.address) as connection:
        for step in (len(text), 7, 1, len(text)):
            for at in range(0, len(text), step):
                connection.send(text[at : at + step])
            assert connection.read().status_code == 200
        connection.send(text * 3)
        assert [connection.read().status_code for _ in range(3)] == [200] * 3


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
