"""Rows that kpi-load does not take: which, what becomes of them, and when there are too many."""

import collections
import json
import os
import re
import subprocess

import pytest
from loading import DATA, content, last_sentence, summary

import harness


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("dirty"), orders=3000, seed=7, options=["--dirty"])


def test_exactly_the_dirty_rows_are_rejected(load, target, dirty):
    done = load(dirty, status=3)
    keys = ["file", "line", "reason", "column"]
    rejected = sorted([r[k] for k in keys[:3]] for r in target.rejects.find())
    expected = json.loads((dirty / "dirty.json").read_text())
    assert rejected == sorted([r[k] for k in keys[:3]] for r in expected)
    columns = {(r["file"], r["line"]): r["column"] for r in target.rejects.find()}
    assert [r for r in expected if columns[r["file"], r["line"]] != r.get("column")] == []
    assert summary(done)["all"].rejected == len(expected)
    by_reason = collections.Counter(r["reason"] for r in expected)
    assert target.imports.find_one()["rejected"] == by_reason
    for reason, count in by_reason.items():
        assert re.search(rf"^\s+{count}  {reason}: ", done.stderr, re.M)


def test_rejected_row_is_kept_as_it_was(load, target, dirty):
    load(dirty, status=3)
    for reject in target.rejects.find({"reason": {"$ne": "bad_encoding"}}):
        physical = (dirty / reject["file"]).read_bytes().splitlines()
        assert physical[reject["line"] - 1].decode().startswith(reject["row"].splitlines()[0][:100])
        if reject["value"] and "\n" not in reject["value"]:
            assert reject["value"].split()[0] in reject["row"]


def test_good_rows_load_beside_dirty_ones(load, target, dirty, mongo, engine_uri, new_database, tmp_path):
    load(dirty, status=3)
    clean = new_database("clean")
    harness.load(engine_uri, clean, harness.generate(tmp_path, orders=3000, seed=7))
    dirty_orders = {order["_id"]: order for order in target.orders.find({}, {"import_id": 0, "hash": 0})}
    good = {order["_id"]: order for order in mongo[clean].orders.find({"counted": True}, {"import_id": 0, "hash": 0})}
    assert all(dirty_orders[key] == order for key, order in good.items())
    mongo.drop_database(clean)


def test_counts_add_up(load, dirty):
    for done in [load(dirty, status=3), load(dirty, options=["--reload"], status=3)]:
        for counts in summary(done).values():
            assert counts.read == counts.inserted + counts.updated + counts.unchanged + counts.skipped + counts.rejected


def spoil(path, count):
    """Makes the last field of the first `count` rows something that cannot be."""
    lines = path.read_text().splitlines()
    for i in range(1, count + 1):
        lines[i] = lines[i].rsplit(",", 1)[0] + ",?"
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("limit, status", [("3", 3), ("2", 1), ("0", 1), ("100%", 3), ("0.01%", 1)])
def test_max_rejects_stops_the_load(load, target, copy, limit, status):
    spoil(copy / "order_items.csv", 3)
    done = load(copy, options=["--max-rejects", limit], status=status)
    if status == 1:
        assert f"more than --max-rejects {limit} allows" in last_sentence(done)
        assert all(target[name].count_documents({}) == 0 for name in DATA) and target.meta.find_one() is None
        assert target.imports.find_one()["status"] == "failed" and not target.imports.find_one()["wrote"]
        assert target.rejects.count_documents({}) >= 1


def test_mended_rows_load_after_all(load, target, copy, sample, mongo, engine_uri, new_database):
    spoil(copy / "order_items.csv", 3)
    load(copy, status=3)
    load(sample)
    undisturbed = new_database("undisturbed")
    harness.load(engine_uri, undisturbed, sample)
    assert content(target) == content(mongo[undisturbed])
    mongo.drop_database(undisturbed)


def test_rows_of_a_rejected_order_are_rejected_too(load, target, copy):
    path = copy / "orders.csv"
    lines = path.read_text().splitlines()
    order = lines[1].split(",")[0]
    lines[1] = lines[1].replace(lines[1].split(",")[3], "someday")
    path.write_text("\n".join(lines) + "\n")
    load(copy, status=3)
    reasons = [(r["file"], r["reason"]) for r in target.rejects.find()]
    assert ("orders.csv", "bad_date") in reasons
    belonging = [p.name for p in copy.glob("*.csv") if p.name != "orders.csv"
                 for line in p.read_text().splitlines() if order in line.split(",")[:2]]
    assert sorted(belonging) == sorted(f for f, reason in reasons if reason == "unknown_reference")
    assert target.orders.find_one({"_id": order}) is None


def test_rejected_rows_go_into_a_pipe(load, tmp_path):
    """Whether a file that was written before stands behind the name is not asked of one."""
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    (tmp_path / "a.csv").write_text(f"{header}\n1,A,x,6,12/1/2010 8:26,2.50,5,France\n1,B,y,4,12/1/2010 8:26,2.5O,5,France\n")
    pipe = tmp_path / "rejects"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        try:
            load(tmp_path / "a.csv", options=["--rejects", pipe, "--max-rejects", "100%"], status=3)
            first, *rejected = reader.communicate(timeout=60)[0].splitlines()
        finally:
            reader.kill()
    assert first == f"kpi_reason,kpi_file,kpi_line,kpi_detail,{header}"
    assert len(rejected) == 1 and rejected[0].endswith(",1,B,y,4,12/1/2010 8:26,2.5O,5,France")
    assert pipe.is_fifo()


def test_a_row_that_is_mended_twice_is_one_row(load, target, tmp_path):
    """Its first rejects may be loaded as well, put right: all of them tell of the same line."""
    first, mended, again = tmp_path / "a.csv", tmp_path / "mended.csv", tmp_path / "again.csv"
    out, more = tmp_path / "out.csv", tmp_path / "more.csv"
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    first.write_text(f"{header}\n1,A,x,2,12/1/2010 8:26,10,5,France\n1,A,x,two,12/1/2010 8:26,10,5,France\n")
    load(first, options=["--max-rejects", "100%", "--rejects", out], status=3)
    mended.write_text(out.read_text().replace(",two,", ",three,"))
    load(mended, options=["--max-rejects", "100%", "--rejects", more], status=3)
    again.write_text(more.read_text().replace(",three,", ",3,"))
    mended.write_text(out.read_text().replace(",two,", ",3,"))
    for file in (again, mended):
        load(file)
        assert sum(item["quantity"] for item in target.orders.find_one()["items"]) == 5, file


def test_of_a_layout_without_headers_the_file_itself_is_to_be_mended(load, target, tmp_path):
    order = {"_id": "$no", "ordered_at": "$day", "status": "delivered"}
    item = {"order_id": "$no", "product_id": "$sku", "quantity": "$pieces", "sales": "$sales"}
    profile = {"name": "tape", "title": "A till", "currency": "USD", "date_formats": ["YYYY-MM-DD"], "files": [{
        "name": "lines", "header": False, "pattern": "till*.csv", "names": ["no", "day", "sku", "pieces", "sales"],
        "records": [{"kind": "product", "fields": {"_id": "$sku"}}, {"kind": "order", "fields": order}, {"kind": "item", "fields": item}],
    }]}  # fmt: skip
    (tmp_path / "tape.json").write_text(json.dumps(profile))
    till, options = tmp_path / "till.csv", ["--profile", tmp_path / "tape.json", "--max-rejects", "100%"]
    till.write_text("1,2024-01-01,A,2,4\n1,2024-01-01,A,x,6\n")
    done = load(till, options=[*options, "--rejects", tmp_path / "out.csv"], status=3)
    assert f"are in {tmp_path}/out.csv. Mend them in till.csv itself and load that" in done.stderr
    assert (tmp_path / "out.csv").read_text() == "1,2024-01-01,A,x,6\n"
    till.write_text(till.read_text().replace("x", "3"))
    load(till, options=options)
    assert [(item["quantity"], str(item["sales"])) for item in target.orders.find_one()["items"]] == [(5, "10")]
