"""kpi-load is killed among its last writes, when the data are there and it only writes down that it has loaded them: the same command
says what was rejected, and what is written down of the load is as if nothing had happened."""

import signal
import subprocess

import pytest
import shop
from last_writes import Writes

import harness

BAD_ROW = "NOSUCH,P00001,S001,1,5.00,0.00,0\n"  # of order_items.csv: there is no such order


class Form:
    """A load that rejects a row, and what it leaves. before: None, or what is loaded before it: another folder, or ITSELF."""

    ITSELF = "the same files, before they have grown"

    def __init__(self, uri, folder, before, *options):
        self.uri, self.folder, self.before, self.options = uri, folder, before, options
        self.shorter = {name: (folder / name).read_text() for name in ("order_items.csv", "customers.csv")}
        self.longer = {
            "order_items.csv": self.shorter["order_items.csv"] + BAD_ROW,
            "customers.csv": self.shorter["customers.csv"] + "CNEW,New Person,Consumer,\n",
        }

    def _write(self, texts):
        for name, text in texts.items():
            (self.folder / name).write_text(text)

    def prepare(self, database):
        self._write(self.shorter)
        if self.before:
            harness.load(self.uri, database, self.folder if self.before == self.ITSELF else self.before)
        self._write(self.longer)

    def load(self, database, status=3):
        return harness.load(self.uri, database, self.folder, options=self.options, status=status)

    def watched(self, database, writes):
        """The load, through a proxy that sees its writes. Its exit status."""
        return writes.watch(
            self.uri,
            lambda uri: shop.start(uri, database, self.folder, options=self.options, variables=harness.QUICK, stderr=subprocess.DEVNULL),
        )


def told(database):
    """What `imports` says of the rows, of the load that has changed the data last."""
    changes = database.imports.find({"status": "done", "$expr": {"$eq": ["$data_version", "$target_version"]}})
    last = max(changes, key=lambda one: one["_id"])
    return last["rejected"], [(file["file"], file["read"], file["rejected"]) for file in last["files"]]


@pytest.fixture(scope="module", params=["first load", "grown files", "--replace"])
def form(request, engine_uri, mongo, new_database, tmp_path_factory):
    room = tmp_path_factory.mktemp("late")
    folder = harness.generate(room / "new", orders=100, seed=7)
    made = {
        "first load": lambda: Form(engine_uri, folder, None),
        "grown files": lambda: Form(engine_uri, folder, Form.ITSELF, "--max-rejects", "10"),
        "--replace": lambda: Form(engine_uri, folder, harness.generate(room / "other", orders=50, seed=3), "--replace"),
    }[request.param]()
    made.prepare(name := new_database("undisturbed"))
    writes = Writes("imports", "files")
    assert made.watched(name, writes) == 3
    made.writes, made.told, made.wanted = (writes.count, told(mongo[name]), shop.contents(mongo[name], interrupted=True))
    assert made.told[0] == {"unknown_reference": 1}
    return made


@pytest.mark.parametrize("back", [1, 2, 3, 5])
def test_the_same_command_tells_what_was_rejected_and_leaves_what_one_load_leaves(form, mongo, new_database, back):
    database = mongo[new_database("killed_late")]
    form.prepare(database.name)
    assert form.watched(database.name, Writes("imports", "files", last=form.writes - back + 1)) == -signal.SIGKILL
    again = form.load(database.name)
    assert "unknown_reference" in again.stderr or "rejected 1 row" in again.stderr
    assert told(database) == form.told and database.rejects.count_documents({}) == 1
    wrong = shop.difference(shop.contents(database, interrupted=True), form.wanted)
    assert not wrong, wrong
    if "--replace" not in form.options:
        form.load(database.name, status=0)
        assert told(database) == form.told, "a load that has nothing to do takes nothing of that back"


def test_another_load_in_between_makes_no_row_unheard_of(form, mongo, new_database, tmp_path):
    """It knows nothing of the files that were not written down; they are read anew when they come again."""
    database = mongo[new_database("killed_late")]
    form.prepare(database.name)
    assert form.watched(database.name, Writes("imports", "files", last=form.writes - 3)) == -signal.SIGKILL
    (tmp_path / "customers.csv").write_text("customer_id,name,segment,location_id\nCOTHER,Another Person,Consumer,\n")
    harness.load(form.uri, database.name, tmp_path, options=["--profile", "native"])
    again = subprocess.run(shop.command(form.uri, database.name, form.folder, options=form.options), env=harness.environment(), timeout=120)
    assert again.returncode in (0, 3)
    assert not database.imports.count_documents({"listing": {"$exists": True}})
    rejected = [one["rejected"] for one in database.imports.find({"status": "done"})]
    assert {"unknown_reference": 1} in rejected
    assert database.orders.count_documents({}) == len(form.wanted["orders"])
