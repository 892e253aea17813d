"""kpi-load --watch: loads what is in a folder, and then whatever is dropped there."""

import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import harness

LOADING, LOADED, FAILED = ": loading", ": loaded", ": the load failed"


class Watcher:
    """A running kpi-load --watch. All it says is kept in lines."""

    def __init__(self, uri, database, folder, *options, before=()):
        command = [*before, harness.BUILD / "kpi-load", "--uri", uri, "--db", database, "--watch", folder, "--watch-settle", "1", *options]
        self.process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE, text=True)
        self.lines, self.news, self.ended = [], threading.Condition(), False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def said(self, text):
        return sum(text in line for line in self.lines)

    def wait_for(self, text, times=1):
        with self.news:
            came = self.news.wait_for(lambda: self.said(text) >= times or self.ended, timeout=60)
            assert came and self.said(text) >= times, f"{text!r} was not said {times} times:\n" + "\n".join(self.lines)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.end()

    def end(self):
        status = self.process.wait(60)
        self.reader.join(10)
        return status


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(engine_uri, target, inbox):
    running = []

    def begin(*options, folder=inbox, before=()):
        running.append(Watcher(engine_uri, target.name, folder, *options, before=before))
        return running[-1]

    yield begin
    for watcher in running:
        if watcher.process.poll() is None:
            watcher.process.kill()
        watcher.process.wait()


def drop(folder, *paths):
    for path in paths:
        shutil.copy(path, folder)


@pytest.mark.parametrize("uri, name", [("mongodb://%zz/", "shop"), ("mongodb://127.0.0.1:1/", "a/b")])
def test_what_can_never_come_to_a_load_ends_at_once(tmp_path, uri, name):
    watcher = Watcher(uri, name, tmp_path)
    assert watcher.end() == 1
    assert watcher.said("kpi-load: ") == 1 and not watcher.said(FAILED), watcher.lines



def test_what_is_there_is_loaded_and_then_what_is_dropped(watch, target, inbox, sample, tmp_path):
    drop(inbox, *sample.glob("*.csv"))
    watcher = watch()
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 2000
    more = tmp_path / "more.csv"
    lines = (sample / "orders.csv").read_text().splitlines(keepends=True)
    more.write_text(lines[0] + ",".join(["LATE", *lines[1].split(",")[1:]]))
    drop(inbox, more)
    watcher.wait_for(LOADED, 2)
    assert target.orders.count_documents({}) == 2001
    assert watcher.stop() == 0
    assert sorted(path.name for path in inbox.iterdir()) == sorted([*(path.name for path in sample.glob("*.csv")), "more.csv"])


def test_files_that_come_together_are_one_load(watch, target, inbox, sample):
    watcher = watch("--watch-settle", "3")
    watcher.wait_for("no CSV file is there yet")
    first, *others = sorted(sample.glob("*.csv"))
    drop(inbox, first)
    with (inbox / others[0].name).open("wb", buffering=0) as slow:
        for line in others[0].read_bytes().splitlines(keepends=True):
            slow.write(line)
        time.sleep(1)
    drop(inbox, *others[1:])
    watcher.wait_for(LOADED)
    assert watcher.said(LOADING) == 1
    assert target.orders.count_documents({}) == 2000
    assert watcher.stop() == 0


def flat(folder, name, orders, seed=1):
    """A file of the superstore layout, and its bytes."""
    made = harness.generate(folder / f"made-{name}", orders=orders, seed=seed, layout="superstore")
    return (made / "superstore.csv").read_bytes()


def test_a_file_that_somebody_still_writes_keeps_nobody_and_waits_itself(watch, target, inbox, tmp_path):
    whole = flat(tmp_path, "a", 50)
    watcher = watch("--watch-settle", "0")
    watcher.wait_for("no CSV file is there yet")
    with (inbox / "half.csv").open("wb", buffering=0) as slow:
        slow.write(whole[:-40])
        (inbox / "other.csv").write_bytes(whole[: whole.index(b"\n", 2000) + 1])
        watcher.wait_for("half.csv waits")
        watcher.wait_for(LOADED)
        assert 0 < target.orders.count_documents({}) < 50
        slow.write(whole[-40:])
    watcher.wait_for(LOADED, 2)
    assert target.orders.count_documents({}) == 50
    assert target.imports.count_documents({"status": {"$ne": "done"}}) == 0
    assert target.rejects.count_documents({}) == 0


def test_a_writer_who_pauses_for_longer_than_the_settling_time_is_waited_for(watch, target, inbox, sample):
    watcher = watch("--watch-settle", "1")
    watcher.wait_for("no CSV file is there yet")
    names = sorted(path.name for path in sample.glob("*.csv"))
    text = (sample / names[0]).read_bytes()
    with (inbox / names[0]).open("wb", buffering=0) as slow:
        slow.write(text[: len(text) // 2])
        drop(inbox, *(sample / name for name in names[1:]))
        time.sleep(3)
        slow.write(text[len(text) // 2 :])
    watcher.wait_for(LOADED)
    assert watcher.said(LOADING) == 1
    assert target.orders.count_documents({}) == 2000


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can give files away and give up rights")
def test_a_file_of_somebody_else_that_is_still_open_waits_too(engine_uri, watch, target, inbox, tmp_path):
    whole = flat(tmp_path, "a", 50)
    watcher = watch("--watch-settle", "0", before=["setpriv", "--bounding-set", "-lease"])
    watcher.wait_for("no CSV file is there yet")
    with (inbox / "half.csv").open("wb", buffering=0) as slow:
        os.chown(inbox / "half.csv", 65534, 65534)
        slow.write(whole[:-40])
        (inbox / "other.csv").write_bytes(whole[: whole.index(b"\n", 2000) + 1])
        watcher.wait_for("half.csv waits")
        watcher.wait_for(LOADED)
        slow.write(whole[-40:])
    watcher.wait_for(LOADED, 2)
    assert target.orders.count_documents({}) == 50
    assert target.rejects.count_documents({}) == 0


def test_a_file_with_too_many_rejects_is_set_aside_and_loaded_when_it_is_mended(watch, target, inbox, tmp_path):
    good, bad = flat(tmp_path, "a", 40), flat(tmp_path, "b", 30, seed=2)
    first = {line.split(b",")[1] for line in good.splitlines()[1:]}
    lines = bad.splitlines(keepends=True)
    bad = lines[0] + b"".join(line.replace(line.split(b",")[1], b"B" + line.split(b",")[1]) for line in lines[1:])
    (inbox / "a.csv").write_bytes(good)
    (inbox / "b.csv").write_bytes(lines[0] + b"".join(line.replace(b",", b",,,,", 1) for line in lines[1:]))
    (inbox / "c.csv").write_bytes(b"PK\x03\x04 a workbook, named as what it is not")
    watcher = watch()
    watcher.wait_for(LOADED)
    assert watcher.said("b.csv is set aside") == 1 and watcher.said("c.csv is set aside") == 1
    assert target.orders.count_documents({}) == len(first) == 40
    (inbox / "b.csv").write_bytes(bad)
    watcher.wait_for(LOADED, 2)
    assert watcher.said("b.csv is set aside") == 1 and watcher.said("c.csv is set aside") == 2
    assert target.orders.count_documents({}) == 70


def test_a_first_load_is_not_made_without_a_file_that_is_set_aside(watch, target, inbox, sample):
    drop(inbox, *sample.glob("*.csv"))
    lines = (sample / "customers.csv").read_text().splitlines(keepends=True)
    (inbox / "customers.csv").write_text(lines[0] + "".join("," * 40 + line for line in lines[1:]))
    watcher = watch("--max-rejects", "100")
    watcher.wait_for(FAILED)
    assert watcher.said("customers.csv is set aside") == 1
    assert target.orders.count_documents({}) == 0
    drop(inbox, sample / "customers.csv")
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 2000


def test_it_goes_on_after_a_failed_load(watch, target, inbox, sample):
    drop(inbox, *(path for path in sample.glob("*.csv") if path.name != "customers.csv"))
    watcher = watch()
    watcher.wait_for(FAILED)
    drop(inbox, sample / "customers.csv")
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 2000
    assert watcher.stop() == 0


def test_a_failed_load_is_tried_again_by_itself(watch, target, inbox, sample, tmp_path):
    drop(inbox, *sample.glob("*.csv"))
    watcher = watch("--profile", tmp_path / "later.json", "--watch-retry", "1")
    watcher.wait_for(FAILED)
    shutil.copy(harness.ROOT / "loader" / "profiles" / "native.json", tmp_path / "later.tmp")
    os.rename(tmp_path / "later.tmp", tmp_path / "later.json")
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 2000
    assert watcher.stop() == 0


def test_what_is_still_being_written_is_left_until_it_gets_its_name(watch, target, inbox, sample):
    watcher = watch("--watch-settle", "0")
    watcher.wait_for("no CSV file is there yet")
    for name in ["orders.csv.part", ".orders.csv.Xy12", "orders.csv~", "orders.csv.tmp", "readme.txt"]:
        (inbox / name).write_text("half")
    folder = harness.generate(inbox.parent / "flat", orders=50, layout="superstore")
    shutil.copy(folder / "superstore.csv", inbox / "superstore.csv.part")
    assert watcher.said(LOADING) == 0
    os.rename(inbox / "superstore.csv.part", inbox / "superstore.csv")
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 50
    assert watcher.said(LOADING) == 1
    assert watcher.stop() == 0


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_are_files_too(watch, target, inbox, link):
    folder = harness.generate(inbox.parent / "flat", orders=50, layout="superstore")
    watcher = watch()
    watcher.wait_for("no CSV file is there yet")
    link(folder / "superstore.csv", inbox / "superstore.csv")
    watcher.wait_for(LOADED)
    assert target.orders.count_documents({}) == 50


def test_rejects_do_not_end_it(watch, inbox):
    folder = harness.generate(inbox.parent / "flat", orders=50, layout="superstore")
    text = (folder / "superstore.csv").read_text("windows-1252").splitlines(keepends=True)
    (inbox / "superstore.csv").write_text("".join([*text, text[1].replace(",", ",,,,", 1)]), "windows-1252")
    watcher = watch()
    watcher.wait_for("loaded, but for some rows")
    assert watcher.stop(signal.SIGINT) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_while_it_waits(watch, number):
    watcher = watch()
    watcher.wait_for("no CSV file is there yet")
    assert watcher.stop(number) == 0


def test_signal_ends_the_running_load(watch, target, inbox):
    harness.generate(inbox, orders=60_000)
    watcher = watch()
    watcher.wait_for("profile native")
    until = time.monotonic() + 60
    while not target.orders.find_one({}) and time.monotonic() < until:
        time.sleep(0.05)
    assert watcher.stop() == 0
    assert target.imports.find_one()["status"] == "failed"
    assert 0 < target.orders.count_documents({}) < 60_000


def test_folder_that_goes_away(watch, inbox):
    watcher = watch()
    watcher.wait_for("no CSV file is there yet")
    inbox.rmdir()
    assert watcher.end() == 1
    assert watcher.said("was deleted or moved") == 1


def test_folder_that_is_replaced(watch, inbox):
    watcher = watch()
    watcher.wait_for("no CSV file is there yet")
    inbox.rename(inbox.parent / "other")
    inbox.mkdir()
    assert watcher.end() == 1
    assert watcher.said("was deleted or moved") == 1


def test_folder_that_is_none(watch, tmp_path):
    watcher = watch(folder=tmp_path / "nowhere")
    assert watcher.end() == 1 and watcher.said("there is no folder")
    (tmp_path / "file").touch()
    watcher = watch(folder=tmp_path / "file")
    assert watcher.end() == 1 and watcher.said("there is no folder")


def test_it_takes_no_other_files(watch, inbox):
    watcher = watch("more.csv")
    assert watcher.end() == 2 and watcher.said("takes no others")
