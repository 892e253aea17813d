"""The connection between the programs and the database is cut, slow or garbled: answers are right or errors, and a load comes to the
end that it would have come to.

Nothing on that wire has a checksum but TCP's and TLS's own: a bit that is turned over inside a value in spite of them makes another
value, and nobody can tell. What is promised is that a broken frame is never taken for an answer, and that the server outlives it all."""

import pytest

import harness
from load import Load, Truth, load_until_done, slowest, statuses
from proxy import Cut, Fault, Flip, Proxy, Slow

OPTIONS = ["--query-timeout", "2", "--fresh-wait", "1"]
# What the last line of a load that failed tells. An answer that cannot be read is an error of any kind.
EXCUSE = {Cut: "the database does not answer", Slow: "the database does not answer", Flip: "kpi-load: "}
SETTLED = ("locations", "customers", "products", "sellers", "orders", "dim_day")


@pytest.fixture(scope="module")
def truth(mongo, database):
    return Truth(mongo[database])


@pytest.fixture
def proxy(engine_uri):
    with Proxy(engine_uri).open() as proxy:
        yield proxy


def ask_under(proxy, database, truth, fault, enough, strict=True):
    """Asks while that fault is there, until enough() says so, and then without it. Returns the load."""
    with harness.Server(proxy.uri, database, *OPTIONS) as server:
        with Load(server, truth, strict=strict) as load:
            load.flow()
            proxy.fault = fault
            load.until(lambda: enough(load))
            proxy.fault = Fault()
            load.flow()
        assert server.process.poll() is None, server.log()
    return load


def test_connections_that_are_cut_at_any_place(proxy, database, truth, much, record):
    cut = Cut(seed=1, share=0.05)
    load = ask_under(proxy, database, truth, cut, lambda _: cut.count >= much(60, 2000))
    assert {a.status for a in load.answers} <= {200, 503}, statuses(load.answers)
    record("connection to the database cut at any byte", f"{cut.count:,} cuts, {len(load.answers):,} requests", f"{statuses(load.answers)}; none wrong")


def test_a_database_that_is_far_away(proxy, database, truth, much, record):
    load = ask_under(proxy, database, truth, Slow(0.15), lambda load: load.count(200, "miss") >= much(40, 600))
    assert {a.status for a in load.answers} == {200}, statuses(load.answers)
    record("every reply of the database 150 ms late", f"{len(load.answers):,} requests", f"{statuses(load.answers)}; none wrong, slowest {slowest(load.answers):.1f} s")


def test_replies_that_trickle(proxy, database, truth, much, record):
    """A byte now and then never times out by itself: pipelines may take as long as they may, and no longer."""
    load = ask_under(proxy, database, truth, Slow(0, piece=1, pause=0.02), lambda load: load.count(None, "miss") >= much(20, 200))
    assert {a.status for a in load.answers} <= {200, 503, 504}, statuses(load.answers)
    assert {a.status for a in load.answers if a.kind == "hit"} == {200}
    record("replies of the database byte by byte, 50 a second", f"{len(load.answers):,} requests", f"{statuses(load.answers)}; none wrong, slowest {slowest(load.answers):.1f} s")


def test_frames_that_are_garbled(proxy, database, truth, much, record):
    flip = Flip(seed=2, share=0.1)
    load = ask_under(proxy, database, truth, flip, lambda _: flip.count >= much(40, 1500))
    assert {a.status for a in load.answers} <= {200, 503, 504}, statuses(load.answers)
    record("a bit of a reply's frame turned over (lengths, kinds, flags)", f"{flip.count:,} bits, {len(load.answers):,} requests", f"{statuses(load.answers)}; none wrong")


def test_replies_that_are_garbled_anywhere(proxy, database, truth, much, record):
    """Values may be others then: what counts is that the server is there afterwards, and right again by itself. A newest day that is
    garbled can make a series of more days than there may be: 400, until the next look."""
    flip = Flip(seed=3, share=0.2, frame_only=False)
    load = ask_under(proxy, database, truth, flip, lambda _: flip.count >= much(60, 3000), strict=False)
    assert {a.status for a in load.answers} <= {200, 400, 500, 503, 504}, statuses(load.answers)
    record(
        "a bit of a reply turned over anywhere", f"{flip.count:,} bits, {len(load.answers):,} requests",
        f"{statuses(load.answers)}; {len(load.wrong):,} with another value, which nothing on the wire could tell; all right again at once",
    )  # fmt: skip


def settled(database):
    """What a load leaves, without what says when and by which run. A wire that was cut at the very end can leave the token."""
    told = {name: {one["_id"]: one for one in database[name].find({}, {"import_id": 0, "loaded_at": 0})} for name in SETTLED}
    told["meta"] = database.meta.find_one({"_id": "data"}, {"loaded_at": 0, "version": 0, "holder": 0})
    for name, listed in told["meta"].pop("rollups").items():
        told[name] = listed["rows"]
    return told


def fault_of_loads(kind, seed):
    if kind is Slow:
        return Slow(0.01, piece=4096, pause=0.001)
    return kind(seed=seed, share=0.01 if kind is Cut else 0.03)


# Of a message whose length is garbled the driver waits for the rest: for as long as it may, which is not what this is about.
@pytest.mark.parametrize("fault", [Cut, Slow, Flip])
def test_a_load_over_a_bad_wire_is_the_load_it_would_have_been(proxy, mongo, database, new_database, sample, much, record, fault):
    times, faults, runs = much(1, 40), 0, 0
    wanted = settled(mongo[database])
    for number in range(times):
        name = new_database("wire")
        proxy.fault = fault_of_loads(fault, number)
        runs += load_until_done(f"{proxy.uri}&socketTimeoutMS=3000" if fault is Flip else proxy.uri, name, sample, excuse=EXCUSE[fault])
        faults += 0 if fault is Slow else proxy.fault.count
        assert settled(mongo[name]) == wanted
        mongo.drop_database(name)
    assert faults or fault is Slow
    if fault is Flip:
        record(
            "a bit of the frame of a reply to kpi-load turned over", f"{times} loads of 2,000 orders in {runs} runs, {faults:,} bits, socketTimeoutMS=3000",
            "each ended well, or with an error and the same command did; collections equal to an undisturbed load",
        )  # fmt: skip
    elif fault is Cut:
        record("kpi-load's connection cut at any byte", f"{times} loads of 2,000 orders in {runs} runs, {faults:,} cuts", "each ended well; collections equal to an undisturbed load")
    else:
        record("kpi-load's replies late and in pieces", f"{times} loads of 2,000 orders", "each ended well; collections equal to an undisturbed load")
