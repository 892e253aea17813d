"""A load with --replace that is killed while it takes the place of what was there, and what is loaded after it: the data are
those of the one and then of the other, and nothing is "loaded already" of which nothing is there."""

import subprocess
import time

import pytest

import harness

DATA = ["locations", "customers", "products", "sellers", "orders"]  # in the order in which they are put in place


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("old"), orders=150, seed=3)


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    """Another shop, which has places, customers and orders that the old one has not; it tells of no payments."""
    folder = harness.generate(tmp_path_factory.mktemp("new"), orders=400, seed=5)
    (folder / "payments.csv").unlink()
    return folder


def contents(database):
    """All documents of the data, by collection and key, without the import that wrote them."""
    return {name: {one.pop("_id"): one for one in database[name].find({}, {"import_id": 0})} for name in DATA}


def data(database):
    """What readers see: the documents, and what meta says of them."""
    meta = database.meta.find_one({"_id": "data"}, {"version": 0, "loaded_at": 0})
    meta["rollups"] = {name: listed["rows"] for name, listed in meta["rollups"].items()}
    assert meta["counts"] == {name: database[name].count_documents({}) for name in DATA}
    return contents(database), meta


@pytest.fixture(scope="module")
def wanted(engine_uri, mongo, new_database, old, new):
    """What is there after loads that all come to their end, by their names."""

    def loaded(*steps):
        database = mongo[new_database("wanted")]
        for folder, options in steps:
            harness.load(engine_uri, database.name, folder, options=options)
        return data(database)

    return {"old": loaded((old, [])), "new": loaded((new, [])), "new, old": loaded((new, []), (old, []))}


def assert_is(database, wanted):
    got = data(database)
    for name in DATA:
        assert got[0][name] == wanted[0][name], name
    assert got[1] == wanted[1]


def leave_half_replaced(engine_uri, mongo, target, folder, *, placed):
    """As a load with --replace leaves the database that is killed when it has put so many of its collections in place."""
    side = mongo[f"{target.name}_side"]
    harness.load(engine_uri, side.name, folder)
    for number, name in enumerate(DATA):
        target[f"next_{name}"].insert_many(list(side[name].find()))
        if number < placed:
            target[f"next_{name}"].rename(name, dropTarget=True)
    done = side.imports.find_one()
    killed = {"_id": "killed", "content": "other", "status": "running", "swapping": True, "wrote": True, "started_empty": True}
    target.imports.insert_one({**done, **killed, "data_version": None})
    target.files.delete_many({})
    mongo.drop_database(side.name)


@pytest.mark.parametrize("placed", range(len(DATA) + 1))
def test_the_next_load_completes_what_was_begun_and_adds_to_it(engine_uri, mongo, target, old, new, wanted, placed):
    harness.load(engine_uri, target.name, old)
    leave_half_replaced(engine_uri, mongo, target, new, placed=placed)
    done = harness.load(engine_uri, target.name, old)
    assert "An earlier load with --replace did not come to its end" in done.stderr
    assert_is(target, wanted["new, old"])
    assert not [name for name in target.list_collection_names() if name.startswith("next_")]
    assert target.meta.find_one({"_id": "data"})["version"] == 2
    done = harness.load(engine_uri, target.name, old)
    assert done.stderr.count("is loaded already") == 8 and "--replace" not in done.stderr


@pytest.mark.parametrize("placed", [0, 3, len(DATA)])
def test_another_replace_replaces_all(engine_uri, mongo, target, old, new, wanted, placed):
    harness.load(engine_uri, target.name, old)
    leave_half_replaced(engine_uri, mongo, target, new, placed=placed)
    harness.load(engine_uri, target.name, old, options=["--replace"])
    assert_is(target, wanted["old"])


def test_what_a_killed_replace_wrote_for_itself_is_not_taken_for_what_another_had_begun(engine_uri, mongo, target, old, new, wanted):
    harness.load(engine_uri, target.name, old)
    leave_half_replaced(engine_uri, mongo, target, new, placed=2)
    broken = kill_replace(engine_uri, target, old, lambda: target.imports.find_one({"status": "running", "wrote": True}))
    assert broken and "next_orders" in target.list_collection_names()
    harness.load(engine_uri, target.name, old)
    assert_is(target, wanted["new, old"])


def test_meta_says_what_the_new_data_tell_and_not_what_the_old_told(engine_uri, mongo, target, old, new, tmp_path):
    harness.load(engine_uri, target.name, old)
    assert target.meta.find_one({"_id": "data"})["has"]["payments"]
    leave_half_replaced(engine_uri, mongo, target, new, placed=2)
    more = tmp_path / "customers.csv"
    more.write_text((new / "customers.csv").read_text() + "CMORE,Max More,Consumer,\n")
    harness.load(engine_uri, target.name, more)
    has = target.meta.find_one({"_id": "data"})["has"]
    assert not has["payments"] and has["reviews"] and has["distances"]


def test_other_hours_are_not_mixed_with_those_of_the_new_data(engine_uri, mongo, target, old, new):
    harness.load(engine_uri, target.name, old)
    leave_half_replaced(engine_uri, mongo, target, new, placed=2)
    target.imports.update_one({"_id": "killed"}, {"$set": {"timezone": "Asia/Tokyo"}})
    for _ in range(2):
        done = harness.load(engine_uri, target.name, old, status=1)
        assert "--timezone Asia/Tokyo" in done.stderr


def kill_replace(uri, target, folder, reached):
    """Kills a load with --replace as soon as something is so. False: it came to its end before."""
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", target.name, "--replace", folder]
    env = harness.environment(**harness.QUICK)
    process = subprocess.Popen(command, cwd=harness.ROOT, env=env, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while process.poll() is None and not reached() and time.monotonic() < until:
        pass
    process.kill()
    killed = process.wait() != 0
    time.sleep(0.5)  # the engine still carries out what was sent to it
    return killed


MOMENTS = {
    "its collections are there": lambda target: "next_orders" in target.list_collection_names(),
    "nothing is known of the files": lambda target: not target.files.find_one(),
    "it begins to replace": lambda target: target.imports.find_one({"swapping": True}),
    "customers are replaced": lambda target: target.customers.find_one({"import_id": {"$regex": "^000002"}}),
    "orders are replaced": lambda target: target.orders.find_one({"import_id": {"$regex": "^000002"}}),
    "the version is written": lambda target: target.meta.find_one({"version": 2}),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("then", ["old", "new"])
def test_a_replace_that_is_killed_at_any_moment_loses_nothing(engine_uri, target, old, new, wanted, moment, then):
    harness.load(engine_uri, target.name, old)
    first = target.imports.find_one()["_id"]
    kill_replace(engine_uri, target, new, lambda: MOMENTS[moment](target))
    if then == "new":
        harness.load(engine_uri, target.name, new, options=["--replace"])
        assert_is(target, wanted["new"])
        return
    begun = target.imports.find_one({"_id": {"$ne": first}, "$or": [{"swapping": True}, {"status": "done"}]})
    harness.load(engine_uri, target.name, old)
    assert_is(target, wanted["new, old" if begun else "old"])
