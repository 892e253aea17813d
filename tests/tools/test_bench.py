"""What the measurements of bench/ rest on. They themselves are run by `make bench`."""

import subprocess
import sys

import pytest

import harness

BENCH = harness.ROOT / "bench"
sys.path.insert(0, str(BENCH))

import growth  # noqa: E402
import report  # noqa: E402


@pytest.fixture
def grown(sample, tmp_path):
    return growth.Growth(sample, tmp_path / "growth")


def rows(folder, name):
    return (folder / f"{name}.csv").read_bytes().splitlines()[1:]


def test_the_day_and_what_was_before_are_the_whole(sample, grown):
    for name in growth.PARTS:
        assert rows(grown.shop, name) + rows(grown.day, name) == rows(sample, name)
    assert 0 < len(grown.orders) < 100
    grown.grow()
    for path in sample.glob("*.csv"):
        assert (grown.shop / path.name).read_bytes() == path.read_bytes()
    grown.shrink()
    assert rows(grown.shop, "orders") + rows(grown.day, "orders") == rows(sample, "orders")


def test_a_day_by_itself_can_be_loaded_and_completes_the_shop(engine_uri, new_database, mongo, sample, grown):
    whole, parts = mongo[new_database("whole")], mongo[new_database("parts")]
    harness.load(engine_uri, whole.name, sample)
    harness.load(engine_uri, parts.name, grown.shop)
    harness.load(engine_uri, parts.name, grown.day)

    def orders(database):
        return list(database.orders.find({}, {"import_id": 0}).sort("_id"))

    assert orders(parts) == orders(whole)


def test_a_section_is_replaced_and_the_others_stay(tmp_path, monkeypatch, mongo):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    for part, orders, body in [("loader", 5, "old"), ("memory", 5, "kept"), ("loader", 50, "kept too"), ("loader", 5, "new")]:
        report.write(part, orders, body, mongo)
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.startswith(report.HEAD)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## loader, 5 orders", "## memory, 5 orders", "## loader, 50 orders"
    ]
    assert "old" not in text.removeprefix(report.HEAD) and "kept too" in text and "new" in text


def test_a_wrong_variable_is_said_before_anything_starts():
    for variable in ("ORDERS=no", "ROUNDS=0"):
        done = subprocess.run(
            ["env", variable, harness.ROOT / "tools/bench"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1 and variable in done.stderr
