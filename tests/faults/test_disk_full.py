"""Disks are full: that of the loader's temporary files, that of rejected rows, that of the database. Each is named with what to do, nothing
is lost, and the same command completes the load when there is room."""

import re
import subprocess
import time

import pytest
import reliability
import shop
from own_engine import PROGRAM, OwnEngine
from small_disk import SmallDisk, on_small_disk

import harness

SECTION = "Full disks"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("shop") / "shop", orders=400, seed=6)


@pytest.fixture(scope="module")
def wanted(engine_uri, mongo, new_database, folder):
    name = new_database("undisturbed")
    harness.load(engine_uri, name, folder)
    return shop.contents(mongo[name], interrupted=True)


def run(command, **more):
    return subprocess.run([str(part) for part in command], cwd=harness.ROOT, capture_output=True, text=True, timeout=300, **more)


def last_line(done):
    return done.stderr.strip().splitlines()[-1]


def shown(done, disk):
    """The last line with a short name for the disk."""
    return last_line(done).replace(str(disk), "/small")


def test_no_room_for_temporary_files(engine_uri, mongo, new_database, folder, tmp_path, record):
    """What comes by standard input is kept in one while it is read."""
    name, disk = new_database("no_room"), tmp_path / "disk"
    harness.load(engine_uri, name, folder)
    before = shop.contents(mongo[name])
    rows = (folder / "payments.csv").read_text()
    order = rows.splitlines()[1].split(",")[0]
    rows += f"{order},99,voucher,1,5.00\n"
    command = shop.command(engine_uri, name, "-", options=["--profile", "native"])
    small = run([*on_small_disk(disk, 8 << 10), *command], input=rows, env=harness.environment(**harness.QUICK, TMPDIR=str(disk)))
    assert small.returncode == 1, small.stderr
    assert f"{disk} cannot grow (No space left on device); set TMPDIR to a folder with more room" in last_line(small)
    assert not shop.difference(shop.contents(mongo[name]), before), "nothing was written"
    again = run(command, input=rows, env=harness.environment(**harness.QUICK))
    assert again.returncode == 0, again.stderr
    assert mongo[name].orders.find_one({"_id": order})["payments"][-1]["sequence"] == 99
    record("TMPDIR is full while standard input is read", f"{len(rows):,} bytes on 8 KiB", f"status 1, nothing written: {shown(small, disk)}")


@pytest.mark.skipif(not reliability.LONG, reason="takes more orders than the short form has time for")
def test_no_room_for_what_waits_for_its_order(engine_uri, mongo, new_database, tmp_path, record):
    """Rows beyond --memory go to temporary files."""
    big = harness.generate(tmp_path / "big", orders=100_000, seed=6)
    name, disk = new_database("no_room"), tmp_path / "disk"
    command = shop.command(engine_uri, name, big, options=["--memory", "16", "--rollups", "off"])
    small = run([*on_small_disk(disk, 1 << 20), *command], env=harness.environment(**harness.QUICK, TMPDIR=str(disk)))
    assert small.returncode == 1, small.stderr
    assert f"{disk} cannot grow (No space left on device); set TMPDIR to a folder with more room" in last_line(small)
    assert not mongo[name].orders.find_one() and not mongo[name].meta.find_one({"_id": "data"}), "nothing is there by halves"
    again = run(command, env=harness.environment(**harness.QUICK))
    assert again.returncode == 0 and "temporary" in again.stderr, again.stderr
    assert mongo[name].orders.count_documents({}) == 100_000
    mongo.drop_database(name)
    record("TMPDIR is full while rows wait for their orders", "100,000 orders, 1 MiB", f"status 1, no order written: {shown(small, disk)}")


def test_no_room_for_rejected_rows(engine_uri, mongo, new_database, folder, wanted, tmp_path, record):
    name, disk, odd = new_database("no_room"), tmp_path / "disk", tmp_path / "odd"
    odd.mkdir()
    for path in folder.iterdir():
        (odd / path.name).write_bytes(path.read_bytes())
    with (odd / "order_items.csv").open("a") as rows:
        rows.writelines(f"NOSUCH{n},P00001,S001,1,5.00,0.00,0\n" for n in range(3000))
    options = ["--max-rejects", "100%", "--rejects", disk / "rejects.csv"]
    command = shop.command(engine_uri, name, odd, options=options)
    small = run([*on_small_disk(disk, 32 << 10), *command], env=harness.environment(**harness.QUICK))
    assert small.returncode == 1, small.stderr
    assert re.search(rf"{disk}/rejects-order_items.csv cannot be written: No space left on device.*make room", last_line(small)), small.stderr
    again = run(command, env=harness.environment(**harness.QUICK))
    assert again.returncode == 3, again.stderr
    assert len((disk / "rejects-order_items.csv").read_text().splitlines()) == 3001
    got = shop.contents(mongo[name], interrupted=True)
    assert len(got["rejects"]) == 3000
    for collection in ("orders", "customers", "products", "sellers", "locations"):
        same = {collection: drop_import(got[collection])}
        assert not shop.difference(same, {collection: drop_import(wanted[collection])})
    record("the disk of --rejects FILE is full", "3,000 rejected rows, 32 KiB", f"status 1: {shown(small, disk)}")


def drop_import(documents):
    """Of other files it is another import."""
    decoded = {key: shop.bson.decode(one) for key, one in documents.items()}
    return {key: shop.bson.encode({k: v for k, v in one.items() if k != "import_id"}) for key, one in decoded.items()}


class SmallEngine(OwnEngine):
    """An engine whose data lie on a small disk. All that has to see them runs there."""

    def __init__(self, folder, size):
        super().__init__(folder)
        (folder / "data").mkdir(parents=True)
        (folder / "kind").write_text("embedded\n")  # or the folder would be taken for something else
        self.disk = SmallDisk(folder / "data", size)

    def start(self):
        status, said = self.disk.run(f"env -u MONGODB_URI {PROGRAM} start {self.folder}")
        if status == 0:
            self.uri = said.splitlines()[-1]
        return status, said

    def stop(self):
        self.disk.run(f"env -u MONGODB_URI {PROGRAM} stop {self.folder}")
        self.disk.close()


@pytest.fixture
def small_engine(tmp_path):
    engine = SmallEngine(tmp_path / "e", 700 << 20)
    try:
        status, said = engine.start()
        assert status == 0, said
        yield engine
    finally:
        engine.stop()


# What is left: too little for documents; or enough for them, and not for PostgreSQL's log, without which it stops to work.
ROOMS = {"documents": (256 << 10, 400), "the log": (24_000 << 10, 6000)}


@pytest.mark.parametrize("lacks", ROOMS if reliability.LONG else ["documents"])
def test_no_room_for_the_database(small_engine, tmp_path, record, lacks):
    """A server goes on with the answers that it has, and is right again by itself when the database is. That may need the engine's next
    start: PostgreSQL ends itself when there is no room for its log."""
    engine, (room, orders) = small_engine, ROOMS[lacks]
    first, second = (harness.generate(tmp_path / f"{count}", orders=count, seed=2) for count in (100, orders))
    command = shop.command(engine.uri, "shop", second, options=["--replace", "--retry", "2"])
    harness.load(engine.uri, "whole", second)
    with engine.client() as client:
        wanted = shop.contents(client.whole, interrupted=True)
        client.drop_database("whole")
    harness.load(engine.uri, "shop", first)
    with harness.Server(engine.uri, "shop", "--fresh-wait", "1") as server:
        hit = server.get("/v1/kpis/sales-by-region").json()["data"]
        engine.disk.leave_room(room)
        failed = run(command, env=harness.environment(**harness.QUICK))
        assert failed.returncode == 1, failed.stderr
        assert re.search("the disk of the database is full; make room on it; the same command|does not answer", last_line(failed)), failed.stderr
        assert server.get("/v1/kpis/sales-by-region").json()["data"] == hit
        miss = server.get("/v1/kpis/sales-by-city?from=2023").status_code
        assert miss in (200, 500, 503, 504)
        ran_on = engine.disk.run(f"env -u MONGODB_URI {PROGRAM} status {engine.folder}")[0] == 0
        engine.disk.make_room()
        status, said = engine.start()  # which leaves alone what runs
        assert status == 0, said
        again = run(command, env=harness.environment(**harness.QUICK))
        assert again.returncode == 0, again.stderr
        with engine.client() as client:
            got = shop.contents(client.shop, interrupted=True)
            right = [{"orders": client.shop.orders.count_documents({"counted": True})}]
        until = time.monotonic() + 30
        while (now := server.get("/v1/kpis/order-count").json()).get("data") != right:
            assert time.monotonic() < until, now
            time.sleep(0.2)
    for collection in ("orders", "customers", "products", "sellers", "locations"):
        wrong = shop.difference({collection: drop_import(got[collection])}, {collection: drop_import(wanted[collection])})
        assert not wrong, wrong
    record(
        f"the database's disk is full while kpi-load --replace runs: no room for {lacks}", f"{room >> 10:,} KiB left, {orders:,} orders",
        f"status 1: {last_line(failed)}; hits went on, a miss got {miss}; PostgreSQL {'ran on' if ran_on else 'stopped'}; with room the same command completed it",
    )  # fmt: skip
