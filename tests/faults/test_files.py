"""No open files are left: who has a connection is served, the others wait or are told, and nothing runs hot or fills the log."""

import contextlib
import pathlib
import resource
import time

import pytest

import harness
from gauge_process import cpu_seconds
from gauges import gauge, wait_for_gauge
from raw import Connection

KPI = "/v1/kpis/total-sales"
FEW = (256, 256)
IDLE_SHARE = 0.25  # of a core: what a server may take that has nothing to do


def cpu_share(server, seconds):
    """Of one core, in that time."""
    begun, before = time.monotonic(), cpu_seconds(server.process.pid)
    time.sleep(seconds)
    return (cpu_seconds(server.process.pid) - before) / (time.monotonic() - begun)


def ask_late(connection):
    """As who closes its connection when it has its answer, so that the next can be accepted."""
    connection.send(f"GET {KPI} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")


def test_clients_that_hold_every_connection(engine_uri, database, much, record):
    rounds, shares, waiting = much(2, 20), [], 150
    with harness.Server(engine_uri, database, files=FEW) as server:
        most = int(gauge(server, "kpi_connections_most"))
        for _ in range(rounds):
            with contextlib.ExitStack() as stack:
                held = [stack.enter_context(Connection(server.address)) for _ in range(most - 1)]
                assert {connection.ask("/livez").status_code for connection in held} == {200}
                late = [stack.enter_context(Connection(server.address, timeout=30)) for _ in range(waiting)]
                shares.append(cpu_share(server, 2))
                for connection in late:
                    with contextlib.suppress(OSError):
                        ask_late(connection)
                # Who is silent where room is short is sent away; who has just asked is not.
                answers = [connection.read() for connection in late]
                assert {answer.status_code for answer in answers if answer} <= {200, 503}
                assert server.get(KPI).status_code in (200, 503)
                assert held[0].ask(KPI).status_code == 200 and held[-1].ask(KPI).status_code == 200
            wait_for_gauge(server, "kpi_connections", 1)
            assert server.get(KPI).status_code == 200
        said = [line for line in server.lines if "level=warn" in line]
    assert max(shares) < IDLE_SHARE and len(said) <= 2 * rounds  # of the room, and of who was sent away
    record(
        "every connection held by clients", f"{rounds} × {most:,} held and {waiting} more that ask, 256 open files",
        f"the others told 503, the holders served; {max(shares):.0%} of a core meanwhile, {len(said)} warnings; well when they left",
    )  # fmt: skip


@pytest.mark.parametrize("spare", [0, 1, 3])
def test_a_system_without_files(engine_uri, database, spare, much, record):
    """As when other programs have used up those of the whole machine: connections cannot be accepted at all, or only a few."""
    with harness.Server(engine_uri, database, files=FEW) as server:
        assert server.get(KPI).status_code == 200
        server.session.close()
        wait_for_files(server)
        highest = max(int(entry.name) for entry in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir())
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (highest + 1 + spare, FEW[1]))
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(Connection(server.address, timeout=30)) for _ in range(30)]
            for connection in waiting:
                ask_late(connection)
            share = cpu_share(server, much(3, 20))
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, FEW)
            assert {connection.read().status_code for connection in waiting} == {200}
        said = [line for line in server.lines if "resource limit" in line]
    assert share < IDLE_SHARE and len(said) == 1, (share, said)
    record(f"no open files left in the system but {spare}", "30 clients", f"they wait, and are served when there are some; {share:.0%} of a core meanwhile, said once")


def wait_for_files(server):
    """Until the connection that has just been closed is."""
    end = time.monotonic() + 10
    while any("ESTABLISHED" in line for line in peers(server)):
        assert time.monotonic() < end
        time.sleep(0.05)


def peers(server):
    """The connections to its port."""
    port = f":{server.port:04X}"
    lines = pathlib.Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()[1:]
    return ["ESTABLISHED" for line in lines if line.split()[1].endswith(port) and line.split()[3] == "01"]
