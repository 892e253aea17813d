"""The server is stopped while requests and connections come in: it ends as always. Preloaded is what makes long the moment in which
one of its threads takes the port out of its epoll, so that others come between."""

import contextlib
import socket
import threading

import pytest

import harness
from raw import Connection

FEW = (200, 200)  # open files
CROWD = 200  # connections: more than the server takes with so few files


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    return {"LD_PRELOAD": str(harness.build_preload("faults/slow_epoll.c", tmp_path_factory.mktemp("epoll")))}


@contextlib.contextmanager
def clients(number, client):
    """So many threads, each of which calls client() again and again, until the server refuses."""

    def run():
        with contextlib.suppress(OSError):
            while not done.is_set():
                client()

    done = threading.Event()
    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_requests_come_while_the_server_stops(engine_uri, database, variables):
    with harness.Server(engine_uri, database, variables=variables) as server:
        asked = threading.Semaphore(0)

        def client():
            with Connection(server.address) as connection:
                while connection.ask("/livez"):
                    asked.release()

        with clients(4, client):
            for _ in range(200):
                assert asked.acquire(timeout=20)
            assert server.stop(60) == 0, server.log()


def test_a_crowd_comes_while_the_server_stops(engine_uri, database, variables):
    """Each thread of the server takes the port out of its epoll when it has as many connections as it may, and puts it back."""
    with harness.Server(engine_uri, database, files=FEW, variables=variables) as server:
        came = threading.Semaphore(0)

        def client():
            with contextlib.ExitStack() as stack:
                for _ in range(CROWD // 4):
                    stack.enter_context(socket.create_connection((server.host, server.port), timeout=5))
                    came.release()

        with clients(4, client):
            for _ in range(4 * CROWD):
                assert came.acquire(timeout=20)
            assert server.stop(60) == 0, server.log()
