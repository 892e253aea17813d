"""Which addresses a server listens on."""

import re
import signal
import subprocess

import pytest

import harness
import keyring


def start(engine_uri, database, *options, **variables):
    """A server that is told to end as soon as it serves; its exit status and what it said."""
    command = [harness.BUILD / "kpi-server", "--uri", engine_uri, "--db", database, *options]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(**variables), stderr=subprocess.PIPE, text=True)
    said = []
    for line in process.stderr:
        said.append(line)
        if re.search(r"msg=\"?serving", line):
            process.send_signal(signal.SIGTERM)
    return process.wait(20), "".join(said)


# Every address of a reserved network that nobody has (RFC 5737) would fail to be bound; it is refused before that.
@pytest.mark.parametrize("address", ["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"])
def test_an_address_that_others_reach_is_refused_with_the_remedies(engine_uri, database, address):
    status, said = start(engine_uri, database, "--listen", address)
    assert status == 1
    for remedy in ("key add", "--keys", "--public", "127.0.0.1", address):
        assert remedy in said


def test_a_file_without_a_key_is_not_enough(engine_uri, database, tmp_path):
    (tmp_path / "keys").touch(0o600)
    status, said = start(engine_uri, database, "--listen", "192.0.2.1:0", "--keys", str(tmp_path / "keys"))
    assert status == 1 and "key add" in said


# Bound to an address of this machine's loopback only, through a name that the rule does not take for one: what is
# proved is that the rule lets it pass, as the bind is what fails then.
@pytest.mark.parametrize("options", [["--public"], None])
def test_with_a_key_or_said_to_be_public_it_is_tried(engine_uri, database, tmp_path, options):
    if options is None:
        keyring.add(tmp_path / "keys", "one")
        options = ["--keys", str(tmp_path / "keys")]
    status, said = start(engine_uri, database, "--listen", "192.0.2.1:0", *options)
    assert status == 1 and "cannot listen on 192.0.2.1:0: Cannot assign requested address" in said


@pytest.mark.parametrize("value, passes", [("1", True), ("true", True), ("0", False), ("no", False)])
def test_the_variable_says_yes_or_no(engine_uri, database, value, passes):
    _, said = start(engine_uri, database, "--listen", "192.0.2.1:0", KPI_PUBLIC=value)
    assert ("Cannot assign" in said) == passes


def test_a_variable_that_says_neither_is_refused(engine_uri, database):
    status, said = start(engine_uri, database, KPI_PUBLIC="maybe")
    assert status == 2 and "KPI_PUBLIC" in said and "maybe" in said


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "127.9.9.9:0"])
def test_the_loopback_needs_nothing(engine_uri, database, address):
    status, said = start(engine_uri, database, "--listen", address)
    assert status == 0, said
