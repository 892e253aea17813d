"""gzip: who gets it, of what, and that it changes nothing else."""

import gzip

import pytest
import requests

from problems import check_problem

LONG = [
    "/v1/kpis/sales-by-city", "/v1/kpis/sales-by-customer?limit=1000", "/v1/kpis", "/openapi.json", "/v1/dimensions/city",
    "/v1/data-quality", "/v1/analyses",
]  # fmt: skip
SHORT = ["/v1/kpis/total-sales", "/v1/kpis/sales-by-region?limit=1"]


def ask(api, path, encoding, **headers):
    """An answer whose body is as it was sent."""
    answer = requests.get(api + path, headers={"Accept-Encoding": encoding, **headers}, timeout=30, stream=True)
    answer.body = answer.raw.read(decode_content=False)
    return answer


def data(body):
    """The answer but for the second that it was computed in."""
    return [line for line in body.splitlines() if not line.startswith(b'"computed_at"')]


@pytest.mark.parametrize("path", LONG)
def test_a_long_answer_is_compressed_for_those_who_ask(api, path):
    plain, packed = ask(api, path, "identity"), ask(api, path, "gzip")
    assert plain.status_code == packed.status_code == 200
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(plain.body)
    assert data(gzip.decompress(packed.body)) == data(plain.body)
    assert int(packed.headers["Content-Length"]) == len(packed.body)
    for answer in plain, packed:
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("path", SHORT)
def test_a_short_answer_is_left_alone(api, path):
    answer = ask(api, path, "gzip")
    assert "Content-Encoding" not in answer.headers and len(answer.body) < 1024
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "encoding, packed",
    [("gzip", True), ("GZIP", True), ("deflate, gzip, br", True), ("gzip;q=0.5", True), ("gzip;q=1, identity;q=0.5", True),
     ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0.2, identity;q=0.8", False)],
)  # fmt: skip
def test_who_asks_is_read_from_the_weights(api, encoding, packed):
    for path in ("/v1/kpis/sales-by-city", "/v1/kpis", "/v1/kpis/sales-by-city?format=csv"):
        assert ("Content-Encoding" in ask(api, path, encoding).headers) == packed


@pytest.mark.parametrize("path", LONG)
def test_the_tag_of_a_compressed_answer_is_known_again(api, path):
    tag = ask(api, path, "gzip").headers.get("ETag")
    if path.startswith("/v1/dimensions"):
        assert tag is None
        return
    again = ask(api, path, "gzip", **{"If-None-Match": tag})
    assert (again.status_code, again.body) == (304, b"")
    assert "Accept-Encoding" in again.headers["Vary"]


@pytest.mark.parametrize("path", LONG)
def test_a_strong_tag_is_of_these_bytes_alone(api, path):
    plain, packed = (ask(api, path, encoding).headers.get("ETag") for encoding in ("identity", "gzip"))
    if plain and not plain.startswith("W/"):
        assert packed != plain
    if packed and not packed.startswith("W/"):
        assert packed != plain


@pytest.mark.parametrize("path", ["/v1/kpis/sales-by-city", "/v1/kpis"])
def test_head_has_the_length_of_the_compressed_body(api, path):
    headers = {"Accept-Encoding": "gzip"}
    head, get = requests.head(api + path, headers=headers, timeout=10), ask(api, path, "gzip")
    assert head.headers["Content-Encoding"] == "gzip"
    assert abs(int(head.headers["Content-Length"]) - len(get.body)) < 10, "but for the second that it was computed in"


def test_a_problem_is_plain(api):
    answer = ask(api, "/v1/kpis/nonsense", "gzip")
    assert "Content-Encoding" not in answer.headers
    check_problem(requests.get(f"{api}/v1/kpis/sales-by-region?region={'x' * 1025}", headers={"Accept-Encoding": "gzip"}, timeout=10), 400)
