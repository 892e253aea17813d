"""The database is killed, or stands still, while clients ask: what is kept is given on, the rest is refused in time, and all is well by
itself when the database is."""

import random
import signal
import subprocess
import time

import pytest

import harness
from gauges import wait_for_gauge
from load import Known, Load, Truth, slowest, statuses
from shop import contents, difference, start

QUERY_S = 3
OPTIONS = ["--query-timeout", str(QUERY_S), "--fresh-wait", "1", "--stop-timeout", "2", "--queue", "64"]
# To wait for a worker, for a pipeline and the second that its connection is given above that, and to choose a server anew; and some
# for a machine that does other things.
IN_TIME_S = QUERY_S + QUERY_S + 1 + 2 + 6


@pytest.fixture(scope="module")
def shop(own_engine, sample):
    harness.load(own_engine.uri, "shop", sample)
    with own_engine.client() as client:
        return "shop", Truth(client["shop"])


@pytest.fixture
def whole_engine(own_engine):
    """Running when the test begins, and again when it has ended."""
    own_engine.start()
    yield own_engine
    own_engine.go_on()


def check_absence(answers):
    """While it was away: hits went on, misses were refused, and nobody waited for long."""
    assert {a.status for a in answers if a.kind == "hit"} == {200}, statuses(answers)
    misses = [a for a in answers if a.kind == "miss" and not a.stale]
    assert misses and {a.status for a in misses} <= {503, 504}, statuses(misses)
    assert slowest(answers) < IN_TIME_S


def one_absence(load, go, come_back, seconds):
    """Those that were asked and answered while the database was away."""
    load.flow()
    go()
    begun = time.monotonic()
    time.sleep(seconds)
    away = [a for a in load.since(begun) if a.begun + a.took < time.monotonic()]
    check_absence(away)
    come_back()
    return away


def test_an_engine_that_is_killed_under_load(whole_engine, shop, much, record):
    database, truth = shop
    away, back, times = [], [], much(1, 5)
    with harness.Server(whole_engine.uri, database, *OPTIONS) as server:
        pid = server.process.pid
        with Load(server, truth) as load:
            for _ in range(times):
                away += one_absence(load, whole_engine.kill, whole_engine.start, much(6, 20))
                back.append(load.flow())
        assert server.process.poll() is None and server.process.pid == pid
        refusals = [line for line in server.lines if "level=error" in line]
        assert {a.status for a in load.answers} <= {200, 503, 504}, (statuses(load.answers), refusals)
        assert slowest(load.answers) < IN_TIME_S
        wait_for_gauge(server, "kpi_http_requests_in_flight", 1)
    record(
        "engine SIGKILLed under load", f"{times} times, {len(load.answers):,} requests of 6 clients, {len(away):,} of them while it was away",
        f"{statuses(load.answers)}; none wrong, slowest {slowest(load.answers):.1f} s; all fresh {max(back):.1f} s after the engine's start at most",
    )  # fmt: skip


def test_an_engine_that_stands_still_under_load(whole_engine, shop, much, record):
    database, truth = shop
    away, back, times = [], [], much(1, 5)
    with harness.Server(whole_engine.uri, database, *OPTIONS) as server:
        with Load(server, truth) as load:
            for _ in range(times):
                away += one_absence(load, whole_engine.hold, whole_engine.go_on, much(10, 30))
                back.append(load.flow())
        assert {a.status for a in load.answers} <= {200, 503, 504}, statuses(load.answers)
        assert slowest(load.answers) < IN_TIME_S
        wait_for_gauge(server, "kpi_http_requests_in_flight", 1)
    record(
        "engine SIGSTOPped under load, then continued", f"{times} times, {len(load.answers):,} requests of 6 clients, {len(away):,} of them meanwhile",
        f"{statuses(load.answers)}; none wrong, slowest {slowest(load.answers):.1f} s; all fresh {max(back):.1f} s after it went on at most",
    )  # fmt: skip


def test_a_crowd_before_an_engine_that_stands_still(whole_engine, shop, much, record):
    """More questions at once than may wait: all are answered, if only that nothing can be answered, and no memory is lost to them."""
    database, truth = shop
    clients = much(200, 800)
    with harness.Server(whole_engine.uri, database, *OPTIONS) as server:
        known = [Known(server, truth)]
        whole_engine.hold()
        begun = time.monotonic()
        with Load(server, None, hits=0, misses=clients, known=known) as load, Load(server, None, hits=2, misses=0, known=known) as hits:
            load.until(lambda: len(load.answers) >= clients)
            assert server.get("/livez").status_code == 200 and server.get("/readyz").status_code == 503
        took = time.monotonic() - begun
        check_absence(hits.answers + load.answers)
        whole_engine.go_on()
        with Load(server, truth) as again:
            again.flow()
    record(
        "more at once than may wait, before an engine that is SIGSTOPped", f"{clients:,} clients for {took:.0f} s, {len(load.answers):,} requests, --queue 64",
        f"{statuses(load.answers)}, slowest {slowest(load.answers):.1f} s; hits {statuses(hits.answers)}",
    )  # fmt: skip


def test_readiness_tells_an_engine_that_stands_still_long_before_a_pipeline_would_end(whole_engine, shop):
    database, _ = shop
    with harness.Server(whole_engine.uri, database, "--query-timeout", "300") as server:
        assert server.get("/readyz").status_code == 200
        whole_engine.hold()
        answers = iter(lambda: server.get("/readyz").status_code, 503)
        assert set(answers) <= {200}, "those that came within the lease of the last look"
        assert server.get("/v1/kpis/sales-by-product?limit=7").status_code == 503
        whole_engine.go_on()
        while server.get("/readyz").status_code != 200:
            time.sleep(0.1)
        assert server.get("/v1/kpis/sales-by-product?limit=7").status_code == 200


def test_a_server_stops_in_time_while_its_engine_stands_still(whole_engine, shop, record):
    database, truth = shop
    with harness.Server(whole_engine.uri, database, *OPTIONS) as server:
        with Load(server, truth) as load:
            load.flow()
            whole_engine.hold()
            time.sleep(2)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            status = server.wait(2 + 10)  # --stop-timeout, and room for a busy machine
            took = time.monotonic() - begun
        whole_engine.go_on()
    assert status == 0
    record("SIGTERM under load while the engine is SIGSTOPped", "6 clients, --stop-timeout 2", f"ended with status 0 after {took:.1f} s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that take a load several times as long as the tests let it work before they disturb it."""
    return harness.generate(tmp_path_factory.mktemp("folder"), orders=8000)


@pytest.fixture(scope="module")
def undisturbed(own_engine, folder):
    """All that a load leaves to which nothing happens."""
    own_engine.start()
    harness.load(own_engine.uri, "undisturbed", folder, variables=harness.WHOLE)
    with own_engine.client() as client:
        return contents(client["undisturbed"], interrupted=True)


def begin(engine, name, folder, seconds=0.0):
    """A kpi-load that has taken its lock, which is not tried again, and has worked for so long."""
    process = start(engine.uri, name, folder, options=["--retry", "300"], stderr=subprocess.PIPE, text=True)
    with engine.client() as client:
        while not client[name].meta.find_one():
            assert process.poll() is None, process.stderr.read()
    time.sleep(seconds)
    return process


def disturb(process, happen):
    """What happens to the engine happens to the load too: one that had ended before would pass whatever it does."""
    happen()
    assert process.poll() is None, "the load was too quick, and takes more orders: " + process.stderr.read()


def check_contents(engine, name, wanted):
    with engine.client() as client:
        wrong = difference(contents(client[name], interrupted=True), wanted)
        client.drop_database(name)
    assert not wrong, wrong


def test_a_load_whose_engine_stands_still_says_so_and_can_be_ended(whole_engine, undisturbed, folder, much, record):
    times, took = much(1, 5), []
    for number in range(times):
        name = f"held_{number}"
        process = begin(whole_engine, name, folder, 0.1 * number)
        disturb(process, whole_engine.hold)
        # The one where a command waits for its answer, the other where a new connection does.
        said = next((line for line in process.stderr if "has not answered for" in line or "trying again" in line), None)
        assert said, "the load ended without a word of the engine"
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status = process.wait(120)
        took.append(time.monotonic() - begun)
        last = process.stderr.read().splitlines()[-1]
        whole_engine.go_on()
        assert status == 1 and "SIGTERM" in last and "the same command takes the load up again" in last, (said, last)
        harness.load(whole_engine.uri, name, folder, variables=harness.WHOLE)
        check_contents(whole_engine, name, undisturbed)
    record(
        "SIGTERM to kpi-load while its engine is SIGSTOPped; then continued, and the same command", f"{times} times",
        f"said that there is no answer; status 1 after {max(took):.0f} s at most; collections equal to the byte to those of an undisturbed load",
    )  # fmt: skip


@pytest.mark.parametrize("away", ["SIGKILLed, then started anew", "SIGSTOPped, then continued"])
def test_a_load_goes_on_by_itself_when_its_engine_is_back(whole_engine, undisturbed, folder, much, record, away):
    times, luck, others = much(2, 20), random.Random(away), []
    for number in range(times):
        name = f"away_{number}"
        process = begin(whole_engine, name, folder, luck.random() / 2)
        if "KILL" in away:
            disturb(process, whole_engine.kill)
            whole_engine.start()
        else:
            disturb(process, whole_engine.hold)
            time.sleep(2)
            whole_engine.go_on()
        said = process.communicate(timeout=300)[1]
        if process.returncode:
            # There are moments at which trying again is not what it does: it says what helps, and that does.
            assert process.returncode == 1 and "the same command takes the load up again" in said.splitlines()[-1], said
            others.append(said)
            harness.load(whole_engine.uri, name, folder, variables=harness.WHOLE)
        check_contents(whole_engine, name, undisturbed)
    assert len(others) <= 1, "\n\n".join(others)
    told = f"{times - len(others)} completed by themselves, the others by the same command; collections equal to the byte to those of an undisturbed load"
    record(f"engine {away}, under kpi-load", f"{times} times, at random moments", told)
