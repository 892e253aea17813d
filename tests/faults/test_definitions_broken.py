"""Files of definitions break while clients ask: what was served before goes on, the server says so, and takes them again when they are
whole."""

import os
import shutil
import signal

import pytest

import gauge_process
import harness
from load import Load, Truth, statuses

FILES = ["kpi/total-sales.json", "source/order.json", "rollup/sales_by_day.json", "dimension/region.json"]


def by_link(target):
    """In one step: a name that is gone for a moment is a definition that was taken away."""
    def link(path):
        path.with_suffix(".new").symlink_to(target(path))
        path.with_suffix(".new").rename(path)

    return link


def huge(path):
    path.with_suffix(".new").write_bytes(b"")
    os.truncate(path.with_suffix(".new"), 100 << 20)
    path.with_suffix(".new").rename(path)


BREAKS = {
    "cut in the middle": lambda path: path.write_text(path.read_text()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_text(""),
    "NUL bytes": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "no UTF-8": lambda path: path.write_bytes(path.read_bytes().replace(b'"title": "', b'"title": "\xff\xfe')),
    "a folder": by_link(lambda path: path.parent.resolve()),
    "unreadable": lambda path: path.chmod(0),
    "100 MiB": huge,
    "a link to itself": by_link(lambda path: path.name),
    "a link to nothing": by_link(lambda path: "nothing"),
    "a disk that fails to read": by_link(lambda path: "/proc/self/mem"),
    "a device": by_link(lambda path: "/dev/zero"),
    "100,000 brackets": lambda path: path.write_text("[" * 100_000),
}
# Root reads what nobody may, unless it is without these.
LIKE_A_USER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture
def pipelines(tmp_path):
    return shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")


def put_back(path, text):
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


def errors(server):
    return server.get("/v1/status").json()["definition_errors"]


def hang_up(server, pattern, change, *args):
    """After that change, whether the server sees it by itself or is told."""
    said = len(server.lines)
    change(*args)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line(pattern, after=said)


def test_files_that_break_under_load(engine_uri, mongo, database, pipelines, record):
    with harness.Server(engine_uri, database, pipelines=pipelines, before=LIKE_A_USER) as server:
        names = [kpi["name"] for kpi in server.get("/v1/kpis").json()["data"]]
        region = server.get("/v1/dimensions/region").json()["data"]
        held = gauge_process.files_held(server.process.pid)
        with Load(server, Truth(mongo[database]), hits=2, misses=2) as load:
            for file in FILES:
                text = (pipelines / file).read_text()
                for how, breaks in BREAKS.items():
                    hang_up(server, "not reloaded", breaks, pipelines / file)
                    assert {error["file"] for error in errors(server)} == {file}, how
                    assert [kpi["name"] for kpi in server.get("/v1/kpis").json()["data"]] == names
                    assert server.get("/v1/dimensions/region").json()["data"] == region
                    load.flow(count=3)
                    hang_up(server, "all definitions can be used again", put_back, pipelines / file, text)
                    assert errors(server) == [], (file, how)
        assert {a.status for a in load.answers} == {200}, statuses(load.answers)
        gauge_process.wait_for_files(server.process.pid, held)  # not one is left open, of what could be read or could not
    record(
        "a file of definitions broken while serving", f"{len(BREAKS)} ways × {', '.join(FILES)}; {len(load.answers):,} requests",
        f"{statuses(load.answers)}; the old ones served, /v1/status named each, whole ones taken again",
    )  # fmt: skip
