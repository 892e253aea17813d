"""README.md tells the truth: its tables are those of the definitions and programs, its examples answer what it says."""

import json
import re
import subprocess
import sys

import pytest

import harness

README = (harness.ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^\$ curl 'http://127\.0\.0\.1:8080(/[^']*)'\n(.*?)\n```", README, re.M | re.S)


def test_tables_are_up_to_date():
    done = subprocess.run([sys.executable, harness.ROOT / "tools/readme", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def first_run(engine_uri, new_database, tmp_path_factory):
    """What a fresh `make run` serves."""
    orders = int(re.search(r"ORDERS:-(\d+)", (harness.ROOT / "tools/run").read_text())[1])
    database = new_database("readme")
    harness.load(engine_uri, database, harness.generate(tmp_path_factory.mktemp("readme"), orders=orders))
    with harness.Server(engine_uri, database) as server:
        yield server


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("path, answer", EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_example_is_answered_as_it_says(first_run, path, answer):
    def without_time(text):
        return {key: value for key, value in json.loads(text, parse_float=str).items() if key != "computed_at"}

    real = first_run.get(path).text
    if answer.startswith("{"):
        assert without_time(real) == without_time(answer)
    else:
        assert real.splitlines() == answer.splitlines()


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_what_is_linked_is_there(target):
    file, _, heading = target.partition("#")
    assert (harness.ROOT / file).is_file()
    text = (harness.ROOT / file).read_text() if heading else ""
    anchors = [re.sub(r"[^\w -]", "", line.lstrip("#").strip().lower()).replace(" ", "-") for line in text.split("\n") if line.startswith("#")]
    assert not heading or heading in anchors


DEPLOYMENT = harness.ROOT / "docs" / "deployment.md"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", DEPLOYMENT.read_text()))))
def test_what_the_deployment_links_is_there(target):
    assert (DEPLOYMENT.parent / target).is_file()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b(?:KPI|MONGODB)_[A-Z_]+\b", DEPLOYMENT.read_text()))))
def test_variables_of_the_deployment_are_those_of_the_programs(name):
    known = [subprocess.run([harness.BUILD / program, "--help"], capture_output=True, text=True).stdout for program in ("kpi-server", "kpi-load")]
    assert any(f"${name}" in text for text in known)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[a-z]+/)+)`", README))))
def test_folder_that_is_named_is_there(path):
    parents = [harness.ROOT, harness.ROOT / "tests", harness.ROOT / "pipelines"]
    assert any((parent / path).is_dir() for parent in parents)


SECURITY = (harness.ROOT / "SECURITY.md").read_text()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:[a-z]+/)+(?:test_\w+\.(?:py|c))?)`", SECURITY))))
def test_the_test_of_a_promise_is_there(path):
    assert (harness.ROOT / "tests" / path).exists() or (harness.ROOT / path).exists()


OPERATIONS = (harness.ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", OPERATIONS))))
def test_what_the_page_on_operations_links_is_there(target):
    assert (harness.ROOT / "docs" / target).is_file()
