"""kpi-load, the real program on the real engine: what it loads, refuses and says."""

import json
import os
import pty
import re
import subprocess

import pytest
from bson import Decimal128
from loading import Counts, DATA, content, last_sentence, rows, summary

import harness


# What is loaded


def test_every_row_is_counted_once(load, target, sample):
    done = load(sample)
    counts = summary(done)
    for path in sample.glob("*.csv"):
        assert counts[path.name] == Counts(rows(path), rows(path), 0, 0, 0, 0)
    for name in DATA:
        assert target[name].count_documents({}) == rows(sample / f"{name}.csv")
    assert target.rejects.count_documents({}) == 0


def test_orders_hold_what_the_files_say(load, target, sample):
    load(sample)
    total = lambda field: next(target.orders.aggregate([{"$group": {"_id": None, "n": {"$sum": field}}}]))["n"]
    lines = [line.split(",") for line in (sample / "order_items.csv").read_text().splitlines()[1:]]
    assert total("$units") == sum(int(line[3]) for line in lines)
    money = lambda value: round(float(value.to_decimal()) * 100)
    assert money(total("$gross")) == sum(int(line[3]) * round(float(line[4]) * 100) for line in lines)
    assert money(total("$discount")) == sum(round(float(line[5]) * 100) for line in lines)
    assert total({"$size": "$payments"}) == rows(sample / "payments.csv")
    assert target.orders.count_documents({"review_score": {"$ne": None}}) == rows(sample / "reviews.csv")
    assert target.orders.count_documents({"counted": True, "status": {"$in": ["cancelled", "unavailable", "unpaid"]}}) == 0


def test_documents_have_one_shape(load, target, sample):
    load(sample)
    shapes = {tuple(order) for order in target.orders.find()}
    assert len(shapes) == 1
    assert len({tuple(item) for order in target.orders.find() for item in order["items"]}) == 1
    order = target.orders.find_one({"items.0": {"$exists": True}})
    for field in ["gross", "sales", "discount", "freight"]:
        assert isinstance(order[field], Decimal128) and isinstance(order["items"][0][field], Decimal128)


def test_order_copies_place_and_segment(load, target, sample):
    load(sample)
    locations = {place["_id"]: place for place in target.locations.find()}
    customers = {customer["_id"]: customer for customer in target.customers.find()}
    for order in target.orders.find():
        place, customer = locations[order["location_id"]], customers[order["customer_id"]]
        assert [order[f] for f in ("region", "country", "state", "city")] == [
            place[f] for f in ("region", "country", "state", "city")
        ]
        assert order["segment"] == customer["segment"]


def test_meta_and_imports_say_what_was_loaded(load, target, sample):
    load(sample)
    meta, done = target.meta.find_one({"_id": "data"}), target.imports.find_one()
    first, last = (target.orders.find_one(sort=[("day", d)])["day"] for d in (1, -1))
    assert (meta["version"], meta["first_day"], meta["last_day"]) == (1, first, last)
    assert meta["counts"] == {name: target[name].count_documents({}) for name in meta["counts"]}
    assert (meta["currency"], meta["timezone"]) == ("USD", "UTC")
    assert all(meta["has"][f] for f in ["cost", "discount", "payments", "reviews", "sellers", "delivery", "hour", "points"])
    assert (done["status"], done["profile"], done["data_version"], done["error"]) == ("done", "native", 1, None)
    assert {f["file"]: f["inserted"] for f in done["files"]}["orders.csv"] == rows(sample / "orders.csv")
    assert all(order["import_id"] == done["_id"] for order in target.orders.find())


def test_indexes_of_the_sources_are_there(load, target, sample):
    load(sample)
    keys = [list(index["key"].items()) for index in target.orders.list_indexes()]
    for path in (harness.PIPELINES / "source").glob("*.json"):
        source = json.loads(path.read_text())
        if source.get("collection") == "orders":
            for wanted in source.get("indexes", []):
                assert list(wanted.items()) in keys


def test_spilled_partitions_give_the_same_documents(load, target, mongo, engine_uri, new_database, tmp_path):
    folder = harness.generate(tmp_path, orders=100_000, seed=3)
    assert "MiB went through temporary files" in load(folder, options=["--memory", "16"]).stderr
    other = new_database("memory")
    assert "temporary" not in harness.load(engine_uri, other, folder, options=["--memory", "1024"]).stderr
    assert content(target) == content(mongo[other])
    mongo.drop_database(other)


# Loading again


def test_second_load_changes_nothing(load, target, sample):
    load(sample)
    before = content(target)
    counts = summary(load(sample, options=["--reload"]))
    assert counts["all"].unchanged == counts["all"].read > 0
    assert content(target) == before
    assert target.meta.find_one({"_id": "data"})["version"] == 1
    assert target.imports.count_documents({"status": "done", "data_version": 1}) == 2


def test_changed_row_updates_one_order(load, target, copy):
    load(copy)
    path = copy / "order_items.csv"
    lines = path.read_text().splitlines()
    fields = lines[1].split(",")
    fields[4] = "9999.99"
    path.write_text("\n".join([lines[0], ",".join(fields), *lines[2:]]) + "\n")
    counts = summary(load(copy))
    assert counts["order_items.csv"].updated == 1
    assert counts["all"].read == counts["all"].updated + counts["all"].unchanged
    assert target.meta.find_one({"_id": "data"})["version"] == 2
    order = target.orders.find_one({"_id": fields[0]})
    item = next(i for i in order["items"] if i["product_id"] == fields[1])
    assert item["unit_price"] == Decimal128("9999.99")
    latest = target.imports.find_one(sort=[("started_at", -1)])["_id"]
    assert target.orders.count_documents({"import_id": latest}) == 1


def test_new_rows_are_added(load, target, copy):
    orders = copy / "orders.csv"
    every = orders.read_text().splitlines()
    load(copy)
    fields = every[1].split(",")
    fields[0] = "NEW-1"
    with orders.open("a") as file:
        file.write(",".join(fields) + "\n")
    counts = summary(load(copy))
    assert counts["orders.csv"] == Counts(1, 1, 0, 0, 0, 0), "only what was appended is read"
    assert target.meta.find_one({"_id": "data"})["counts"]["orders"] == len(every)


# Errors: one sentence, exit 1, nothing half done


def fails(load, *paths, options=()):
    done = load(*paths, options=options, status=1)
    assert last_sentence(done).startswith("kpi-load: ")
    return last_sentence(done)


def test_missing_file(load, target):
    assert "/nowhere/orders.csv: there is no such file or folder" in fails(load, "/nowhere/orders.csv")
    assert target.imports.find_one() is None


def test_folder_without_csv(load, tmp_path):
    assert "there is no .csv file in the folder" in fails(load, tmp_path)


def test_missing_column_names_the_nearest(load, target, copy):
    path = copy / "orders.csv"
    path.write_text(path.read_text().replace("status", "stauts", 1))
    sentence = fails(load, copy)
    assert "lacks the column 'status'" in sentence and "the nearest that it has is 'stauts'" in sentence
    assert target.list_collection_names() == []


@pytest.mark.parametrize("stray", ["a,b\n1,2\n", "name,b\n1,2\n"])
def test_stray_file_does_not_hide_what_is_missing(load, copy, stray):
    (copy / "other.csv").write_text(stray)
    (copy / "zother.csv").write_text(stray)
    text = (copy / "orders.csv").read_text()
    (copy / "orders.csv").write_text(text.replace("ordered_at", "orderd_at", 1))
    assert "orders.csv lacks the column 'ordered_at'" in fails(load, copy)
    (copy / "orders.csv").write_text(text)
    (copy / "products.csv").unlink()
    assert "needs a file of products" in fails(load, copy)


def test_missing_table(load, copy):
    (copy / "products.csv").unlink()
    assert "needs a file of products, with the columns product_id, name" in fails(load, copy)


def test_wrong_profile(load, sample):
    assert "no file of the profile superstore" in fails(load, sample / "orders.csv", options=["--profile", "superstore"])


def test_unknown_profile(load, sample):
    assert "there is no such profile in loader/profiles; there are jaffle-shop, native, " in fails(load, sample, options=["--profile", "nope"])


def test_broken_profile_names_file_and_place(load, sample, tmp_path):
    profile = tmp_path / "ours.json"
    profile.write_text('{"name": "ours", "title": "Ours", "currency": "EUR", "files": [{"name": "x", "recrods": []}]}')
    assert 'ours.json: $.files[0]: a file has no "recrods"; "records"' in fails(load, sample, options=["--profile", profile])


def test_no_server(sample, tmp_path):
    done = harness.load(f"mongodb://{str(tmp_path).replace('/', '%2F')}%2Fnone.sock/", "x", sample, status=1)
    assert "does not answer" in last_sentence(done) and "--uri" in last_sentence(done)


def test_unreadable_file(load, copy):
    (copy / "orders.csv").unlink()
    (copy / "orders.csv").mkdir()
    assert "orders.csv is no regular file" in fails(load, copy)


@pytest.mark.parametrize("options, word", [
    (["--frobnicate"], "--frobnicate is no option"),
    (["--max-rejects"], "needs a value"),
    (["--memory", "x"], "--memory: 'x' is not a whole number"),
    ([], "name the files or the folder"),
    (["--max-rejects", "abc", "data"], "--max-rejects: 'abc'"),
    (["--max-rejects", "101%", "data"], "--max-rejects: '101%'"),
])
def test_usage_errors_exit_2(options, word):
    done = subprocess.run([harness.BUILD / "kpi-load", *options], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and word in done.stderr


def test_help_has_examples_and_exit_codes():
    done = subprocess.run([harness.BUILD / "kpi-load", "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stderr == ""
    for word in ["--max-rejects", "examples:", "exit status:", "  3  "]:
        assert word in done.stdout


# Layouts


SUPERSTORE = (
    "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,"
    "Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit"
)


def superstore_line(**changes):
    line = dict(zip(SUPERSTORE.split(","), [
        "1", "O-1", "11/8/2016", "11/11/2016", "Second Class", "C-1", "Ana Gute", "Consumer", "United States", "Keene",
        "New Hampshire", "3431", "East", "P-1", "Furniture", "Chairs", "Chair", "8.5", "2", "0.15", "-1.25",
    ]))
    return ",".join({**line, **changes}.values())


def write_superstore(path, *lines, encoding="windows-1252"):
    path.write_text("\r\n".join([SUPERSTORE, *lines]) + "\r\n", encoding=encoding, newline="")
    return path


def test_denormalised_rows_become_documents(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Row ID": "2", "Product ID": "P-2", "Product Name": "Café table", "Sales": "10", "Discount": "0.3"}),
        superstore_line(**{"Row ID": "3", "Sales": "8.5"}),
    )
    done = load(path)
    assert "profile superstore" in done.stderr
    assert summary(done)["sales.csv"] == Counts(3, 3, 0, 0, 0, 0)
    order = target.orders.find_one()
    chair, table = order["items"]
    assert (order["hour"], order["status"], order["counted"], order["units"], order["products"]) == (None, "shipped", True, 6, 2)
    assert (order["city"], order["region"], order["segment"]) == ("Keene", "East", "Consumer")
    assert [chair[f] for f in ("quantity", "unit_price", "gross", "discount", "sales", "cost", "profit")] == [
        4, *map(Decimal128, ["5", "20", "3", "17", "19.5", "-2.5"])
    ]
    assert (table["name"], table["gross"], table["discount"]) == ("Café table", Decimal128("14.2857"), Decimal128("4.2857"))
    place = target.locations.find_one()
    assert (place["_id"], place["postal_code"], place["point"]) == ("United States|New Hampshire|Keene|03431", "03431", None)
    assert not any(target.meta.find_one({"_id": "data"})["has"][f] for f in ["payments", "reviews", "sellers", "delivery", "hour", "points"])
    assert "3  rows with a padded value" in done.stderr


def test_first_row_of_a_denormalised_record_defines_it(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Order ID": "O-2", "Product Name": "Armchair", "Customer Name": "Anna Gute"}),
        superstore_line(**{"Row ID": "3", "Product ID": "P-2", "Ship Mode": "First Class"}),
    )
    done = load(path)
    assert target.products.find_one({"_id": "P-1"})["name"] == "Chair"
    assert target.customers.find_one()["name"] == "Ana Gute"
    assert target.orders.find_one({"_id": "O-1"})["ship_mode"] == "Second Class"
    for what in ["product name", "customer name", "order ship_mode"]:
        assert f"1  {what} differs from the first row's" in done.stderr
    assert {c["what"]: c["count"] for c in target.imports.find_one()["cleaned"]}["product name differs from the first row's"] == 1


def test_european_export_loads(load, target, tmp_path):
    header = SUPERSTORE.replace("Country", "Country/Region").replace(",", ";")
    line = superstore_line(**{"Order Date": "08/11/2016", "Ship Date": "11/11/2016"}).replace(",", ";")
    line = line.replace("8.5", "8,5").replace("0.15", "0,15").replace("-1.25", "-1,25").replace("Chair;8", "Chair, soft;8")
    path = tmp_path / "eu.csv"
    path.write_text(f"{header}\r\n{line}\r\n", encoding="utf-8-sig", newline="")
    assert "profile superstore-eu" in load(path).stderr
    order = target.orders.find_one()
    assert (order["sales"], order["profit"]) == (Decimal128("8.5"), Decimal128("-1.25"))
    assert order["day"].strftime("%Y-%m-%d") == "2016-11-08"
    assert order["items"][0]["name"] == "Chair, soft"


def test_documented_profile_loads(load, target, tmp_path):
    documentation = (harness.ROOT / "loader" / "profiles" / "README.md").read_text()
    profile, data = tmp_path / "ours.json", tmp_path / "sales.csv"
    profile.write_text(re.search(r"```json\n(.*?)```", documentation, re.S)[1])
    data.write_text(
        "Receipt;Date;SKU;Article;Color;Pieces;Price\n"
        "R1;08.11.2016 09:30;A1;Lamp;-;2;1.234,50\n"
        "R1;08.11.2016 09:30;A2;Bulb;warm white;10;0,99\n"
        "R2;09.11.2016;A2;Bulb;warm white;-1;0,99\n"
    )
    load(data, options=["--profile", profile])
    first, second = target.orders.find(sort=[("_id", 1)])
    assert (first["sales"], first["hour"], first["units"]) == (Decimal128("2478.9"), 9, 12)
    assert (second["sales"], second["hour"], second["customer_id"]) == (Decimal128("-0.99"), None, None)
    assert [p["subcategory"] for p in target.products.find(sort=[("_id", 1)])] == [None, "warm white"]
    assert target.meta.find_one({"_id": "data"})["currency"] == "EUR"


def test_file_of_no_known_layout(load, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,y\n1,2\n")
    assert "no profile in loader/profiles knows a column of" in fails(load, path)


def test_bad_denormalised_row_leaves_nothing_behind(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Order ID": "O-2", "Customer ID": "C-2", "Product ID": "P-2", "City": "Dover", "Sales": "x"}),
    )
    load(path, options=["--max-rejects", "50%"], status=3)
    for name in ["orders", "customers", "products", "locations"]:
        assert target[name].count_documents({}) == 1
    reject = target.rejects.find_one()
    assert (reject["line"], reject["column"], reject["value"], reject["reason"]) == (3, "Sales", "x", "bad_number")


def test_cells_with_quotes_and_line_feeds(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(**{"Product Name": '"Desk, 14 7/8"" wide\r\nor so"'}),
        superstore_line(**{"Order ID": "O-2", "Sales": "x"}),
    )
    load(path, options=["--max-rejects", "1"], status=3)
    assert target.products.find_one()["name"] == 'Desk, 14 7/8" wide\r\nor so'
    assert target.rejects.find_one()["line"] == 4


def test_header_alone_loads_nothing(load, target, tmp_path):
    done = load(write_superstore(tmp_path / "sales.csv"))
    assert summary(done)["all"] == Counts(0, 0, 0, 0, 0, 0)
    assert target.meta.find_one({"_id": "data"})["last_day"] is None


# What it shows while it runs


def test_terminal_gets_a_bar(engine_uri, target, tmp_path):
    folder = harness.generate(tmp_path, orders=30_000, seed=2)
    reading, writing = pty.openpty()
    command = [harness.BUILD / "kpi-load", "--uri", engine_uri, "--db", target.name, folder]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=writing)
    os.close(writing)
    shown = b""
    try:
        while part := os.read(reading, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(reading)
    assert process.wait(60) == 0
    assert re.search(rb"\r\x1b\[K\[#* *\] +\d+ %  writing", shown)
