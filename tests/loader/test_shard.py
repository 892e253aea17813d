"""kpi-load --shard spreads orders over the shards of a cluster, and writes them so that a cluster takes it."""

import csv
import datetime

import pytest

import harness
from router import Router

KEY = {"day": 1, "_id": 1}


def rewrite(path, change):
    """Puts what change makes of the rows of a CSV file into its place."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    rows = change(header, rows)
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("shop"), orders=200, seed=3)


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """The same shop: five orders are of another day, five of another place."""
    folder = harness.generate(tmp_path_factory.mktemp("corrected"), orders=200, seed=3)

    def correct(header, rows):
        moment, mode = header.index("ordered_at"), header.index("ship_mode")
        for row in rows[10:15]:
            at = datetime.datetime.fromisoformat(row[moment]) - datetime.timedelta(days=3)
            row[moment] = at.isoformat(sep=" ")
        for row in rows[20:25]:
            row[mode] = "By Hand"
        return rows

    rewrite(folder / "orders.csv", correct)
    return folder


def state(mongo, database):
    """All that a load writes of a shop, but for the names and times of loads."""
    found = {}
    for collection in ("orders", "customers", "products", "locations", "sellers", "sales_by_day"):
        documents = mongo[database][collection].find({}, {"import_id": 0, "build": 0})
        found[collection] = sorted((repr(sorted(document.items(), key=str)) for document in documents))
    meta = mongo[database].meta.find_one({"_id": "data"})
    return found | {key: meta[key] for key in ("version", "first_day", "last_day", "counts")}


def loaded(engine_uri, new_database, mongo, *folders, options=()):
    name = new_database("plain")
    for folder in folders:
        harness.load(engine_uri, name, folder, options=options)
    return state(mongo, name)


def writes_of_orders(router):
    """What was written into orders: filters of replacements and of deletions."""
    updates = [d for c in router.named("update") if c["update"] in ("orders", "next_orders") for d in c["documents"] + c.get("updates", [])]
    deletes = [d for c in router.named("delete") if c["delete"] in ("orders", "next_orders") for d in c["documents"] + c.get("deletes", [])]
    return [d for d in updates if not d.get("multi")], deletes


def test_a_server_that_is_no_router_is_refused_before_anything_is_written(engine_uri, new_database, mongo, shop, tmp_path):
    """Also where a load that fails is tried again by itself, before there is one."""
    name = new_database("refused")
    for paths in ([shop], ["--watch", shop], ["--watch", tmp_path]):
        done = harness.load(engine_uri, name, *paths, options=["--shard"], status=1)
        assert "--shard" in done.stderr and "mongos" in done.stderr.splitlines()[-1]
    assert mongo[name].list_collection_names() == []


def test_it_takes_no_value(engine_uri, new_database, shop):
    done = harness.load(engine_uri, new_database("value"), shop, options=["--shard=yes"], status=2)
    assert "--shard takes no value" in done.stderr


def test_orders_are_sharded_by_day_and_id_before_they_are_written(engine_uri, new_database, mongo, shop):
    name = new_database("sharded")
    with Router(engine_uri) as router:
        harness.load(router.uri, name, shop, options=["--shard"])
        relevant = [next(iter(c)) for c in router.commands if "orders" in (c.get("createIndexes"), c.get("insert")) or "Shard" in str(list(c)[0]) or list(c)[0] == "shardCollection"]
    assert relevant[:4] == ["createIndexes", "enableSharding", "shardCollection", "insert"]
    assert [c["enableSharding"] for c in router.named("enableSharding")] == [name]
    assert [(c["shardCollection"], c["key"], c["$db"]) for c in router.named("shardCollection")] == [(f"{name}.orders", KEY, "admin")]
    assert mongo[name].orders.index_information()["day_1__id_1"]["key"] == list(KEY.items())
    assert state(mongo, name) == loaded(engine_uri, new_database, mongo, shop)


def test_a_shop_that_is_there_is_sharded_by_the_same_command_again(engine_uri, new_database, shop):
    name = new_database("later")
    harness.load(engine_uri, name, shop)
    with Router(engine_uri) as router:
        harness.load(router.uri, name, shop, options=["--shard"])
        assert [c["shardCollection"] for c in router.named("shardCollection")] == [f"{name}.orders"]
        assert not [c for c in router.named("insert", "update", "delete") if "orders" in c.values()]


@pytest.mark.parametrize("options", [[], ["--shard"]])
def test_orders_are_replaced_by_their_whole_key_and_moved_in_a_transaction(engine_uri, new_database, mongo, shop, corrected, options):
    name = new_database("corrected")
    with Router(engine_uri) as router:
        harness.load(router.uri, name, shop, options=options)
        before = {order["_id"]: order["day"] for order in mongo[name].orders.find({}, {"day": 1})}
        router.commands.clear()
        harness.load(router.uri, name, corrected, options=options)
        after = {order["_id"]: order["day"] for order in mongo[name].orders.find({}, {"day": 1})}
        updates, deletes = writes_of_orders(router)
    moved = {_id for _id in after if before[_id] != after[_id]}
    assert len(moved) == 5 and len(updates) >= 10
    assert all(list(d["q"]) == ["day", "_id"] and d["q"]["day"] == d["u"]["day"] and d["upsert"] for d in updates if "$set" not in d["u"])
    assert {d["q"]["_id"]: d["q"]["day"] for d in deletes} == {_id: before[_id] for _id in moved}
    in_one = [c for c in router.commands if c.get("autocommit") is False]
    assert [next(iter(c)) for c in in_one] == ["delete", "update", "commitTransaction"]
    assert [c.get("startTransaction") for c in in_one] == [True, None, None]
    assert len({(c["txnNumber"], c["lsid"]["id"]) for c in in_one}) == 1
    assert {d["q"]["_id"] for d in in_one[1]["documents"]} == moved
    assert state(mongo, name) == loaded(engine_uri, new_database, mongo, shop, corrected)


def test_orders_of_which_no_day_changes_need_no_transaction(engine_uri, new_database, mongo, shop, corrected, tmp_path):
    name, folder = new_database("unmoved"), tmp_path / "files"
    folder.mkdir()
    for path in shop.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    rewrite(folder / "orders.csv", lambda header, rows: [[*row[: header.index("ship_mode")], "By Hand", *row[header.index("ship_mode") + 1 :]] for row in rows])
    with Router(engine_uri) as router:
        harness.load(router.uri, name, shop)
        harness.load(router.uri, name, folder)
        updates, deletes = writes_of_orders(router)
        assert len([d for d in updates if "$set" not in d["u"]]) == 200 and not deletes
        assert not [c for c in router.commands if "txnNumber" in c and c.get("autocommit") is False]


@pytest.mark.parametrize("was_sharded", [False, True])
def test_what_takes_the_place_of_sharded_orders_is_sharded(engine_uri, new_database, mongo, shop, corrected, was_sharded):
    name = new_database("replaced")
    with Router(engine_uri, sharded=[f"{name}.orders"] if was_sharded else []) as router:
        harness.load(router.uri, name, shop)
        assert not router.named("shardCollection")
        harness.load(router.uri, name, corrected, options=["--replace"])
        assert [c["shardCollection"] for c in router.named("shardCollection")] == [f"{name}.next_orders"] * was_sharded
    plain = loaded(engine_uri, new_database, mongo, shop, corrected, options=["--replace"])
    assert state(mongo, name)["orders"] == plain["orders"]


@pytest.mark.parametrize("code, told", [(23, "another key"), (20, "another key"), (59, "does not know the command"), (13, "does not permit")])
def test_a_cluster_that_refuses_is_told_of(engine_uri, new_database, mongo, shop, code, told):
    name = new_database("refusal")
    with Router(engine_uri, refusal=code) as router:
        done = harness.load(router.uri, name, shop, options=["--shard", "--retry", "0"], status=1)
    assert "sharding the orders" in done.stderr and told in done.stderr
    assert mongo[name].orders.count_documents({}) == 0


def test_a_dry_run_shards_nothing(engine_uri, new_database, mongo, shop):
    name = new_database("dry")
    with Router(engine_uri) as router:
        harness.load(router.uri, name, shop, options=["--shard", "--dry-run"])
        assert not router.named("shardCollection", "enableSharding", "createIndexes", "insert")
    assert mongo[name].list_collection_names() == []
