"""What the tests of kept answers share: counting pipelines and hits, and KPIs that take their time."""

import json
import re
import shutil
import time

import harness

HIT = "kpi-server; hit"
LONG = {"$reduce": {"input": {"$range": [0, 4_000_000]}, "initialValue": 0, "in": {"$add": ["$$value", 0]}}}


def metric(server, name, **labels):
    """The value of a metric; 0 where it has not been counted yet."""
    text = server.get("/metrics").text
    wanted = "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else ""
    found = re.search(rf"^{name}{re.escape(wanted)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0


def runs(server, kpi):
    """How often the KPI's pipeline was run."""
    return metric(server, "kpi_pipeline_seconds_count", kpi=kpi)


def is_hit(answer):
    return answer.headers.get("Cache-Status") == HIT


def until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def with_slow_kpi(folder):
    """The shipped definitions and `slow`, which counts orders and takes about a second."""
    pipelines = shutil.copytree(harness.PIPELINES, folder / "pipelines")
    slow = json.loads((pipelines / "kpi/order-count.json").read_text())
    slow["pipeline"] = [
        {"$match": {"$var": "filter"}},
        {"$group": {"_id": None, "orders": {"$sum": "$orders"}}},
        {"$project": {"_id": 0, "orders": {"$add": ["$orders", LONG]}}},
    ]
    (pipelines / "kpi/slow.json").write_text(json.dumps(slow))
    return pipelines
