"""What many ask at once is computed once, and who waits gets what is right, in time."""

import concurrent.futures
import json

import pytest
import requests

import harness
from cache_tools import LONG, is_hit, metric, runs, until, with_slow_kpi
from gate import Gate
from problems import check_problem
from raw import Connection
from slow import KPI as LONG_KPI
from slow import long_rows  # noqa: F401 (a fixture)
from test_many_clients import run


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory):
    return with_slow_kpi(tmp_path_factory.mktemp("slow"))


@pytest.fixture
def shop(engine_uri, new_database, tmp_path):
    name = new_database("flights")
    folders = {n: harness.generate(tmp_path / str(n), orders=n, seed=1) for n in (20, 40)}

    def load(orders):
        harness.load(engine_uri, name, folders[orders], options=["--replace"])

    load(20)
    return name, load


@pytest.mark.parametrize("cache_mb", ["64", "0"])
@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_64_clients_who_ask_the_same_are_one_pipeline(engine_uri, database, pipelines, cache_mb, form):
    with harness.Server(engine_uri, database, "--cache-mb", cache_mb, pipelines=pipelines) as server:
        answers = run(server, 64, lambda number: [f"/v1/kpis/slow?format={form}"])
        assert {status for ((status, _),) in answers} == {200}
        assert len({text for ((_, text),) in answers}) == 1
        assert runs(server, "slow") == 1
        assert metric(server, "kpi_cache_collapsed_total") + metric(server, "kpi_cache_hits_total") == 63


def test_spellings_of_one_question_are_one_pipeline(engine_uri, database, pipelines):
    queries = ["from=2022&to=2023", "to=2023&from=2022", "from=2022-01-01&to=2023-12-31", "to=2023&from=2022&format=json"]
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        answers = run(server, 32, lambda number: [f"/v1/kpis/slow?{queries[number % 4]}"])
        assert len({text for ((_, text),) in answers}) == 1
        assert runs(server, "slow") == 1


def test_rows_are_computed_once_for_those_who_want_them_compressed_and_those_who_do_not(engine_uri, database, pipelines):
    def ask(encoding):
        return requests.get(f"{server.url}/v1/kpis/slow-rows?format=csv", headers={"Accept-Encoding": encoding}, timeout=30)

    rows = json.loads((pipelines / "kpi/slow.json").read_text()) | {"single_row": False, "dimensions": [], "measures": []}
    rows["pipeline"] = [
        {"$match": {"$var": "filter"}}, {"$group": {"_id": None, "any": {"$max": 1}}},
        {"$set": {"n": {"$range": [0, 500]}, "long": LONG}}, {"$unwind": "$n"}, {"$project": {"_id": 0, "n": {"$add": ["$n", "$long"]}}},
        {"$sort": {"$var": "sort"}}, {"$skip": {"$var": "offset"}}, {"$limit": {"$var": "limit"}},
    ]  # fmt: skip
    rows["columns"] = [{"name": "n", "type": "count", "text": "A number", "key": True}]
    rows |= {"parameters": ["sort", "limit", "offset"], "defaults": {"sort": "n", "limit": 500}, "chart": {"type": "table", "y": ["n"]}}
    (pipelines / "kpi/slow-rows.json").write_text(json.dumps(rows))
    with harness.Server(engine_uri, database, pipelines=pipelines) as server, concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, ["gzip", "identity"] * 8))
        assert {answer.headers.get("Content-Encoding") for answer in answers} == {"gzip", None}
        assert {answer.text for answer in answers} == {"n\r\n" + "".join(f"{n}\r\n" for n in range(500))}
        for header in ("Content-Type", "Content-Disposition", "ETag", "Vary"):
            assert len({answer.headers[header] for answer in answers}) == 1
        assert runs(server, "slow-rows") == 1


def test_rows_that_are_too_many_to_be_kept_are_whole_for_each_of_many(engine_uri, long_rows):
    """One gets what was begun for all; the others are served by themselves."""
    def ask(number):
        answer = requests.get(f"{server.url}{LONG_KPI}?format=csv&sort=customer", headers={"Accept-Encoding": ("gzip", "identity")[number % 2]}, timeout=60)
        return answer.status_code, answer.headers["Content-Disposition"], hash(answer.content), len(answer.content)

    with harness.Server(engine_uri, long_rows) as server, concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(ask, range(12)))
        assert len(answers) == 1
        ((status, _, _, size),) = answers
        assert status == 200 and size > 5_000 * 2_000
        assert runs(server, "sales-by-customer") == 12
        assert metric(server, "kpi_cache_entries") == 0


def test_rows_that_many_ask_for_are_computed_when_new_data_come_before_anybody_asks(engine_uri, shop):
    name, load = shop
    with harness.Server(engine_uri, name) as server:
        for _ in range(3):
            before = server.get("/v1/kpis/order-count?format=csv").text
        load(40)
        until(lambda: runs(server, "order-count") == 2)
        until(lambda: is_hit(server.get("/v1/kpis/order-count?format=csv")))
        assert server.get("/v1/kpis/order-count?format=csv").text != before
        assert runs(server, "order-count") == 2


def test_a_request_for_rows_behind_a_load_gets_the_new_ones_and_never_old_ones(engine_uri, shop):
    name, load = shop
    with harness.Server(engine_uri, name, "--fresh-wait", "0") as server:
        seen = []
        for orders in (40, 20, 40):
            seen.append(server.get("/v1/kpis/order-count?format=csv").text)
            load(orders)
        assert len(set(seen)) == 2 and seen[0] == seen[2]


def test_a_failure_is_told_to_all_who_wait_and_tried_again_for_who_comes_later(engine_uri, database, pipelines, tmp_path):
    endless = json.loads((pipelines / "kpi/slow.json").read_text())
    endless["pipeline"] = [{"$match": {"$var": "filter"}}, *({"$set": {f"n{i}": {"$range": [0, 10000]}}} for i in range(3)),
                           *({"$unwind": f"$n{i}"} for i in range(3)), {"$group": {"_id": None, "orders": {"$sum": 1}}}]  # fmt: skip
    (pipelines / "kpi/endless.json").write_text(json.dumps(endless))
    with harness.Server(engine_uri, database, "--query-timeout", "1", pipelines=pipelines) as server:
        for count, form in ((0, "json"), (2, "csv")):
            answers = run(server, 16, lambda number, form=form: [f"/v1/kpis/endless?format={form}"])
            assert {status for ((status, _),) in answers} == {504}
            assert runs(server, "endless") == count + 1
            assert server.get(f"/v1/kpis/endless?format={form}").status_code == 504
            assert runs(server, "endless") == count + 2


def test_a_client_that_leaves_takes_nothing_with_it(engine_uri, database, pipelines):
    with harness.Server(engine_uri, database, pipelines=pipelines) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        for _ in range(5):
            with Connection(server.address) as leaves:
                leaves.send("GET /v1/kpis/slow?from=2022 HTTP/1.1\r\nHost: test\r\n\r\n")
        asked = [pool.submit(server.get, "/v1/kpis/slow?from=2022") for _ in range(3)]
        assert {answer.result(30).status_code for answer in asked} == {200}
        assert runs(server, "slow") == 1
        assert is_hit(server.get("/v1/kpis/slow?from=2022"))


def test_a_request_behind_a_load_does_not_get_what_was_begun_before_it(engine_uri, shop, pipelines):
    name, load = shop
    with (
        harness.Server(engine_uri, name, "--fresh-wait", "60", pipelines=pipelines) as server,
        concurrent.futures.ThreadPoolExecutor() as pool,
    ):
        before = server.get("/v1/kpis/order-count").json()["data"]
        early = pool.submit(server.get, "/v1/kpis/slow")
        until(lambda: metric(server, "kpi_requests_waiting") == 1)
        load(40)
        late = server.get("/v1/kpis/slow").json()
        assert late["data_version"] == 2 and late["data"] != before and "stale" not in late
        assert early.result(30).json()["data_version"] in (1, 2)


def test_who_cannot_wait_gets_the_old_numbers_marked_until_the_new_ones_are_there(engine_uri, shop, pipelines):
    name, load = shop
    with harness.Server(engine_uri, name, "--fresh-wait", "0", pipelines=pipelines) as server:
        old = server.get("/v1/kpis/slow").json()
        load(40)
        answer = server.get("/v1/kpis/slow").json()
        if answer["data_version"] == 1:  # else it was computed in no time
            assert answer == old | {"stale": True}
        until(lambda: server.get("/v1/kpis/slow").json()["data_version"] == 2)
        new = server.get("/v1/kpis/slow")
        assert "stale" not in new.json() and is_hit(new)
        assert runs(server, "slow") == 2


def test_who_can_wait_gets_the_new_numbers(engine_uri, shop, pipelines):
    name, load = shop
    with harness.Server(engine_uri, name, "--fresh-wait", "60", pipelines=pipelines) as server:
        server.get("/v1/kpis/slow")
        load(40)
        answer = server.get("/v1/kpis/slow").json()
        assert answer["data_version"] == 2 and "stale" not in answer


def test_what_is_asked_for_is_computed_when_new_data_come_before_anybody_asks(engine_uri, shop):
    name, load = shop
    with harness.Server(engine_uri, name) as server:
        for kpi in ("total-sales", "order-count"):
            for _ in range(3):
                server.get(f"/v1/kpis/{kpi}?period=last-30-days")
        server.get("/v1/kpis/total-profit")  # once, and never again
        load(40)
        until(lambda: runs(server, "total-sales") == runs(server, "order-count") == 2)
        for kpi in ("total-sales", "order-count"):
            until(lambda kpi=kpi: is_hit(server.get(f"/v1/kpis/{kpi}?period=last-30-days")))
            assert server.get(f"/v1/kpis/{kpi}?period=last-30-days").json()["data_version"] == 2
            assert runs(server, kpi) == 2
        assert runs(server, "total-profit") == 1


def test_the_old_answer_is_given_when_the_database_goes_while_the_new_one_is_computed(engine_uri, shop, pipelines):
    name, load = shop
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, name, pipelines=pipelines) as server:
        old = server.get("/v1/kpis/slow").json()
        load(40)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = pool.submit(server.get, "/v1/kpis/slow")
            until(lambda: metric(server, "kpi_requests_waiting") == 1 or asked.done())
            gate.shut()
            answer = asked.result(30).json()
        assert answer == old | {"stale": True} or answer["data_version"] == 2


def test_waiting_requests_are_answered_when_the_server_stops(engine_uri, database, pipelines):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database, "--stop-timeout", "1", pipelines=pipelines) as server:
        connections = [Connection(server.address) for _ in range(8)]
        gate.flowing.clear()
        for number, connection in enumerate(connections):
            connection.send(f"GET /v1/kpis/{('slow', 'total-sales')[number % 2]} HTTP/1.1\r\nHost: test\r\n\r\n")
        until(lambda: metric(server, "kpi_requests_waiting") == 8)
        server.process.terminate()
        for connection in connections:
            check_problem(connection.read(), 503)
            connection.close()
        assert server.wait(10) == 0


def test_500_clients_with_50_questions_are_all_answered(engine_uri, database):
    with harness.Server(engine_uri, database) as server:
        answers = run(server, 500, lambda number: [f"/v1/kpis/sales-by-region?limit={1 + (number + n) % 50}" for n in range(4)])
        assert {status for client in answers for status, _ in client} == {200}
        for number, client in enumerate(answers):
            assert [json.loads(text)["parameters"]["limit"] for _, text in client] == [1 + (number + n) % 50 for n in range(4)]
        assert runs(server, "sales-by-region") == 50
