"""Who gets an answer from a server that asks for keys."""

import http.client
import itertools
import os
import re
import signal
import time

import pytest
import requests

import harness
import keyring
from keyring import guard

KPI = "/v1/kpis/total-sales"
READ = ["/v1/kpis", KPI, KPI + "?format=csv", "/v1/dimensions/region", "/v1/data-quality", "/v1/analyses?kpi=total-sales", "/v1/status"]
OPEN = ["/", "/docs", "/docs/", "/docs/init.js", "/assets/js/main.js", "/openapi.json", "/livez", "/readyz"]
WRONG = "kpi_" + "A" * 43


def problem(answer, status):
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:200]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["status"] == status
    return answer.json()


@pytest.mark.parametrize("path", OPEN)
def test_pages_their_files_and_health_need_no_key(guarded, path):
    assert guarded.get(path).status_code in (200, 308)


@pytest.mark.parametrize("path", [*READ, "/v1/events", "/metrics", "/nothing", "/v1/kpis/no-such", "/docsx", "/livez/", "/v1", "//livez"])
def test_all_else_is_refused_without_a_key_be_it_there_or_not(guarded, path):
    answer = guarded.get(path)
    assert "Authorization: Bearer" in problem(answer, 401)["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="kpi-server"'


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_method_passes_without_a_key(guarded, method):
    connection = http.client.HTTPConnection(guarded.server.host, guarded.server.port, timeout=20)
    connection.request(method, KPI)
    assert connection.getresponse().status in (400, 401, 413)
    connection.close()


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("role", ["reader", "operator"])
def test_each_role_reads_the_kpis(guarded, path, role):
    assert guarded.get(path, getattr(guarded, role)).status_code == 200


def test_either_header_brings_a_key(guarded):
    for headers in (
        {"Authorization": f"Bearer {guarded.reader}"},
        {"Authorization": f"bearer   {guarded.reader}"},
        {"X-API-Key": guarded.reader},
        {"x-api-key": guarded.reader, "Authorization": "Basic dXNlcjpwYXNz"},
    ):
        assert guarded.server.get(KPI, headers=headers).status_code == 200, headers


@pytest.mark.parametrize("where", ["?key={}", "?api_key={}", "?access_token={}", "?X-API-Key={}"])
def test_a_key_in_the_address_is_none(guarded, where):
    assert guarded.get(KPI + where.format(guarded.reader)).status_code == 401


@pytest.mark.parametrize("path", ["/metrics", KPI + "?explain=true", KPI + "?format=json&explain=true&from=2024"])
def test_what_is_for_operators_is_refused_to_readers(guarded, path):
    answer = guarded.get(path, guarded.reader)
    assert "operate" in problem(answer, 403)["detail"]
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert guarded.get(path, guarded.operator).status_code == 200


def test_readers_learn_of_the_data_and_operators_of_the_server(guarded):
    reader, operator = (guarded.get("/v1/status", key).json() for key in (guarded.reader, guarded.operator))
    inside = {"engine", "definition_errors", "definition_warnings", "keys_error"}
    assert inside & reader.keys() == set() and inside <= operator.keys()
    assert operator["keys_error"] is None
    assert reader["data_version"] == operator["data_version"] == 1


@pytest.mark.parametrize(
    "key",
    [WRONG, "", "kpi_", "x", "kpi_" + "A" * 42, "kpi_" + "A" * 44, "kpi_" + "é" * 43, "KPI_" + "A" * 43, "A" * 4000, "kpi_%00", "../keys", "$ne", "'"],
)
def test_what_is_no_key_is_refused(guarded, key):
    for headers in ({"Authorization": f"Bearer {key}".encode()}, {"X-API-Key": key.encode()}):
        assert guarded.server.get(KPI, headers=headers).status_code in (401, 429), headers


def test_a_part_of_a_key_and_a_changed_one_are_none(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path)
    with made.server:
        key = made.reader
        flipped = key[:-5] + ("A" if key[-5] != "A" else "B") + key[-4:]
        for other in (key[:-1], key + "A", flipped, key.swapcase(), key[4:]):
            assert made.get(KPI, other).status_code == 401


def test_two_keys_in_a_header_are_none(guarded):
    both = f"{guarded.reader}, {guarded.operator}"
    assert guarded.server.get(KPI, headers={"X-API-Key": both}).status_code in (401, 429)


def test_a_kept_answer_is_for_who_has_a_key_and_is_kept_by_nobody_between(guarded):
    first = guarded.get(KPI + "?from=2023", guarded.reader)
    again = guarded.get(KPI + "?from=2023", guarded.operator)
    assert again.headers["Cache-Status"] == "kpi-server; hit" and again.text == first.text
    without = guarded.get(KPI + "?from=2023")
    assert problem(without, 401)
    for answer in (first, again):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "X-API-Key", "Accept", "Accept-Encoding"} <= set(re.split(", *", answer.headers["Vary"]))
    # A tag is no key.
    assert guarded.get(KPI + "?from=2023", **{"If-None-Match": first.headers["ETag"]}).status_code == 401
    assert guarded.get(KPI + "?from=2023", guarded.reader, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert "West" not in without.text and "sales" not in without.text


def test_a_refusal_leaves_the_connection_open(guarded):
    connection = http.client.HTTPConnection(guarded.server.host, guarded.server.port, timeout=20)
    for headers, status in (({}, 401), ({}, 401), (keyring.bearer(guarded.reader), 200), ({}, 401)):
        connection.request("GET", KPI, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status and answer.getheader("Connection") != "close"
    connection.close()


def test_a_wrong_request_is_told_so_without_a_key(guarded):
    """What is no request at all is answered so before anybody looks for a key."""
    connection = http.client.HTTPConnection(guarded.server.host, guarded.server.port, timeout=20)
    connection.request("GET", "/v1/kpis/%zz")
    assert connection.getresponse().status == 400
    connection.close()


def test_events_need_a_key_and_come_with_one(guarded):
    answer = guarded.server.session.get(
        guarded.server.url + "/v1/events", headers=keyring.bearer(guarded.reader), stream=True, timeout=20
    )
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/event-stream"
    answer.close()


def test_wrong_keys_are_throttled_logged_without_the_key_and_keep_nobody_out(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path)
    with made.server as server:
        answers = [made.get(KPI, WRONG) for _ in range(30)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:10] == [401] * 10 and statuses[-1] == 429
        assert 'error="invalid_token"' in answers[0].headers["WWW-Authenticate"]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        problem(answers[-1], 429)
        # Others behind the same address go on, and who has no key is told that it takes one.
        assert made.get(KPI, made.reader).status_code == 200
        assert made.get(KPI).status_code == 401
    log = server.log()
    lines = re.findall(r".*wrong API key.*", log)
    assert lines and len(lines) <= statuses.count(401) and "address=127.0.0.1" in lines[0].replace('"', "")
    assert WRONG not in log and "AAAA" not in log and made.reader not in log


def wait_for(check, seconds=10):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def test_keys_come_and_go_without_a_restart(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path)
    with made.server:
        added = keyring.add(made.file, "third")
        wait_for(lambda: made.get(KPI, added).status_code == 200)
        assert made.get(KPI + "?from=2024", made.reader).status_code == 200
        keyring.remove(made.file, "reader")
        wait_for(lambda: made.get(KPI, made.reader).status_code != 200)
        assert made.get(KPI, added).status_code == 200 and made.get(KPI, made.operator).status_code == 200
        assert made.get(KPI + "?from=2024", made.reader).status_code in (401, 429), "not from the cache either"


def test_a_broken_file_changes_nothing_and_is_said(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path)
    with made.server as server:
        good = made.file.read_text()
        made.file.write_text(good + "a line that somebody forgot\n")
        server.wait_for_line("API keys were not reloaded.*line 4")
        assert made.get(KPI, made.reader).status_code == 200
        error = made.get("/v1/status", made.operator).json()["keys_error"]
        assert "line 4" in error and str(tmp_path) not in error
        made.file.write_text(good)
        wait_for(lambda: made.get("/v1/status", made.operator).json()["keys_error"] is None)
        made.file.write_text("")
        server.wait_for_line("level=warn .*there is no API key")
        assert made.get(KPI, made.reader).status_code == 401
        made.file.write_text(good)
        wait_for(lambda: made.get(KPI, made.reader).status_code == 200)
        made.file.chmod(0o644)
        wait_for(lambda: "chmod" in (made.get("/v1/status", made.operator).json()["keys_error"] or ""))
        made.file.unlink()
        wait_for(lambda: "No such file" in (made.get("/v1/status", made.operator).json()["keys_error"] or ""))
        assert made.get(KPI, made.reader).status_code == 200
        count = len(server.lines)
        os.kill(server.process.pid, signal.SIGHUP)
        server.wait_for_line("API keys were not reloaded", after=count)


def test_an_empty_file_lets_nobody_in(engine_uri, database, tmp_path):
    file = tmp_path / "keys"
    file.touch(0o600)
    with harness.Server(engine_uri, database, "--keys", str(file)) as server:
        assert server.get(KPI).status_code == 401 and server.get("/livez").status_code == 200
        assert "there is no API key" in server.log()


@pytest.mark.parametrize("text, mode, why", [("x\n", 0o600, "line 1"), ("", 0o644, "chmod 600"), (None, 0, "No such file")])
def test_a_server_does_not_start_with_keys_that_it_cannot_use(engine_uri, database, tmp_path, text, mode, why):
    file = tmp_path / "keys"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(AssertionError, match=why):
        harness.Server(engine_uri, database, "--keys", str(file))


def test_without_keys_all_is_open(server):
    for path in [*READ, "/metrics", KPI + "?explain=true"]:
        answer = server.get(path)
        assert answer.status_code == 200
        assert "private" not in answer.headers["Cache-Control"] and "Authorization" not in answer.headers.get("Vary", "")
    # A header that means nothing here does no harm.
    assert server.get(KPI, headers={"X-API-Key": WRONG}).status_code == 200


def listen(guarded, key):
    answer = requests.get(f"{guarded.server.url}/v1/events", headers=keyring.bearer(key), stream=True, timeout=60)
    assert answer.status_code == 200
    lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
    assert any(line.startswith("event: data-version") for line in lines)
    return lines


def test_a_listener_is_sent_away_when_its_key_is_removed_and_the_others_stay(engine_uri, database, tmp_path):
    made = guard(engine_uri, database, tmp_path)
    with made.server:
        reader, operator = listen(made, made.reader), listen(made, made.operator)
        keyring.remove(made.file, "reader")
        beats = itertools.islice((line for line in reader if line.startswith(":")), 3)
        assert len(list(beats)) < 3, "it has ended: who is not sent away hears beat after beat"
        problem(made.get("/v1/events", made.reader), 401)
        assert any(line.startswith(": beat") for line in operator), "who has a key still is told on"
