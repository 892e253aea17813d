"""systemd is told when the server serves and when it ends, in the words of sd_notify(3)."""

import socket

import pytest

import harness


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_and_stopping_are_said(engine_uri, database, tmp_path, monkeypatch, abstract):
    name = f"@kpi-notify-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name.replace("@", "\0") if abstract else name)
        heard.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        with harness.Server(engine_uri, database) as server:
            assert heard.recv(100) == b"READY=1"
            assert server.get("/livez").status_code == 200
        assert heard.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("name", ["/nowhere/socket", "relative", "@", "/" + "x" * 200])
def test_a_socket_that_is_none_is_said_and_harms_nothing(engine_uri, database, monkeypatch, name):
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with harness.Server(engine_uri, database) as server:
        assert server.get("/livez").status_code == 200
        server.wait_for_line("NOTIFY_SOCKET cannot be told")
