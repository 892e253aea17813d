"""The manual pages are clean and complete: what --help says is in them, and what the JSON Schemas say of files."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest

import harness

PROGRAMS = ("kpi-server", "kpi-load", "kpi-sample")


DEFINITION, ROLLUP, PROFILE = "openapi/kpi-definition.schema.json", "openapi/rollup.schema.json", "loader/profile.schema.json"

# The objects of each page about a file, by their headings.
OBJECTS = {
    "kpi-definition": {
        "The KPI": (DEFINITION, ""),
        "A column": (DEFINITION, "$defs/column"),
        "The chart": (DEFINITION, "$defs/chart"),
        "A rollup": (ROLLUP, ""),
    },
    "kpi-profile": {
        "The profile": (PROFILE, ""),
        "A file": (PROFILE, "$defs/file"),
        "A column": (PROFILE, "$defs/column"),
        "Rows that are passed over": (PROFILE, "$defs/skip"),
        "A lookup": (PROFILE, "$defs/lookup"),
        "A record": (PROFILE, "$defs/record"),
        "Expressions": (PROFILE, "$defs/expression/anyOf/3"),
        "Conditions": (PROFILE, "$defs/condition"),
    },
}


def help_of(program):
    return subprocess.run([harness.BUILD / program, "--help"], check=True, capture_output=True, text=True, cwd=harness.ROOT).stdout


def made(source, path):
    done = subprocess.run([harness.ROOT / "tools/man", source], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert not re.search("^@", done.stdout, re.M)
    path.write_text(done.stdout)
    return path


@pytest.fixture(params=PROGRAMS)
def page(request, tmp_path):
    return made(harness.BUILD / request.param, tmp_path / f"{request.param}.1")


@pytest.fixture
def page_of(tmp_path):
    """Makes the page of a file that people write."""
    return lambda name: made(f"{name}.5", tmp_path / f"{name}.5")


def rendered(path):
    """As a reader of 500 columns sees it, so that no line is broken."""
    if shutil.which("mandoc"):
        command = ["mandoc", "-T", "ascii", "-O", "width=500", path]
    elif shutil.which("man"):
        command = ["env", "MANWIDTH=500", "man", "-E", "ascii", "-l", path]
    else:
        pytest.skip("neither mandoc nor man is installed")
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return re.sub(".\b", "", text)


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
@pytest.mark.parametrize("name", [*PROGRAMS, "kpi-definition", "kpi-profile", "kpi-keys"])
def test_mandoc_finds_nothing(name, tmp_path):
    source, section = (harness.BUILD / name, 1) if name in PROGRAMS else (f"{name}.5", 5)
    page = made(source, tmp_path / f"{name}.{section}")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], capture_output=True, text=True, timeout=60)
    # The pages of ours that it names are installed beside it, and not here; nobody reads the source.
    known = re.compile("referenced manual not found|input text line longer than 80 bytes")
    found = [line for line in done.stdout.splitlines() if not known.search(line)]
    assert found == []


def test_every_option_has_its_variable_default_and_text(page):
    text = rendered(page)
    flags = re.findall(r"^  (--[a-z-]+)(.*)$", help_of(page.stem), re.M)
    assert len(flags) >= 7
    for flag, rest in flags:
        assert re.search(rf"^ +{flag}\b", text, re.M), flag
        if variable := re.search(r"\$(\w+)$", rest):
            assert re.search(rf"Variable: {variable[1]}\.", text), variable[1]
        if default := re.search(r" \[([^][]*)\](?: \$\w+)?$", rest):
            assert re.search(rf"The default is .{re.escape(default[1])}.\.", text), default[1]


def test_usage_exit_status_and_examples_are_those_of_the_help(page):
    text, known = rendered(page), help_of(page.stem)
    usage = re.search(r"^usage: (.*\n(?:       .*\n)*)", known, re.M)[1].splitlines()
    synopsis = text[text.index("SYNOPSIS") : text.index("DESCRIPTION")]
    assert synopsis.count(page.stem) == len(usage)
    for line in usage:
        for word in re.findall(r"--[a-z-]+|\b[a-z]+\b(?<!kpi)", line.replace(page.stem, "")):
            assert word in synopsis, word
    status = text[text.index("EXIT STATUS") : text.index("EXAMPLES")]
    codes = re.findall(r"(?:^  |: |[,;] )([0-9]) +[a-z]", known[known.lower().index("exit ") :], re.M)
    assert re.findall(r"^ +([0-9])\b", status, re.M) == codes and len(codes) >= 3
    for example in re.findall(r"^  (kpi-.*)$", known.partition("examples:")[2].partition("exit status")[0], re.M):
        assert example in text, example


def part(text, heading):
    """What stands below a heading of a page."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.strip() == heading)
    end = next(i for i in range(begin + 1, len(lines)) if re.match(r" {0,3}[A-Z]", lines[i]))
    return "\n".join(lines[begin + 1 : end])


@pytest.mark.parametrize("name, heading", [(name, heading) for name, objects in OBJECTS.items() for heading in objects])
def test_every_member_of_the_schema_is_in_the_page(page_of, name, heading):
    file, pointer = OBJECTS[name][heading]
    schema = json.loads((harness.ROOT / file).read_text())
    whole, found = schema, part(rendered(page_of(name)), heading)
    for step in filter(None, pointer.split("/")):
        schema = schema[int(step)] if isinstance(schema, list) else schema[step]
    assert len(schema["properties"]) >= 2
    for member, what in schema["properties"].items():
        if pointer and what == whole["properties"].get(member):
            assert re.search(rf"\b{member}\b", found), member
            continue
        entry = re.search(rf"^     {re.escape(member)} \((.*)\)$", found, re.M)
        assert entry, member
        assert ("required" in entry[1]) == (member in schema.get("required", [])), member
        for word in what.get("enum", []):
            assert re.search(rf"(?<!\S){re.escape(word)}(?!\S)", found), word
        if text := what.get("description"):
            assert text.rstrip(".") in re.sub(r"\s+", " ", found), member


def test_kinds_of_records_are_in_the_page_with_their_fields(page_of):
    schema = json.loads((harness.ROOT / PROFILE).read_text())
    found = re.sub(r"\s+", " ", part(rendered(page_of("kpi-profile")), "A record"))
    for way in schema["$defs"]["record"]["allOf"]:
        fields = way["then"]["properties"]["fields"]
        must = ", ".join(fields["required"])
        may = ", ".join(name for name in fields["properties"] if name not in fields["required"])
        assert f" {way['if']['properties']['kind']['const']} {must}; {may}" in found


def example(path, begin):
    """The JSON that begins so, as a reader of the page types it."""
    text = path.read_text()
    block = next(block for block in re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed$", text, re.M | re.S) if block.startswith("{") and begin in block)
    return block.replace("\\-", "-")


def test_the_example_of_a_profile_is_one(page_of, tmp_path):
    profile, receipts = tmp_path / "till.json", tmp_path / "receipts.csv"
    profile.write_text(example(page_of("kpi-profile"), '"till"'))
    receipts.write_text("Receipt;Date;SKU;Article;Color;Pieces;Price\n1;31.12.2025 18:05;T1;Teapot;blue;2;12,50\n")
    command = [harness.BUILD / "kpi-load", "check", profile, receipts]
    done = subprocess.run(command, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Teapot" in done.stdout and "1 rows tried, 0 skipped, 0 would be rejected" in done.stdout


def test_the_examples_of_definitions_are_right(page_of, tmp_path):
    folder, page = tmp_path / "pipelines", page_of("kpi-definition")
    shutil.copytree(harness.ROOT / "pipelines", folder)
    (folder / "kpi/sales-by-ship-mode.json").write_text(example(page, '"group": "delivery"'))
    (folder / "rollup/sales_by_day_ship_mode.json").write_text(example(page, '"grain"'))
    command = [harness.BUILD / "kpi-server", "check", "--pipelines", folder]
    done = subprocess.run(command, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_a_file_of_keys_is_one(page_of, tmp_path):
    text = page_of("kpi-keys").read_text()
    keys = tmp_path / "keys"
    keys.write_text(re.search(r"^\.Bd [^\n]*\n(# API keys.*?)^\.Ed$", text, re.M | re.S)[1].replace("\\-", "-"))
    keys.chmod(0o600)

    def key(*words):
        command = [harness.BUILD / "kpi-server", "key", *words, "--keys", keys]
        return subprocess.run(command, env=harness.environment(), check=True, capture_output=True, text=True, timeout=60).stdout

    assert re.findall(r"^(\w+) +(\w+) +2026-11-21$", key("list"), re.M) == [("dashboard", "read"), ("prometheus", "operate")]
    made_key = key("add", "dashboard-2027")
    assert f"dashboard-2027 read sha256:{hashlib.sha256(made_key.strip().encode()).hexdigest()} " in keys.read_text()
    assert "mode 0600" in text and "SHA\\-256" in text
