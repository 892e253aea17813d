"""Where rows may come from: packed files, standard input, pipes, patterns, and URLs on a real web server."""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

import harness
from website import Website, begin, drop, file, in_turn, redirect, status, versioned

DATA = ["locations", "customers", "products", "sellers", "orders"]


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A sample in one file."""
    return harness.generate(tmp_path_factory.mktemp("flat"), orders=300, layout="superstore") / "superstore.csv"


@pytest.fixture(scope="module")
def body(flat):
    return flat.read_bytes()


@pytest.fixture(scope="module")
def expected(engine_uri, mongo, new_database, flat):
    """What is loaded of that file."""
    name = new_database("expected")
    harness.load(engine_uri, name, flat)
    return content(mongo[name])


@pytest.fixture
def site():
    with Website() as running:
        yield running


def content(database):
    raw = CodecOptions(document_class=RawBSONDocument)
    found = {name: database[name].with_options(raw).find({}, {"import_id": 0}).sort("_id") for name in DATA}
    return {name: [document.raw for document in documents] for name, documents in found.items()}


def last_sentence(done):
    return done.stderr.strip().splitlines()[-1]


def command(uri, database, *paths, options=()):
    return [harness.BUILD / "kpi-load", "--uri", uri, "--db", database, *options, *paths]


def run(uri, database, *paths, options=(), **more):
    return subprocess.run(
        command(uri, database, *paths, options=options), cwd=harness.ROOT, env=harness.environment(), capture_output=True, timeout=60, **more
    )


def fails(load, target, *paths, options=()):
    """The sentence with which a load fails that has written nothing."""
    done = load(*paths, options=options, status=1)
    assert target.list_collection_names() == []
    return last_sentence(done)


# Packed files


def test_packed_file(load, target, expected, body, tmp_path):
    (tmp_path / "superstore.csv.gz").write_bytes(gzip.compress(body))
    load(tmp_path)
    assert content(target) == expected


def test_packed_file_under_any_name(load, target, expected, body, tmp_path):
    (tmp_path / "superstore.csv").write_bytes(gzip.compress(body))
    load(tmp_path / "superstore.csv")
    assert content(target) == expected


def test_several_members_and_padding(load, target, expected, body, tmp_path):
    parts = [body[:1000], b"", body[1000:1001], body[1001:]]
    (tmp_path / "s.csv.gz").write_bytes(b"".join(map(gzip.compress, parts)) + bytes(1024))
    load(tmp_path / "s.csv.gz")
    assert content(target) == expected


@pytest.mark.parametrize("damage, word", [
    (lambda b: b[:-9], "it ends too early"),
    (lambda b: b[: len(b) // 2], "it ends too early"),
    (lambda b: b + b"\x1f", "it ends too early"),
    (lambda b: b + b"more", "something else stands behind its end"),
    (lambda b: b[:5000] + bytes([b[5000] ^ 255]) + b[5001:], "damaged"),
    (lambda b: b[:-8] + bytes(4) + b[-4:], "incorrect data check"),
    (lambda b: b[:-4] + bytes(4), "incorrect length check"),
])
def test_nothing_of_a_damaged_file_is_loaded(load, target, body, tmp_path, damage, word):
    (tmp_path / "s.csv.gz").write_bytes(damage(gzip.compress(body)))
    sentence = fails(load, target, tmp_path)
    assert "s.csv.gz is a damaged .gz file" in sentence and word in sentence


@pytest.mark.parametrize("bytes_, name, word", [
    (b"a,b\n1,2\n", "a.csv.gz", "is named .gz and is no gzip file"),
    (b"", "a.csv.gz", "is empty"),
    (gzip.compress(b"", mtime=0), "a.csv.gz", "is empty"),
    (b"PK\x03\x04rest", "a.csv", "ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "a.csv", "Excel workbook"),
    (b"\x28\xb5\x2f\xfd\x00", "a.csv", "zstd"),
    (b"BZh91AY&SY", "a.csv", "bzip2"),
    (b"\xfd7zXZ\x00", "a.csv", "xz"),
])
def test_other_formats_are_named(load, target, tmp_path, bytes_, name, word):
    (tmp_path / name).write_bytes(bytes_)
    assert word in fails(load, target, tmp_path / name)


def test_no_room_for_temporary_files_is_said(engine_uri, target, body, tmp_path):
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(body))
    limit = "ulimit -f 64; trap '' XFSZ; exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", limit, "load", *command(engine_uri, target.name, tmp_path / "s.csv.gz")],
        cwd=harness.ROOT, env=harness.environment(TMPDIR=str(tmp_path)), capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 1
    assert f"the temporary files in {tmp_path} cannot grow" in last_sentence(done) and "TMPDIR" in last_sentence(done)


# Standard input and pipes


def test_standard_input(engine_uri, target, expected, body):
    done = run(engine_uri, target.name, "-", input=body)
    assert done.returncode == 0 and b"  stdin " in done.stderr
    assert content(target) == expected
    assert target.imports.find_one()["files"][0]["file"] == "stdin"


def test_standard_input_may_be_packed_and_named_by_its_profile(engine_uri, target, expected, body):
    done = run(engine_uri, target.name, "-", "-", options=["--profile", "superstore"], input=gzip.compress(body))
    assert done.returncode == 0, done.stderr
    assert content(target) == expected


def test_standard_input_from_a_file_starts_where_it_stands(engine_uri, target, expected, body, tmp_path):
    whole, behind = tmp_path / "whole.csv", tmp_path / "behind.csv"
    whole.write_bytes(body)
    behind.write_bytes(b"# exported today\n" + body)
    with whole.open("rb") as given:
        assert run(engine_uri, target.name, "-", stdin=given).returncode == 0
    with behind.open("rb", buffering=0) as given:
        given.readline()
        assert run(engine_uri, target.name, "-", stdin=given).returncode == 0
    assert content(target) == expected


def test_empty_and_closed_standard_input(engine_uri, target):
    assert b"stdin is empty" in run(engine_uri, target.name, "-", input=b"").stderr
    closed = subprocess.run(
        ["bash", "-c", 'exec "$@" <&-', "load", *command(engine_uri, target.name, "-")],
        cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=60,
    )
    assert closed.returncode == 1 and "stdin cannot be opened" in closed.stderr


def test_pipe_that_is_named_is_waited_for(engine_uri, target, expected, body, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    loading = subprocess.Popen(command(engine_uri, target.name, tmp_path / "pipe"), cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE)
    assert b"waiting for something to come from" in loading.stderr.readline()
    with (tmp_path / "pipe").open("wb") as pipe:
        pipe.write(body)
    loading.communicate(timeout=60)
    assert loading.returncode == 0
    assert content(target) == expected


def test_process_substitution(engine_uri, target, expected, flat):
    script = '"$0" "${@:2}" <(cat "$1")'
    done = subprocess.run(
        ["bash", "-c", script, harness.BUILD / "kpi-load", flat, *command(engine_uri, target.name)[1:]],
        cwd=harness.ROOT, env=harness.environment(), capture_output=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert content(target) == expected


def test_signal_ends_the_waiting_for_a_pipe(engine_uri, target, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    loading = subprocess.Popen(command(engine_uri, target.name, tmp_path / "pipe"), cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE)
    loading.stderr.readline()
    loading.send_signal(signal.SIGTERM)
    assert b"stopped by SIGTERM" in loading.communicate(timeout=20)[1]
    assert loading.returncode == 1


# Files that change while they are read: opened before the pipe, read after it


@pytest.mark.parametrize("change, word", [
    (lambda path: os.truncate(path, path.stat().st_size // 2), "order_items.csv was truncated while it was read"),
    (lambda path: path.open("a").write("x"), "order_items.csv changed while it was read"),
    (lambda path: path.write_bytes(path.read_bytes()[:-2] + b"9\n"), "order_items.csv changed while it was read"),
])
def test_file_that_changes_while_it_is_read(engine_uri, target, sample, tmp_path, change, word):
    folder = shutil.copytree(sample, tmp_path / "copy")
    orders = (folder / "orders.csv").read_bytes()
    (folder / "orders.csv").unlink()
    os.mkfifo(tmp_path / "pipe")
    loading = subprocess.Popen(command(engine_uri, target.name, folder, tmp_path / "pipe"), cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE)
    loading.stderr.readline()
    change(folder / "order_items.csv")
    (tmp_path / "pipe").write_bytes(orders)
    said = loading.communicate(timeout=60)[1].decode()
    assert loading.returncode == 1 and word in said.splitlines()[-1]
    assert target.orders.count_documents({}) == target.customers.count_documents({}) == 0


# Patterns


def test_pattern_that_no_shell_has_expanded(load, target, sample, tmp_path):
    shutil.copytree(sample, tmp_path / "2026" / "01")
    (tmp_path / "2026" / "02").mkdir()
    shutil.move(tmp_path / "2026" / "01" / "orders.csv", tmp_path / "2026" / "02")
    (tmp_path / "2026" / "notes.txt").write_text("no data")
    load(f"{tmp_path}/20??/[0-9]*/*.csv")
    assert target.orders.count_documents({}) == 2000


def test_pattern_may_match_folders(load, target, sample, tmp_path):
    shutil.copytree(sample, tmp_path / "shop-1")
    load(f"{tmp_path}/shop-*")
    assert target.orders.count_documents({}) == 2000


def test_pattern_that_matches_nothing_is_an_error(load, target, tmp_path):
    assert f"no file matches the pattern {tmp_path}/*.csv" in fails(load, target, f"{tmp_path}/*.csv")


def test_file_whose_name_looks_like_a_pattern(load, target, expected, flat, tmp_path):
    shutil.copy(flat, tmp_path / "sales[1]*.csv")
    load(tmp_path / "sales[1]*.csv")
    assert content(target) == expected


def test_what_programs_are_still_writing_is_left(load, target, sample, tmp_path):
    folder = shutil.copytree(sample, tmp_path / "copy")
    for name in [".orders.csv", "orders.csv.part", "orders.csv~", "orders.csv.tmp", "~$orders.csv"]:
        (folder / name).write_text("half of a")
    load(folder)
    assert target.orders.count_documents({}) == 2000


def test_more_files_than_a_shell_lets_a_program_open(engine_uri, target, body, tmp_path):
    header, *lines = body.splitlines(keepends=True)
    for i in range(1100):
        (tmp_path / f"{i}.csv").write_bytes(header + lines[i % len(lines)])
    done = subprocess.run(
        ["bash", "-c", 'ulimit -S -n 200; exec "$@"', "load", *command(engine_uri, target.name, tmp_path)],
        cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=120,
    )
    assert done.returncode in (0, 3), done.stderr[-2000:]


# URLs


def test_url(load, target, expected, site, body):
    site.acts["/export/superstore.csv"] = file(body)
    done = load(f"{site.url}/export/superstore.csv?day=today")
    assert content(target) == expected
    assert target.imports.find_one()["files"][0]["file"] == "superstore.csv"
    assert "  superstore.csv " in done.stderr
    assert site.header("Accept-Encoding") == [None]


def test_packed_url(load, target, expected, site, body):
    site.acts["/s.csv.gz"] = file(gzip.compress(body))
    site.acts["/s.csv"] = file(gzip.compress(body), Content_Encoding="gzip")
    site.acts["/unpacked.csv.gz"] = file(body)
    for name in ("s.csv.gz", "s.csv", "unpacked.csv.gz"):
        load(f"{site.url}/{name}")
    assert content(target) == expected


def test_url_named_twice_is_fetched_once(load, site, body):
    site.acts["/s.csv"] = file(body)
    load(f"{site.url}/s.csv", f"{site.url}/s.csv")
    assert len(site.requests) == 1


def test_redirects_are_followed(load, target, expected, site, body):
    site.acts["/s.csv"] = file(body)
    for i in range(5):
        site.acts[f"/{i}"] = redirect(f"/{i + 1}" if i < 4 else site.url + "/s.csv", [301, 302, 303, 307, 308][i])
    load(f"{site.url}/0")
    assert content(target) == expected


def test_six_redirects_and_loops_are_refused(load, target, site):
    site.acts["/loop"] = redirect("/loop")
    assert "redirects more than five times" in fails(load, target, f"{site.url}/loop")
    assert len(site.requests) == 6


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x.csv", "gopher://127.0.0.1/x"])
def test_redirect_to_anything_else_is_refused(load, target, site, to):
    site.acts["/s.csv"] = redirect(to)
    sentence = fails(load, target, f"{site.url}/s.csv")
    assert "redirects to something else than http and https" in sentence and "passwd" not in sentence


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x.csv", "s3://bucket/x.csv"])
def test_other_schemes_are_refused(load, target, address):
    assert f"{address.split(':')[0]}:// is not read" in fails(load, target, address)


@pytest.mark.parametrize("code, word", [
    (401, "wants a login (401)"), (403, "refuses access (403)"), (404, "no such file (404)"), (410, "(410)"),
    (400, "status 400"), (204, "without a file (204)"), (304, "status 304"), (300, "status 300"), (501, "cannot answer now (501)"),
])
def test_status_is_said_with_what_helps(load, target, site, code, word):
    site.acts["/s.csv"] = status(code)
    assert word in fails(load, target, f"{site.url}/s.csv")
    assert len(site.requests) == 1


def test_page_instead_of_a_file(load, target, site):
    site.acts["/s.csv"] = file(b"<html>Please log in", Content_Type="text/html; charset=utf-8")
    assert "a web page instead of a CSV file" in fails(load, target, f"{site.url}/s.csv")


def test_script_that_says_html_of_its_csv(load, target, expected, site, body):
    site.acts["/export.php"] = file(body, Content_Type="text/html; charset=UTF-8")
    load(f"{site.url}/export.php")
    assert content(target) == expected


def test_empty_answer(load, target, site):
    site.acts["/s.csv"] = file(b"")
    assert "s.csv is empty" in fails(load, target, f"{site.url}/s.csv")


def test_busy_server_is_asked_again(load, target, expected, site, body):
    site.acts["/s.csv"] = in_turn(status(503, Retry_After="1"), status(429), drop, file(body))
    done = load(f"{site.url}/s.csv")
    assert done.stderr.count("trying again") == 3
    assert content(target) == expected


def test_server_that_stays_busy_is_given_up(load, target, site):
    site.acts["/s.csv"] = status(502)
    assert "cannot answer now (502); try again later" in fails(load, target, f"{site.url}/s.csv")
    assert len(site.requests) == 5


@pytest.mark.parametrize("version", [{"etag": '"1"'}, {"modified": "Sat, 21 Nov 2026 10:00:00 GMT"}], ids=["etag", "modified"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_broken_transfer_is_taken_up_where_it_broke(load, target, expected, site, body, version, chunked):
    site.acts["/s.csv"] = versioned(body, **version, breaks=[30_000, 0, 20_000], chunked=chunked)
    load(f"{site.url}/s.csv")
    assert content(target) == expected
    assert site.header("Range") == [None, "bytes=30000-", "bytes=30000-", "bytes=50000-"]
    assert site.header("If-Range") == [None] + [list(version.values())[0]] * 3


def test_only_the_end_of_a_transfer_is_lacking(load, target, expected, site, body):
    site.acts["/s.csv"] = versioned(body, etag='"1"', breaks=[len(body)], chunked=True)
    load(f"{site.url}/s.csv")
    assert content(target) == expected


@pytest.mark.parametrize("ignores_if_range", [False, True])
def test_file_that_changes_between_two_parts_is_fetched_anew(load, target, expected, site, body, ignores_if_range):
    before = b"x" * 40_000 + body
    site.acts["/s.csv"] = in_turn(
        versioned(before, etag='"1"', breaks=[40_000]), versioned(body, etag='"2"', ignores_if_range=ignores_if_range)
    )
    load(f"{site.url}/s.csv")
    assert content(target) == expected


@pytest.mark.parametrize("version", [{}, {"etag": 'W/"1"'}], ids=["none", "weak"])
def test_without_a_version_a_broken_transfer_starts_over(load, target, expected, site, body, version):
    site.acts["/s.csv"] = versioned(body, **version, breaks=[30_000])
    load(f"{site.url}/s.csv")
    assert site.header("Range") == [None, None]
    assert content(target) == expected


def test_parts_that_do_not_fit_are_not_put_together(load, target, expected, site, body):
    def wrong_part(request):
        begin(request, 206, 10, ETag='"1"', Content_Range=f"bytes 0-9/{len(body)}")
        request.wfile.write(body[:10])
    site.acts["/s.csv"] = in_turn(versioned(body, etag='"1"', breaks=[1000]), wrong_part, versioned(body, etag='"1"'))
    load(f"{site.url}/s.csv")
    assert content(target) == expected


def test_transfer_that_always_breaks_but_gets_on_comes_to_its_end(load, target, expected, site, body):
    """Tries in a row that bring nothing are counted, not all of them."""
    pieces = [len(body) // 9, 0] * 8
    site.acts["/s.csv"] = versioned(body, etag='"1"', breaks=pieces)
    load(f"{site.url}/s.csv")
    assert content(target) == expected
    assert len(site.requests) == len(pieces) + 1


def test_transfer_that_always_breaks_and_gets_nowhere_is_given_up(load, target, site, body):
    site.acts["/s.csv"] = versioned(body, breaks=[100] * 9)
    assert "broke off after 100 bytes" in fails(load, target, f"{site.url}/s.csv")
    assert len(site.requests) == 1 + 5  # the first brought bytes


def test_longer_answer_than_announced_is_cut_there(load, target, expected, site, body):
    def act(request):
        begin(request, 200, len(body), Connection="close")
        request.wfile.write(body + b"more")
        request.close_connection = True
    site.acts["/s.csv"] = act
    load(f"{site.url}/s.csv")
    assert content(target) == expected


def test_stalled_transfer_is_given_up(load, target, site, body):
    free = threading.Event()

    def act(request):
        begin(request, 200, len(body))
        request.wfile.write(body[:100])
        request.wfile.flush()
        free.wait(60)
    site.acts["/s.csv"] = act
    sentence = fails(load, target, f"{site.url}/s.csv", options=["--download-timeout", "1"])
    free.set()
    assert "nothing came for 1 s, after 100 bytes" in sentence and "--download-timeout" in sentence


def test_signal_ends_a_transfer(engine_uri, target, site, body):
    asked, free = threading.Event(), threading.Event()

    def act(request):
        asked.set()
        free.wait(60)
    site.acts["/s.csv"] = act
    loading = subprocess.Popen(command(engine_uri, target.name, f"{site.url}/s.csv"), cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE)
    assert asked.wait(20)
    loading.send_signal(signal.SIGINT)
    assert b"stopped by SIGINT" in loading.communicate(timeout=20)[1]
    free.set()
    assert loading.returncode == 1


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["load", "dry run"])
def test_urls_without_a_database_end_with_what_helps(site, body, tmp_path, more):
    """It is asked for the version of each of them, before it is needed otherwise."""
    site.acts["/a.csv"] = site.acts["/b.csv"] = file(body)
    nowhere = f"mongodb://{str(tmp_path).replace('/', '%2F')}%2Fnone.sock/"
    done = harness.load(nowhere, "x", f"{site.url}/a.csv", f"{site.url}/b.csv", options=more, status=1)
    assert "does not answer" in done.stderr.splitlines()[-1] and "--uri" in done.stderr.splitlines()[-1]


def test_size_limit(load, target, site):
    large = b"a,b\n" + b"1,2\n" * 300_000
    site.acts["/s.csv"] = file(large)
    site.acts["/chunked.csv"] = versioned(large, chunked=True)
    site.acts["/s.csv.gz"] = file(gzip.compress(large))
    for name, word in [("s.csv", "is larger than"), ("chunked.csv", "is larger than"), ("s.csv.gz", "unpacks to more than")]:
        sentence = fails(load, target, f"{site.url}/{name}", options=["--max-download", "1"])
        assert word in sentence and "the 1 MiB that --max-download allows" in sentence


def test_host_that_is_not_there(load, target):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sentence = fails(load, target, f"http://127.0.0.1:{unused.getsockname()[1]}/s.csv")
    assert "nothing listens there" in sentence
    assert "the name of the host is not known" in fails(load, target, "http://no-such-host.invalid/s.csv")


@pytest.mark.parametrize("address", ["http://", "http://127.0.0.1:port/x", "http://user:hidden@127.0.0.1:99999/", "http://[::1/x"])
def test_address_that_is_none(load, target, address):
    sentence = fails(load, target, address)
    assert "is not valid" in sentence and "hidden" not in sentence


def test_certificate_that_is_not_trusted(load, target, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate, *subject]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    with Website((certificate, key)) as secure:
        assert "the server's certificate is not trusted" in fails(load, target, f"{secure.url}/s.csv")
    with Website() as plain:
        assert "no secure connection" in fails(load, target, f"https://127.0.0.1:{plain.port}/s.csv")


def test_secrets_of_an_address_are_used_and_never_shown(load, target, site, body):
    site.acts["/s.csv"] = in_turn(drop, file(body))
    port, query = site.port, "day=1&token=hidden1&X-Amz-Signature=hidden2&Sig=hidden3"
    done = load(f"http://hidden4:hidden5@127.0.0.1:{port}/s.csv?{query}#hidden6")
    assert site.requests[-1][0] == f"/s.csv?{query}"
    assert site.header("Authorization")[-1] == "Basic aGlkZGVuNDpoaWRkZW41"
    assert "hidden" not in done.stderr and f"http://127.0.0.1:{port}/s.csv?day=…&token=…&X-Amz-Signature=…&Sig=…:" in done.stderr
    assert "hidden" not in str(list(target.imports.find()))
    failed = load(f"http://hidden4:hidden5@127.0.0.1:{port}/none.csv?{query}", status=1)
    assert "hidden" not in failed.stderr and "no such file (404)" in failed.stderr
    assert "hidden" not in str(list(target.imports.find()))


def everything(database):
    return str([list(database[name].find()) for name in database.list_collection_names()])


def test_secrets_of_other_names_tell_files_apart_and_are_not_kept(load, target, site, body):
    site.acts["/s.csv"] = versioned(body, etag='"1"')
    url = f"{site.url}/s.csv?page=1&private_token="
    load(url + "hidden1")
    load(url + "hidden1")
    assert site.header("If-None-Match")[-1] == '"1"', "known by its address"
    load(url + "hidden2")
    assert site.header("If-None-Match")[-1] is None
    assert target.files.count_documents({}) == 2, "as ever: another file, of the same content"
    assert "page=1" in everything(target) and "hidden" not in everything(target)


def test_file_that_was_known_stays_known_where_its_address_has_no_secret(load, target, site, body):
    """Its address is written down as earlier releases did."""
    site.acts["/s.csv"] = file(body)
    url = f"{site.url}/s.csv?page=1&design=long&keys=a,b"
    load(url)
    assert [file["_id"] for file in target.files.find()] == [url]


def test_login_of_netrc_is_used(engine_uri, target, site, body, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    site.acts["/s.csv"] = file(body)
    done = subprocess.run(
        command(engine_uri, target.name, f"{site.url}/s.csv"), cwd=harness.ROOT, env=harness.environment(HOME=str(tmp_path)), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert site.header("Authorization") == ["Basic bWU6bWluZQ=="]
