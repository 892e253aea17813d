"""/v1/events tells who listens of new data: at once, in their order, after a break, and a thousand of them."""

import json
import pathlib
import shutil
import signal
import socket
import threading
import time

import pytest
import requests

import harness

LISTENERS = 1000


@pytest.fixture
def target(mongo, new_database):
    name = new_database("events")
    yield name
    mongo.drop_database(name)


@pytest.fixture
def own_server(engine_uri, target):
    with harness.Server(engine_uri, target) as server:
        yield server


class Listener:
    """Reads events as a browser does: blocks of lines, up to an empty one."""

    def __init__(self, server, seen=None):
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(seen)} if seen is not None else {})
        self.answer = requests.get(f"{server.url}/v1/events", headers=headers, stream=True, timeout=30)
        assert self.answer.status_code == 200, self.answer.text
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self):
        """The next event's fields, without comments and what only says when to come back."""
        fields = {}
        for line in self.lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                return fields | {"data": json.loads(fields["data"])}
            else:
                fields = {}
        return None

    def close(self):
        self.answer.close()


def load_orders(engine_uri, target, folder, seed):
    harness.load(engine_uri, target, harness.generate(folder / str(seed), orders=20, seed=seed), options=["--replace"])


def test_a_listener_is_told_of_new_data_within_two_seconds(engine_uri, target, own_server, mongo, tmp_path):
    """As the interface promises. A busy machine may itself stand still for as long: one of three says that it holds."""
    load_orders(engine_uri, target, tmp_path, 1)
    listener = Listener(own_server)
    first = listener.next()
    while first["data"]["data_version"] != 1:  # it may have listened before the server looked
        first = listener.next()
    assert (first["event"], first["id"]) == ("data-version", "1")
    took = []
    for version in (2, 3, 4):
        load_orders(engine_uri, target, tmp_path, version)
        ended = time.monotonic()
        event = listener.next()
        took.append(time.monotonic() - ended)
        last_day = mongo[target].meta.find_one({"_id": "data"})["last_day"].date().isoformat()
        assert (event["id"], event["data"]) == (str(version), {"data_version": version, "last_day": last_day})
    assert min(took) < 2
    listener.close()


def wait_for_version(server, version):
    until = time.monotonic() + 20
    while server.get("/v1/status").json()["data_version"] != version:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_who_comes_back_is_told_what_he_missed_and_nothing_twice(engine_uri, target, own_server, tmp_path):
    load_orders(engine_uri, target, tmp_path, 1)
    wait_for_version(own_server, 1)
    behind, current = Listener(own_server, seen=0), Listener(own_server, seen=1)
    assert behind.next()["id"] == "1"
    load_orders(engine_uri, target, tmp_path, 2)
    assert current.next()["id"] == "2", "what it has seen is not said again"
    behind.close()
    current.close()


def test_an_empty_database_has_no_newest_day(own_server):
    listener = Listener(own_server)
    assert listener.next()["data"] == {"data_version": 0, "last_day": None}
    listener.close()


def test_the_answer_may_be_kept_by_nobody_on_its_way(own_server):
    with requests.get(f"{own_server.url}/v1/events", stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "Content-Encoding" not in answer.headers
    head = requests.head(f"{own_server.url}/v1/events", timeout=10)
    assert (head.status_code, head.headers["Content-Type"]) == (200, "text/event-stream")
    assert requests.get(f"{own_server.url}/v1/events", headers={"Accept": "application/json"}, timeout=10).status_code == 406
    assert requests.get(f"{own_server.url}/v1/events?since=1", timeout=10).status_code == 400


def threads_of(server):
    return len(list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()))


def listening(server):
    lines = server.get("/metrics").text.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("kpi_event_listeners ")))


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection


def read_until(connection, wanted):
    got = b""
    while wanted not in got:
        some = connection.recv(4096)
        assert some, f"closed after {got!r}"
        got += some
    return got


def test_a_thousand_listen_without_a_thread_each(engine_uri, target, own_server, tmp_path):
    before = threads_of(own_server)
    connections = [connect(own_server) for _ in range(LISTENERS)]
    for connection in connections:
        read_until(connection, b"retry: ")
    assert threads_of(own_server) == before
    assert listening(own_server) == LISTENERS
    assert own_server.get("/livez").status_code == 200, "others are answered"
    load_orders(engine_uri, target, tmp_path, 1)
    for connection in connections:
        assert b"id: 1\nevent: data-version\n" in read_until(connection, b'"data_version":1')
        connection.close()


def test_listeners_that_are_gone_are_forgotten(own_server):
    connections = [connect(own_server) for _ in range(5)]
    for connection in connections:
        read_until(connection, b"retry: ")
        connection.close()
    stays = Listener(own_server)
    until = time.monotonic() + 60  # two beats
    while listening(own_server) > 1:
        assert time.monotonic() < until
        time.sleep(0.5)
    stays.close()


def test_listeners_do_not_hold_up_the_end(engine_uri, target):
    with harness.Server(engine_uri, target, "--stop-timeout", "300") as server:
        listener = Listener(server)
        assert listener.next()["id"] == "0"
        ended = threading.Event()
        threading.Thread(target=lambda: (listener.next(), ended.set()), daemon=True).start()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        assert ended.wait(60), "the answer came to its end"


def test_a_listener_is_told_of_reloaded_and_of_broken_definitions(engine_uri, database, tmp_path):
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        kpis = len(server.get("/v1/kpis").json()["data"])
        listener = Listener(server)
        seen = listener.next()["id"]
        shutil.copy(pipelines / "kpi/total-sales.json", pipelines / "kpi/turnover.json")
        event = next_with(listener, lambda data: data["kpis"] == kpis + 1)
        assert event["data"] == {"kpis": kpis + 1, "errors": 0}
        assert "id" not in event, "it does not change which data were seen"
        (pipelines / "kpi/turnover.json").write_text("{")
        assert next_with(listener, lambda data: data["errors"])["data"] == {"kpis": kpis + 1, "errors": 1}
        listener.close()
        assert Listener(server, seen=0).next()["id"] == seen


def next_with(listener, wanted):
    """The next event of definitions that has what is wanted: a file that is being written may be read before its end."""
    while event := listener.next():
        if event["event"] == "definitions" and wanted(event["data"]):
            return event
    raise AssertionError("the events ended")
