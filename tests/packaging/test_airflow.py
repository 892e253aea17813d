"""examples/airflow/kpi_load_dag.py. Airflow itself is too large to install for one example: the file is compiled, and the commands
of its steps, which are constants, are run as Airflow runs them, by bash with the real kpi-load."""

import ast
import os
import subprocess

import pytest

import harness

DAG = harness.ROOT / "examples" / "airflow" / "kpi_load_dag.py"


def constants():
    """What the file assigns to names in capitals."""
    found = {}
    for node in ast.parse(DAG.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id.isupper():
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


@pytest.fixture
def step(engine_uri, new_database, tmp_path):
    """Runs a step over a folder, in the worker's environment."""
    database = new_database("airflow")

    def run(name, csv, **more):
        path = f"{harness.BUILD}:{os.environ['PATH']}"
        variables = harness.environment(
            MONGODB_URI=engine_uri, KPI_DB=database, PATH=path, CSV=str(csv), REJECTS=str(tmp_path / "rejects.csv"), **more
        )
        # stdout and stderr are one for Airflow, and the last line is what goes to the next step.
        return subprocess.run(
            ["bash", "-c", constants()[name]],
            cwd=harness.ROOT, env=variables, text=True, errors="replace", timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    return run


def last_line(done):
    return done.stdout.splitlines()[-1]


def test_it_compiles_and_holds_no_credentials():
    compile(DAG.read_text(), DAG.name, "exec")
    assert "mongodb://" not in DAG.read_text()
    assert constants().keys() >= {"CSV", "REJECTS", "CHECK", "LOAD", "REPORT"}


def test_good_files_go_through(step, mongo, sample):
    assert step("CHECK", sample).returncode == 0
    done = step("LOAD", sample)
    assert (done.returncode, last_line(done)) == (0, "all"), done.stdout
    assert step("REPORT", sample, LOADED="all").returncode == 99  # which Airflow calls skipped


@pytest.fixture
def dirty(tmp_path):
    """Few enough rows that are rejected for the limit of the steps."""
    return harness.generate(tmp_path / "dirty", orders=5000, options=["--dirty"])


def test_rejected_rows_are_loaded_around_and_reported(step, dirty):
    assert step("CHECK", dirty).returncode == 0
    done = step("LOAD", dirty)
    assert (done.returncode, last_line(done)) == (0, "some"), done.stdout
    done = step("REPORT", dirty, LOADED="some")
    assert done.returncode == 1 and len(done.stdout.splitlines()) > 2, done.stdout


def test_a_load_that_fails_fails_its_step(step, tmp_path):
    assert step("CHECK", tmp_path / "nothing").returncode == 1
    assert step("LOAD", tmp_path / "nothing").returncode not in (0, 3, 99)
