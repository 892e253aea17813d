"""What kpi-server asks of its database: nothing that takes more than the right to read it."""

import json
import time

import pytest

import harness
from wiretap import Wiretap

# Commands that read, and those that a driver needs to find out whom it talks to. All of them are granted by the built-in
# role `read` on the database, or need no privilege at all: hello, isMaster, ping, buildInfo, and endSessions of one's own.
READS = {"find", "aggregate", "getMore", "killCursors"}
ASKS = {"hello", "isMaster", "ismaster", "ping", "buildInfo", "endSessions"}
WRITING_STAGES = {"$out", "$merge"}


def stages_in(value):
    """Every name of an operator or stage in a command, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.startswith("$"):
                yield name
            yield from stages_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from stages_in(inner)


@pytest.fixture(scope="module")
def commands(engine_uri, database):
    """What is sent while every path is asked for in every form, over all of its KPIs."""
    tap = Wiretap(engine_uri)
    with harness.Server(tap.uri, database, "--cache-mb", "0") as server:
        kpis = server.get("/v1/kpis").json()["data"]
        for kpi in kpis:
            path = f"/v1/kpis/{kpi['name']}"
            asked = ["", "?format=csv", "?format=ndjson", "?explain=true"]
            if "from" in kpi["parameters"]:
                asked += ["?from=2023-01-15&to=2024-02-03", "?from=2024-02&to=2024-03&compare=previous-year"]
            for query in asked:
                answer = server.get(path + query)
                assert answer.status_code in (200, 400), f"{path}{query}: {answer.text[:200]}"
        dimensions = json.loads(server.get("/openapi.json").text)["components"]["schemas"]["DimensionName"]["enum"]
        others = [f"/v1/dimensions/{name}?q=a" for name in dimensions]
        others += ["/v1/status", "/v1/data-quality", f"/v1/analyses?kpi={kpis[0]['name']}", "/readyz", "/metrics"]
        for path in others:
            assert server.get(path).status_code in (200, 404), path
        time.sleep(1.5)  # the looks at the state of the data
    tap.close()
    assert len(tap.commands) > 4 * len(kpis)
    return tap.commands


def test_the_server_sends_commands_that_read_and_no_other(commands):
    names = {next(iter(command)) for command in commands}
    assert names <= READS | ASKS, names - READS - ASKS
    assert {"find", "aggregate"} <= names


def test_no_pipeline_writes_or_runs_code(commands):
    found = set().union(*(stages_in(command) for command in commands))
    assert "$match" in found
    assert not found & WRITING_STAGES
    assert not found & {"$where", "$function", "$accumulator"}


def test_it_reads_its_own_database_and_no_other(commands, database):
    for command in commands:
        if next(iter(command)) in READS:
            assert command["$db"] == database
            for stage in command.get("pipeline", []):
                # Another database would be {"db": …, "coll": …}.
                assert isinstance(stage.get("$lookup", {}).get("from", ""), str)


def test_what_it_reads_are_collections_by_name(commands):
    """The resource of a role can be the database, or as tight as these collections."""
    for command in commands:
        name = next(iter(command))
        if name in ("find", "aggregate"):
            assert isinstance(command[name], str) and not command[name].startswith("system.")


# All of what the built-in role readWrite on the database grants, and hello and the like.
WRITES = {"insert", "update", "delete", "findAndModify", "findandmodify", "create", "drop", "createIndexes", "dropIndexes",
          "listIndexes", "listCollections", "renameCollection", "collMod", "count", "distinct", "collStats", "dbStats"}


def test_the_loader_writes_its_own_database_and_administers_nothing(engine_uri, new_database, sample):
    tap, name = Wiretap(engine_uri), new_database("tapped")
    for options in (["--star", "on"], ["--reload"], ["--replace", "--star", "on"]):
        harness.load(tap.uri, name, sample, options=options, variables=harness.WHOLE)
    tap.close()
    sent = {next(iter(command)) for command in tap.commands}
    assert "insert" in sent or "update" in sent
    assert sent <= READS | ASKS | WRITES, sent - READS - ASKS - WRITES
    for command in tap.commands:
        first = next(iter(command))
        if first == "renameCollection":  # which is sent to admin with whole names
            assert all(command[end].startswith(f"{name}.") for end in ("renameCollection", "to"))
        elif first in READS | WRITES:
            assert command["$db"] == name, command
