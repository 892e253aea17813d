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


@pytest.fixture
def bench_modules(engine_uri, monkeypatch):
    """Those that connect to the engine when they are imported."""
    monkeypatch.setenv("KPI_BENCH_URI", engine_uri)
    import kpis
    import serving

    return kpis, serving


def test_a_server_under_measurement_is_asked_watched_and_ended(bench_modules, database):
    _, serving = bench_modules
    with serving.kpi_server(database) as server:
        with server.wire() as wire:
            before = server.cpu()
            seconds, status, headers, body = wire.ask("/v1/kpis/sales-by-region")
            assert status == 200 and seconds > 0 and len(body) == int(headers["content-length"])
            assert wire.json("/v1/kpis/total-sales")["kpi"] == "total-sales"
            for _ in range(1000):
                wire.get("/livez")
            assert server.cpu() > before
            with pytest.raises(RuntimeError, match="404"):
                wire.get("/v1/kpis/none")
        assert 1024 < server.memory() <= server.memory("VmHWM")
    assert server.process.returncode == 0


def test_an_answer_is_kept_for_the_bare_program_without_what_is_of_one_answer(bench_modules, tmp_path):
    _, serving = bench_modules
    headers = {"": "200", "date": "today", "content-length": "4", "connection": "close", "etag": '"a"', "vary": "Accept"}
    path = serving.write_answer(tmp_path / "answer", 200, headers, b"body")
    assert path.read_bytes() == b'200\netag: "a"\nvary: Accept\n\nbody'


def test_additive_kpis_are_those_that_only_add_up(bench_modules):
    kpis, _ = bench_modules
    additive = {name for name, definition in kpis.definitions().items() if kpis.is_additive(definition)}
    assert {"total-sales", "sales-over-time", "sales-by-category", "sales-by-product", "peak-hours"} <= additive
    assert not additive & {"average-order-value", "sales-by-region", "order-status", "rfm-segments", "product-pairs", "cohort-retention"}
