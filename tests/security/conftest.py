"""A server that asks for keys, for tests that change nothing of it."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "api"))  # gauges, raw

from keyring import guard  # noqa: E402


@pytest.fixture(scope="module")
def guarded(engine_uri, database, tmp_path_factory):
    made = guard(engine_uri, database, tmp_path_factory.mktemp("keys"))
    with made.server:
        yield made
