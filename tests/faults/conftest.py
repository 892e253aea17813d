"""What the tests of faults share. FAULTS=long (`make faults`) runs them at length and writes tests/RELIABILITY.md."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))  # gate, gauges, problems, raw

import reliability  # noqa: E402
from own_engine import OwnEngine  # noqa: E402


@pytest.fixture(scope="session")
def much():
    """Of two amounts, that of the form that runs: much(short, long)."""
    return lambda short, long: long if reliability.LONG else short


@pytest.fixture
def record(request, mongo):
    """Writes a row of figures, when the test has got that far: record(fault, how much, what came of it). The module's SECTION says where."""
    section = getattr(request.module, "SECTION", "Faults of the server")
    return lambda fault, how_much, result: reliability.record(section, fault, how_much, result, mongo)


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory):
    """An engine that may be killed: of nobody else."""
    engine = OwnEngine(tmp_path_factory.mktemp("own") / "e")
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def soak_seconds(much):
    return float(os.environ.get("SOAK_SECONDS") or much(15, 600))
