"""pipelines/README.md, from which a stranger writes a KPI: it names all there is, and its example works as it stands."""

import json
import re
import shutil
import subprocess

import jsonschema
import requests

import harness

TEXT = (harness.PIPELINES / "README.md").read_text()
SCHEMA = json.loads((harness.ROOT / "openapi" / "kpi-definition.schema.json").read_text())
ROLLUP_SCHEMA = json.loads((harness.ROOT / "openapi" / "rollup.schema.json").read_text())
EXAMPLE, ROLLUP = re.findall(r"^```json\n(.*?)^```", TEXT, re.M | re.S)
NAME = re.search(r"`kpi/([a-z-]+)\.json`:", TEXT)[1]


def section(title):
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", TEXT, re.M | re.S)[1]


def rows(title):
    """The names in the first cells of a section's tables."""
    return {name for cell in re.findall(r"^\| ([^|]*)\|", section(title), re.M) for name in re.findall(r"`([^`]+)`", cell)}


def test_every_member_is_documented_and_no_other():
    assert rows("Members of a KPI") == set(SCHEMA["properties"])
    column = SCHEMA["$defs"]["column"]["properties"]
    assert rows("Columns") == {*column, *column["type"]["enum"]}
    assert set(SCHEMA["$defs"]["chart"]["properties"]) | set(SCHEMA["$defs"]["chart"]["properties"]["type"]["enum"]) <= set(
        re.findall(r"`([^`]+)`", section("Chart"))
    )


def test_every_parameter_and_variable_is_documented_and_no_other():
    assert rows("Parameters") == set(SCHEMA["properties"]["parameters"]["items"]["enum"])
    assert rows("Pipeline") == set(SCHEMA["$defs"]["variable"]["properties"]["$var"]["enum"])
    needs = next(line for line in section("Members of a KPI").splitlines() if line.startswith("| `needs`"))
    assert set(SCHEMA["properties"]["needs"]["items"]["enum"]) <= set(re.findall(r"`([^`]+)`", needs))


def test_every_member_of_the_other_files_is_documented():
    for name, file in {"Sources": "source.c", "Dimensions, checks of quality, tables": "menu.c quality_file.c star_file.c"}.items():
        for path in file.split():
            text = (harness.ROOT / "core" / path).read_text()
            for key in re.findall(r'\{"(\w+)", JSON_', text):
                assert f"`{key}`" in section(name), f"{path}: {key}"


def test_the_schema_is_served_for_editors(api):
    assert requests.get(f"{api}/docs/kpi-definition.schema.json", timeout=10).json() == SCHEMA


def test_every_member_of_a_rollup_is_documented_and_no_other():
    assert rows("A new rollup is one file") == {*ROLLUP_SCHEMA["properties"]} - {"$schema"}
    text = (harness.ROOT / "core" / "rollup.c").read_text()
    assert set(re.findall(r'\{"(\$?\w+)", JSON_', text)) == set(ROLLUP_SCHEMA["properties"])


def test_shipped_rollups_suit_their_schema(api):
    files = sorted((harness.PIPELINES / "rollup").glob("*.json"))
    assert files
    for path in files:
        jsonschema.validate(json.loads(path.read_text()), ROLLUP_SCHEMA, jsonschema.Draft202012Validator)
    assert requests.get(f"{api}/docs/rollup.schema.json", timeout=10).json() == ROLLUP_SCHEMA


def test_example_of_a_rollup_is_right_and_answers(engine_uri, new_database, sample, tmp_path):
    jsonschema.validate(json.loads(ROLLUP), ROLLUP_SCHEMA, jsonschema.Draft202012Validator)
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    name = re.search(r"`rollup/([a-z_]+)\.json`:", TEXT)[1]
    (pipelines / "kpi" / f"{NAME}.json").write_text(EXAMPLE)
    (pipelines / "rollup" / f"{name}.json").write_text(ROLLUP)
    command = [harness.BUILD / "kpi-server", "check", pipelines / "rollup" / f"{name}.json"]
    done = subprocess.run(command, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    database = new_database("rollup")
    harness.load(engine_uri, database, sample, options=["--pipelines", pipelines])
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        answer = server.get(f"/v1/kpis/{NAME}").json()
        other = server.get(f"/v1/kpis/{NAME}?region=West").json()
    assert answer["source"] == name and len(answer["data"]) > 1
    assert other["source"] == "order"


def test_every_shipped_kpi_has_a_group_that_is_named():
    named = next(line for line in section("Members of a KPI").splitlines() if line.startswith("| `group`"))
    assert {json.loads(path.read_text())["group"] for path in (harness.PIPELINES / "kpi").glob("*.json")} <= set(re.findall(r"`(\w+)`", named))


def test_example_is_right_and_answers(engine_uri, database, tmp_path):
    jsonschema.validate(json.loads(EXAMPLE), SCHEMA, jsonschema.Draft202012Validator)
    pipelines = shutil.copytree(harness.PIPELINES, tmp_path / "pipelines")
    path = pipelines / "kpi" / f"{NAME}.json"
    path.write_text(EXAMPLE)
    command = [harness.BUILD / "kpi-server", "check", "--uri", engine_uri, path]
    done = subprocess.run(command, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    with harness.Server(engine_uri, database, pipelines=pipelines) as server:
        request = re.search(r"curl 'http://127.0.0.1:8080(/v1/kpis/[^']+)'", TEXT)[1]
        answer = server.get(request).json()
        assert answer["source"] == "order" and len(answer["data"]) > 1
        rates = [row["freight_rate"] for row in answer["data"]]
        assert rates == sorted(rates, reverse=True)
        of_lines = server.get(request, params={"category": "Furniture"}).json()
        assert of_lines["source"] == "line"
        whole = server.get("/v1/kpis/total-sales?from=2024&region=West").json()["data"][0]["sales"]
        assert round(sum(row["sales"] for row in answer["data"]) - whole, 4) == 0
