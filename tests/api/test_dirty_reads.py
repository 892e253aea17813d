"""While a load changes orders in place, or after it was broken off there, what is computed from them is of no version: it is said,
it has no tag, and it is not kept. What was kept, and rollups, stay right."""

import signal
import subprocess
import threading

import pytest

import harness
from cache_tools import is_hit, metric, runs, until, with_slow_kpi

BASE, ROLLUP = "/v1/kpis/average-order-value", "/v1/kpis/sales-summary"
NOTE = "A load changes the data, or was broken off"


@pytest.fixture
def shop(engine_uri, new_database, mongo, sample):
    """A database of its own, which a test may leave half changed."""
    name = new_database("dirty")
    harness.load(engine_uri, name, sample)
    yield mongo[name]
    mongo.drop_database(name)


def state(shop):
    return shop.meta.find_one({"_id": "data"})


def say_writing(shop, writing):
    shop.meta.update_one({"_id": "data"}, {"$set": {"writing": writing}})


def notes(answer):
    assert answer.status_code == 200, answer.text
    return [note for note in answer.json().get("notes", []) if NOTE in note]


def test_what_is_computed_from_orders_that_change_has_a_note_and_no_tag_and_is_not_kept(engine_uri, shop):
    with harness.Server(engine_uri, shop.name) as server:
        assert server.get("/v1/status").json()["load_under_way"] is False
        clean = server.get(f"{BASE}?from=2022")
        assert not notes(clean) and clean.headers["ETag"]
        say_writing(shop, True)
        until(lambda: server.get("/v1/status").json()["load_under_way"])
        before = runs(server, "average-order-value")
        for _ in range(2):
            dirty = server.get(f"{BASE}?from=2023")
            assert len(notes(dirty)) == 1 and "ETag" not in dirty.headers
        assert runs(server, "average-order-value") == before + 2
        assert is_hit(server.get(f"{BASE}?from=2022")), "what was right still is"
        tagged = {"If-None-Match": clean.headers["ETag"]}
        assert server.get(f"{BASE}?from=2022", headers=tagged).status_code == 304
        rollup = server.get(f"{ROLLUP}?from=2023")
        assert rollup.json()["source"] == "sales_by_day" and not notes(rollup) and rollup.headers["ETag"]
        assert len(notes(server.get(f"{BASE}?from=2023&compare=previous-year"))) == 1
        assert "ETag" not in server.get(f"{BASE}?from=2024&format=csv").headers
        say_writing(shop, False)
        until(lambda: not server.get("/v1/status").json()["load_under_way"])
        again = server.get(f"{BASE}?from=2023")
        assert not notes(again) and again.headers["ETag"]
        assert is_hit(server.get(f"{BASE}?from=2023"))


@pytest.mark.parametrize("change", [{"$set": {"writing": True}}, {"$inc": {"version": 1}}], ids=["a load begins", "a load ends"])
def test_a_load_beside_a_pipeline_is_noticed_behind_it(engine_uri, shop, tmp_path, change):
    with harness.Server(engine_uri, shop.name, pipelines=with_slow_kpi(tmp_path)) as server:
        got = []
        asking = threading.Thread(target=lambda: got.append(server.get("/v1/kpis/slow?status=delivered")))
        asking.start()
        until(lambda: metric(server, "kpi_http_requests_in_flight") >= 2 or got)
        shop.meta.update_one({"_id": "data"}, change)
        asking.join()
        assert len(notes(got[0])) == 1 and "ETag" not in got[0].headers


def test_a_load_that_is_killed_leaves_the_mark_and_its_repetition_takes_it_away(engine_uri, shop, sample, tmp_path):
    folder = tmp_path / "changed"
    folder.mkdir()
    for file in sample.iterdir():
        text = file.read_text()
        (folder / file.name).write_text(text.replace(",1,", ",2,") if file.name == "order_items.csv" else text)
    before = {order["_id"]: order["hash"] for order in shop.orders.find({}, {"hash": 1})}
    command = [harness.BUILD / "kpi-load", "--uri", engine_uri, "--db", shop.name, folder]
    load = subprocess.Popen(list(map(str, command)), cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.DEVNULL)
    until(lambda: state(shop)["writing"] or load.poll() is not None)
    load.send_signal(signal.SIGKILL)
    load.wait()
    assert state(shop)["writing"] is True
    with harness.Server(engine_uri, shop.name) as server:
        assert len(notes(server.get(BASE))) == 1
        assert not notes(server.get(ROLLUP))
        harness.load(engine_uri, shop.name, folder)
        assert state(shop)["writing"] is False
        clean = server.get(BASE)
        assert not notes(clean) and clean.headers["ETag"] and clean.json()["data_version"] == 2
        after = {order["_id"]: order["hash"] for order in shop.orders.find({}, {"hash": 1})}
        assert before.keys() == after.keys() and before != after


def test_a_load_that_changes_nothing_leaves_no_mark(engine_uri, shop, sample):
    harness.load(engine_uri, shop.name, sample, options=["--reload"])
    assert not state(shop)["writing"] and state(shop)["version"] == 1
