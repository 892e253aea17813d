"""What the tests of kpi-load share: an empty database, and what loads into it."""

import pathlib
import shutil

import pytest

import harness


@pytest.fixture
def anew(engine_uri, mongo, new_database):
    """anew(): another empty database, and what loads into it. What a killed load has on its way to one is not done when that is dropped."""

    def make():
        name = new_database("load")
        return mongo[name], lambda *paths, **more: harness.load(engine_uri, name, *paths, **more)

    return make


@pytest.fixture
def target(mongo, new_database):
    """An empty database."""
    name = new_database("load")
    yield mongo[name]
    mongo.drop_database(name)


@pytest.fixture
def load(engine_uri, target):
    """Loads into that database and returns the finished process."""
    return lambda *paths, **more: harness.load(engine_uri, target.name, *paths, **more)


@pytest.fixture
def copy(sample, tmp_path):
    """The sample in a folder of this test's own."""
    return pathlib.Path(shutil.copytree(sample, tmp_path / "copy"))
