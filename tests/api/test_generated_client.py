"""A client that is generated from /openapi.json calls every KPI, and understands what it gets."""

import importlib
import pkgutil
import subprocess
import sys

import pytest
import requests

import harness


@pytest.fixture(scope="module")
def client(api, tmp_path_factory):
    """The generated package."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(requests.get(f"{api}/openapi.json", timeout=10).text)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--path", "openapi.json"]
    done = subprocess.run([*command, "--output-path", "kpi_client"], cwd=folder, env=harness.environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Unable to process" not in done.stdout and "WARNING parsing" not in done.stdout, done.stdout
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("kpi_client")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def operations(client):
    """{operation: its module}"""
    api = importlib.import_module("kpi_client.api")
    found = pkgutil.walk_packages(api.__path__, "kpi_client.api.")
    return {module.name.rpartition(".")[2]: importlib.import_module(module.name) for module in found if not module.ispkg}


def test_every_kpi_is_called_and_its_answer_understood(api, client, operations):
    with client.Client(base_url=api, timeout=60) as connection:
        catalogue = operations["list_kpis"].sync(client=connection)
        assert catalogue.data
        for kpi in catalogue.data:
            call = operations[kpi.name.replace("-", "_")].sync_detailed
            plain = requests.get(f"{api}/v1/kpis/{kpi.name}?from=2024&explain=true", timeout=60).json()
            answer = call(client=connection, from_="2024", explain=True)
            assert answer.status_code == 200, kpi.name
            assert [row.to_dict() for row in answer.parsed.data] == plain["data"], kpi.name
            assert answer.parsed.explain.source == plain["source"]


def test_a_problem_is_understood_too(api, client, operations):
    with client.Client(base_url=api, timeout=60) as connection:
        answer = operations["total_sales"].sync_detailed(client=connection, from_="soon")
        assert answer.status_code == 400 and answer.parsed.parameter == "from"
