"""What tests of several folders share: an engine, a sample that is loaded into a database, a server that serves it."""

import os
import shutil
import subprocess

import pymongo
import pytest

import harness


@pytest.fixture(scope="session")
def engine_uri(tmp_path_factory):
    """The URI of a running engine: that of KPI_TEST_URI, or one that is started for this run and stopped after it."""
    if uri := os.environ.get("KPI_TEST_URI"):
        yield uri
        return
    engine, folder = harness.ROOT / "engine" / "engine", tmp_path_factory.mktemp("engine")
    start = subprocess.run([engine, "start", folder], stdout=subprocess.PIPE, text=True, timeout=900)
    try:
        assert start.returncode == 0, "the engine does not start; it said why above"
        yield start.stdout.strip()
    finally:
        subprocess.run([engine, "stop", folder], timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mongo(engine_uri):
    with pymongo.MongoClient(engine_uri, serverSelectionTimeoutMS=10_000) as client:
        yield client


@pytest.fixture(scope="session")
def new_database(mongo):
    """Gives names of databases that no other run uses. They are dropped when the session ends."""
    names = []

    def new(purpose):
        names.append(f"kpi_test_{os.getpid()}_{len(names)}_{purpose}")
        return names[-1]

    yield new
    for name in names:
        mongo.drop_database(name)


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """A folder of CSV files in the native layout: seed 1, 2000 orders."""
    return harness.generate(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def database(engine_uri, new_database, sample):
    """The name of a database that the sample is loaded into. For reading only."""
    name = new_database("sample")
    harness.load(engine_uri, name, sample, variables=harness.WHOLE)
    return name


@pytest.fixture(scope="session")
def server(engine_uri, database):
    """A kpi-server that serves that database."""
    with harness.Server(engine_uri, database) as running:
        yield running


@pytest.fixture(scope="session")
def api(server):
    """The base URL of that kpi-server."""
    return server.url
