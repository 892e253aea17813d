"""Clients that leave before their answer: what they asked for is not computed where it can be helped."""

import socket

import pytest

import harness
from gate import Gate
from gauges import gauge, wait_for_gauge
from raw import Connection

KPI = "/v1/kpis/sales-by-product"
RUNS = 'kpi_pipeline_seconds_count{kpi="sales-by-product"}'
LEFT = 'kpi_http_requests_total{route="/v1/kpis/{name}",status="499"}'


@pytest.fixture
def held(engine_uri, database):
    """A server with one worker, and the gate that holds its database's answers back."""
    with Gate(engine_uri, holds=b"aggregate").open() as gate, harness.Server(gate.uri, database, "--workers", "1") as server:
        gate.flowing.clear()
        yield server, gate
        gate.flowing.set()


def ask(server, query=""):
    connection = Connection(server.address, timeout=30)
    connection.send(f"GET {KPI}?{query} HTTP/1.1\r\nHost: test\r\n\r\n")
    return connection


def test_a_pipeline_that_waits_is_not_run_for_who_has_left(held):
    server, gate = held
    with ask(server) as stays:
        wait_for_gauge(server, "kpi_jobs_running", 1)
        leavers = [ask(server, f"limit={number}") for number in range(1, 6)]
        wait_for_gauge(server, "kpi_jobs_waiting", 5)
        waits = ask(server, "limit=7")
        wait_for_gauge(server, "kpi_jobs_waiting", 6)
        for leaver in leavers:
            leaver.close()
        wait_for_gauge(server, "kpi_jobs_waiting", 1)
        wait_for_gauge(server, LEFT, 5)
        later = ask(server, "limit=8")
        wait_for_gauge(server, "kpi_jobs_waiting", 2)
        gate.flowing.set()
        assert stays.read().status_code == 200
        assert len(waits.read().json()["data"]) == 7 and len(later.read().json()["data"]) == 8
        assert gauge(server, RUNS) == 3
        waits.close()
        later.close()


def test_the_connection_of_who_has_left_is_given_up_while_its_pipeline_runs(held):
    server, gate = held
    leaver = ask(server)
    wait_for_gauge(server, "kpi_jobs_running", 1)
    leaver.close()
    wait_for_gauge(server, LEFT, 1)
    wait_for_gauge(server, "kpi_http_requests_in_flight", 1)  # that of this question
    gate.flowing.set()
    wait_for_gauge(server, "kpi_jobs_running", 0)
    assert server.get(KPI).status_code == 200


def test_who_has_closed_one_way_has_left(held):
    """Nobody can tell it from a connection that is closed both ways; libmicrohttpd gives up either."""
    server, _ = held
    with ask(server) as client:
        wait_for_gauge(server, "kpi_jobs_running", 1)
        client.socket.shutdown(socket.SHUT_WR)
        wait_for_gauge(server, LEFT, 1)
        assert b"200 OK" not in client.file.read()


def test_a_stop_does_not_wait_for_what_runs_for_nobody(engine_uri, database):
    """Neither a pipeline nor an export, of which nothing has been sent yet."""
    with Gate(engine_uri, holds=b"aggregate").open() as gate, harness.Server(gate.uri, database) as server:
        gate.flowing.clear()
        pipeline, export = ask(server), ask(server, "format=csv")
        wait_for_gauge(server, "kpi_jobs_running", 1)
        wait_for_gauge(server, "kpi_exports_running", 1)
        pipeline.close()
        export.close()
        wait_for_gauge(server, LEFT, 2)
        assert server.stop() == 0, server.log()


def test_an_export_is_not_begun_for_who_has_left(engine_uri, database):
    with Gate(engine_uri, holds=b"aggregate").open() as gate, harness.Server(gate.uri, database) as server:
        gate.flowing.clear()
        leavers = [ask(server, f"format=csv&limit={number}") for number in range(1, 11)]
        wait_for_gauge(server, "kpi_exports_waiting", 6)
        for leaver in leavers:
            leaver.close()
        wait_for_gauge(server, "kpi_exports_waiting", 0)
        wait_for_gauge(server, LEFT, 10)
        gate.flowing.set()
        wait_for_gauge(server, "kpi_exports_running", 0)
        assert gauge(server, RUNS) <= 4
        assert server.get(f"{KPI}?format=csv").status_code == 200


def test_a_listener_that_leaves_is_forgotten_before_the_next_beat(server):
    """The listener is gone from the count, without any event in between."""
    client = Connection(server.address)
    client.send("GET /v1/events HTTP/1.1\r\nHost: test\r\n\r\n")
    assert b"200 OK" in client.file.readline()
    wait_for_gauge(server, "kpi_event_listeners", 1)
    client.close()
    wait_for_gauge(server, "kpi_event_listeners", 0)
