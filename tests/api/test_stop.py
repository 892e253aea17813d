"""How the server starts, stops, and lives through the absence of its database."""

import concurrent.futures
import signal
import socket
import subprocess
import time

import pytest
import requests

import harness
from gate import Gate
from gauges import wait_for_gauge
from problems import check_problem
from raw import Connection

KPI = "/v1/kpis/sales-by-product"
PATIENT = ("--stop-timeout", "300")  # far longer than the tests wait: what ends sooner did not wait for that


@pytest.fixture
def gate(engine_uri):
    with Gate(engine_uri) as gate:
        yield gate


@pytest.fixture
def slow(engine_uri):
    """Holds back answers of pipelines only, so that the server finds its database well meanwhile."""
    with Gate(engine_uri, holds=b"aggregate") as gate:
        yield gate.open()


def wait_until(holds, seconds=20):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.05)


# Start


def test_the_server_starts_while_the_database_is_away_and_recovers_when_it_comes(gate, database):
    with harness.Server(gate.uri, database, ready=False) as server:
        assert server.get("/livez").text == "ok\n"
        assert server.get("/v1/kpis").status_code == 200
        check_problem(server.get("/readyz"), 503)
        refused = server.get(KPI)
        check_problem(refused, 503)
        assert int(refused.headers["Retry-After"]) >= 1
        gate.open()
        wait_until(lambda: server.get("/readyz").status_code == 200)
        server.wait_for_line("data version")
        assert server.get(KPI).status_code == 200


def test_the_server_outlives_a_database_that_goes_and_returns(gate, database):
    gate.open()
    with harness.Server(gate.uri, database) as server:
        expected = server.get(KPI).json()["data"]
        gate.shut()
        # It asks the database four times a second at the most.
        wait_until(lambda: server.get("/readyz").status_code != 200)
        check_problem(server.get("/readyz"), 503)
        check_problem(server.get(f"{KPI}?limit=7"), 503)
        assert server.get("/livez").status_code == 200
        gate.open()
        wait_until(lambda: server.get("/readyz").status_code == 200)
        assert server.get(KPI).json()["data"] == expected


def test_no_answer_is_given_before_the_data_is_known(gate, database):
    """A server that has not yet read the newest day cannot know what last-7-days means."""
    gate.open()
    gate.flowing.clear()
    with harness.Server(gate.uri, database, ready=False) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(server.get, "/v1/kpis/sales-over-time?period=last-7-days&granularity=day")
        time.sleep(0.3)
        gate.flowing.set()
        answer = asked.result(timeout=30)
        if answer.status_code == 200:
            assert answer.json()["data_version"] >= 1
            assert len(answer.json()["data"]) == 7
        else:
            check_problem(answer, 503)


def test_a_load_that_has_not_ended_is_no_data_yet(engine_uri, new_database, mongo):
    """What lies there in the middle of a first load is a part of something: no number is made of it."""
    name = new_database("half")
    mongo[name].orders.insert_one({"_id": "1", "counted": True, "orders": 1, "sales": 5})
    with harness.Server(engine_uri, name) as server:
        for query in ("", "?period=last-7-days", "?from=2023"):
            answer = server.get(f"/v1/kpis/order-count{query}").json()
            assert answer["data"] == [{"orders": 0}] and answer["data_version"] == 0


def test_a_database_without_data_is_no_error(engine_uri, new_database):
    with harness.Server(engine_uri, new_database("empty")) as server:
        assert server.get("/readyz").status_code == 200
        for kpi in server.get("/v1/kpis").json()["data"]:
            answer = server.get(f"/v1/kpis/{kpi['name']}")
            assert answer.status_code == 200, kpi["name"]
            assert "kpi-load" in answer.json()["notes"][0]


def test_an_address_in_use_is_said_in_one_sentence(engine_uri, database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [harness.BUILD / "kpi-server", "--uri", engine_uri, "--db", database, "--listen", address]
        done = subprocess.run(
            command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=20
        )
    assert done.returncode == 1
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("kpi-server:")]
    assert address in sentence


# Stop


def ask_and_stop(gate, server, connection):
    """A request waits for its pipeline when the signal to stop comes."""
    gate.flowing.clear()
    connection.send(f"GET {KPI} HTTP/1.1\r\nHost: test\r\n\r\n")
    wait_for_gauge(server, "kpi_jobs_running", 1)
    server.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_server_with_status_0(engine_uri, database, name):
    with harness.Server(engine_uri, database) as server:
        server.get(KPI)
        server.process.send_signal(signal.Signals[name])
        assert server.wait() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url + "/livez", timeout=5)


def test_a_request_in_flight_is_finished_before_the_end(slow, database):
    with harness.Server(slow.uri, database) as server, Connection(server.address) as connection:
        ask_and_stop(slow, server, connection)
        server.wait_for_line("stopping")
        time.sleep(0.3)
        assert server.process.poll() is None, "it waits for the request"
        slow.flowing.set()
        answer = connection.read()
        assert answer.status_code == 200
        assert answer.json()["kpi"] == "sales-by-product"
        assert server.wait() == 0


def refused(server):
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it came when the port was being closed
    return False


def test_a_stopping_server_takes_no_new_connections(slow, database):
    with harness.Server(slow.uri, database) as server, Connection(server.address) as connection:
        ask_and_stop(slow, server, connection)
        wait_until(lambda: refused(server))
        slow.flowing.set()
        assert connection.read().status_code == 200
        assert server.wait() == 0


def test_a_request_that_does_not_end_is_answered_503_when_patience_does(slow, database):
    with harness.Server(slow.uri, database, "--stop-timeout", "1") as server, Connection(server.address) as connection:
        ask_and_stop(slow, server, connection)
        check_problem(connection.read(), 503)
        assert server.wait(30) == 0


def test_a_second_signal_ends_the_server_at_once(slow, database):
    with harness.Server(slow.uri, database, *PATIENT) as server, Connection(server.address) as connection:
        ask_and_stop(slow, server, connection)
        server.wait_for_line("stopping")
        server.process.send_signal(signal.SIGTERM)
        assert server.wait(60) == -signal.SIGTERM


def test_idle_connections_do_not_hold_up_the_end(engine_uri, database):
    with harness.Server(engine_uri, database, *PATIENT) as server, Connection(server.address) as idle:
        assert idle.ask("/livez").status_code == 200
        assert server.stop(60) == 0


def test_a_server_without_its_database_stops_too(gate, database):
    with harness.Server(gate.uri, database, *PATIENT, ready=False) as server:
        assert server.stop(60) == 0
