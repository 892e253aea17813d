"""How often one client may ask."""

import http.client
import socket
import subprocess
import threading
import time

import pytest
import requests

import harness
import keyring
from keyring import guard
from wiretap import Wiretap

KPI = "/v1/kpis/total-sales"


def ask_from(server, source, path=KPI, headers=None):
    """Status and headers of an answer to a client of that address of the loopback."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20, source_address=(source, 0))
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


def statuses(server, count, **how):
    return [ask_from(server, how.get("source", "127.0.0.1"), how.get("path", KPI), how.get("headers"))[0] for _ in range(count)]


def test_a_burst_without_a_limit_is_a_mistake():
    command = [harness.BUILD / "kpi-server", "--uri", "mongodb://127.0.0.1:1", "--rate-burst", "20"]
    done = subprocess.run(command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "--rate-limit" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.fixture(scope="module")
def limited(engine_uri, database):
    with harness.Server(engine_uri, database, "--rate-limit", "1", "--rate-burst", "5") as running:
        running.get("/v1/kpis", headers={"Accept": "application/json"})
        yield running


def test_a_burst_passes_and_then_the_client_waits(limited):
    source = "127.0.0.11"
    for left in (4, 3, 2, 1, 0):
        status, headers = ask_from(limited, source)
        assert status == 200
        assert headers["RateLimit-Limit"] == "5" and headers["RateLimit-Remaining"] == str(left)
        assert 1 <= int(headers["RateLimit-Reset"]) <= 5
    status, headers = ask_from(limited, source)
    assert status == 429
    assert headers["RateLimit-Remaining"] == "0" and int(headers["Retry-After"]) == 1
    assert headers["Content-Type"] == "application/problem+json" and headers["Cache-Control"] == "no-store"


def test_who_waits_as_told_is_answered(limited):
    source = "127.0.0.12"
    assert 429 in statuses(limited, 7, source=source)
    _, headers = ask_from(limited, source)
    time.sleep(int(headers["Retry-After"]))
    assert ask_from(limited, source)[0] == 200


def test_one_address_takes_nothing_from_another(limited):
    assert statuses(limited, 8, source="127.0.0.13").count(429) >= 2
    assert statuses(limited, 5, source="127.0.0.14") == [200] * 5


def test_kept_answers_and_refusals_count_too(limited):
    source = "127.0.0.15"
    found = [ask_from(limited, source, headers={"Accept-Encoding": "gzip"})[1]["Cache-Status"] for _ in range(5)]
    assert found[-1] == "kpi-server; hit"
    assert ask_from(limited, source)[0] == 429
    assert statuses(limited, 7, source="127.0.0.16", path="/nothing") == [404] * 5 + [429] * 2


@pytest.mark.parametrize("path, number, status", [("/%zz", 51, 400), ("/livez?x=%zz", 52, 400), ("/" + "a" * 9000, 53, 414)])
def test_malformed_requests_count_too(limited, path, number, status):
    assert statuses(limited, 7, source=f"127.0.0.{number}", path=path) == [status] * 5 + [429] * 2


def test_malformed_requests_count_for_whose_key_they_bring(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path, "--rate-limit", "1", "--rate-burst", "3")
    with made.server as server:
        key = keyring.bearer(made.reader)
        assert statuses(server, 5, source="127.0.0.23", path="/%zz", headers=key) == [400] * 3 + [429] * 2
        assert statuses(server, 5, source="127.0.0.23", path="/%zz") == [400] * 3 + [429] * 2


def test_files_of_the_pages_do_not_count(limited):
    source = "127.0.0.54"
    files = [ask_from(limited, source, path) for path in ("/", "/assets/js/main.js", "/docs/") * 4]
    assert all(status == 200 and "RateLimit-Limit" not in headers for status, headers in files)
    assert statuses(limited, 7, source=source, path="/assets/js/none.js") == [404] * 5 + [429] * 2
    assert ask_from(limited, source, "/")[0] == 200


def test_preflights_count_too(engine_uri, database):
    origin = "https://dashboard.example"
    with harness.Server(engine_uri, database, "--rate-limit", "1", "--rate-burst", "4", "--cors-origin", origin) as server:
        asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answers = [requests.options(server.url + KPI, headers=asks, timeout=20) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [204] * 4 + [429] * 2
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {origin}


def test_health_is_always_told(limited):
    assert statuses(limited, 20, source="127.0.0.17", path="/livez") == [200] * 20
    assert statuses(limited, 20, source="127.0.0.17", path="/readyz") == [200] * 20


def test_clients_that_ask_at_once_get_no_more(limited):
    found, source = [], "127.0.0.18"
    threads = [threading.Thread(target=lambda: found.extend(statuses(limited, 3, source=source))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Five at once, and one for each second that it took.
    assert 5 <= found.count(200) <= 5 + 5 and found.count(200) + found.count(429) == 30


def test_each_key_has_a_limit_of_its_own_wherever_it_comes_from(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path, "--rate-limit", "1", "--rate-burst", "4")
    with made.server as server:
        sources = ["127.0.0.21", "127.0.0.22"] * 3
        found = [ask_from(server, source, headers=keyring.bearer(made.reader))[0] for source in sources]
        assert found[:4] == [200] * 4 and 429 in found[4:]
        # Another key from the same address is another client; who has none counts by his address.
        assert statuses(server, 4, source="127.0.0.21", headers=keyring.bearer(made.operator)) == [200] * 4
        assert statuses(server, 4, source="127.0.0.21") == [401] * 4
        assert ask_from(server, "127.0.0.21")[0] == 429


def test_without_the_option_there_is_no_limit_and_no_header(server):
    answers = [server.get(KPI) for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any(name.lower().startswith("ratelimit") for name in answers[-1].headers)


def test_many_addresses_do_not_make_it_grow(limited):
    """The table has a size: 4,000 addresses are remembered in what 2,000 have touched of it."""

    def ask_from_each(network, count):
        for i in range(count):
            with socket.create_connection((limited.host, limited.port), 20, source_address=(f"{network}.{i // 250}.{i % 250 + 1}", 0)) as client:
                client.sendall(b"GET /nothing HTTP/1.0\r\nHost: x\r\n\r\n")
                assert b" 404 " in client.recv(100)
        return resident_kib(limited.process.pid)

    before = ask_from_each("127.1", 2000)
    assert ask_from_each("127.2", 4000) - before < 1024, "a quarter of a KiB for each"


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def test_health_asks_the_database_a_few_times_a_second_however_often_it_is_asked(engine_uri, database):
    """It needs no key and has no limit: it must not be a way to the database for everybody."""
    tap = Wiretap(engine_uri)
    with harness.Server(tap.uri, database) as server:
        before, began = len(tap.commands), time.monotonic()
        for _ in range(300):
            assert server.get("/readyz").text == "ready\n"
        # A look is good for 250 ms, and the server looks by itself once a second.
        looks = 2 + (time.monotonic() - began) * 5
        finds = [command for command in tap.commands[before:] if "find" in command]
    tap.close()
    assert len(finds) <= 2 * looks, f"{len(finds)} finds"
