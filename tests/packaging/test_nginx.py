"""deploy/nginx/kpi-server.conf, by a real nginx before two real kpi-servers."""

import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
import requests

import harness

CONF = (harness.ROOT / "deploy/nginx/kpi-server.conf").read_text()


def nginx_program():
    unpacked = harness.ROOT / "build/bench/nginx/usr/sbin/nginx"
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return found or (str(unpacked) if unpacked.exists() else pytest.skip("nginx is not installed"))


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def servers(engine_uri, database):
    with harness.Server(engine_uri, database) as one, harness.Server(engine_uri, database) as two:
        yield one, two


def configuration(folder, servers, port):
    """The file with the addresses and folders of this test in place of the containers'."""
    text = CONF.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("/tmp/", f"{folder}/").replace("/dev/stdout", f"{folder}/access.log")
    for number, server in enumerate(servers, 1):
        text = text.replace(f"kpi-server-{number}:8080", server.address)
    assert not re.search(r"kpi-server-\d", text)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


@pytest.fixture
def proxy(servers, tmp_path):
    port = free_port()
    path = configuration(tmp_path, servers, port)
    done = subprocess.run([nginx_program(), "-t", "-c", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "warn" not in done.stderr.replace("could not open error log", ""), done.stderr
    process = subprocess.Popen([nginx_program(), "-c", path, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 20
    try:
        while True:
            try:
                requests.get(url + "/livez", timeout=10)
                break
            except requests.ConnectionError:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def answered_by(tmp_path, path):
    """The addresses that requests for a path went to, by the log."""
    lines = (tmp_path / "access.log").read_text().splitlines()
    return [line.split()[-2] for line in lines if f" {path}\"" in line]


def test_both_servers_answer_the_same_over_connections_that_stay(proxy, servers, tmp_path):
    tags = {requests.get(f"{proxy}/v1/kpis/total-sales", timeout=60).headers["ETag"] for _ in range(20)}
    assert len(tags) == 1
    assert set(answered_by(tmp_path, "/v1/kpis/total-sales")) == {server.address for server in servers}
    again = requests.get(f"{proxy}/v1/kpis/total-sales", headers={"If-None-Match": tags.pop()}, timeout=60)
    assert again.status_code == 304
    for server in servers:
        # That of this very question, and those of nginx, which asks nothing just now.
        assert int(re.search(r"^kpi_connections (\d+)", server.get("/metrics").text, re.M)[1]) >= 2


def test_events_come_as_they_are_sent(proxy):
    with requests.get(f"{proxy}/v1/events", stream=True, timeout=20) as answer:
        assert answer.status_code == 200
        # The connection stays open: a proxy that gathers would give nothing.
        assert next(answer.iter_content(None))


def test_when_one_server_goes_the_other_answers(proxy, servers):
    servers[0].stop()
    for _ in range(10):
        assert requests.get(f"{proxy}/v1/kpis/order-count", timeout=60).status_code == 200


def test_mistakes_and_long_answers_come_through(proxy):
    assert requests.get(f"{proxy}/v1/kpis/total-sales?regoin=West", timeout=60).json()["parameter"] == "regoin"
    assert requests.get(f"{proxy}/v1/kpis/sales-by-customer?format=csv", timeout=60).text.count("\r\n") > 100


def test_what_is_for_the_operator_is_not_for_all(proxy):
    assert requests.get(f"{proxy}/metrics", timeout=60).status_code == 404


def test_a_body_is_refused(proxy):
    assert requests.post(f"{proxy}/v1/kpis/total-sales", data=b"x" * 5000, timeout=60).status_code in (405, 413)
