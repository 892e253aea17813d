"""Completion in bash knows the programs' options and their values by their own --help."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

import harness

SCRIPT = harness.ROOT / "deploy" / "kpi.bash-completion"


def flags(program):
    text = subprocess.run([harness.BUILD / program, "--help"], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^  (--[a-z-]+)", text, re.M)


def complete(*words, cwd=harness.ROOT):
    """What bash would offer for the last word. `--option=value` comes in three words, as from readline."""
    script = f"""source {SCRIPT}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _kpi "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    env = harness.environment(PATH=f"{harness.BUILD}:{os.environ['PATH']}")
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=60)
    assert done.stderr == "", done.stderr
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("program", ["kpi-server", "kpi-load", "kpi-sample"])
def test_every_option_is_offered(program):
    assert sorted(complete(program, "-")) == sorted(flags(program))
    assert complete(program, "--he") == ["--help"]


def test_a_choice_is_offered_in_both_forms():
    assert complete("kpi-server", "--log-level", "") == ["debug", "info", "warn", "error"]
    assert complete("kpi-server", "--log-level", "=") == ["debug", "info", "warn", "error"]
    assert complete("kpi-load", "--star", "=", "of") == ["off"]
    assert complete("kpi-sample", "--layout", "o") == ["olist"]


def test_profiles_are_offered_by_name(tmp_path):
    assert {"native", "olist", "superstore", "superstore-eu"} <= set(complete("kpi-load", "--profile", ""))
    assert complete("kpi-load", "--profile", "superstore-") == ["superstore-eu"]
    (tmp_path / "ours.json").write_text("{}")
    (tmp_path / "ours.csv").write_text("")
    assert complete("kpi-load", "--profile", "our", cwd=tmp_path) == ["ours.json"]


def test_files_and_folders(tmp_path):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a file.json").write_text("")
    (tmp_path / "a.csv").write_text("")
    assert complete("kpi-load", "--watch", "a", cwd=tmp_path) == ["a folder"]
    assert sorted(complete("kpi-load", "--rejects", "a", cwd=tmp_path)) == ["a file.json", "a folder", "a.csv"]
    assert sorted(complete("kpi-load", "a", cwd=tmp_path)) == ["a file.json", "a folder", "a.csv"]
    assert sorted(complete("kpi-server", "check", "a", cwd=tmp_path)) == ["a file.json", "a folder"]
    assert complete("kpi-sample", "a", cwd=tmp_path) == ["a folder"]


def test_commands_and_zones():
    assert "check" in complete("kpi-server", "")
    assert complete("kpi-load", "chec") == ["check"]
    assert "Europe/Paris" in complete("kpi-load", "--timezone", "Europe/P")


def test_a_number_or_a_name_is_left_to_the_user():
    assert complete("kpi-server", "--workers", "") == []
    assert complete("kpi-server", "--db", "") == []


def typed(terminal, text, until):
    """Types text, and returns what came up to `until`."""
    os.write(terminal, text)
    seen, end = b"", time.monotonic() + 30
    while until not in seen.replace(b"\r\n", b"\n") and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096)
    return seen.replace(b"\r\n", b"\n")


def test_what_is_typed_at_a_terminal_is_completed():
    """The whole way through readline, which only completes what is typed once it prompts."""
    env = {"PATH": f"{harness.BUILD}:{os.environ['PATH']}", "PS1": "next> ", "TERM": "dumb", "INPUTRC": "/dev/null"}
    parent, child = pty.openpty()
    shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=child, stdout=child, stderr=child, env=env, cwd=harness.ROOT)
    os.close(child)
    try:
        typed(parent, b"", b"next> ")
        typed(parent, f"source {SCRIPT}; echo $((40 + 2))\n".encode(), b"\n42\nnext> ")
        seen = typed(parent, b"kpi-load --quality=of\t --log-fo\tjs\t --profile superstore-\t\x01echo got: \n", b"\nnext> ")
        assert b"\ngot: kpi-load --quality=off --log-format json --profile superstore-eu" in seen, seen.decode(errors="replace")
    finally:
        shell.kill()
        shell.wait()
        os.close(parent)
