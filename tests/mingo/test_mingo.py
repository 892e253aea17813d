"""Every KPI's pipeline, bound as the server sends it, run by mingo over the same documents: what two implementations that share
nothing agree on, MongoDB's own does too.

mingo computes with doubles. Counts, texts, days and flags must be equal, other numbers to 9 digits. A number that was rounded may differ in
its last place where the exact one lies in the middle: then it must lie within half of that place of what mingo has without rounding."""

import itertools
import json
import subprocess

import pytest
from bson import json_util

import harness

ROLLUPS = sorted(path.stem for path in (harness.PIPELINES / "rollup").glob("*.json"))
COLLECTIONS = "orders customers products locations sellers meta".split() + ROLLUPS
LAST_PLACE = {"money": 0.01, "ratio": 0.000001, "number": 0.000001}


def requests_of(kpi, server):
    """What is asked of each KPI, as far as it takes it."""
    top = lambda of: server.get(f"/v1/kpis/sales-by-{of}?limit=1").json()["data"][0][of]
    wanted = [
        {},
        {"from": "2023-02-10", "to": "2024-01-20"},
        {"category": top("category")},
        {"region": top("region"), "from": "2023"},
        {"product": top("product")},
        {"status": "returned"},
        {"customer": top("customer")},
        {"as_of": "2023-08-17"},
        {"from": "1999", "to": "1999"},
        *({"granularity": granularity} for granularity in ("week", "quarter", "year")),
    ]
    for request in wanted:
        if set(request) <= set(kpi["parameters"]):
            yield request | ({"limit": 10000} if "limit" in kpi["parameters"] else {})


@pytest.fixture(scope="module")
def shop(engine_uri, new_database, tmp_path_factory):
    """A small one: mingo is thorough and slow."""
    name = new_database("mingo")
    harness.load(engine_uri, name, harness.generate(tmp_path_factory.mktemp("mingo"), orders=500, seed=5))
    return name


@pytest.fixture(scope="module")
def servers(engine_uri, shop):
    """One that answers from the orders, one that answers from rollups where it may."""
    with harness.Server(engine_uri, shop, "--sources", "order,item,line") as orders, harness.Server(engine_uri, shop) as rollups:
        yield orders, rollups


@pytest.fixture(scope="module")
def run(mongo, shop):
    """Runs explained pipelines: for each its rows, or what mingo says of it."""
    documents = {name: list(mongo[shop][name].find()) for name in COLLECTIONS}
    command = ["node", harness.ROOT / "tests" / "mingo" / "run.mjs"]

    def run(explained):
        pipelines = [{name: each[name] for name in ("collection", "pipeline")} for each in explained]
        text = json_util.dumps({"collections": documents, "pipelines": pipelines}, json_options=json_util.RELAXED_JSON_OPTIONS)
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.fixture(scope="module")
def asked(servers, run):
    """For each request: the KPI, the answer from the orders and that from a rollup, if there is one, and what mingo has."""
    answers = []
    for kpi in servers[0].get("/v1/kpis").json()["data"]:
        kpi["defaults"] = json.loads((harness.PIPELINES / "kpi" / f"{kpi['name']}.json").read_text()).get("defaults", {})
        for request, server in itertools.product(requests_of(kpi, servers[0]), servers):
            answer = server.get(f"/v1/kpis/{kpi['name']}", params=request | {"explain": "true"})
            assert answer.status_code == 200, answer.text
            if server is servers[0] or answer.json()["source"] in ROLLUPS:
                answers.append((kpi, request, answer.json()))
    results = run([answer["explain"] for _, _, answer in answers])
    assert len(results) == len(answers)
    return [(*answer, result) for answer, result in zip(answers, results)]


def unrounded(value):
    """A pipeline without $round."""
    if isinstance(value, list):
        return [unrounded(member) for member in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$round"}:
        inner = value["$round"]
        return unrounded(inner[0] if isinstance(inner, list) else inner)
    return {key: unrounded(member) for key, member in value.items()}


def rendered(value, kind):
    """A value of mingo as the server writes it."""
    if isinstance(value, dict) and "$date" in value:
        return value["$date"][:10] if kind == "day" else value["$date"].replace(".000Z", "Z")
    return value


class Comparison:
    """Of the rows of one request."""

    def __init__(self, kpi, request):
        self.where = f"{kpi['name']} {request}"
        self.columns = {column["name"]: column for column in kpi["columns"]}
        self.keys = [name for name, column in self.columns.items() if column.get("key")]
        self.sort = kpi["defaults"].get("sort", "").lstrip("-")
        self.differences = []
        self.last_places = []  # key, column and value of numbers that differ in their last place only

    def key(self, row):
        return tuple(rendered(row.get(name), self.columns[name]["type"]) for name in self.keys)

    def value(self, name, want, have, place):
        """Whether the two are the same, or differ in the last place of a rounded number, which is noted."""
        kind = self.columns[name]["type"]
        have = rendered(have, kind)
        if want is None or have is None or kind not in LAST_PLACE:
            same = want == have
        else:
            same = abs(want - have) <= 1e-9 * max(abs(want), abs(have), 1e-3)
            if not same and abs(want - have) <= 1.001 * LAST_PLACE[kind]:
                self.last_places.append((place, name, want))
                same = True
        if not same:
            self.differences.append(f"{self.where} {place}: {name} is {want}, mingo has {have}")

    def rows(self, want, have):
        if len(want) != len(have):
            self.differences.append(f"{self.where}: {len(want)} rows, mingo has {len(have)}")
            return
        by_key = {self.key(row): row for row in have}
        for row in want:
            other = by_key.get(self.key(row))
            if other is None:
                self.differences.append(f"{self.where}: mingo has no row {self.key(row)}")
                continue
            for name in self.columns:
                self.value(name, row[name], other.get(name), self.key(row))
        if self.sort in self.columns:
            found = len(self.last_places)
            for number, (row, other) in enumerate(zip(want, have)):
                self.value(self.sort, row[self.sort], other.get(self.sort), f"row {number}")
            del self.last_places[found:]

    def settle(self, have):
        """Holds what differs in its last place to the rows that were not rounded."""
        by_key = {self.key(row): row for row in have}
        for key, name, want in self.last_places:
            exact = by_key.get(key, {}).get(name)
            half = LAST_PLACE[self.columns[name]["type"]] / 2
            if exact is None or abs(want - exact) > half + 1e-9 * max(abs(want), abs(exact)):
                self.differences.append(f"{self.where} {key}: {name} is {want}, mingo has {exact} before it is rounded")


def test_every_kpi_agrees(asked, run):
    failures, unsettled = [], []
    for kpi, request, answer, result in asked:
        if "error" in result:
            failures.append(f"{kpi['name']} {request}: mingo: {result['error']}")
            continue
        comparison = Comparison(kpi, request)
        # Of nothing a pipeline gives no row, and the server says the row of nothing.
        want = answer["data"] if result["rows"] or "limit" in kpi["parameters"] else []
        comparison.rows(want, result["rows"])
        failures += comparison.differences[:3]
        if comparison.last_places:
            unsettled.append((comparison, answer["explain"]))
    exact = run([explained | {"pipeline": unrounded(explained["pipeline"])} for _, explained in unsettled])
    for (comparison, _), result in zip(unsettled, exact):
        comparison.differences.clear()
        comparison.settle(result["rows"])
        failures += comparison.differences[:3]
    assert not failures, "\n".join(failures)


def test_there_is_something_to_compare(asked):
    kpis = {kpi["name"] for kpi, *_ in asked}
    assert kpis == {path.stem for path in (harness.PIPELINES / "kpi").glob("*.json")}
    full = {kpi["name"] for kpi, _, answer, _ in asked if answer["data"]}
    assert full == kpis
    assert {answer["source"] for _, _, answer, _ in asked} >= {"order", "line", "sales_by_day", "sales_by_month_product", "customer_activity"}


def test_a_difference_would_be_seen():
    """The comparison itself: a wrong number, a rounded one, a missing row, another order."""
    columns = [{"name": "a", "type": "string", "key": True}, {"name": "m", "type": "money"}, {"name": "n", "type": "count"}, {"name": "d", "type": "day"}]
    kpi = {"name": "k", "defaults": {"sort": "-m"}, "columns": columns}
    rows = [{"a": "x", "m": 2.5, "n": 3, "d": "2024-01-02"}, {"a": "y", "m": 1.5, "n": 3, "d": None}]
    good = [rows[0] | {"d": {"$date": "2024-01-02T00:00:00.000Z"}}, dict(rows[1])]

    def differences(have, exact=()):
        comparison = Comparison(kpi, {})
        comparison.rows(rows, have)
        comparison.settle(exact)
        return len(comparison.differences)

    assert differences(good) == 0
    assert differences([good[0] | {"m": 2.5 + 1e-12}, good[1]]) == 0
    rounded = [good[0] | {"m": 2.51}, good[1]]
    assert differences(rounded, [good[0] | {"m": 2.504999}, good[1]]) == 0
    assert differences(rounded, [good[0] | {"m": 2.506}, good[1]]) == 1
    assert differences([good[0] | {"m": 2.6}, good[1]]) > 0
    assert differences([good[0] | {"n": 4}, good[1]]) > 0
    assert differences([good[0], good[1] | {"m": None}]) > 0
    assert differences([good[0] | {"d": None}, good[1]]) > 0
    assert differences(good[:1]) > 0
    assert differences(good[::-1]) > 0
    assert unrounded({"a": [{"$round": [{"$divide": [1, {"$round": "$b"}]}, 2]}]}) == {"a": [{"$divide": [1, "$b"]}]}
