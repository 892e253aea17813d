"""What the programs make of the URI of the database: from a file, and never read from several members of a set."""

import subprocess

import pytest

import harness


def run(program, *arguments, **variables):
    return subprocess.run(
        [harness.BUILD / program, *arguments], cwd=harness.ROOT, env=harness.environment(**variables), capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("program", ["kpi-server", "kpi-load"])
@pytest.mark.parametrize("mode", ["secondary", "nearest", "primaryPreferred", "secondaryPreferred"])
def test_reading_from_whichever_member_is_refused(program, mode, sample):
    """It would keep answers from a member that is behind as those of the newest data."""
    more = [sample] if program == "kpi-load" else ["--listen", "127.0.0.1:0"]
    done = run(program, "--uri", f"mongodb://a:secret@127.0.0.1:1,127.0.0.1:2/?replicaSet=x&readPreference={mode}", *more)
    assert done.returncode == 1
    assert f"readPreference={mode}" in done.stderr and "directConnection=true" in done.stderr
    assert "secret" not in done.stderr


def test_an_option_without_a_value_is_said_and_not_shown(sample):
    done = run("kpi-load", "--uri", "mongodb://127.0.0.1:1/?appName=a&secret", sample)
    assert (done.returncode, "no NAME=VALUE" in done.stderr, "secret" in done.stderr) == (1, True, False)


@pytest.mark.parametrize("size", [0, 1, 2])
def test_fewer_connections_than_a_load_needs_are_refused_at_once(engine_uri, new_database, sample, size):
    """One for the lock and two that write: waiting for one that never comes free would end with a word about trying again."""
    done = run("kpi-load", "--uri", pool_of(engine_uri, size), "--db", new_database("pool"), sample)
    assert done.returncode == 1
    assert "maxPoolSize" in done.stderr and "3 connections" in done.stderr and "again" not in done.stderr, done.stderr


def test_as_many_connections_as_a_load_needs_are_enough(engine_uri, new_database, sample):
    """Also for what is computed side by side, checks of quality and rollups."""
    done = run("kpi-load", "--uri", pool_of(engine_uri, 3), "--db", new_database("pool"), sample, **harness.WHOLE)
    assert done.returncode == 0, done.stderr


def pool_of(uri, size):
    return f"{uri}{'&' if '?' in uri else '?'}maxPoolSize={size}"


def test_the_server_serves_with_a_uri_from_a_file(engine_uri, database, tmp_path):
    path = tmp_path / "uri"
    path.write_text(engine_uri + "\n")
    with harness.Server("mongodb://127.0.0.1:1/", database, "--uri-file", path) as server:
        assert server.get("/readyz").status_code == 200


def test_the_loader_loads_with_a_uri_from_a_file(engine_uri, new_database, sample, tmp_path):
    path = tmp_path / "uri"
    path.write_text(engine_uri)
    done = run("kpi-load", "--db", new_database("uri"), sample, MONGODB_URI_FILE=str(path), **harness.QUICK)
    assert done.returncode == 0, done.stderr


def test_a_single_member_may_be_any(engine_uri, database):
    uri = engine_uri + ("&" if "?" in engine_uri else "?") + "directConnection=true&readPreference=secondaryPreferred"
    with harness.Server(uri, database) as server:
        assert server.get("/v1/kpis/total-sales").status_code == 200
