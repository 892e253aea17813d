"""Answers are kept until the data change: the same bytes for the same question, and never old ones unmarked."""

import gzip
import itertools
import json
import shutil
import threading

import pytest
import requests

import harness
from cache_tools import is_hit, metric, runs, until
from gate import Gate
from problems import check_problem

KPI = "/v1/kpis/sales-by-city"


@pytest.fixture(scope="module")
def cached(engine_uri, database):
    """A server of its own, whose counters nobody else moves."""
    with harness.Server(engine_uri, database) as server:
        yield server


def raw(server, path, **headers):
    answer = requests.get(server.url + path, headers={"Accept-Encoding": "identity", **headers}, timeout=30, stream=True)
    answer.body = answer.raw.read(decode_content=False)
    return answer


# The same question


def test_what_was_answered_is_answered_again_with_the_same_bytes_and_no_pipeline(cached):
    first, before = cached.get(f"{KPI}?from=2023"), runs(cached, "sales-by-city")
    hits = metric(cached, "kpi_cache_hits_total")
    for _ in range(5):
        again = cached.get(f"{KPI}?from=2023")
        assert is_hit(again) and again.content == first.content
        assert again.headers["ETag"] == first.headers["ETag"]
    assert runs(cached, "sales-by-city") == before
    assert metric(cached, "kpi_cache_hits_total") == hits + 5


def test_a_question_is_the_same_however_it_is_written(cached):
    same = [
        "from=2023&to=2023&region=West&region=East", "to=2023&region=East&from=2023&region=West",
        "region=West&from=2023-01-01&region=East&to=2023-12-31&region=West", "from=2023&to=2023&region=West&region=%45ast&sort=-sales",
        "from=2023&to=2023&region=West&region=East&offset=0&format=json",
    ]  # fmt: skip
    before = runs(cached, "sales-by-region")
    bodies = {cached.get(f"/v1/kpis/sales-by-region?{query}").content for query in same}
    assert len(bodies) == 1
    assert all(is_hit(cached.get(f"/v1/kpis/sales-by-region?{query}")) for query in same)
    assert runs(cached, "sales-by-region") == before + 1


@pytest.mark.parametrize("other", ["from=2024", "region=East", "region=west", "limit=3", "offset=1", "sort=sales", "sort=-orders", "from=2023&to=2023"])
def test_another_question_has_an_answer_of_its_own(cached, other):
    one, two = (cached.get(f"/v1/kpis/sales-by-region?{query}").json() for query in ("from=2023", other))
    assert one["parameters"] != two["parameters"]
    assert cached.get(f"/v1/kpis/sales-by-region?{other}").json() == two


def test_more_spellings_than_are_remembered_are_answered_all_the_same(cached):
    names = ["from=2022", "to=2023", "region=West", "region=South"]
    bodies = {cached.get("/v1/kpis/total-sales?" + "&".join(order)).content for order in itertools.permutations(names)}
    assert len(bodies) == 1


def test_one_kpi_is_not_taken_for_another_of_the_same_text(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    shutil.copy(pipelines / "kpi/total-sales.json", pipelines / "kpi/turnover.json")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        one, other = server.get("/v1/kpis/total-sales"), server.get("/v1/kpis/turnover")
        assert (one.json()["kpi"], other.json()["kpi"]) == ("total-sales", "turnover")
        assert one.headers["ETag"] != other.headers["ETag"]


# Forms


def test_plain_and_compressed_are_one_answer(cached):
    before = runs(cached, "sales-by-city")
    packed = raw(cached, f"{KPI}?from=2024", **{"Accept-Encoding": "gzip"})
    plain = raw(cached, f"{KPI}?from=2024")
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert is_hit(plain) and int(packed.headers["Content-Length"]) == len(packed.body)
    again = raw(cached, f"{KPI}?from=2024", **{"Accept-Encoding": "gzip"})
    assert is_hit(again) and again.body == packed.body
    assert runs(cached, "sales-by-city") == before + 1


def test_head_of_a_kept_answer_has_the_headers_of_get(cached):
    # Who wants no compression is answered before that is done, and asks again before the answer is kept.
    until(lambda: is_hit(raw(cached, KPI)))
    get = raw(cached, KPI)
    head = requests.head(cached.url + KPI, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert head.content == b"" and is_hit(head)
    assert {k: v for k, v in head.headers.items() if k != "Date"} == {k: v for k, v in get.headers.items() if k != "Date"}
    assert int(head.headers["Content-Length"]) == len(get.body)


def test_the_form_is_part_of_the_question(cached):
    for _ in range(2):
        assert cached.get(KPI).headers["Content-Type"].startswith("application/json")
        assert cached.get(KPI, headers={"Accept": "text/csv"}).headers["Content-Type"].startswith("text/csv")
        assert cached.get(f"{KPI}?format=ndjson").headers["Content-Type"] == "application/x-ndjson"
        check_problem(cached.get(KPI, headers={"Accept": "image/png"}), 406)
        assert cached.session.options(cached.url + KPI, timeout=10).status_code == 204
        check_problem(cached.session.post(cached.url + KPI, timeout=10), 405)


def test_a_kept_answer_is_not_modified_for_who_has_it(cached):
    tag = cached.get(KPI).headers["ETag"]
    for value in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = cached.get(KPI, headers={"If-None-Match": value})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Vary"] == "Accept, Accept-Encoding"
    assert cached.get(KPI, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_rows_that_are_not_many_are_kept_too(cached, form):
    path = f"/v1/kpis/sales-by-city?to=2023&format={form}"
    first, before = raw(cached, path), runs(cached, "sales-by-city")
    for encoding in ("identity", "gzip"):
        until(lambda encoding=encoding: is_hit(raw(cached, path, **{"Accept-Encoding": encoding})))
        again = raw(cached, path, **{"Accept-Encoding": encoding})
        body = gzip.decompress(again.body) if encoding == "gzip" else again.body
        assert body == first.body and again.headers.get("Content-Encoding", "identity") == encoding
        for header in ("Content-Type", "Content-Disposition", "ETag", "Vary"):
            assert again.headers[header] == first.headers[header]
    assert runs(cached, "sales-by-city") == before
    assert raw(cached, path, **{"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_rows_without_end_are_not_kept(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    path = pipelines / "kpi/many.json"
    rows = [{"$match": {"$var": "filter"}}, {"$group": {"_id": None}}, {"$set": {"n": {"$range": [0, 3000]}}}, {"$unwind": "$n"},
            {"$project": {"_id": 0, "n": 1, "words": {"$literal": "word " * 200}}},
            {"$sort": {"$var": "sort"}}, {"$skip": {"$var": "offset"}}, {"$limit": {"$var": "limit"}}]  # fmt: skip
    definition = json.loads((pipelines / "kpi/order-count.json").read_text()) | {"pipeline": rows, "single_row": False}
    definition["columns"] = [{"name": "n", "type": "count", "text": "Which", "key": True}, {"name": "words", "type": "string", "text": "Many words"}]
    definition |= {"parameters": ["sort", "limit", "offset"], "defaults": {"sort": "n"}, "chart": {"type": "table", "y": ["words"]}}
    path.write_text(json.dumps(definition | {"dimensions": [], "measures": []}))
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        for count in (1, 2):
            answer = server.get("/v1/kpis/many?format=csv&limit=3000")
            assert len(answer.content) > 1 << 20 and not is_hit(answer)
            until(lambda count=count: runs(server, "many") == count)
        assert metric(server, "kpi_cache_entries") == 0


def test_explanations_are_not_kept(cached):
    before = runs(cached, "total-profit")
    for _ in range(2):
        assert "Cache-Status" not in cached.get("/v1/kpis/total-profit?explain=true").headers
    assert runs(cached, "total-profit") == before + 2


def test_a_broken_request_on_a_kept_path_is_still_refused(cached):
    cached.get(KPI)
    answer = requests.get(cached.url + KPI, data="x", timeout=10)
    assert answer.status_code == 413


# Room


def test_the_cache_takes_no_more_room_than_it_may_and_answers_stay_right(engine_uri, database):
    with harness.Server(engine_uri, database, "--cache-mb", "1") as server:
        expected = {}
        for limit in range(300, 345):
            path = f"/v1/kpis/peak-days?limit={limit}"
            expected[path] = server.get(path).json()["data"]
            assert metric(server, "kpi_cache_bytes") <= 1 << 20
        assert metric(server, "kpi_cache_evictions_total") > 0
        assert 0 < metric(server, "kpi_cache_entries") < len(expected)
        for path, data in list(expected.items())[::10]:
            assert server.get(path).json()["data"] == data


def test_without_room_nothing_is_kept(engine_uri, database):
    with harness.Server(engine_uri, database, "--cache-mb", "0") as server:
        for count in range(1, 4):
            assert not is_hit(server.get(KPI))
            assert runs(server, "sales-by-city") == count
        assert metric(server, "kpi_cache_entries") == 0


# New data


@pytest.fixture
def shop(engine_uri, new_database, tmp_path):
    """A database, and a function that loads another number of orders into it."""
    name = new_database("cache")
    folders = {n: harness.generate(tmp_path / str(n), orders=n, seed=1) for n in (20, 40, 60)}

    def load(orders):
        harness.load(engine_uri, name, folders[orders], options=["--replace"])

    load(20)
    return name, load


def count(server, query=""):
    answer = server.get(f"/v1/kpis/order-count{query}").json()
    assert "stale" not in answer
    return answer["data_version"], answer["data"][0]["orders"]


def test_who_loads_and_then_asks_sees_the_new_numbers(engine_uri, shop):
    """Also while others ask for the same all the time, so that it is kept and believed to be right."""
    name, load = shop
    with harness.Server(engine_uri, name) as server:
        ended = threading.Event()

        def ask():
            with requests.Session() as session:
                while not ended.is_set():
                    session.get(f"{server.url}/v1/kpis/order-count", timeout=30)

        others = [threading.Thread(target=ask) for _ in range(2)]
        for other in others:
            other.start()
        try:
            seen = [count(server)]
            for orders in (40, 60, 20, 60, 40):
                load(orders)
                seen.append(count(server))
        finally:
            ended.set()
            for other in others:
                other.join()
        versions, counts = zip(*seen)
        assert list(versions) == list(range(1, 7))
        assert all(a != b for a, b in itertools.pairwise(counts))
        assert counts[1] == counts[5] and counts[2] == counts[4]


def test_a_tag_of_old_data_is_not_confirmed_after_a_load(engine_uri, shop):
    name, load = shop
    with harness.Server(engine_uri, name) as server:
        for query in ("", "?format=csv"):
            load(40)
            path = f"/v1/kpis/order-count{query}"
            tag = server.get(path).headers["ETag"]
            assert server.get(path, headers={"If-None-Match": tag}).status_code == 304
            load(20)
            assert server.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_database_that_was_dropped_and_loaded_anew_is_other_data_of_the_same_version(engine_uri, shop, mongo):
    name, load = shop
    with harness.Server(engine_uri, name) as server:
        before = server.get("/v1/kpis/order-count")
        mongo.drop_database(name)
        load(60)
        after = server.get("/v1/kpis/order-count", headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert after.json()["data_version"] == before.json()["data_version"] == 1
        assert after.json()["data"] != before.json()["data"]


def test_a_period_is_counted_back_from_the_new_last_day(engine_uri, shop, mongo):
    name, load = shop
    path = "/v1/kpis/sales-over-time?period=last-7-days&granularity=day"
    with harness.Server(engine_uri, name) as server:
        before = server.get(path).json()
        last = mongo[name].orders.find_one(sort=[("day", -1)])
        mongo[name].orders.delete_many({"day": last["day"]})
        earlier = mongo[name].orders.find_one(sort=[("day", -1)])["day"]
        mongo[name].meta.update_one({"_id": "data"}, {"$set": {"last_day": earlier}, "$inc": {"version": 1}})
        server.wait_for_line('msg="data version" version=2')
        after = server.get(path).json()
        assert after["last_day"] == earlier.strftime("%Y-%m-%d") != before["last_day"]
        assert after["parameters"]["to"] == after["last_day"] and len(after["data"]) == 7


# Definitions


def test_a_changed_definition_is_answered_anew_and_the_others_are_still_kept(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        for kpi in ("total-sales", "order-count"):
            server.get(f"/v1/kpis/{kpi}")
            assert is_hit(server.get(f"/v1/kpis/{kpi}"))
        path = pipelines / "kpi/total-sales.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"title": "All that was sold"}))
        until(lambda: server.get("/v1/kpis/total-sales").json()["title"] == "All that was sold")
        kept = runs(server, "order-count")
        assert is_hit(server.get("/v1/kpis/order-count")) and runs(server, "order-count") == kept
        path.unlink()
        until(lambda: server.get("/v1/kpis/total-sales").status_code == 404)


# Without the database


def test_an_old_answer_is_given_and_marked_while_the_database_is_away(engine_uri, database):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database, "--fresh-wait", "1") as server:
        fresh = server.get(KPI)
        gate.shut()
        until(lambda: "stale" in server.get(KPI).json())  # for a moment it is known to be right still
        stale_before = metric(server, "kpi_cache_stale_total")
        for encoding in ("identity", "gzip"):
            old = server.get(KPI, headers={"Accept-Encoding": encoding})
            assert old.json() == fresh.json() | {"stale": True}
            assert "ETag" not in old.headers and old.headers["Cache-Status"] == "kpi-server; hit; detail=stale"
        check_problem(server.get("/v1/kpis/sales-by-city?limit=3"), 503)
        assert metric(server, "kpi_cache_stale_total") == stale_before + 2
        gate.open()
        server.wait_for_line("the database is back")
        assert server.get(KPI).json() == fresh.json()


def test_an_engine_that_hangs_is_as_one_that_is_away(engine_uri, database):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database, "--fresh-wait", "1") as server:
        fresh = server.get(KPI).json()
        gate.flowing.clear()
        until(lambda: server.get(KPI).json() == fresh | {"stale": True})
        gate.flowing.set()
        until(lambda: server.get(KPI).json() == fresh)


def test_an_answer_is_too_old_at_some_time(engine_uri, database):
    with Gate(engine_uri).open() as gate, harness.Server(gate.uri, database, "--max-stale", "0") as server:
        server.get(KPI)
        gate.shut()
        until(lambda: server.get(KPI).status_code != 200)
        refused = server.get(KPI)
        check_problem(refused, 503)
        assert int(refused.headers["Retry-After"]) >= 1


def test_a_failure_is_not_kept(engine_uri, database):
    with Gate(engine_uri) as gate, harness.Server(gate.uri, database, ready=False) as server:
        check_problem(server.get(KPI), 503)
        gate.open()
        server.wait_for_line("data version")
        assert server.get(KPI).status_code == 200
