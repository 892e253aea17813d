"""What docs/deployment.md tells people to type names what there is: targets, folders, units, users, services, profiles, options and
variables. What a command does is proved elsewhere, as far as it can run here; the page says how far."""

import re
import shlex
import subprocess

import pymongo.uri_parser
import pytest
import yaml

import harness

PAGE = (harness.ROOT / "docs" / "deployment.md").read_text()
MAKEFILE = (harness.ROOT / "Makefile").read_text()
COMPOSE = yaml.safe_load((harness.ROOT / "docker-compose.yml").read_text())
UNITS = {path.name: path.read_text() for path in (harness.ROOT / "deploy" / "systemd").glob("*.*") if path.suffix in (".service", ".timer")}
USERS = re.findall(r"^u (\S+)", (harness.ROOT / "deploy" / "systemd" / "kpi.sysusers").read_text(), re.M)
DATABASE = "kpi"
SHOP = "paris"  # the page's example of a second one
# Files that are the reader's own, and options of the programs of others that stand by themselves.
OWN = {"/etc/kpi-server/backup.yaml"}
OTHERS_OPTIONS = {"--oplog", "--nsFrom"}
FOLDERS = [path.name for path in harness.ROOT.iterdir() if path.is_dir() and path.name not in ("share", "lib", "bin", "data")]


def blocks():
    fenced = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)
    yield from (("js" if language == "js" else "sh", text) for language, text in fenced)
    rest = re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S)
    yield from (("sh", re.sub(r"^    ", "", text, flags=re.M)) for text in re.findall(r"(?:^    \S.*\n)+", rest, re.M))


def lines():
    """Of all that is to be typed into a shell, and URIs."""
    return [line for kind, text in blocks() if kind == "sh" for line in text.splitlines()]


def spans():
    rest = re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", rest)


def commands(line):
    """The words of each command of a line, without comments and variables of its own."""
    lexer = shlex.shlex(re.sub(r"\$\([^)]*\)", "X", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = []
    for word in [*lexer, ";"]:
        if word in (";", "&&", "(", ")", ");"):
            if words:
                yield words
            words = []
        elif words or not re.fullmatch(r"[A-Z]+=.*", word):
            words.append(word)


def unit_exists(word):
    name = word if "." in word else word + ".service"
    return re.sub(r"@[^.]+\.", "@.", name) in UNITS


def make(words):
    for word in words:
        name, assigns, _ = word.partition("=")
        assert f"$({name})" in MAKEFILE if assigns else re.search(rf"^{name}:", MAKEFILE, re.M), word


def docker(words):
    if words[0] == "build":
        argument = words[words.index("--build-arg") + 1].partition("=")[0]
        assert f"ARG {argument}" in (harness.ROOT / "Dockerfile").read_text()
        return
    services = COMPOSE["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}
    assert words.pop(0) == "compose"
    if words[:1] == ["--profile"]:
        assert words[1] in profiles, words
        services = {name: service for name, service in services.items() if words[1] in service.get("profiles", [])}
        words = words[2:]
    if words:  # else it is only named
        assert words[0] in ("up", "run", "build", "restart", "config")
        assert {word for word in words[1:] if word[0] != "-"} <= services.keys(), words
        assert {word for word in words[1:] if word[0] == "-"} <= {"-d", "--rm", "--pull"}, words


def systemctl(words):
    assert words[0] in ("daemon-reload", "enable", "restart", "reload", "stop", "edit", "--failed")
    assert all(unit_exists(word) for word in words[1:] if word != "--now"), words


def journalctl(words):
    assert words[0] == "-u" and unit_exists(words[1])


def install(words):
    assert {words[at + 1] for at, word in enumerate(words) if word in ("-o", "-g")} <= set(USERS)


def runuser(words):
    assert words[0] == "-u" and words[1] in USERS


def dump(words):
    named = [word.partition("=")[2] for word in words if word.startswith(("--db=", "--nsInclude="))]
    assert len(named) == 1 and named[0].removesuffix(".*") == DATABASE
    assert all(re.match(r"--(config|db|gzip|archive|nsInclude|drop)\b", word) for word in words), words


def nothing(words):
    """All there is to check are the paths."""


CHECKS = {
    "make": make, "docker": docker, "systemctl": systemctl, "journalctl": journalctl, "install": install, "runuser": runuser,
    "mongodump": dump, "mongorestore": dump, "systemd-sysusers": nothing, "cp": nothing, "cat": nothing, "umask": nothing,
}  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("for-the-page")
    done = subprocess.run(["make", f"BUILD={harness.BUILD}", "install", f"DESTDIR={folder}"], cwd=harness.ROOT, env=harness.environment(MAKEFLAGS="", MAKELEVEL=""), capture_output=True, text=True, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def known_options():
    helps = [subprocess.run([harness.BUILD / name, "--help"], capture_output=True, text=True).stdout for name in ("kpi-server", "kpi-load", "kpi-sample")]
    return set(re.findall(r"--[a-z-]+|\$KPI_[A-Z_]+|\$MONGODB_[A-Z_]+", "\n".join(helps)))


def path_exists(path, installed):
    path = path.rstrip("/")
    if path.startswith("/usr/local/"):
        return (installed / path[1:]).exists()
    if path.startswith("/etc/kpi-server/"):
        return path in OWN or any(path in unit.replace("%i", SHOP) for unit in UNITS.values())
    if path.startswith("/var/lib/"):
        kept = {name for unit in UNITS.values() for kinds in re.findall(r"^StateDirectory=(.*)", unit, re.M) for name in kinds.replace("%i", SHOP).split()}
        return path.removeprefix("/var/lib/").removesuffix("/keys") in kept
    if path.split("/")[0] in FOLDERS:
        return (harness.ROOT / path).exists() or f"./{path}/" in str(COMPOSE["secrets"])  # where make-secrets writes
    return True


def paths_of(text):
    """With a slash in them, from their beginning: what stands behind a word of another path is none."""
    return re.findall(r"(?<![\w./:@{}…-])/?[a-z][\w.-]*/[\w./@-]*\w/?", text)


def test_commands_name_what_there_is():
    seen = []
    for line in lines():
        if line.startswith("mongodb://"):
            continue
        for words in commands(line):
            if words[0] in CHECKS:
                CHECKS[words[0]](words[1:])
            else:
                path = harness.ROOT / words[0]
                assert "/" in words[0] and path.is_file() and path.stat().st_mode & 0o100, f"{words[0]}: neither a script of ours nor known to this test"
            seen.append(words[0])
    assert len(seen) > 20 and {"make", "docker", "systemctl", "mongodump", "deploy/sharded/make-secrets"} <= set(seen)


def test_commands_between_the_lines_do_too():
    seen = []
    for span in spans():
        for words in commands(span.replace("'", "")):
            if words[0] in CHECKS and len(words) > 1:
                CHECKS[words[0]](words[1:])
                seen.append(words[0])
            elif re.search(r"^kpi-[\w@-]+\.(service|timer)$", words[0]):
                assert unit_exists(words[0]), span
                seen.append("unit")
    assert {"systemctl", "docker", "journalctl", "runuser", "unit"} <= set(seen)


def test_paths_are_there(installed):
    paths = [path for text in [*lines(), *spans()] for path in paths_of(text.replace("mongodb://", ""))]
    assert {"/usr/local/lib/sysusers.d/kpi-server.conf", "/etc/kpi-server/server.uri", "/var/lib/kpi-load", "deploy/sharded/make-secrets"} <= set(paths)
    assert [path for path in paths if not path_exists(path, installed)] == []
    below = [path for span in spans() for path in re.findall(r"^(?:share|bin|lib)/\S*$", span)]
    assert "share/kpi-server/" in below and [path for path in below if not (installed / "usr/local" / path).is_dir()] == []
    files = [span for span in spans() if re.fullmatch(r"[\w.-]+\.(env|uri)", span)]
    assert files and [name for name in files if not path_exists(f"/etc/kpi-server/{name}", installed)] == []


def test_options_and_variables_are_ones_of_the_programs(known_options):
    options = {match for span in spans() for match in re.findall(r"^--[a-zA-Z-]+", span)} | set(re.findall(r"kpi-\w+ (--[a-z-]+)", PAGE))
    assert {"--stop-timeout", "--shard"} <= options
    assert options - OTHERS_OPTIONS <= known_options
    variables = {f"${name}" for name in re.findall(r"\b(?:KPI|MONGODB)_[A-Z_]+\b", PAGE)}
    assert "$KPI_TIMEZONE" in variables and variables <= known_options
    in_front = {name for line in lines() for name in re.findall(r"^([A-Z]+)=\S+ docker compose", line)}
    assert in_front and all(f"${{{name}" in (harness.ROOT / "docker-compose.yml").read_text() for name in in_front)


def test_uris_are_ones_of_users_that_are_made():
    made = {user: role for user, role in re.findall(r'createUser\(\{ user: "([\w-]+)", .*role: "(\w+)", db: "kpi"', PAGE)}
    assert made == {"kpi-load": "readWrite", "kpi-server": "read"}
    uris = re.findall(r"mongodb://kpi-\S+", "\n".join(lines()))
    assert len(uris) == 4
    for uri in uris:
        assert pymongo.uri_parser.parse_uri(uri, warn=False)["username"] in made
