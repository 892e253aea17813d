"""As many clients as the limit of open files permits, and what the others are told."""

import contextlib
import pathlib
import re
import resource
import socket
import subprocess
import threading
import time

import pytest

import harness
from gate import Gate
from gauges import gauge, wait_for_gauge
from problems import check_problem
from raw import Answer, Connection

KPI = "/v1/kpis/total-sales"
FEW = (256, 256)
REFUSED = "more connections than can be held"


def soft_limit(server):
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    return int(re.search(r"Max open files\s+(\d+)", limits)[1])


def test_the_limit_of_open_files_is_raised_as_far_as_may_be(engine_uri, database):
    with harness.Server(engine_uri, database, files=(128, 3000)) as server:
        assert soft_limit(server) == 3000
        assert 2000 < gauge(server, "kpi_connections_most") < 3000


def test_the_limit_of_open_files_is_raised_no_further_than_is_of_use(engine_uri, database):
    with harness.Server(engine_uri, database, files=(1024, 20000)) as server:
        most = gauge(server, "kpi_connections_most")
        assert most == 8192 and most < soft_limit(server) < 20000


def test_a_limit_that_is_far_too_low_is_said_with_its_remedy(engine_uri, database):
    command = [harness.BUILD / "kpi-server", "--uri", engine_uri, "--db", database, "--listen", "127.0.0.1:0"]
    done = subprocess.run(
        ["prlimit", "--nofile=100:100", *command], cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 1
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("kpi-server:")]
    assert "permits 100 open files" in sentence and "ulimit -Hn" in sentence


def listen(server, source=None):
    """A connection that asks for events, and the head of the answer."""
    connection = Connection(server.address, timeout=30, source=source)
    connection.send("GET /v1/events HTTP/1.1\r\nHost: test\r\n\r\n")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = connection.file.readline()
        assert line, head
        head += line
    return connection, Answer(head.decode().strip(), "")


def test_listeners_leave_room_for_requests(engine_uri, database):
    with harness.Server(engine_uri, database, files=FEW) as server, contextlib.ExitStack() as stack:
        most = int(gauge(server, "kpi_connections_most"))
        statuses = []
        for _ in range(most - 5):
            connection, answer = listen(server)
            stack.enter_context(connection)
            statuses.append(answer.status_code)
            assert answer.status_code == 200 or int(answer.headers["Retry-After"]) >= 1
        taken = statuses.index(503)
        assert most / 2 < taken < most - 10
        assert statuses == [200] * taken + [503] * (len(statuses) - taken)
        assert server.get("/livez").status_code == 200 and server.get(KPI).status_code == 200


def is_at_end(listener):
    """Waits for the end of the events: the chunk of no length, after which the connection stays open."""
    return any(line == b"0\r\n" for line in iter(listener.file.readline, b""))


def test_one_address_does_not_keep_all_the_places_of_listeners(engine_uri, database):
    """Where all are taken, another address gets some, of those that have been held longest, until both have as many."""
    with harness.Server(engine_uri, database, files=FEW) as server, contextlib.ExitStack() as stack:
        most, first, other = int(gauge(server, "kpi_event_listeners_most")), [], []
        for _ in range(most):
            connection, answer = listen(server)
            first.append(stack.enter_context(connection))
            assert answer.status_code == 200
        for number in range(most // 2):
            connection, answer = listen(server, source="127.0.0.2")
            other.append(stack.enter_context(connection))
            assert answer.status_code == 200, f"number {number}"
            assert is_at_end(first[number])
            first[number].close()
        for source in ("127.0.0.1", "127.0.0.2"):
            connection, answer = listen(server, source)
            connection.close()
            assert answer.status_code == 503, "who has his share takes nothing from the other"
        connection, answer = listen(server, source="127.0.0.3")
        stack.enter_context(connection)
        assert answer.status_code == 200 and gauge(server, "kpi_event_listeners") == most


def test_connections_beyond_are_told_to_come_back(engine_uri, database):
    with harness.Server(engine_uri, database, files=FEW) as server:
        most = int(gauge(server, "kpi_connections_most"))
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(Connection(server.address)) for _ in range(most - 1)]  # and the one that has asked
            assert [connection.ask("/livez").status_code for connection in held] == [200] * (most - 1)
            for _ in range(100):  # more than are taken to be refused at once
                with Connection(server.address) as beyond:
                    refused = beyond.ask(KPI)
                    check_problem(refused, 503)
                    assert int(refused.headers["Retry-After"]) >= 1 and refused.headers["Connection"] == "close"
                    assert beyond.read() is None
            for path in ("/livez", "/readyz", "/metrics"):
                with Connection(server.address) as beyond:
                    answer = beyond.ask(path)
                    assert answer.status_code == 200 and answer.headers["Connection"] == "close"
            assert held[0].ask(KPI).status_code == 200, "who is there is served"
            assert len([line for line in server.lines if REFUSED in line]) == 1
        wait_for_gauge(server, "kpi_connections", 1)
        assert server.get(KPI).status_code == 200


def test_silent_connections_give_way_to_who_asks(engine_uri, database):
    """As many as there is room for, and more that wait in the kernel: who asks is served all along, on a new connection each time and on
    one that stays."""
    options = ["--idle-timeout", "60"]  # long after the test
    with harness.Server(engine_uri, database, *options, files=(1024, 1024)) as server, contextlib.ExitStack() as stack:
        stays = stack.enter_context(Connection(server.address, timeout=30))
        assert stays.ask(KPI).status_code == 200
        for _ in range(960):
            silent = stack.enter_context(contextlib.closing(socket.socket()))
            silent.bind(("127.0.0.2", 0))
            silent.connect((server.host, server.port))
        for path in ("/livez", "/metrics", KPI) * 3:
            with Connection(server.address, timeout=20) as good:  # far less than --idle-timeout
                assert good.ask(path).status_code == 200
            assert stays.ask(KPI).status_code == 200
            time.sleep(0.3)
        assert gauge(server, "kpi_connections") < gauge(server, "kpi_connections_most") * 3 / 4
        assert len([line for line in server.lines if "ended to make room" in line]) == 1


def test_connections_that_have_asked_give_way_when_they_are_idle_for_long(engine_uri, database):
    with harness.Server(engine_uri, database, "--idle-timeout", "60", files=FEW) as server, contextlib.ExitStack() as stack:
        most = int(gauge(server, "kpi_connections_most"))
        held = [stack.enter_context(Connection(server.address, timeout=30)) for _ in range(most - 1)]
        stays = held.pop(0)
        assert [connection.ask("/livez").status_code for connection in held] == [200] * len(held)
        end = time.monotonic() + 30  # less than --idle-timeout
        while stays.ask(KPI).status_code == 200 and gauge(server, "kpi_connections") > most * 0.8:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert stays.ask(KPI).status_code == 200, "who asks now and then stays"
        with Connection(server.address) as other:
            assert other.ask(KPI).status_code == 200


def test_few_silent_connections_are_let_alone(engine_uri, database):
    with harness.Server(engine_uri, database, "--idle-timeout", "60", files=FEW) as server, contextlib.ExitStack() as stack:
        held = [stack.enter_context(Connection(server.address)) for _ in range(int(gauge(server, "kpi_connections_most")) // 2)]
        time.sleep(4)
        assert {connection.ask("/livez").status_code for connection in held} == {200}


def test_a_system_that_gives_no_more_files_is_said_once(engine_uri, database):
    """As when the files of the whole machine are used up: connections cannot be accepted for a while."""
    with harness.Server(engine_uri, database, files=FEW) as server:
        assert server.get(KPI).status_code == 200
        open_now = max(int(entry.name) for entry in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()) + 1
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (open_now + 8, FEW[1]))
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(Connection(server.address, timeout=30)) for _ in range(30)]
            for connection in waiting:
                connection.send("GET /livez HTTP/1.1\r\nHost: test\r\n\r\n")
            server.wait_for_line("resource limit")
            assert waiting[0].read().status_code == 200, "who got in is served"
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, FEW)
            waiting[0].close()
            assert [connection.read().status_code for connection in waiting[1:]] == [200] * 29
        (line,) = [line for line in server.lines if "resource limit" in line]
        assert "level=warn" in line


IDLE = ["--idle-timeout", "1"]


def is_ended(connection):
    """Waits until the server ends the connection; false when it has something to say instead."""
    try:
        return connection.file.read(1) == b""
    except ConnectionResetError:
        return True


def test_connections_without_a_request_are_ended(engine_uri, database):
    with harness.Server(engine_uri, database, *IDLE) as server:
        with Connection(server.address, timeout=30) as silent, Connection(server.address, timeout=30) as idle:
            assert idle.ask("/livez").status_code == 200
            assert is_ended(silent) and is_ended(idle)
        wait_for_gauge(server, "kpi_connections", 1)


@pytest.mark.parametrize("beginning", ["G", "GET /livez HTTP/1.1\r\nX-Slow: "])
def test_a_request_that_never_becomes_whole_is_ended(engine_uri, database, beginning):
    """A byte now and then is no silence, which is all that libmicrohttpd notices."""
    ended = threading.Event()

    def drip(connection):
        while not ended.wait(0.1):
            try:
                connection.send("x")
            except OSError:
                return

    with harness.Server(engine_uri, database, *IDLE) as server, Connection(server.address, timeout=30) as slow:
        slow.send(beginning)
        dripping = threading.Thread(target=drip, args=[slow])
        dripping.start()
        try:
            assert is_ended(slow)
        finally:
            ended.set()
            dripping.join()


def test_who_waits_for_an_answer_or_for_events_is_not_idle(engine_uri, database):
    with Gate(engine_uri, holds=b"aggregate").open() as gate, harness.Server(gate.uri, database, *IDLE) as server:
        with Connection(server.address, timeout=30) as asks, Connection(server.address, timeout=30) as listens:
            listens.send("GET /v1/events HTTP/1.1\r\nHost: test\r\n\r\n")
            assert b"200 OK" in listens.file.readline()
            gate.flowing.clear()
            asks.send(f"GET {KPI} HTTP/1.1\r\nHost: test\r\n\r\n")
            time.sleep(3)
            gate.flowing.set()
            assert asks.read().status_code == 200
            assert gauge(server, "kpi_event_listeners") == 1
