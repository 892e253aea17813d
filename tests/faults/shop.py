"""A small shop whose loads are disturbed, and all that a load leaves in a database, to the byte."""

import csv
import shutil
import subprocess

import bson

import harness

# What tells of the time at which a load ran, and of how it came to its end: that may differ, and nothing else.
TIMES = {
    "analyses": {"computed_at"},
    "files": {"loaded_at"},
    "imports": {"started_at", "finished_at", "seconds"},
    "meta": {"loaded_at"},
    "quality": {"computed_at"},
}
HISTORY = {"imports": {"attempts", "started_empty", "files", "cleaned", "wrote"}}
FILES = {"orders.csv": 0, "order_items.csv": 0, "payments.csv": 0, "reviews.csv": 1}  # and the column of the order


def contents(database, interrupted=False):
    """{collection: {key: bytes}} without the declared fields. Of a load that was taken up again, which rows the attempt before had
    inserted is history too, and of rollups, in which build a row was made: they are as readers see them (docs/schema.md)."""
    data = database.meta.find_one({"_id": "data"}) or {}
    rollups = data.get("rollups", {}) if interrupted else {}
    told = {one["_id"] for one in database.imports.find() if is_told(one)}
    found = {}
    for name in sorted(database.list_collection_names()):
        documents = list(database[name].find())
        if name in rollups:
            found[name] = rollup_rows(documents, rollups[name]["build"], data["version"])
            continue
        without = TIMES.get(name, set()) | (HISTORY.get(name, set()) if interrupted else set())
        found[name] = {
            repr(one["_id"]): bson.encode({k: v for k, v in one.items() if k not in without})
            for one in documents
            if name not in ("imports", "quality") or not interrupted or one["_id"] in told
        }
    if interrupted and "file_records" in found:
        found["file_records"] = {key: digests(bson.decode(one)) for key, one in found["file_records"].items()}
    if interrupted and "meta" in found:
        found["meta"] = {key: bson.encode(as_readers_see(bson.decode(one))) for key, one in found["meta"].items()}
    return found


def is_told(one):
    """Of imports, those that came to their end and had something to do: others tell of the disturbance."""
    return one["status"] == "done" and one["data_version"] == one["target_version"]


def rollup_rows(documents, build, version):
    seen = [one for one in documents if one["build"] == build and one["from"] <= version < one["to"]]
    return {f"{one.get('day')} {one['_id'].rsplit('/', 1)[1]}": bson.encode({"rows": one["rows"]}) for one in seen}


def digests(record):
    """They are a set: what of a file went through memory and what was there already decides on their order."""
    text = bytes(record.pop("digests"))
    return bson.encode({**record, "digests": sorted(text[at : at + 8] for at in range(0, len(text), 8))})


def as_readers_see(meta):
    """Without the numbers of builds, and the token of one that could not even take that away in the end. The names of the collections
    that rollups have are a set: one that could not be kept at first came to the others later."""
    for listed in meta.get("rollups", {}).values():
        del listed["build"]
    if "collections" in meta:
        meta["collections"] = sorted(meta["collections"])
    return {k: v for k, v in meta.items() if k not in ("last_build", "old_builds", "closed_days", "holder")}


def difference(got, wanted):
    """What differs, in words; empty when nothing does."""
    for name in sorted(got.keys() | wanted.keys()):
        one, other = got.get(name, {}), wanted.get(name, {})
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                shown = [bson.decode(side[key]) if key in side else None for side in (one, other)]
                return f"{name} {key}: {shown[0]}\nis not {shown[1]}"[:2000]
    return ""


def without_some_orders(folder, to, share=0.15):
    """The shop as it was before its last orders, and before a product was named as it is."""
    shutil.copytree(folder, to)
    rows = {name: list(csv.reader((folder / name).open(newline=""))) for name in [*FILES, "products.csv"]}
    orders = rows["orders.csv"]
    late = {row[0] for row in orders[-int(len(orders) * share) :]}
    for name, column in FILES.items():
        write(to / name, [row for row in rows[name] if row[column] not in late])
    rows["products.csv"][5][1] = "Another name"
    write(to / "products.csv", rows["products.csv"])
    return to


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def command(uri, database, *paths, options=()):
    return [harness.BUILD / "kpi-load", "--uri", uri, "--db", database, *options, *paths]


def start(uri, database, *paths, options=(), variables=None, **more):
    env = harness.environment(**{**harness.WHOLE, **(variables or {})})
    return subprocess.Popen(command(uri, database, *paths, options=options), cwd=harness.ROOT, env=env, **more)
