"""What is secret is said nowhere: not in the log, not in answers, not in the list of processes."""

import http.server
import pathlib
import re
import subprocess
import threading
import time

import pytest

import harness
import keyring

USER, PASSWORD = "kpiuser", "s3cr3tPassw0rd"
TOKEN, PHRASE = "t0k3nValue", "k3yfilePhrase"
SECRETS = (USER, PASSWORD, TOKEN, PHRASE)
NOBODY = "127.0.0.1:9"

# Whatever is wrong with them. Nothing listens at the address.
URIS = [
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?connectTimeoutMS=200&serverSelectionTimeoutMS=400",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/admin?authMechanism=SCRAM-SHA-256&connectTimeoutMS=200",
    f"mongodb://{USER}:{PASSWORD}@nowhere.invalid/?serverSelectionTimeoutMS=400",
    f"mongodb://{USER}:{PASSWORD}@%2Ftmp%2Fno-such-socket.sock/",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?authMechanism=nonsense",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?serverSelectionTimeoutMS={PASSWORD}",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?tlsCertificateKeyFilePassword={PHRASE}&tls=maybe",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?authMechanismProperties=AWS_SESSION_TOKEN:{TOKEN}&authMechanism=MONGODB-AWS",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?appname={'x' * 200}",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}:{PASSWORD}/",
    f"mongodb://{USER}:{PASSWORD}@/",
    f"mongodb://{USER}:{PASSWORD}@",
    f"mongodb://{USER}:{PASSWORD}%zz@{NOBODY}/",
    f"mongodb://{USER}:{PASSWORD}/x@{NOBODY}/",
    f"mongodb://{USER}:{PASSWORD}@x@{NOBODY}/",
    f"mongodb://{USER}:{PASSWORD}:x@{NOBODY}/",
    f'mongodb://{USER}:x":"{PASSWORD}":@{NOBODY}/',
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?{PASSWORD}",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?x={PASSWORD}&x={PASSWORD}",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/{PASSWORD}.x?readPreference={PASSWORD}",
    f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?readConcernLevel={PASSWORD}&tlsCAFile=/no-such-file",
    f"mongodb+srv://{USER}:{PASSWORD}@nowhere.invalid/",
    f"mongodb+srv://{USER}:{PASSWORD}@{NOBODY}/",
    f"http://{USER}:{PASSWORD}@{NOBODY}/",
    f"{USER}:{PASSWORD}@{NOBODY}",
    f"mongodb:{USER}:{PASSWORD}",
]


def command_line(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


def told(text):
    return [secret for secret in SECRETS if secret in text]


def start(program, *arguments, **variables):
    return subprocess.Popen(
        [harness.BUILD / program, "--log-level", "debug", *arguments],
        cwd=harness.ROOT, env=harness.environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


def shown(process):
    """Its command line once it had the time to change it."""
    end = time.monotonic() + 10
    line = command_line(process.pid)
    while (not line or PASSWORD.encode() in line) and time.monotonic() < end:
        time.sleep(0.01)
        line = command_line(process.pid)
    return line


@pytest.mark.parametrize("form", ["two words", "one word"])
@pytest.mark.parametrize("uri", [URIS[0], URIS[7] + f"&tlsCertificateKeyFilePassword={PHRASE}"])
def test_the_server_takes_them_off_its_command_line(uri, form):
    process = start("kpi-server", *(["--uri", uri] if form == "two words" else [f"--uri={uri}"]), "--listen", "127.0.0.1:0")
    line = shown(process).decode()
    process.terminate()
    process.communicate(timeout=20)
    assert told(line) == [], line
    assert "--uri" in line and "127.0.0.1:0" in line, "all else is still told"


def test_the_loader_takes_them_off_its_command_line(sample):
    process = start("kpi-load", "--retry", "5", "--uri", URIS[0], str(sample))
    line = shown(process).decode()
    process.terminate()
    process.communicate(timeout=20)
    assert told(line) == [] and str(sample) in line


def test_what_is_no_secret_stays_to_be_seen():
    process = start("kpi-server", "--uri", f"mongodb://{NOBODY}/?appName=x", "--listen", "127.0.0.1:0")
    for line in process.stdout:
        if "serving" in line:
            break
    line = command_line(process.pid).decode()
    process.terminate()
    process.communicate(timeout=20)
    assert f"mongodb://{NOBODY}/?appName=x" in line


def run_server(uri, by):
    """What a server says that is asked a few times and then stopped, and what it answered."""
    arguments, variables = (["--uri", uri], {}) if by == "argument" else ([], {"MONGODB_URI": uri})
    process = start("kpi-server", *arguments, "--listen", "127.0.0.1:0", "--query-timeout", "1", "--stop-timeout", "0", **variables)
    said, answers = [], []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"msg=\"?serving\"? .*address=\"?([^\s\"]+)", line):
            for path in ("/readyz", "/v1/kpis/total-sales?explain=true", "/metrics", "/openapi.json"):
                answer = subprocess.run(["curl", "-sS", "-i", "--max-time", "20", f"http://{found[1]}{path}"], capture_output=True, text=True)
                answers.append(answer.stdout + answer.stderr)
            process.terminate()
    process.wait(30)
    return "".join(said), "".join(answers)


@pytest.mark.parametrize("uri, by", [(URIS[0], "argument"), *((uri, "variable") for uri in URIS)])
def test_the_server_says_none_of_them_whatever_is_wrong(uri, by):
    said, answers = run_server(uri, by)
    assert said and told(said) == [], said
    assert told(answers) == [], answers


def test_an_option_that_is_wrong_is_still_named():
    said, _ = run_server(URIS[5], "variable")
    assert "serverselectiontimeoutms" in said


@pytest.mark.parametrize("uri, by", [(URIS[0], "argument"), *((uri, "variable") for uri in URIS)])
def test_the_loader_says_none_of_them_whatever_is_wrong(uri, by, sample):
    arguments, variables = (["--uri", uri], {}) if by == "argument" else ([], {"MONGODB_URI": uri})
    process = start("kpi-load", "--retry", "0", "--lock-wait", "0", *arguments, str(sample), **variables)
    said, _ = process.communicate(timeout=60)
    assert process.returncode and said and told(said) == [], said


def test_the_loader_says_no_password_of_a_file_that_it_fetches(engine_uri, new_database):
    url = f"http://{USER}:{PASSWORD}@{NOBODY}/orders.csv?token={TOKEN}"
    process = start("kpi-load", "--retry", "0", "--uri", engine_uri, "--db", new_database("fetch"), url)
    said, _ = process.communicate(timeout=60)
    assert process.returncode and told(said) == [], said


# Where no URI belongs.
BARE = f"{USER}:{PASSWORD}@{NOBODY}/db"
KEY = f"kpi_{TOKEN}{PASSWORD}{'Ab3-_' * 5}"[:47]
MISPLACED = [
    ("kpi-server", [URIS[0]], {}),
    ("kpi-server", ["check", URIS[0]], {}),
    ("kpi-server", ["key", "add", URIS[0], "--keys", "/nowhere/keys"], {}),
    ("kpi-server", ["--urls=" + URIS[0]], {}),
    ("kpi-server", [], {"MONGODB_URI_FILE": URIS[0]}),
    ("kpi-server", [], {"MONGODB_URI_FILE": f"mongodb://{NOBODY}/?tlsCertificateKeyFilePassword={PHRASE}"}),
    *(
        ("kpi-server", [option, URIS[0]], {})
        for option in ("--db", "--uri-file", "--listen", "--keys", "--pipelines", "--workers", "--cors-origin", "--tls-cert", "--log-level")
    ),
    ("kpi-load", [URIS[0]], {}),
    ("kpi-load", ["--urls=" + URIS[0]], {}),
    ("kpi-load", ["check", URIS[0]], {}),
    ("kpi-load", ["check", f"http://{USER}:{PASSWORD}@{NOBODY}/x.json?private_token={TOKEN}"], {}),
    ("kpi-load", ["none.csv"], {"KPI_DB": URIS[0]}),
    *(("kpi-load", [option, URIS[0], "none.csv"], {}) for option in ("--db", "--profile", "--profiles", "--rejects", "--timezone", "--max-rejects")),
    ("kpi-load", ["--watch", URIS[0]], {}),
    ("kpi-sample", [URIS[0]], {}),
    ("kpi-sample", ["data", URIS[0]], {}),
    ("kpi-sample", ["--uri", URIS[0], "data"], {}),
    ("kpi-sample", ["--from", URIS[0], "data"], {}),
    # And without its scheme, or what is left of that; and an API key.
    *(("kpi-server", [option, BARE], {}) for option in ("--db", "--uri-file", "--listen", "--keys", "--pipelines", "--cors-origin", "--tls-cert", "--workers")),
    ("kpi-server", ["--urls=" + BARE], {}),
    ("kpi-server", [], {"KPI_CORS_ORIGIN": f"https://a.example,{BARE}"}),
    ("kpi-server", ["check", BARE], {}),
    ("kpi-load", [BARE], {}),
    ("kpi-load", [f"https:/{USER}:{PASSWORD}@{NOBODY}/x.csv"], {}),
    ("kpi-load", ["check", f"https:{USER}:{PASSWORD}@{NOBODY}/x.csv"], {}),
    ("kpi-load", ["--profile", BARE, "none.csv"], {}),
    ("kpi-sample", [BARE], {}),
    *(("kpi-server", [option, KEY], {}) for option in ("--db", "--uri", "--keys", "--cors-origin", "--listen", "--log-level")),
    ("kpi-server", [KEY], {}),
    ("kpi-server", ["key", "add", KEY, "--keys", "keys"], {}),
    ("kpi-load", [KEY], {}),
    ("kpi-sample", [KEY], {}),
]  # fmt: skip


@pytest.mark.parametrize("program, arguments, variables", MISPLACED)
def test_a_uri_where_none_belongs_is_not_repeated(program, arguments, variables, tmp_path):
    done = subprocess.run(
        [harness.BUILD / program, *arguments], cwd=tmp_path, env=harness.environment(**variables), capture_output=True, text=True, timeout=60
    )
    said = done.stdout + done.stderr
    assert done.returncode in (1, 2) and said and told(said) == [], said
    assert list(tmp_path.iterdir()) == []


def test_an_address_out_of_place_is_shown_without_its_login_and_with_a_remedy():
    process = start("kpi-server", "--db", f"mongodb://{USER}:{PASSWORD}@{NOBODY}/?a={TOKEN}")
    said, _ = process.communicate(timeout=60)
    assert f"--db: 'mongodb://…@{NOBODY}/?…' is an address; that of the database is the value of --uri" in said
    process = start("kpi-load", "--rejects", f"{USER}:{PASSWORD}@{NOBODY}", "none.csv")
    said, _ = process.communicate(timeout=60)
    assert told(said) == [] and "looks like an address without its scheme" in said and said.endswith("has ./ before it\n"), said


@pytest.mark.parametrize("name", ["noon:12@home.csv", KEY, "kpi_Export_Commandes_Magasins_Region_Nord_2024-01.csv"])
def test_what_looks_like_an_address_or_a_key_may_be_a_file(tmp_path, name):
    (tmp_path / name).write_text("no,such,layout\n1,2,3\n")
    done = subprocess.run([harness.BUILD / "kpi-load", "check", name], cwd=tmp_path, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert "an address" not in done.stderr and "an API key" not in done.stderr and "no profile" in done.stderr, done.stderr


@pytest.mark.parametrize("program, arguments", [
    ("kpi-load", ["--rejects", "./out:me@shop.csv", "none.csv"]),
    ("kpi-load", ["--rejects", "kpi_Rejets_Commandes_Magasins_Region_Nord_2024-01.csv", "none.csv"]),
    ("kpi-load", ["./12:30-*@shop.csv"]),
    ("kpi-load", ["check", "none.csv", f"./{KEY}"]),
    ("kpi-sample", ["--from", "2030-01-01", "./a:b@c"]),
])
def test_what_begins_as_a_path_does_is_one_that_need_not_be_there(tmp_path, program, arguments):
    done = subprocess.run([harness.BUILD / program, *arguments], cwd=tmp_path, env=harness.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2) and "an address" not in done.stderr and "an API key" not in done.stderr, done.stderr


PARAMETERS = ("private_token", "hapikey", "access_key", "X-Api-Key", "clientSecret", "session-token", "x_auth", "nonsense")


def test_no_value_of_a_query_is_said(engine_uri, new_database):
    query = "&".join(f"{name}={TOKEN}" for name in PARAMETERS)
    process = start("kpi-load", "--retry", "0", "--uri", engine_uri, "--db", new_database("fetch"), f"http://{NOBODY}/orders.csv?{query}&{PHRASE}")
    said, _ = process.communicate(timeout=60)
    assert process.returncode and told(said) == [], said
    assert f"http://{NOBODY}/orders.csv?private_token=…&hapikey=…&" in said


class Waiting(http.server.BaseHTTPRequestHandler):
    """A file that does not come until the test is done."""

    def do_GET(self):
        self.server.asked.set()
        self.server.end.wait(60)

    def log_message(self, *_):
        pass


def test_the_loader_takes_secrets_of_addresses_of_files_off_its_command_line(engine_uri, new_database):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as site:
        site.asked, site.end = threading.Event(), threading.Event()
        threading.Thread(target=site.serve_forever, daemon=True).start()
        url = f"127.0.0.1:{site.server_port}/orders.csv"
        process = start("kpi-load", "--uri", engine_uri, "--db", new_database("fetch"), f"http://{USER}:{PASSWORD}@{url}?private_token={TOKEN}")
        try:
            assert site.asked.wait(60)
            line = command_line(process.pid).decode()
        finally:
            process.terminate()
            site.end.set()
            process.communicate(timeout=20)
            site.shutdown()
    assert told(line) == [] and url in line, line


def test_no_key_is_said_by_a_server_that_says_all_it_can(engine_uri, database, tmp_path):
    key, operator = keyring.add(tmp_path / "keys", "one"), keyring.add(tmp_path / "keys", "two", "operate")
    digests = re.findall(r"sha256:([0-9a-f]{64})", (tmp_path / "keys").read_text())
    with harness.Server(engine_uri, database, "--keys", str(tmp_path / "keys"), "--log-level", "debug") as server:
        answers = []
        for one in (key, operator, key[:-1], key + "x"):
            for headers in (keyring.bearer(one), {"X-API-Key": one}):
                for path in ("/v1/status", "/v1/kpis/total-sales", "/metrics", "/nothing", "/v1/kpis/total-sales?explain=true"):
                    answer = server.get(path, headers=headers)
                    answers.append(f"{answer.headers}{answer.text}")
        assert str(tmp_path) not in "".join(answers)
    for text in (server.log(), "".join(answers)):
        assert key[4:30] not in text and operator[4:30] not in text
        assert not any(digest in text for digest in digests)
