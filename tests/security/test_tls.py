"""The server over TLS."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import types

import pytest

import harness
import keyring
from authority import Authority, openssl

KPI = "/v1/kpis/total-sales"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def serve(engine_uri, database, certificate, key, *options):
    running = harness.Server(engine_uri, database, "--tls-cert", str(certificate), "--tls-key", str(key), *options)
    running.url = running.url.replace("http:", "https:")
    running.session.trust_env = False  # no other authority of the environment's
    running.session.verify = str(certificate.parent / "ca.pem")
    return running


@pytest.fixture(scope="module", params=["ec", "rsa"])
def secure(engine_uri, database, authority, request):
    with serve(engine_uri, database, *authority.sign(f"server-{request.param}", kind=request.param)) as running:
        yield running


def context_of(authority, **versions):
    context = ssl.create_default_context(cafile=authority.certificate)
    for name, value in versions.items():
        setattr(context, name, value)
    return context


def connect(server, context):
    return context.wrap_socket(socket.create_connection((server.host, server.port), 10), server_hostname="localhost")


def subject(server, authority):
    with connect(server, context_of(authority)) as client:
        return dict(pair for (pair,) in client.getpeercert()["subject"])["commonName"]


@pytest.mark.parametrize("path", ["/", "/v1/kpis", KPI, KPI + "?format=csv", "/v1/status", "/docs/swagger-ui-bundle.js", "/nothing"])
def test_answers_come_over_tls_and_say_that_it_stays_so(secure, server, path):
    for _ in range(2):
        answer = secure.get(path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = server.get(path)
    assert answer.status_code == plain.status_code
    if path.startswith("/v1/kpis") and "?" in path or path.startswith("/docs"):
        assert answer.content == plain.content


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_new_versions_are_spoken(secure, authority, version):
    wanted = getattr(ssl.TLSVersion, version)
    with connect(secure, context_of(authority, minimum_version=wanted, maximum_version=wanted)) as client:
        assert client.version() == version.replace("_", ".")


@pytest.mark.parametrize("flag", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(secure, flag):
    command = ["openssl", "s_client", "-connect", f"{secure.host}:{secure.port}", flag, "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and "Cipher is (NONE)" in done.stdout, done.stdout


def test_openssl_finds_the_chain_good(secure, authority):
    command = ["openssl", "s_client", "-connect", f"{secure.host}:{secure.port}", "-CAfile", str(authority.certificate),
               "-verify_return_error", "-verify_hostname", "localhost"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr


def test_plain_http_is_not_answered(secure):
    with socket.create_connection((secure.host, secure.port), 10) as client:
        client.sendall(b"GET /v1/kpis HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b"HTTP/" not in client.recv(1000)
        except ConnectionResetError:
            pass


def test_many_clients_at_once_are_all_answered(secure, authority):
    """Beyond the number at which libmicrohttpd would stand still by itself."""
    context, clients = context_of(authority), []
    try:
        for _ in range(150):
            clients.append(connect(secure, context))
        for client in clients:
            client.sendall(f"GET {KPI} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        for client in clients:
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    finally:
        for client in clients:
            client.close()


def test_requests_in_one_record_are_all_answered(secure, authority):
    """What GnuTLS has read ahead is served although the socket has nothing more."""
    with connect(secure, context_of(authority)) as client:
        client.sendall(f"GET {KPI}?as_of=2024-03-03 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 3)
        client.settimeout(15)
        text = b""
        while text.count(b"HTTP/1.1 200 ") < 3:
            part = client.recv(65536)
            assert part, text
            text += part


def test_events_come_over_tls(secure):
    answer = secure.session.get(secure.url + "/v1/events", stream=True, timeout=20, headers={"Last-Event-ID": "0"})
    assert next(line for line in answer.iter_lines() if line.startswith(b"id:")) == b"id: 1"
    answer.close()


def test_keys_are_asked_for_over_tls(engine_uri, database, authority, tmp_path):
    key = keyring.add(tmp_path / "keys", "one")
    with serve(engine_uri, database, *authority.sign("keys"), "--keys", str(tmp_path / "keys")) as running:
        assert running.get(KPI).status_code == 401
        assert running.get(KPI, headers=keyring.bearer(key)).status_code == 200


def test_a_renewed_certificate_is_shown_after_sighup_and_connections_go_on(engine_uri, database, authority, tmp_path):
    old, new = authority.sign("old"), authority.sign("new", kind="rsa")
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    shutil.copy(old[0], certificate), shutil.copy(old[1], key)
    with serve(engine_uri, database, certificate, key) as running, connect(running, context_of(authority)) as before:
        assert subject(running, authority) == "old"
        shutil.copy(new[0], certificate), shutil.copy(new[1], key)
        count = len(running.lines)
        os.kill(running.process.pid, signal.SIGHUP)
        running.wait_for_line("TLS certificate loaded", after=count)
        assert subject(running, authority) == "new"
        before.sendall(f"GET {KPI} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert before.recv(65536).startswith(b"HTTP/1.1 200 ")
        # A broken one is said, and changes nothing; nor is a pipe waited for.
        for spoil, why in ((lambda: certificate.write_text("nothing\n"), "--tls-cert"), (lambda: make_pipe(key), "no plain file")):
            spoil()
            count = len(running.lines)
            os.kill(running.process.pid, signal.SIGHUP)
            assert why in running.wait_for_line("TLS certificate was not reloaded", after=count)
            assert subject(running, authority) == "new"
            shutil.copy(new[0], certificate)


def test_a_certificate_that_is_the_same_is_not_said_to_be_loaded(engine_uri, database, authority):
    with serve(engine_uri, database, *authority.sign("same")) as running:
        # A signal is looked for when all is done that the one before asked for: the third tells that the second is.
        for _ in range(3):
            count = len(running.lines)
            os.kill(running.process.pid, signal.SIGHUP)
            running.wait_for_line("definitions loaded", after=count)
        assert running.log().count("TLS certificate loaded") == 1, running.log()


def test_a_certificate_is_in_use_before_it_is_said_to_be_loaded(engine_uri, database, authority, tmp_path):
    """The log is a pipe without room, so that the server stands still where it says that."""
    old, new = authority.sign("first"), authority.sign("second", days=3)  # a warning, where warnings alone are logged
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    shutil.copy(old[0], certificate), shutil.copy(old[1], key)
    address = types.SimpleNamespace(host="127.0.0.1", port=free_port())
    command = [harness.BUILD / "kpi-server", "--uri", engine_uri, "--db", database, "--listen", f"127.0.0.1:{address.port}"]
    command += ["--tls-cert", certificate, "--tls-key", key, "--log-level", "warn"]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE)
    try:
        wait_for_subject(address, authority, "first", process)
        fill(process.stderr)
        shutil.copy(new[0], certificate), shutil.copy(new[1], key)
        process.send_signal(signal.SIGHUP)
        wait_for_subject(address, authority, "second", process)
        assert b"TLS certificate loaded" in next(line for line in process.stderr if line.strip(b"\n"))
    finally:
        process.kill()
        process.communicate()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for_subject(address, authority, name, process, seconds=60):
    until, seen = time.monotonic() + seconds, None
    while seen != name:
        assert process.poll() is None and time.monotonic() < until, seen
        try:
            seen = subject(address, authority)
        except ConnectionRefusedError:
            time.sleep(0.05)


def fill(pipe):
    """Of whom we have the end that is read; the other is opened anew, as that of the program must go on waiting for room."""
    with open(f"/proc/self/fd/{pipe.fileno()}", "wb", buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as other:
        while other.write(b"\n" * 4096) is not None:
            pass
        while other.write(b"\n") is not None:
            pass


def make_pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def test_a_key_of_another_certificate_is_refused_at_the_start(engine_uri, database, authority):
    with pytest.raises(AssertionError, match="is not the key of the certificate"):
        serve(engine_uri, database, authority.sign("one")[0], authority.sign("two")[1])


def test_files_that_cannot_be_used_are_refused_at_the_start(engine_uri, database, authority, tmp_path):
    certificate, key = authority.sign("three")
    empty = tmp_path / "empty"
    empty.touch()
    none, pipe = tmp_path / "none", make_pipe(tmp_path / "pipe")
    for pair in ((empty, key), (certificate, empty), (none, key), (certificate, none), (key, key), (tmp_path, key), (pipe, key), (certificate, pipe)):
        with pytest.raises(AssertionError, match="--tls-(cert|key) "):
            serve(engine_uri, database, *pair)
    locked = tmp_path / "locked.key"
    openssl("ec", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked)
    with pytest.raises(AssertionError, match="--tls-key "):
        serve(engine_uri, database, certificate, locked)
    for option, other, file in (("--tls-cert", "--tls-key", certificate), ("--tls-key", "--tls-cert", key)):
        command = [harness.BUILD / "kpi-server", "--uri", "mongodb://127.0.0.1:1", option, file]
        done = subprocess.run(command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and f"go together, and there is no {other}" in done.stderr


def test_a_key_that_others_can_read_is_warned_of(engine_uri, database, authority):
    certificate, key = authority.sign("open")
    key.chmod(0o644)
    with serve(engine_uri, database, certificate, key) as running:
        assert re.search(r"level=warn .*TLS key.*chmod 600", running.log())


def test_a_certificate_that_ends_soon_is_warned_of(engine_uri, database, authority):
    with serve(engine_uri, database, *authority.sign("soon", days=3)) as running:
        assert re.search(r"level=warn .*TLS certificate loaded.*ends=", running.log())
    with serve(engine_uri, database, *authority.sign("later", days=60)) as running:
        assert re.search(r"level=info .*TLS certificate loaded.*ends=", running.log())
