"""What deploy/ has for Grafana and Prometheus uses metrics that there are, and is what these programs read."""

import json
import re
import shutil
import subprocess

import promql_parser
import pytest
import yaml

import harness
from metrics_lint import parse

DEPLOY = harness.ROOT / "deploy"
DASHBOARD = DEPLOY / "grafana" / "kpi-server.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
WORDS = set(
    "sum min max avg rate increase changes time vector on by or and unless topk histogram_quantile label_values "
    "group_left group_right without bool offset ignoring".split()
)
PROMETHEUS_OWN = {"up"}


def dashboard():
    return json.loads(DASHBOARD.read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def expressions():
    board = dashboard()
    yield from (target["expr"] for panel in panels() for target in panel["targets"])
    yield from (note["expr"] for note in board["annotations"]["list"])
    yield from (variable["definition"] for variable in board["templating"]["list"] if variable["type"] == "query")
    yield from (rule["expr"] for rule in rules())


def as_prometheus_gets_it(expression):
    """Grafana puts its variables in, and asks by label_values() itself: for the values of a label of what stands in it."""
    asked = re.fullmatch(r"label_values\((.*),\s*\w+\)", expression)
    return (asked[1] if asked else expression).replace("$__rate_interval", "5m")


def parsed(expression):
    try:
        return promql_parser.parse(as_prometheus_gets_it(expression))
    except ValueError as error:
        raise AssertionError(f"{expression}: {error}") from None


def test_prometheus_can_read_every_expression():
    assert len([parsed(expression) for expression in expressions()]) > 50


def names_of(expression):
    """The metrics that an expression names: what is neither a function, nor a label, nor a text."""
    bare = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"label_values\(([^,]*),\s*\w+\)", r"\1", bare)
    return set(re.findall(r"[a-zA-Z_]\w*", bare)) - WORDS


def selected_by(node):
    """The metrics that a parsed expression selects."""
    if isinstance(node, promql_parser.VectorSelector):
        return {node.name}
    parts = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vector_selector", "param")] + list(getattr(node, "args", None) or [])
    return set().union(*(selected_by(part) for part in parts if part is not None))


def labels_of(expression):
    """Pairs of a metric and a label that it is chosen by."""
    for name, chosen in re.findall(r"([a-zA-Z_]\w*)\{([^}]*)\}", expression):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"(\\.|[^"\\])*"', '""', chosen)):
            yield name, label


@pytest.fixture(scope="module")
def families(server):
    server.get("/v1/kpis/total-sales")
    server.get("/v1/kpis/sales-by-region?format=csv")
    return parse(server.get("/metrics").text)


@pytest.fixture(scope="module")
def known(families):
    """Every name that a sample may have."""
    names = set(PROMETHEUS_OWN)
    for family in families:
        suffixes = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
        names |= {family.name + suffix for suffix in suffixes}
    return names


def test_expressions_name_only_metrics_that_there_are(known):
    used = set().union(*map(names_of, expressions()))
    assert len(used) > 30  # they were found at all
    assert used <= known
    selected = set().union(*(selected_by(parsed(expression)) for expression in expressions()))
    assert selected == used, "as the parser sees it too"


def test_expressions_choose_by_labels_that_there_are(families):
    own = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    wrong = [
        (name, label)
        for expression in expressions()
        for name, label in labels_of(expression)
        if label not in own.get(name, set()) | {"job", "instance"}
    ]
    assert not wrong


def test_counters_are_read_as_rates_and_gauges_are_not(families):
    counters = {f.name for f in families if f.type == "counter"} | {
        f.name + s for f in families if f.type == "histogram" for s in ("_bucket", "_sum", "_count")
    }
    for expression in expressions():
        if expression.startswith("label_values"):
            continue
        rated = set(re.findall(r"\b(?:rate|increase)\((\w+)", expression))
        assert rated <= counters, expression
        assert names_of(expression) & counters <= rated, expression


def test_panels_have_ids_and_places_of_their_own():
    every = dashboard()["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken = set()
    for panel in every:
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        assert grid["x"] + grid["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert all(panel["targets"] and panel["title"] for panel in panels())


def test_alerts_say_what_is_wrong_and_how_bad_it_is():
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule["alert"]
        assert rule["annotations"]["summary"] and rule["annotations"]["description"].endswith((".", "?")), rule["alert"]


def test_the_manual_names_every_alert():
    text = (harness.ROOT / "docs" / "operations.md").read_text()
    missing = [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in text]
    assert not missing


def test_servers_of_several_databases_are_looked_at_shop_by_shop():
    """What is compared between servers is so within a shop: another shop has other data."""
    between = [rule for rule in rules() if re.search(r"\b(min|max)\b", rule["expr"])]
    assert {"KpiDataOld", "KpiDataDiffers"} <= {rule["alert"] for rule in between}
    for rule in between:
        groups = re.findall(r"\b(?:min|max)\b\s*(?:by\s*\(([^)]*)\))?", rule["expr"])
        assert all(group == "job, shop" for group in groups), rule["alert"]
    example = (DEPLOY / "prometheus" / "prometheus.yml").read_text().replace("      # -", "      -").replace("      #   ", "        ")
    targets = yaml.safe_load(example)["scrape_configs"][0]["static_configs"]
    assert targets[1]["labels"] == {"shop": "paris"}, "the example is right where it is taken over"


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_accepts_rules_configuration_and_metrics(server):
    for command in (["check", "rules", ALERTS], ["check", "config", DEPLOY / "prometheus" / "prometheus.yml"]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    metrics = server.get("/metrics").text
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
