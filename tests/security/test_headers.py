"""What every answer says in its headers, whatever it is."""

import json
import shutil
import socket

import pytest

import harness
from gate import Gate
from keyring import bearer, guard

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PATHS = ["/", "/docs/", "/docs/swagger-ui-bundle.js", "/assets/echarts.js", "/openapi.json", "/v1/kpis", "/v1/kpis/total-sales",
         "/v1/kpis/total-sales?format=csv", "/v1/kpis/total-sales?nothing=1", "/v1/kpis/nothing", "/v1/status", "/metrics",
         "/livez", "/readyz", "/nothing", "/docs", "/v1/dimensions/region", "/v1/data-quality", "/v1/kpis/total-sales?from=soon"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("again", ["first", "kept"])
def test_every_answer_has_the_security_headers(server, path, again):
    answer = server.get(path, allow_redirects=False)
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        assert "script-src 'self'" in policy and "base-uri 'none'" in policy and "form-action 'none'" in policy
    else:
        assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_tells_what_serves_it(server, path):
    answer = server.get(path, allow_redirects=False)
    assert not {"server", "x-powered-by", "via"} & {name.lower() for name in answer.headers}


def test_what_is_not_changed_says_the_same(server):
    tag = server.get("/v1/kpis/total-sales").headers["ETag"]
    answer = server.get("/v1/kpis/total-sales", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value


def check(answer, status):
    assert answer.status_code == status, answer.text
    for name, value in EVERYWHERE.items():
        assert answer.headers.get(name) == value, (status, name)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "no-store"


def endless(folder):
    """The definitions, and one whose pipeline never ends."""
    pipelines = shutil.copytree(harness.PIPELINES, folder / "pipelines")
    definition = json.loads((pipelines / "kpi/order-count.json").read_text())
    stages = [{"$match": {"$var": "filter"}}, {"$group": {"_id": None, "orders": {"$sum": "$orders"}}}]
    for name in ("a", "b", "c"):
        stages += [{"$set": {name: {"$range": [0, 10_000]}}}, {"$unwind": f"${name}"}]
    definition["pipeline"] = [*stages, {"$group": {"_id": None, "orders": {"$sum": 1}}}]
    (pipelines / "kpi/endless.json").write_text(json.dumps(definition))
    return str(pipelines)


def test_every_refusal_has_them_too(engine_uri, database, tmp_path):
    """One of each status that there is for what goes wrong, but for 500, which nothing from outside makes."""
    with Gate(engine_uri).open() as gate:
        options = ["--query-timeout", "1", "--rate-limit", "1", "--rate-burst", "20", "--pipelines", endless(tmp_path)]
        made = guard(gate.uri, database, tmp_path, *options)
        with made.server as server:
            ask = {"key": made.operator}
            check(made.get("/v1/kpis"), 401)
            check(made.get("/v1/kpis", "kpi_" + "A" * 43), 401)
            check(made.get("/metrics", made.reader), 403)
            check(made.get("/v1/kpis/total-sales?nothing=1", **ask), 400)
            check(made.get("/nothing", **ask), 404)
            check(server.session.delete(f"{server.url}/v1/kpis", headers=bearer(made.operator), timeout=60), 405)
            check(made.get("/v1/kpis", Accept="image/png", **ask), 406)
            check(server.session.get(f"{server.url}/v1/kpis", headers=bearer(made.operator), data="body", timeout=60), 413)
            check(made.get("/" + "a" * 9000, **ask), 414)
            check(made.get("/v1/kpis", **ask, **{"X-Long": "a" * 17000}), 431)
            check(made.get("/v1/kpis/endless", **ask), 504)
            gate.shut()
            check(made.get("/v1/kpis/sales-by-region", **ask), 503)
            answers = (made.get("/v1/kpis", made.reader) for _ in range(1000))
            check(next(answer for answer in answers if answer.status_code != 200), 429)


def test_over_plain_http_nothing_is_said_of_tls(server):
    assert "Strict-Transport-Security" not in server.get("/").headers


@pytest.mark.parametrize("request_text", [b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n"])
def test_what_libmicrohttpd_refuses_by_itself_tells_nothing(server, request_text):
    """These pages are its own, and we cannot add headers to them: they must have nothing in them to protect."""
    with socket.create_connection((server.host, server.port), 10) as client:
        client.sendall(request_text)
        answer = b""
        while part := client.recv(65536):
            answer += part
    assert b"microhttpd" not in answer.lower() and b"kpi-server" not in answer and b"aaaa" not in answer
