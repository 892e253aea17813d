"""Bytes that look for a disagreement between programs, or for a way into the database: the server says no, or takes them for the text that
they are, and goes on serving."""

import json
import urllib.parse

import pytest
import requests

import harness
from problems import check_problem
from raw import Connection

KPI = "/v1/kpis/sales-by-region"
GOOD = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def say(server, data):
    """What comes back for bytes, up to the end of the connection, or to the first answer that leaves it open."""
    with Connection(server.address) as connection:
        try:
            connection.send(data)
            return connection.read()
        except ConnectionError:
            return None


@pytest.fixture(autouse=True)
def goes_on_serving(server):
    yield
    with Connection(server.address) as connection:
        assert connection.ask("/livez").text == "ok\n"


# Where requests end


def check_one_end(server, data, statuses):
    """The first answer is one of these, and nothing behind the request is served; or nothing is."""
    with Connection(server.address) as connection:
        try:
            connection.send(data)
            answer = connection.read()
            assert answer is None or answer.status_code in statuses
            assert connection.read() is None, "what was hidden behind the request is answered"
        except ConnectionError:
            pass


@pytest.mark.parametrize(
    "headers, body, statuses",
    [
        ("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nX", {400}),
        ("Transfer-Encoding: chunked\r\nContent-Length: 6", "0\r\n\r\nX", {400}),
        ("Transfer-Encoding : chunked\r\nContent-Length: 5", "0\r\n\r\n", {400, 413}),
        ("Transfer-Encoding:\tchunked", "0\r\n\r\n", {400, 413}),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n", {400, 413}),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n", {400, 413}),
        ("X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", {400, 413}),
        ("Content-Length: 5\r\nContent-Length: 5", "hello", {400}),
        ("Content-Length: 5, 5", "hello", {400, 413}),
        ("Content-Length: +5", "hello", {400, 413}),
        ("Content-Length: 0x5", "hello", {400, 413}),
        ("Content-Length: -1", "", {400, 413}),
        ("Content-Length: 5 5", "hello", {400, 413}),
        ("Content-Length: 99999999999999999999999", "", {400, 413}),
        ("Content-Length: 5", "hello", {413}),
        ("Transfer-Encoding: chunked", "5;name=value;x=\"y\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", {413}),
        ("Transfer-Encoding: chunked", "ffffffffffffffffff\r\n", {400, 413}),
        ("Transfer-Encoding: chunked", "-1\r\n", {400, 413}),
        ("Host: y", "", {400}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_request_whose_end_is_in_doubt_hides_no_other(server, method, headers, body, statuses):
    check_one_end(server, f"{method} {KPI} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}{GOOD}", statuses)


def test_a_length_that_is_no_number_closes_the_connection(server):
    for length in ("zz", "5z", "-5", "18446744073709551616"):
        check_one_end(server, f"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello{GOOD}", {400, 413})


@pytest.mark.parametrize("data, status", [("GET /livez HTTP/1.1\r\n\r\n", 400), ("GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 200)])
def test_a_request_without_a_host_is_refused(server, data, status):
    assert say(server, data).status_code == status


def test_lines_end_in_cr_lf_and_nothing_else(server):
    assert say(server, "GET /livez HTTP/1.1\nHost: x\n\n").status_code == 400
    for data in ("GET /livez HTTP/1.1\rHost: x\r\r", "GET /livez\0 HTTP/1.1\r\nHost: x\r\n\r\n"):
        with Connection(server.address, timeout=3) as connection:
            connection.send(data)
            try:
                answer = connection.read()
                assert answer is None or answer.status_code == 400
            except (TimeoutError, ConnectionError):  # it waits for the rest of the line
                pass


def test_a_folded_header_is_one_header_or_refused(server):
    answer = say(server, "GET /v1/kpis HTTP/1.1\r\nHost: x\r\nAccept: application/json,\r\n text/csv\r\n\r\n")
    assert answer is None or answer.status_code in (200, 400)


def test_requests_that_come_at_once_are_answered_in_their_order(server):
    count = 60
    paths = ["/livez", f"{KPI}?limit=0", "/nothing", f"{KPI}?limit=1", "/v1/kpis/total-sales"]
    with Connection(server.address) as connection:
        connection.send("".join(f"GET {paths[i % 5]} HTTP/1.1\r\nHost: x\r\n\r\n" for i in range(count)))
        got = [connection.read().status_code for _ in range(count)]
    assert got == [[200, 400, 404, 200, 200][i % 5] for i in range(count)]


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 1000, b"\r\n" * 1000, b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n", b"GET /livez HTTP/1.1\r\nno colon\r\nHost: x\r\n\r\n",
     b"GET /livez HTTP/1.1\r\n: empty\r\nHost: x\r\n\r\n", b"\xff\xfe\xfd /livez HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 100_000],
)  # fmt: skip
def test_bytes_that_are_no_request_get_a_status_or_the_end(server, data):
    with Connection(server.address, timeout=2) as connection:
        try:
            connection.send(data)
            answer = connection.read()
            assert answer is None or answer.status_code in (200, 400, 404, 405, 414, 431, 501, 505)
        except (TimeoutError, ConnectionError):
            pass


# Too much of it


@pytest.mark.parametrize(
    "headers",
    ["X: " + "a" * (1 << 20), "\r\n".join(f"X-{i}: {i}" for i in range(5_000)), "\r\n".join(["X: y"] * 20_000), "a" * (1 << 20) + ": x",
     "Accept: " + ",".join(["text/html;q=0.1"] * 60_000), "If-None-Match: " + ",".join(['"x"'] * 200_000)],
    ids=["one long", "many", "the same", "a long name", "Accept", "If-None-Match"],
)  # fmt: skip
def test_a_flood_of_headers_is_refused(server, headers):
    answer = say(server, f"GET /livez HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n")
    assert answer is None or answer.status_code == 431


@pytest.mark.parametrize("length, statuses", [(9_000, {414}), (30_000, {414, 431}), (1 << 20, {414, 431})])
def test_a_long_uri_is_refused(server, length, statuses):
    answer = say(server, f"GET /v1/kpis?{'a' * length} HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer is None or answer.status_code in statuses


def test_many_parameters_are_refused(api):
    for pair in ("a=1", "region=x", "", "a[]=1"):
        for count in (201, 600, 4_000):
            answer = requests.get(f"{api}{KPI}?" + "&".join([pair] * count), timeout=10)
            assert answer.status_code == (400 if len(answer.request.path_url) <= 8192 else 414)


def test_as_many_parameters_as_a_uri_holds_are_read(server):
    """The HTTP library never answered where it had no room for them."""
    value = "x" * 33
    headers = [f"X-{i}: {'y' * 1_000}" for i in range(7)]
    with Connection(server.address) as connection:
        path = f"{KPI}?" + "&".join([f"region={value}"] * 195)
        assert 8_000 < len(path) <= 8_192
        answer = connection.ask(path, headers=headers)
        assert answer.status_code in (200, 400, 431) and answer.text
        assert connection.ask(f"{KPI}?{'&' * 199}").status_code == 200


def test_a_nul_in_a_header_ends_it_and_hides_nothing(server):
    with Connection(server.address) as connection:
        connection.send(f"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n{GOOD}")
        assert connection.read().status_code in (200, 400)
        answer = connection.read()
        assert answer is None or answer.text == "ok\n"


# Text that is none


@pytest.mark.parametrize(
    "path",
    [b"/v1/kpis/\xff", b"/v1/kpis/%ff", b"/v1/kpis/%c0%ae%c0%ae/", b"/%c0%af", b"/v1/kpis/%e0%80%af", b"/v1/kpis/%f0%80%80%af", b"/v1/dimensions/%ed%a0%80",
     b"/v1/kpis/%ed%bf%bf", b"/v1/kpis/%f4%90%80%80", b"/v1/kpis/%f8%88%80%80%80", b"/v1/kpis/a%c3"],
)  # fmt: skip
def test_a_path_that_is_no_text_is_refused(server, path):
    check_problem(say(server, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n"), 400)


@pytest.mark.parametrize("value", [b"%ff", b"\xff", b"%c0%ae", b"%e0%80%af", b"%ed%a0%80", b"%ed%a0%80%ed%b0%80", b"%00", b"a%00b", b"%", b"%2", b"%zz", b"%u0041"])
@pytest.mark.parametrize("where", [b"region=%s", b"%s=x", b"sort=%s", b"from=%s"])
def test_a_parameter_that_is_no_text_is_refused(server, where, value):
    check_problem(say(server, b"GET " + KPI.encode() + b"?" + where % value + b" HTTP/1.1\r\nHost: x\r\n\r\n"), 400)


def test_text_of_eight_bits_is_taken_as_it_is(server, api):
    raw = say(server, f"GET {KPI}?city=Málaga HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.status_code == 200 and raw.json()["parameters"]["city"] == "Málaga"
    check_problem(requests.get(f"{api}/v1/kpis/Umsätze", timeout=10), 404)


# Numbers that are none


@pytest.mark.parametrize(
    "number",
    ["1e999", "1e3", "1E3", "1" + "0" * 400, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "2147483648", "4294967297",
     "18446744073709551617", "-1", "-0", "+1", "0x10", "010 ", " 1", "1.0", "1.", ".5", "NaN", "Infinity", "-inf", "１２", "٣", "1_000", "1,000", "", "null",
     "true", "[1]", '{"$numberInt":"1"}', "1\n", "1\t"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_number_out_of_range_is_refused(api, name, number):
    for path in (KPI, "/v1/dimensions/region", "/v1/analyses", "/v1/data-quality"):
        answer = requests.get(api + path, params={name: number}, timeout=10)
        assert check_problem(answer, 400)["parameter"] == name


@pytest.mark.parametrize("day", ["0000-00-00", "10000-01-01", "2023-02-29", "2023-13-01", "-2023-01-01", "1e999", "2" * 400, "2023-01-01T00:00:00Z", "now", '{"$date":0}'])
def test_a_day_that_is_none_is_refused(api, day):
    for name in ("from", "to", "as_of"):
        assert check_problem(requests.get(api + KPI, params={name: day}, timeout=10), 400)["parameter"] == name


# Ways into the database

OPERATORS = [
    "$where", "$ne", "$gt", "$regex", "$in", "$expr", "$function", "$accumulator", "$out", "$merge", "$lookup", "$sales", "$$ROOT", "$$NOW", "$literal",
    "this.a==1", "sleep(1000)", "'; return true; //", "a.b.c", "_id", "__proto__", "constructor", "{{7*7}}", "' OR '1'='1", "../../etc/passwd",
]  # fmt: skip
DOCUMENTS = [{"$ne": None}, {"$gt": ""}, {"$where": "sleep(1000)"}, {"$regex": ".*"}, {"$in": [None]}, [{"$ne": 1}], {"$expr": {"$function": {"body": "x"}}}]
VALUES = OPERATORS + [json.dumps(document) for document in DOCUMENTS]


@pytest.mark.parametrize("value", VALUES)
def test_an_operator_as_a_value_is_a_text(api, value):
    for parameters in ({"region": value}, {"region": [value, "x"]}, {"product": value, "customer": value, "status": value}):
        answer = requests.get(api + KPI, params=parameters, timeout=10)
        assert answer.status_code == 200 and answer.json()["data"] == [], "no row has that text"
    menu = requests.get(f"{api}/v1/dimensions/city", params={"q": value}, timeout=10)
    assert menu.status_code == 200 and menu.json()["data"] == []
    for path, name in (("/v1/analyses", "kpi"), ("/v1/data-quality", "import")):
        answer = requests.get(api + path, params={name: value}, timeout=10)
        assert answer.status_code == 404 or answer.json()["data"] == []


@pytest.mark.parametrize("value", VALUES)
def test_an_operator_where_there_is_a_choice_is_refused(api, value):
    for name in ("sort", "format", "period", "compare", "explain", "from", "as_of", "limit", "offset"):
        assert check_problem(requests.get(api + KPI, params={name: value}, timeout=10), 400)["parameter"] == name


@pytest.mark.parametrize("value", VALUES)
def test_an_operator_as_a_name_is_refused(api, value):
    for name in (value, f"region[{value}]", f"region.{value}", f"{value}[]", f"filter[region][{value}]"):
        answer = requests.get(f"{api}{KPI}?{urllib.parse.quote(name, safe='')}=x", timeout=10)
        check_problem(answer, 400)


@pytest.mark.parametrize("value", VALUES)
def test_an_operator_as_a_path_leads_nowhere(server, value):
    name = urllib.parse.quote(value, safe="")
    for path in (f"/v1/kpis/{name}", f"/v1/dimensions/{name}", f"/v1/{name}", f"{KPI}/{name}"):
        with Connection(server.address) as connection:
            check_problem(connection.ask(path), 404)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_body_is_never_read(api, document):
    answer = requests.get(api + KPI, json=document, timeout=10)
    check_problem(answer, 413)
    check_problem(requests.post(api + KPI, json={"region": document}, timeout=10), 405)
    check_problem(requests.get(api + KPI, data={"region[$ne]": "x"}, timeout=10), 413)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override: DELETE", "X-Original-URL: /v1/status", "X-Forwarded-Host: evil", "Cookie: a={$ne:1}", "Range: bytes=0-1", "Upgrade: h2c", "Content-Type: application/json"])
def test_a_header_changes_nothing(server, header):
    with Connection(server.address) as connection:
        plain, other = connection.ask(KPI), connection.ask(KPI, headers=[header])
        assert (plain.status_code, plain.json()["data"]) == (other.status_code, other.json()["data"]) and "evil" not in str(other.headers)


@pytest.mark.parametrize("form", ["json", "logfmt"])
def test_log_is_text_whatever_bytes_are_sent(engine_uri, database, form):
    with harness.Server(engine_uri, database, "--log-format", form, "--log-level", "debug") as own:
        for line in (b"GET /%ff%fe HTTP/1.1", b"GET /a\xffb HTTP/1.1", b"G\xffT /a HTTP/1.1"):
            say(own, line + b"\r\nHost: x\r\n\r\n")
    lines = own.log().splitlines()
    paths = [json.loads(line).get("path") for line in lines] if form == "json" else lines
    wanted = ["/\ufffd\ufffd", "/a\ufffdb"] if form == "json" else ['path="/\\ufffd\\ufffd"', 'path="/a\\ufffdb"']
    assert all(any(text in (path or "") for path in paths) for text in wanted), lines
