"""The server is killed under load, or asked to end: what a client got is right, or it can see that it is not all."""

import signal
import time

import pytest

import harness
from load import CUT, ENDED, Load, Truth, slowest, statuses


@pytest.fixture(scope="module")
def truth(mongo, database):
    return Truth(mongo[database])


def test_a_server_that_is_killed_under_load_and_started_anew(engine_uri, database, truth, much, record):
    """On the same port at once, where connections of the killed one linger still."""
    times, gone, back = much(4, 100), 0, []
    with harness.Server(engine_uri, database) as first, Load(first, truth, exports=2) as load:
        server, listen = first, ["--listen", first.address]
        try:
            for number in range(times):
                load.flow(count=5)
                time.sleep(0.01 * (number % 7))
                server.kill()
                gone += 1
                server = harness.Server(engine_uri, database, *listen)
                back.append(load.flow(count=5))
        finally:
            load.end()
            if server is not first:
                assert server.stop() == 0
    assert {a.status for a in load.answers} <= {200, 503, ENDED, CUT}, statuses(load.answers)
    record(
        "server SIGKILLed under load, started anew on its port", f"{times} times, {len(load.answers):,} requests of 8 clients",
        f"{statuses(load.answers)}; none wrong; all served again {max(back):.1f} s after the start at most",
    )  # fmt: skip


def test_a_server_that_is_asked_to_end_under_load(engine_uri, database, truth, much, record):
    times, took, asked = much(3, 50), [], []
    for _ in range(times):
        with harness.Server(engine_uri, database) as server, Load(server, truth, exports=2) as load:
            load.flow(count=5)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.wait(12) == 0, server.log()
            took.append(time.monotonic() - begun)
            load.end()
        assert {a.status for a in load.answers} <= {200, 503, ENDED}, statuses(load.answers)
        asked += load.answers
    record(
        "SIGTERM under load", f"{times} times, {len(asked):,} requests of 8 clients",
        f"{statuses(asked)}; none cut, none wrong, slowest {slowest(asked):.1f} s; ended after {max(took):.1f} s at most",
    )  # fmt: skip
