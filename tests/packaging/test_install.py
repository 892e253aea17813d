"""`make install` brings what is needed to run elsewhere, `make uninstall` takes it away, and a newer install leaves nothing of an older one."""

import os
import re
import subprocess

import pytest
import requests

import harness

PROGRAMS = ("kpi-server", "kpi-load", "kpi-sample")


def make(*words, root=harness.ROOT, umask=-1):
    # Of a make that runs these tests this one is no part.
    env = {k: v for k, v in harness.environment().items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "--no-print-directory", f"BUILD={harness.BUILD}", *words], cwd=root, env=env, capture_output=True, text=True, timeout=600, umask=umask
    )


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that everything was installed below, for /usr/local."""
    folder = tmp_path_factory.mktemp("installed")
    done = make("install", f"DESTDIR={folder / 'below'}", umask=0o077)  # of one who installs, and of nobody who runs it
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "below"


def test_programs_definitions_pages_and_units_are_there(installed):
    files = files_of(installed / "usr" / "local")
    for program in PROGRAMS:
        assert {f"bin/{program}", f"share/man/man1/{program}.1", f"share/bash-completion/completions/{program}"} <= set(files)
    for path in (harness.ROOT / "docs" / "man").glob("*.[15]"):
        assert f"share/man/man{path.suffix[1:]}/{path.name}" in files
    for path in (harness.ROOT / "pipelines").glob("*/*.json"):
        assert f"share/kpi-server/{path.relative_to(harness.ROOT)}" in files
    for path in (harness.ROOT / "loader" / "profiles").glob("*.json"):
        assert f"share/kpi-server/profiles/{path.name}" in files
    for path in [*(harness.ROOT / "deploy" / "systemd").glob("*.service"), *(harness.ROOT / "deploy" / "systemd").glob("*.timer")]:
        assert f"lib/systemd/system/{path.name}" in files
    assert {"share/doc/kpi-server/README.md", "share/doc/kpi-server/licenses/echarts.LICENSE"} <= set(files)
    assert not [path for path in installed.rglob("*") if path.is_file() and path.stat().st_mode & 0o022]


def test_everybody_may_read_it_whatever_the_umask_of_who_installs(installed):
    assert [str(p) for p in [installed, *installed.rglob("*")] if p.stat().st_mode & 0o777 != (0o755 if p.is_dir() or p.parent.name == "bin" else 0o644)] == []


def links_of(page):
    """What the page links to in its own tree, and shows."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|href)="([^"#]+)', text)
    return [link for link in links if not re.match(r"[a-z]+:", link)]


def test_links_of_installed_pages_lead_somewhere(installed):
    doc = installed / "usr/local/share/doc/kpi-server"
    pages = list(doc.rglob("*.md"))
    links = [(page, link) for page in pages for link in links_of(page)]
    assert len(pages) > 5 and len(links) > 20
    assert {doc / "SECURITY.md", doc / "docs/operations.md"} <= set(pages)
    lost = [f"{page.relative_to(doc)}: {link}" for page, link in links if not (page.parent / link).is_file()]
    assert lost == []
    assert all((page.parent / link).resolve().is_relative_to(doc) for page, link in links)


def test_pages_that_the_manual_names_are_there(installed):
    local = installed / "usr/local"
    named = {name for page in local.glob("share/man/man*/*") for name in re.findall(r"share/doc/kpi-server/\S+", page.read_text())}
    assert named and [name for name in named if not (local / name).exists()] == []


def test_nothing_names_where_it_was_built(installed):
    for path in installed.rglob("*"):
        if path.is_file() and path.name not in PROGRAMS:
            assert str(harness.ROOT) not in path.read_text(errors="replace"), path


def run(installed, program, *arguments, cwd):
    return subprocess.run(
        [installed / "usr/local/bin" / program, *arguments], cwd=cwd, env=harness.environment(), capture_output=True, text=True, timeout=120
    )


def test_programs_find_what_came_with_them_from_any_folder(installed, tmp_path):
    share = installed / "usr/local/share/kpi-server"
    assert f"[{share}/pipelines]" in run(installed, "kpi-server", "--help", cwd=tmp_path).stdout
    assert f"[{share}/profiles]" in run(installed, "kpi-load", "--help", cwd=tmp_path).stdout


def test_folders_that_lie_here_come_first(installed):
    text = run(installed, "kpi-load", "--help", cwd=harness.ROOT).stdout
    assert "[pipelines]" in text and "[loader/profiles]" in text


def test_what_is_installed_loads_and_serves(installed, engine_uri, new_database, tmp_path):
    database, empty = new_database("installed"), tmp_path / "empty"
    empty.mkdir()
    assert run(installed, "kpi-sample", "--orders", "200", tmp_path / "csv", cwd=empty).returncode == 0
    done = run(installed, "kpi-load", "--uri", engine_uri, "--db", database, tmp_path / "csv", cwd=empty)
    assert done.returncode == 0, done.stderr
    process = subprocess.Popen(
        [installed / "usr/local/bin/kpi-server", "--uri", engine_uri, "--db", database, "--listen", "127.0.0.1:0"],
        cwd=empty, env=harness.environment(), stderr=subprocess.PIPE, text=True,
    )
    try:
        address = next(match[1] for line in process.stderr if (match := re.search(r"msg=\"?serving\"? .*address=\"?([^\s\"]+)", line)))
        answer = requests.get(f"http://{address}/v1/kpis/order-count", timeout=60).json()
        assert answer["data"][0]["orders"] > 0
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_uninstall_leaves_nothing(tmp_path):
    assert make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/kpi").returncode == 0
    assert files_of(tmp_path)
    done = make("uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/kpi")
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path) == []
    assert not list(tmp_path.rglob("kpi-server"))


def test_definitions_of_ones_own_stay_and_dropped_ones_go(tmp_path):
    assert make("install", f"DESTDIR={tmp_path}").returncode == 0
    share = tmp_path / "usr/local/share/kpi-server"
    ours, dropped = share / "pipelines/kpi/ours.json", share / "pipelines/kpi/dropped.json"
    ours.write_text("{}")
    dropped.write_text("{}")
    listed = share / "installed"
    files = files_of(tmp_path)
    # As an older one wrote it, with a slash at the end of PREFIX.
    listed.write_text(listed.read_text().replace("/usr/local/", "/usr/local//") + "/usr/local/share/kpi-server/pipelines/kpi/dropped.json\n")
    assert make("install", f"DESTDIR={tmp_path}").returncode == 0
    assert set(files) - set(files_of(tmp_path)) == {str(dropped.relative_to(tmp_path))} and ours.exists()
    assert make("uninstall", f"DESTDIR={tmp_path}").returncode == 0
    assert files_of(tmp_path) == ["usr/local/share/kpi-server/pipelines/kpi/ours.json"]
    assert make("uninstall", f"DESTDIR={tmp_path}").returncode != 0


def test_units_name_the_prefix(tmp_path):
    assert make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt//kpi/").returncode == 0
    units = list((tmp_path / "opt/kpi/lib/systemd/system").glob("*.service"))
    assert units
    for unit in units:
        assert re.search(r"^ExecStart=/opt/kpi/bin/kpi-", unit.read_text(), re.M) and "/usr/local" not in unit.read_text()
        assert "//" not in re.sub(r"\bhttps?://|^#.*", "", unit.read_text(), flags=re.M)
    assert make("uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/kpi").returncode == 0
    assert files_of(tmp_path) == [] and not list(tmp_path.rglob("kpi-server")), "another way to write the folder is the same folder"


@pytest.mark.parametrize("prefix", ["relative", "/with space", "/a&b", "/a|b", "/a%b", "/a\\b"])
def test_a_prefix_that_cannot_be_is_refused(tmp_path, prefix):
    done = make("install", f"DESTDIR={tmp_path}", f"PREFIX={prefix}")
    assert done.returncode != 0 and "PREFIX" in done.stderr
    assert files_of(tmp_path) == []


def test_a_moved_tree_still_finds_its_own(tmp_path):
    assert make("install", f"DESTDIR={tmp_path / 'a'}").returncode == 0
    os.rename(tmp_path / "a", tmp_path / "b")
    text = run(tmp_path / "b", "kpi-server", "--help", cwd=tmp_path).stdout
    assert f"[{tmp_path}/b/usr/local/share/kpi-server/pipelines]" in text
