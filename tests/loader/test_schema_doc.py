"""docs/schema.md describes every field of the documents that loads really write, with its type, and no other."""

import collections
import datetime
import functools
import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from bson import Decimal128

import harness

for folder in ("api", "faults"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
from last_writes import Writes  # noqa: E402

TYPES = {
    "text": str,
    "decimal": Decimal128,
    "integer": int,
    "number": (int, float),
    "time": datetime.datetime,
    "day": datetime.datetime,
    "flag": bool,
    "list": list,
    "object": dict,
    "binary": bytes,
}
STAR = {path.stem for path in (harness.PIPELINES / "star").glob("*.json")}


def described():
    """The fields of each collection: {name: (type, unit)}. The documents of meta have a table each."""
    found, section = collections.defaultdict(dict), None
    for line in (harness.ROOT / "docs" / "schema.md").read_text().splitlines():
        if heading := re.match(r"#+ (\w+)$", line):
            section = heading[1]
        elif document := re.match(r"The document `(\w+)` says", line):
            section = f"meta {document[1]}"
        elif row := re.match(r"\| `([^`]+)` \| ([^|]*) \|", line):
            assert row[1] not in found[section], f"{section} describes {row[1]} twice"
            found[section][row[1]] = row[2].strip()
    found.pop("database", None)
    rollup = found.pop("rollups")
    for path in (harness.PIPELINES / "rollup").glob("*.json"):
        grain = json.loads(path.read_text())["grain"]
        found[path.stem] = {name: text for name, text in rollup.items() if name != "day" or grain != "all"}
    return {name: fields for name, fields in found.items() if "_id" in fields}


def paths(value, path=""):
    """Every field of a document with its value: items[].sales of each item."""
    if isinstance(value, dict):
        for key, member in value.items():
            inner = f"{path}.{key}" if path else key
            yield inner, member
            yield from paths(member, inner)
    elif isinstance(value, list):
        for member in value:
            if isinstance(member, (dict, list)):
                yield from paths(member, f"{path}[]")


def find(fields, path):
    """What describes the field: itself, or one with a * in it, which stands for any name; in the end for whatever is there."""
    if path in fields:
        return path
    for field in fields:
        if "*" in field and re.fullmatch(re.escape(field).replace(r"\*", "[^.]+"), path):
            return field
    while "." in path:
        path = path.rpartition(".")[0]
        if f"{path}.*" in fields:
            return f"{path}.*"
    return None


def fits(value, text):
    """Whether a value is of the type that the table says."""
    kinds = re.split(r" or |, ", text.removesuffix(", optional"))
    if value is None:
        return bool({"null", "any"} & set(kinds))
    for kind in kinds:
        name, _, members = kind.partition(" of ")
        if name == "any":
            return True
        if name in TYPES and isinstance(value, TYPES[name]) and not (isinstance(value, bool) and name != "flag"):
            midnight = name != "day" or value.time() == datetime.time(0)
            return midnight and all(fits(member, members) for member in (value if members else []))
    return False


def kill_within(uri, database, *arguments, moment):
    """Starts a load and kills it as soon as the document of its import has that flag."""
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", database.name, "--star", "on", *arguments]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not database.imports.find_one({"status": "running", moment: True}) and time.monotonic() < until:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert database.locks.find_one(), "the load ended before it was killed"


def kill_before_files_are_listed(uri, database, folder):
    command = [harness.BUILD / "kpi-load", "--db", database.name, folder]
    start = lambda through: subprocess.Popen([*command, "--uri", through], env=harness.environment(), stderr=subprocess.DEVNULL)
    assert Writes("files", last=1).watch(uri, start) == -signal.SIGKILL


class Handler(http.server.SimpleHTTPRequestHandler):
    """A server of files that names their versions."""

    def end_headers(self):
        self.send_header("ETag", '"one"')
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(sample):
    """The sample, by HTTP."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sample))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{server.server_port}/{path.name}" for path in sorted(sample.glob("*.csv"))]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def documents(engine_uri, mongo, new_database, sample, served, tmp_path_factory):
    """The documents of databases in which all happened that can: {collection: [document]}."""
    names = {what: new_database(what) for what in ("killed", "late", "fetched", "dirty", "olist", "shops", "claimed")}
    load = lambda what, *paths, options=(), **more: harness.load(engine_uri, names[what], *paths, options=["--star", "on", *options], variables=harness.WHOLE, **more)

    other = harness.generate(tmp_path_factory.mktemp("other"), orders=100, seed=2)
    kill_within(engine_uri, mongo[names["killed"]], sample, moment="wrote")
    locks = list(mongo[names["killed"]].locks.find())
    load("killed", other)
    kill_within(engine_uri, mongo[names["killed"]], "--replace", other, moment="swapping")
    load("killed", other)
    load("fetched", *served)
    kill_before_files_are_listed(engine_uri, mongo[names["late"]], other)
    dirty = harness.generate(tmp_path_factory.mktemp("dirty"), orders=500, options=["--dirty"])
    load("dirty", dirty, options=["--max-rejects", "100%"], status=3)
    load("olist", harness.generate(tmp_path_factory.mktemp("olist"), orders=500, layout="olist"))
    load("shops", *shops(tmp_path_factory.mktemp("shops")), options=["--pipelines", with_broken_check(tmp_path_factory.mktemp("broken"))])
    claimed = with_false_claim(tmp_path_factory.mktemp("claimed"))
    for _ in range(2):  # the second load deletes the rows of what is not read
        load("claimed", other, options=["--pipelines", claimed])

    found = collections.defaultdict(list, {"locks": locks})
    for name in names.values():
        for collection in mongo[name].list_collection_names():
            for document in mongo[name][collection].find():
                found["meta " + document["_id"] if collection == "meta" else collection].append(document)
        mongo.drop_database(name)
    return found


def shops(folder):
    """Shops whose products have no cost, and nothing else that is not needed."""
    (folder / "produits.csv").write_text("id_produit;nom;prix\n1;Stylo;1,50\n2;Cahier;3,20\n", encoding="utf-8")
    (folder / "magasins.csv").write_text("id_magasin;ville\n1;Lyon\n2;Lille\n", encoding="utf-8")
    rows = "id_vente;id_produit;id_magasin;date_vente;quantité\n10;1;1;2024-01-05;2\n11;2;2;2024-01-09;1\n"
    (folder / "ventes.csv").write_text(rows, encoding="utf-8")
    return sorted(folder.glob("*.csv"))


def with_broken_check(folder):
    """The definitions, with a check that cannot be computed."""
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, folder / "pipelines"))
    check = {"title": "T", "summary": "S", "collection": "orders", "severity": "info", "columns": [{"name": "count", "text": "C"}]}
    check["pipeline"] = [{"$group": {"_id": {"$toInt": "$status"}, "count": {"$sum": 1}}}]
    (pipelines / "quality" / "broken.json").write_text(json.dumps(check))
    return pipelines


def with_false_claim(folder):
    """The definitions, with a rollup that says of the data what is not so."""
    pipelines = pathlib.Path(shutil.copytree(harness.PIPELINES, folder / "pipelines"))
    rollup = {"title": "T", "grain": "day", "dimensions": ["category", "product"], "measures": ["orders"], "determines": {"category": ["product"]}}
    (pipelines / "rollup" / "claimed.json").write_text(json.dumps(rollup))
    return pipelines


def test_every_collection_is_described_and_no_other(documents):
    assert set(documents) == set(described())


@pytest.mark.parametrize("name", sorted(described()))
def test_fields_are_those_described(documents, name):
    fields = described()[name]
    seen = {find(fields, path) or f"{path} is not described" for document in documents[name] for path, _ in paths(document)}
    assert seen == set(fields)


@pytest.mark.parametrize("name", sorted(described()))
def test_fields_are_there_unless_they_are_optional(documents, name):
    """Of the document itself, or of each object that it holds."""
    fields = described()[name]
    for field in (f for f, text in fields.items() if "optional" not in text and "*" not in f):
        parent, _, last = field.rpartition(".")
        for document in documents[name]:
            for holder in members(document, parent):
                assert last in holder, f"{field} is missing in {document['_id']}"


def members(document, path):
    """The objects at a path such as items[].lines[]; the document itself at ""."""
    found = [document]
    for part in path.split(".") if path else []:
        found = [holder.get(part.removesuffix("[]")) for holder in found]
        if part.endswith("[]"):
            found = [member for entries in found for member in entries or []]
        found = [holder for holder in found if holder is not None]
    return found


@pytest.mark.parametrize("name", sorted(described()))
def test_values_are_of_the_type_described(documents, name):
    fields = described()[name]
    for document in documents[name]:
        for path, value in paths(document):
            text = fields[find(fields, path)]
            missing = value is None and name in STAR  # their columns say in words what may be missing
            assert missing or fits(value, text), f"{path} of {document['_id']} is {value!r} and no {text}"


def test_the_star_is_described_as_it_is_defined():
    done = subprocess.run([harness.ROOT / "tools" / "readme", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
