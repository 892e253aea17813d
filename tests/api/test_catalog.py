"""What the server says of itself: the catalogue, the menus of filters, the state of the data, the metrics."""

import csv

import pytest
from prometheus_client.parser import text_string_to_metric_families

import harness
from problems import check_parameter_problem, check_problem


def column(sample, file, name):
    with (sample / f"{file}.csv").open(newline="", encoding="utf-8") as rows:
        return [row[name] for row in csv.DictReader(rows)]


def menu(server, name, **parameters):
    answer = server.get(f"/v1/dimensions/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def values(server, name, **parameters):
    return [row["value"] for row in menu(server, name, **parameters)["data"]]


# /v1/kpis


def test_the_catalogue_lists_every_definition(server):
    listed = {kpi["name"] for kpi in server.get("/v1/kpis").json()["data"]}
    assert listed == {path.stem for path in (harness.PIPELINES / "kpi").glob("*.json")}


def test_the_catalogue_says_what_a_kpi_is_and_takes(server):
    for kpi in server.get("/v1/kpis").json()["data"]:
        assert all(kpi[name] for name in ("name", "title", "group", "summary", "formula", "parameters", "columns", "chart"))
        assert {"from", "to", "period", "as_of", "region", "category"} <= set(kpi["parameters"]), kpi["name"]
        names = [column["name"] for column in kpi["columns"]]
        assert set(kpi["chart"]["y"]) <= set(names)


def test_every_kpi_answers_with_the_columns_of_the_catalogue(server):
    for kpi in server.get("/v1/kpis").json()["data"]:
        answer = server.get(f"/v1/kpis/{kpi['name']}").json()
        assert answer["kpi"] == kpi["name"] and answer["title"] == kpi["title"]
        assert answer["data"], kpi["name"]
        for row in answer["data"]:
            assert list(row) == [column["name"] for column in kpi["columns"]]


def test_an_answer_says_of_which_data_it_is(server):
    answer = server.get("/v1/kpis/total-sales").json()
    assert answer["currency"] == "USD"
    assert answer["data_version"] >= 1
    assert answer["last_day"] == "2024-12-31"
    assert answer["source"]
    assert answer["computed_at"].endswith("Z")


def test_a_filter_by_line_takes_a_source_of_lines(server):
    assert server.get("/v1/kpis/order-count").json()["source"] == "sales_by_day"
    assert server.get("/v1/kpis/order-count?category=Furniture").json()["source"] == "sales_by_day_category"
    assert server.get("/v1/kpis/order-count?status=delivered").json()["source"] == "order"
    assert server.get("/v1/kpis/order-count?seller=S1").json()["source"] == "line"


# /v1/dimensions


@pytest.mark.parametrize("name", ["region", "country", "state", "city"])
def test_a_menu_has_the_values_of_the_dimension(server, sample, name):
    shown = values(server, name, limit=1000)
    assert set(shown) <= set(column(sample, "locations", name))
    assert len(shown) == len(set(shown)) > 0
    assert shown == sorted(shown)


def test_a_menu_of_categories_has_all_that_products_name(server, sample):
    assert set(values(server, "category", limit=1000)) == {value for value in column(sample, "products", "category") if value}


def test_a_menu_of_ids_has_names_beside_them(server, sample):
    names = dict(zip(column(sample, "products", "product_id"), column(sample, "products", "name")))
    for row in menu(server, "product", limit=1000)["data"]:
        assert names[row["value"]] == row["name"]


@pytest.mark.parametrize("name", "region country state city segment category subcategory product customer seller status".split())
def test_every_value_of_a_menu_is_one_to_filter_by(server, name):
    shown = values(server, name, limit=5)
    assert shown
    total = sum(server.get("/v1/kpis/order-count", params={name: value}).json()["data"][0]["orders"] for value in shown)
    assert total > 0 or name in ("status", "customer", "product", "seller")


def test_q_is_a_prefix_whatever_the_case(server):
    every = values(server, "city", limit=1000)
    for q in ("new", "NEW", "New "):
        assert values(server, "city", q=q, limit=1000) == [city for city in every if city.lower().startswith(q.lower())] != []
    assert values(server, "city", q="", limit=1000) == every


@pytest.mark.parametrize("q", [".*", "^N", "[", "(", "\\", "N.w", "$", "a|b", "zzzz", "*", "{1}"])
def test_q_is_text_and_no_pattern(server, q):
    assert values(server, "city", q=q) == []


def test_menus_are_paged(server):
    every = values(server, "city", limit=1000)
    first = menu(server, "city", limit=7)
    assert [row["value"] for row in first["data"]] == every[:7] and first["next_offset"] == 7
    assert values(server, "city", limit=7, offset=7) == every[7:14]
    assert "next_offset" not in menu(server, "city", limit=1000)


@pytest.mark.parametrize("name, value", [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("offset", "-1"), ("q", "x" * 1025), ("query", "x")])
def test_a_wrong_parameter_of_a_menu_is_refused(server, name, value):
    check_parameter_problem(server.get("/v1/dimensions/city", params={name: value}), name, value[:127])


def test_an_unknown_dimension_is_answered_with_the_nearest(server):
    problem = check_problem(server.get("/v1/dimensions/regoin"), 404)
    assert "'region'" in problem["detail"]


# /v1/status, health, metrics


def test_the_status_says_what_is_loaded(server, sample):
    status = server.get("/v1/status").json()
    assert status["data_version"] >= 1
    assert (status["first_day"], status["last_day"]) == ("2022-01-02", "2024-12-31")
    assert status["currency"] == "USD" and status["timezone"] == "UTC"
    for name in ("orders", "customers", "products", "locations", "sellers"):
        assert status["counts"][name] == len(column(sample, name, f"{name[:-1]}_id")), name
    assert status["kpis"] == len(list((harness.PIPELINES / "kpi").glob("*.json")))
    assert status["reload_error"] is None
    assert status["engine"]["version"]
    assert 0 <= status["uptime_s"] < 3600


def test_the_status_shows_the_last_import(server):
    last = server.get("/v1/status").json()["last_import"]
    assert last["profile"] == "native"
    assert last["started_at"].endswith("Z") and last["finished_at"].endswith("Z")


def test_health_is_short_and_plain(server):
    for path, text in (("/livez", "ok\n"), ("/readyz", "ready\n")):
        answer = server.get(path)
        assert (answer.status_code, answer.text) == (200, text)
        assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/status", "/v1/kpis", "/metrics", "/openapi.json"])
def test_a_path_without_parameters_refuses_them(server, path):
    check_parameter_problem(server.get(path, params={"x": "1"}), "x", "1")


def families(server):
    answer = server.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def test_metrics_are_what_prometheus_reads(server):
    server.get("/v1/kpis/total-sales")
    found = families(server)
    assert found["kpi_http_requests"].type == "counter"
    assert found["kpi_http_request_duration_seconds"].type == "histogram"
    for family in found.values():
        assert family.documentation, family.name
        assert family.name.startswith(("kpi_", "process_"))


def test_metrics_count_requests_by_route_and_status(server):
    def count(route, status):
        samples = families(server)["kpi_http_requests"].samples
        return sum(s.value for s in samples if s.labels == {"route": route, "status": status})

    before = count("/v1/kpis/{name}", "200"), count("/v1/kpis/{name}", "404"), count("unknown", "404")
    for _ in range(3):
        server.get("/v1/kpis/total-sales")
    server.get("/v1/kpis/no-such-kpi")
    server.get("/no/such/path")
    after = count("/v1/kpis/{name}", "200"), count("/v1/kpis/{name}", "404"), count("unknown", "404")
    assert after == (before[0] + 3, before[1] + 1, before[2] + 1)


def test_histograms_of_metrics_add_up(server):
    counts, buckets = {}, {}
    for sample in families(server)["kpi_http_request_duration_seconds"].samples:
        if sample.name.endswith("_count"):
            counts[sample.labels["route"]] = sample.value
        elif sample.name.endswith("_bucket"):
            buckets.setdefault(sample.labels["route"], []).append((float(sample.labels["le"]), sample.value))
    for route, steps in buckets.items():
        assert steps == sorted(steps) and [n for _, n in steps] == sorted(n for _, n in steps)
        assert steps[-1] == (float("inf"), counts[route])
