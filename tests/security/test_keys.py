"""kpi-server key: what it prints, what it keeps, and what it refuses."""

import hashlib
import os
import re
import stat
import subprocess

import harness
import pytest

import keyring


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys"


def test_a_key_is_printed_once_and_only_its_digest_is_kept(keys):
    done = keyring.run("add", "dashboard", keys=keys)
    assert done.returncode == 0
    key = done.stdout.removesuffix("\n")
    assert re.fullmatch(r"kpi_[A-Za-z0-9_-]{43}", key)
    assert key not in done.stderr and "only time" in done.stderr
    text = keys.read_text()
    assert key not in text and key[4:] not in text
    assert f"dashboard read sha256:{hashlib.sha256(key.encode()).hexdigest()} " in text


def test_the_file_is_its_owners_alone_whatever_the_umask(keys):
    old = os.umask(0)
    try:
        keyring.add(keys, "one")
        keyring.add(keys, "two")
    finally:
        os.umask(old)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert os.listdir(keys.parent) == ["keys"], "nothing is left beside it"


def test_keys_are_listed_without_anything_of_them(keys):
    key = keyring.add(keys, "dashboard")
    keyring.add(keys, "prometheus", "operate")
    listed = keyring.run("list", keys=keys)
    assert re.search(r"^dashboard +read +\d{4}-\d\d-\d\d$", listed.stdout, re.M)
    assert re.search(r"^prometheus +operate +\d{4}-\d\d-\d\d$", listed.stdout, re.M)
    assert key not in listed.stdout and hashlib.sha256(key.encode()).hexdigest() not in listed.stdout


def test_no_two_keys_are_alike(keys):
    made = [keyring.add(keys, f"key-{i}") for i in range(5)]
    assert len(set(made)) == 5


def test_a_key_that_is_removed_is_gone_and_the_others_stay(keys):
    for name in ("a", "b", "c"):
        keyring.add(keys, name)
    keyring.remove(keys, "b")
    assert [line.split()[0] for line in keys.read_text().splitlines()[1:]] == ["a", "c"]


def test_a_name_that_is_not_there_is_said_with_the_nearest(keys):
    keyring.add(keys, "dashboard")
    done = keyring.run("remove", "dashbord", keys=keys)
    assert done.returncode == 1 and "did you mean 'dashboard'?" in done.stderr


def test_a_name_is_not_taken_twice(keys):
    keyring.add(keys, "dashboard")
    before = keys.read_bytes()
    done = keyring.run("add", "dashboard", keys=keys)
    assert done.returncode == 1 and "already" in done.stderr and done.stdout == ""
    assert keys.read_bytes() == before


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-", ".x", "ä", "x" * 65, "a\nb", "#a", "sha256:0"])
def test_a_name_that_would_not_fit_a_line_is_refused(keys, name):
    done = keyring.run("add", "--", name, keys=keys)
    assert done.returncode == 2 and "no name for a key" in done.stderr
    assert not keys.exists()


@pytest.mark.parametrize("arguments", [[], ["add"], ["add", "a", "b"], ["list", "a"], ["remove"], ["rotate", "a"]])
def test_a_wrong_command_says_how_it_is_used(keys, arguments):
    done = keyring.run(*arguments, keys=keys)
    assert done.returncode == 2 and "key add NAME" in done.stderr


def test_without_a_file_it_is_asked_for():
    done = keyring.run("list")
    assert done.returncode == 2 and "--keys FILE" in done.stderr and "KPI_KEYS" in done.stderr


def test_a_role_that_there_is_not_is_refused(keys):
    done = keyring.run("add", "x", "--role", "admin", keys=keys)
    assert done.returncode == 2 and "read|operate" in done.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_file_that_others_may_use_is_refused_with_the_remedy(keys, mode):
    keyring.add(keys, "one")
    keys.chmod(mode)
    for arguments in (["list"], ["add", "two"], ["remove", "one"]):
        done = keyring.run(*arguments, keys=keys)
        assert done.returncode == 1 and "chmod 600" in done.stderr and str(keys) in done.stderr


GOOD = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "text, line, why",
    [
        ("nonsense\n", 1, "NAME ROLE"),
        (f"a read {GOOD} 2026-01-01\nb admin {'sha256:' + '1' * 64} 2026-01-01\n", 2, "role"),
        (f"a read {GOOD[:-1]} 2026-01-01\n", 1, "digest"),
        (f"a read {GOOD[:-1]}G 2026-01-01\n", 1, "digest"),
        (f"a read {GOOD} 2026-01-01 more\n", 1, "NAME ROLE"),
        (f"a read {GOOD} {'2' * 5000}\n", 1, "day"),
        (f"a/b read {GOOD} 2026-01-01\n", 1, "name"),
        (f"\n# note\na read {GOOD} 2026-01-01\na read {'sha256:' + '1' * 64} 2026-01-01\n", 4, "this name"),
        (f"a read {GOOD} 2026-01-01\nb read {GOOD} 2026-01-01\n", 2, "another name"),
    ],
)
def test_a_broken_line_is_said_by_its_number_without_what_stands_in_it(keys, text, line, why):
    keys.write_text(text)
    keys.chmod(0o600)
    done = keyring.run("list", keys=keys)
    assert done.returncode == 1
    assert f"line {line}: " in done.stderr and why in done.stderr
    assert "sha256:0" not in done.stderr


def test_a_file_that_is_none_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    for path, why in ((tmp_path, "plain file"), (fifo, "plain file"), (tmp_path / "no/keys", "No such file")):
        done = keyring.run("list", keys=path)
        assert done.returncode == 1 and re.search(why, done.stderr), done.stderr


def test_a_huge_file_and_one_with_a_nul_are_refused(keys):
    keys.write_bytes(b"#" * (2 << 20))
    keys.chmod(0o600)
    assert "1 MiB" in keyring.run("list", keys=keys).stderr
    keys.write_bytes(b"# a\0b\n")
    assert "NUL" in keyring.run("list", keys=keys).stderr


def test_keys_added_at_the_same_time_are_all_kept(keys):
    command = [harness.BUILD / "kpi-server", "key", "add", "--keys", keys]
    started = [
        subprocess.Popen([*command, f"key-{i}"], env=harness.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for i in range(12)
    ]
    for process in started:
        process.communicate(timeout=30)
    assert all(process.returncode == 0 for process in started)
    assert len(keyring.run("list", keys=keys).stdout.splitlines()) == 1 + 12


def test_a_link_stays_a_link(keys, tmp_path):
    keyring.add(keys, "one")
    link = tmp_path / "link"
    link.symlink_to(keys)
    keyring.add(link, "two")
    assert link.is_symlink() and len(keyring.run("list", keys=keys).stdout.splitlines()) == 3


def test_a_key_that_cannot_be_shown_is_said_to_be_lost(keys):
    with open("/dev/full", "w") as full:
        command = [harness.BUILD / "kpi-server", "key", "add", "one", "--keys", keys]
        done = subprocess.run(command, env=harness.environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 1 and "cannot be shown" in done.stderr
