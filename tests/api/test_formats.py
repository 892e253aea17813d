"""The forms of an answer: JSON, CSV, NDJSON; which is chosen, what they hold, and how long ones are sent."""

import csv
import gzip
import io
import json
import pathlib
import time

import bson
import pytest
import requests

import harness
from gate import Gate
from problems import check_parameter_problem, check_problem
from raw import Connection
from slow import DAY, Slow, fill, long_rows  # noqa: F401 (a fixture)
from slow import KPI as CROWD_KPI

TYPES = {"json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"}
KPI = "/v1/kpis/sales-by-region"


@pytest.fixture(scope="module")
def kpis(api):
    return requests.get(f"{api}/v1/kpis", timeout=10).json()["data"]


def exact(text):
    return json.loads(text, parse_float=str, parse_int=str)


def table(text):
    """The rows of a CSV as dictionaries of texts."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def cell(value):
    """A value of JSON, numbers being texts, as a cell says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value if value and value[0] in "=+-@\t\r" and not value[1:2].isdigit() else value


# Which form


@pytest.mark.parametrize("name", TYPES)
def test_format_says_the_form_whatever_accept_does(api, name):
    for accept in ("*/*", "text/html", *TYPES.values()):
        answer = requests.get(f"{api}{KPI}?format={name}", headers={"Accept": accept}, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].split(";")[0] == TYPES[name]


@pytest.mark.parametrize(
    "accept, name",
    [
        ("*/*", "json"), ("application/*", "json"), ("text/*", "csv"), ("text/csv", "csv"), ("TEXT/CSV", "csv"),
        ("application/x-ndjson", "ndjson"), ("text/csv, application/json;q=0.9", "csv"),
        ("text/csv;q=0.9, application/json", "json"), ("text/csv, */*", "csv"), ("text/csv;q=0.5, */*", "json"),
        ("application/json;q=0, */*", "csv"), ("application/json;q=0.2, text/csv;q=0.2", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("application/x-ndjson;q=0.8, text/csv;q=0.7", "ndjson"),
    ],
)  # fmt: skip
def test_accept_chooses_the_form(api, accept, name):
    answer = requests.get(api + KPI, headers={"Accept": accept}, timeout=10)
    assert answer.headers["Content-Type"].split(";")[0] == TYPES[name]


@pytest.mark.parametrize("accept", ["text/html", "application/xml, image/*", "application/json;q=0", "*/*;q=0"])
def test_an_accept_that_admits_no_form_is_told_which_there_are(api, accept):
    detail = check_problem(requests.get(api + KPI, headers={"Accept": accept}, timeout=10), 406)["detail"]
    assert all(kind in detail for kind in TYPES.values())


@pytest.mark.parametrize("value", ["", "CSV", "xml", "json ", "$csv"])
def test_an_unknown_form_is_answered_with_those_there_are(api, value):
    answer = requests.get(f"{api}{KPI}", params={"format": value}, timeout=10)
    assert check_parameter_problem(answer, "format", value)["accepted"] == "json, csv, ndjson"


def test_a_form_is_asked_for_once(api):
    answer = requests.get(f"{api}{KPI}?format=csv&format=json", timeout=10)
    check_parameter_problem(answer, "format", "json")


def test_what_is_wrong_is_a_problem_in_every_form(api):
    for name in TYPES:
        check_parameter_problem(requests.get(f"{api}{KPI}?format={name}&sort=x", timeout=10), "sort", "x")


# What they hold


def test_every_kpi_says_the_same_in_every_form(api, kpis):
    for kpi in kpis:
        url = f"{api}/v1/kpis/{kpi['name']}?from=2023&to=2024-02"
        pages = "&limit=7&offset=1" if "limit" in kpi["parameters"] else ""
        whole = exact(requests.get(url + pages, timeout=60).text)["data"]
        lines = requests.get(f"{url}{pages}&format=ndjson", timeout=60).text
        assert [exact(line) for line in lines.splitlines()] == whole, kpi["name"]
        text = requests.get(f"{url}{pages}&format=csv", timeout=60).content.decode()
        assert text.splitlines()[0].split(",") == [column["name"] for column in kpi["columns"]]
        assert table(text) == [{name: cell(value) for name, value in row.items()} for row in whole], kpi["name"]


def test_without_data_a_csv_is_its_header_and_a_single_row_is_there(engine_uri, new_database, kpis):
    with harness.Server(engine_uri, new_database("no_rows")) as server:
        for kpi in kpis:
            whole = exact(server.get(f"/v1/kpis/{kpi['name']}").text)["data"]
            answer = server.get(f"/v1/kpis/{kpi['name']}?format=csv")
            assert table(answer.text) == [{name: cell(value) for name, value in row.items()} for row in whole]
            assert f'filename="{kpi["name"]}.csv"' in answer.headers["Content-Disposition"]


def test_rows_without_a_limit_are_all_rows_but_in_json(api):
    customers = len(table(requests.get(f"{api}/v1/kpis/sales-by-customer?format=csv", timeout=60).text))
    assert customers > 1000
    assert len(requests.get(f"{api}/v1/kpis/sales-by-customer", timeout=60).json()["data"]) == 50
    assert len(requests.get(f"{api}/v1/kpis/sales-by-customer?format=ndjson", timeout=60).text.splitlines()) == customers
    assert len(table(requests.get(f"{api}/v1/kpis/sales-by-customer?format=csv&limit=20", timeout=60).text)) == 20


def test_a_limit_may_be_larger_where_rows_are_streamed(api):
    assert requests.get(f"{api}{KPI}?format=csv&limit=1000000", timeout=10).status_code == 200
    check_parameter_problem(requests.get(f"{api}{KPI}?format=csv&limit=1000001", timeout=10), "limit", "1000001")
    check_parameter_problem(requests.get(f"{api}{KPI}?limit=10001&format=json", timeout=10), "limit", "10001")
    stream = requests.get(f"{api}{KPI}?limit=10001", headers={"Accept": "text/csv"}, timeout=10)
    assert stream.status_code == 200


def test_a_file_is_named_after_the_kpi_and_its_days(api):
    def disposition(query):
        return requests.get(f"{api}{KPI}?{query}", timeout=10).headers.get("Content-Disposition")

    status = requests.get(f"{api}/v1/status", timeout=10).json()
    first, last = status["first_day"], status["last_day"]
    assert disposition("format=csv&from=2023&to=2023") == 'attachment; filename="sales-by-region_2023-01-01_2023-12-31.csv"'
    assert disposition("format=ndjson") == f'attachment; filename="sales-by-region_{first}_{last}.ndjson"'
    assert disposition("") is None


# Texts of all kinds


ODD = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=", "'=1", "a=1", " =1", '=HYPERLINK("http://x.invalid")', "a,b", 'say "hi"',
    '"', '""', "two\nlines", "two\r\nlines", "", " ", "São Paulo", "東京 😀", "a\u2028b", "NULL", "0", "1e5", "\ufeffx",
]  # fmt: skip


@pytest.fixture(scope="module")
def odd_server(engine_uri, new_database, mongo):
    """A database whose regions are odd texts, in their order, with losses."""
    name = new_database("odd_texts")
    orders = [
        {"_id": str(i), "counted": True, "day": DAY, "region": text, "country": "c", "orders": 1, "units": -i, "customer_id": str(i),
         "sales": bson.Decimal128(f"-{i}.50"), "profit": None, "items": []}
        for i, text in enumerate(ODD)
    ]  # fmt: skip
    mongo[name].orders.insert_many(orders)
    mongo[name].meta.insert_one({"_id": "data", "version": 1, "first_day": DAY, "last_day": DAY})
    with harness.Server(engine_uri, name) as server:
        yield server


def test_texts_come_back_from_a_csv_but_for_the_apostrophe_of_formulas(odd_server):
    text = odd_server.get(f"{KPI}?format=csv&sort=-sales").content.decode()
    rows = table(text)
    assert len(rows) == len(ODD)
    for row, value in zip(rows, ODD, strict=True):
        assert row["region"] == ("'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value)
        assert row["profit"] == ""


def test_numbers_below_zero_are_left_alone(odd_server):
    rows = table(odd_server.get(f"{KPI}?format=csv&sort=-sales").content.decode())
    assert [row["sales"] for row in rows] == [f"-{i}.5" for i in range(len(ODD))]
    assert [row["units"] for row in rows] == [str(-i) for i in range(len(ODD))]


def test_lines_of_a_csv_end_in_crlf_and_cells_are_quoted_only_where_they_must(odd_server):
    text = odd_server.get(f"{KPI}?format=csv&sort=-sales&limit=15").content
    head = b"region,sales,profit,costed_sales,orders,units,customers\r\n"
    assert text.startswith(head + b"'=1+1,-0.5,,0,1,0,1\r\n'+1,-1.5,,0,1,-1,1\r\n")
    assert b'\r\n"\'\rx",-5.5,' in text and b'\r\n"a,b",-11.5,' in text and b'\r\n"say ""hi""",-12.5,' in text
    assert text.endswith(b'\r\n"""""",-14.5,,0,1,-14,1\r\n')


def test_every_line_of_ndjson_is_an_object(odd_server):
    lines = odd_server.get(f"{KPI}?format=ndjson&sort=-sales").content.split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["region"] for line in lines] == ODD


# Headers


@pytest.mark.parametrize("name", ["csv", "ndjson"])
def test_head_is_get_without_the_body_in_every_form(server, name):
    path = f"{KPI}?format={name}&from=1999"
    with Connection(server.address) as connection:
        head = connection.ask(path, method="HEAD")
        assert head.status_code == 200
        assert connection.ask("/livez").text == "ok\n", "the connection is still in step"
    get = server.get(path, headers={"Accept-Encoding": "identity"})
    for header in ("Content-Type", "Content-Length", "ETag", "Vary", "Content-Disposition"):
        assert get.headers[header] == head.headers[header.title()]


@pytest.mark.parametrize("name", ["csv", "ndjson"])
def test_head_of_a_long_answer_ends_with_its_headers(engine_uri, long_rows, name):
    path = f"{CROWD_KPI}?format={name}"
    with harness.Server(engine_uri, long_rows) as server:
        with Connection(server.address) as connection:
            head = connection.ask(path, method="HEAD")
            assert head.status_code == 200
            # There is no length to tell, and chunks belong to bodies: the connection ends.
            assert not {"Transfer-Encoding", "Content-Length"} & head.headers.keys()
            assert connection.read() is None and connection.file.read() == b""
        with requests.get(server.url + path, stream=True, timeout=30) as get:
            for header in ("Content-Type", "ETag", "Vary", "Content-Disposition"):
                assert get.headers[header] == head.headers[header.title()]


def test_each_form_has_its_own_tag(api):
    tags = {name: requests.get(f"{api}{KPI}?format={name}", timeout=10).headers["ETag"] for name in TYPES}
    assert len(set(tags.values())) == 3
    for name, kind in TYPES.items():
        by_accept = requests.get(api + KPI, headers={"Accept": kind}, timeout=10)
        assert by_accept.headers["ETag"] == (tags[name] if name != "json" else requests.get(api + KPI, timeout=10).headers["ETag"])
        for other, tag in tags.items():
            again = requests.get(f"{api}{KPI}?format={name}", headers={"If-None-Match": tag}, timeout=10)
            assert again.status_code == (304 if other == name else 200)


@pytest.mark.parametrize("query, headers, status", [
    ("", {}, 200), ("?format=csv", {}, 200), ("", {"Accept": "text/csv"}, 200), ("", {"Accept": "image/png"}, 406),
    ("", {"If-None-Match": "*"}, 304), ("?format=csv", {"If-None-Match": "*"}, 304),
])  # fmt: skip
def test_what_an_answer_depends_on_is_said(api, query, headers, status):
    answer = requests.get(api + KPI + query, headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("name", ["csv", "ndjson"])
def test_streams_are_compressed_for_those_who_ask(api, name):
    url = f"{api}/v1/kpis/sales-by-customer?format={name}"
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    packed = requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    body = packed.raw.read(decode_content=False)
    assert len(body) < len(plain.content) / 2
    assert gzip.decompress(body) == plain.content


# Long answers


CUSTOMERS = 100_000


def peak_memory(server):
    """The most memory that the server has had since forget_peak(), in bytes."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak(server):
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


@pytest.mark.parametrize("name, encoding", [("csv", "identity"), ("ndjson", "gzip")])
def test_a_long_answer_takes_little_memory(engine_uri, new_database, mongo, name, encoding):
    database = new_database(f"crowd_{name}")
    fill(mongo[database], CUSTOMERS, "Customer")
    with harness.Server(engine_uri, database, "--query-timeout", "120") as server:
        assert server.get("/v1/kpis/total-sales?format=csv").status_code == 200
        forget_peak(server)
        before = peak_memory(server)
        answer = server.get(f"{CROWD_KPI}?format={name}&sort=customer", headers={"Accept-Encoding": encoding})
        assert peak_memory(server) - before < 16 << 20
        lines = answer.content.decode().splitlines()
        assert len(lines) == CUSTOMERS + (name == "csv")
        assert "C0099999" in lines[-1] and "Customer 99999" in lines[-1]


def test_a_database_that_goes_in_the_middle_breaks_the_answer_off(engine_uri, long_rows):
    for version in ("1.1", "1.0"):
        with Gate(engine_uri).open() as gate, harness.Server(gate.uri, long_rows) as server:
            with Slow(server, "format=csv", version) as slow:
                assert b"200 OK" in slow.take()
                gate.shut()
                got, ended_well = slow.rest()
            assert not ended_well and not got.endswith(b"0\r\n\r\n"), version
            server.wait_for_line("an answer was cut off")
            assert server.get("/livez").status_code == 200


def test_a_database_that_is_away_at_the_start_is_a_status(engine_uri, long_rows):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, long_rows) as server:
        gate.shut()
        check_problem(server.get(f"{CROWD_KPI}?format=csv"), 503)


def test_a_client_that_leaves_ends_the_reading(engine_uri, long_rows):
    with Gate(engine_uri).open() as gate:
        with harness.Server(gate.uri, long_rows, "--log-level", "debug") as server:
            with Slow(server, "format=csv") as slow:
                assert b"200 OK" in slow.take()
            server.wait_for_line("a client left before the end of its answer")
            assert server.get(f"{CROWD_KPI}?format=csv&limit=2").text.count("\r\n") == 3


def test_slow_clients_keep_no_kpi_waiting(engine_uri, long_rows):
    with harness.Server(engine_uri, long_rows, "--workers", "1") as server:
        clients = [Slow(server, "format=csv&sort=customer") for _ in range(4)]
        for slow in clients:
            assert b"200 OK" in slow.take()
        assert server.get("/v1/kpis/total-sales").status_code == 200
        for slow in clients:
            slow.socket.close()


def test_a_stop_breaks_off_what_does_not_end_in_time(engine_uri, long_rows):
    server = harness.Server(engine_uri, long_rows, "--stop-timeout", "2")
    with server, Slow(server, "format=csv") as slow:
        assert b"200 OK" in slow.take()
        server.process.terminate()
        assert server.wait(20) == 0
        got, ended_well = slow.rest()
        assert not ended_well or not got.endswith(b"0\r\n\r\n")


def test_a_stop_lets_an_answer_end_that_is_being_taken(engine_uri, long_rows):
    server = harness.Server(engine_uri, long_rows, "--stop-timeout", "30")
    with server, Slow(server, "format=csv&sort=customer") as slow:
        assert b"200 OK" in slow.take()
        server.process.terminate()
        time.sleep(0.2)
        got, _ = slow.rest()
        assert got.endswith(b"0\r\n\r\n")
        assert server.wait(20) == 0
