"""Keys come and go, and certificates are renewed, while everybody asks. Nobody who has a key is refused, and nobody else is answered; with
programs of `make tsan` ThreadSanitizer has nothing to say."""

import http.client
import os
import pathlib
import shutil
import signal
import ssl
import sys
import threading
import time

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "security"))
import keyring  # noqa: E402
from authority import Authority  # noqa: E402

SECONDS = float(os.environ.get("RACES_SECONDS", 4))
KPI = "/v1/kpis/total-sales"


def test_keys_and_certificates_change_under_load(engine_uri, database, tmp_path):
    keys, authority = tmp_path / "keys", Authority(tmp_path)
    reader, operator = keyring.add(keys, "reader"), keyring.add(keys, "operator", "operate")
    pairs = [authority.sign("one"), authority.sign("two")]
    certificate, private = tmp_path / "tls.pem", tmp_path / "tls.key"
    shutil.copy(pairs[0][0], certificate), shutil.copy(pairs[0][1], private)
    context, until, wrong, seen = ssl.create_default_context(cafile=authority.certificate), time.monotonic() + SECONDS, [], set()

    def ask(server, headers, path, expected):
        try:
            while time.monotonic() < until and not wrong:
                connection = http.client.HTTPSConnection(server.host, server.port, timeout=60, context=context)
                for _ in range(20):
                    connection.request("GET", path, headers=headers)
                    answer = connection.getresponse()
                    answer.read()
                    seen.add(answer.status)
                    if answer.status not in expected:
                        wrong.append(f"{path}: {answer.status}")
                connection.close()
        except Exception as error:
            wrong.append(repr(error))

    options = ["--keys", str(keys), "--rate-limit", "100000", "--tls-cert", str(certificate), "--tls-key", str(private)]
    with harness.Server(engine_uri, database, *options, "--cors-origin", "https://a.example") as server:
        crowd = [
            (keyring.bearer(reader), KPI, {200}), (keyring.bearer(operator), "/metrics", {200}), ({"X-API-Key": reader}, "/v1/status", {200, 503}),
            ({}, KPI, {401}), (keyring.bearer("kpi_" + "A" * 43), KPI, {401, 429}), (keyring.bearer(reader), "/metrics", {403}),
            (keyring.bearer(reader) | {"Origin": "https://a.example"}, KPI + "?period=all", {200}),
        ]
        threads = [threading.Thread(target=ask, args=[server, *one]) for one in crowd]
        for thread in threads:
            thread.start()
        number = 0
        while time.monotonic() < until and not wrong:
            number += 1
            keyring.add(keys, f"new-{number}")
            new = pairs[number % 2]
            # Each in one step, as a program that renews them does it; the pair may not fit for a moment, and is then left as it was.
            for source, target in zip(new, (certificate, private)):
                shutil.copy(source, f"{target}.new")
                os.replace(f"{target}.new", target)
            server.process.send_signal(signal.SIGHUP)
            keyring.remove(keys, f"new-{number}")
        for thread in threads:
            thread.join(120)
        assert wrong == []
        assert {200, 401, 403, 429} <= seen
    assert "ThreadSanitizer" not in server.log(), server.log()[-20_000:]
