"""Loads that add to what is there: whatever the pieces, and whenever they come, the collections end up as if all of it
had been loaded at once."""

import csv
import io
import random
import shutil

import pytest

import harness

DATA = ["locations", "customers", "products", "sellers", "orders"]
PARTS = {"order_items": 0, "payments": 0, "reviews": 1}  # the column of the order


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("small"), orders=600, seed=7)


def contents(database):
    """All documents of the data, by collection and key, without the import that wrote them."""
    return {
        name: {doc["_id"]: {k: v for k, v in doc.items() if k != "import_id"} for doc in database[name].find()}
        for name in DATA
    }


def assert_same(got, wanted):
    for name in DATA:
        assert got[name].keys() == wanted[name].keys(), name
        for key, document in wanted[name].items():
            assert got[name][key] == document, f"{name} {key}"


@pytest.fixture(scope="module")
def at_once(engine_uri, mongo, new_database, small):
    """What one load of the whole sample makes."""
    name = new_database("at_once")
    harness.load(engine_uri, name, small)
    return contents(mongo[name])


def read(path):
    header, *rows = path.read_text().splitlines(keepends=True)
    return header, rows


def field(row, number):
    return next(csv.reader(io.StringIO(row)))[number]


def tally(done, name):
    """read, inserted, updated, unchanged, rejected of a file in the summary."""
    line = next(line for line in done.stderr.splitlines() if line.split()[:1] == [name])
    read_rows, inserted, updated, unchanged, skipped, rejected = (int(n.replace(",", "")) for n in line.split()[1:])
    assert skipped == 0
    return [read_rows, inserted, updated, unchanged, rejected]


def test_a_file_that_is_loaded_already_is_passed_over(engine_uri, target, small):
    harness.load(engine_uri, target.name, small)
    version = target.meta.find_one({"_id": "data"})["version"]
    done = harness.load(engine_uri, target.name, small)
    assert done.stderr.count("is loaded already") == 8
    assert target.meta.find_one({"_id": "data"})["version"] == version


def test_the_same_content_from_another_place_is_passed_over_too(engine_uri, target, small, tmp_path):
    harness.load(engine_uri, target.name, small)
    copy = shutil.copytree(small, tmp_path / "copy")
    assert harness.load(engine_uri, target.name, copy).stderr.count("is loaded already") == 8


def test_reload_reads_what_is_loaded_and_finds_it_unchanged(engine_uri, target, small, at_once):
    harness.load(engine_uri, target.name, small)
    done = harness.load(engine_uri, target.name, small, options=["--reload"])
    read_rows, inserted, updated, unchanged, rejected = tally(done, "all")
    assert (inserted, updated, rejected) == (0, 0, 0) and read_rows == unchanged > 0
    assert_same(contents(target), at_once)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("how", ["grown", "pieces"])
def test_rows_that_come_day_by_day_and_late_end_as_if_loaded_at_once(engine_uri, target, small, at_once, tmp_path, seed, how):
    dice = random.Random(seed)
    days = 4
    files = {path.stem: read(path) for path in small.glob("*.csv")}
    order_day = {field(row, 0): i * days // len(files["orders"][1]) for i, row in enumerate(files["orders"][1])}

    def day_of(name, row):
        if name == "orders":
            return order_day[field(row, 0)]
        if name in PARTS:  # some come days after their order
            return min(days - 1, order_day[field(row, PARTS[name])] + dice.choice([0, 0, 0, 1, 2]))
        return 0

    placed = {name: [(day_of(name, row), row) for row in rows] for name, (_, rows) in files.items()}
    if how == "pieces":  # lines without a number of their own are told apart by product and seller: they come together
        together = {}
        placed["order_items"] = [
            (together.setdefault(tuple(row.split(",")[:3]), day), row) for day, row in placed["order_items"]
        ]
    for day in range(days):
        folder = tmp_path if how == "grown" else tmp_path / f"day{day}"
        folder.mkdir(exist_ok=True)
        for name, rows in placed.items():
            header, path = files[name][0], folder / f"{name}.csv"
            today = [row for at, row in rows if at == day]
            if how == "pieces" and (today or name in ("orders", "order_items") or name not in PARTS):
                path.write_text(header + "".join(today))
            elif how == "grown" and day == 0:
                path.write_text(header + "".join(today))
            elif how == "grown":
                with path.open("a") as out:
                    out.writelines(today)
        harness.load(engine_uri, target.name, folder)
    assert_same(contents(target), at_once)


def test_one_more_day_reads_only_what_was_appended(engine_uri, target, small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    harness.load(engine_uri, target.name, folder)
    with (folder / "orders.csv").open("a") as out:
        out.write("ONEW,C0000001,,2025-01-01 10:00:00,,,,paid,\n")
    with (folder / "order_items.csv").open("a") as out:
        out.write("ONEW,P00001,S001,2,10.00,0.00,1.50\n")
    done = harness.load(engine_uri, target.name, folder)
    assert tally(done, "orders.csv") == [1, 1, 0, 0, 0]
    assert tally(done, "order_items.csv") == [1, 1, 0, 0, 0]
    assert done.stderr.count("is loaded already") == 6
    order = target.orders.find_one({"_id": "ONEW"})
    assert str(order["sales"]) == "20" and order["customer_id"] == "C0000001" and order["region"]
    assert order["first_order"] is False


def test_a_corrected_line_replaces_and_a_corrected_order_moves(engine_uri, target, small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    harness.load(engine_uri, target.name, folder)
    header, rows = read(folder / "order_items.csv")
    order_id, product, seller, quantity, price, *rest = rows[0].rstrip("\n").split(",")
    rows[0] = ",".join([order_id, product, seller, str(int(quantity) + 5), price, *rest]) + "\n"
    (folder / "order_items.csv").write_text(header + "".join(rows))
    before = target.orders.find_one({"_id": order_id})
    done = harness.load(engine_uri, target.name, folder)
    after = target.orders.find_one({"_id": order_id})
    assert tally(done, "order_items.csv")[2] == 1
    assert after["units"] == before["units"] + 5
    assert target.orders.count_documents({"import_id": after["import_id"]}) == 1


def test_a_payment_that_comes_next_day_completes_the_order(engine_uri, target, small, tmp_path):
    harness.load(engine_uri, target.name, small)
    order = target.orders.find_one({"payments.0": {"$exists": True}})
    late = tmp_path / "late"
    late.mkdir()
    (late / "payments.csv").write_text(f"order_id,sequence,type,installments,value\n{order['_id']},99,voucher,1,5.00\n")
    done = harness.load(engine_uri, target.name, late, options=["--profile", "native"])
    assert tally(done, "payments.csv") == [1, 1, 0, 0, 0]
    after = target.orders.find_one({"_id": order["_id"]})
    assert [p["sequence"] for p in after["payments"]] == [p["sequence"] for p in order["payments"]] + [99]
    assert {k: v for k, v in after.items() if k not in ("payments", "hash", "import_id")} == {
        k: v for k, v in order.items() if k not in ("payments", "hash", "import_id")
    }


def test_a_part_of_an_order_that_nobody_knows_is_rejected_and_taken_when_the_order_has_come(engine_uri, target, small, tmp_path):
    harness.load(engine_uri, target.name, small)
    late = tmp_path / "late"
    late.mkdir()
    (late / "payments.csv").write_text("order_id,sequence,type,installments,value\nOLATE,1,card,1,5.00\n")
    options = ["--profile", "native", "--max-rejects", "100%"]
    harness.load(engine_uri, target.name, late, options=options, status=3)
    assert target.rejects.find_one()["reason"] == "unknown_reference"
    (late / "orders.csv").write_text(
        "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode\n"
        "OLATE,C0000001,,2024-05-05 10:00:00,,,,paid,\n"
    )
    assert "payments.csv  is loaded already" in harness.load(engine_uri, target.name, late, options=options).stderr
    harness.load(engine_uri, target.name, late, options=[*options, "--reload"])
    assert len(target.orders.find_one({"_id": "OLATE"})["payments"]) == 1


def test_mended_line_joins_the_good_ones_of_its_product_and_counts_once(engine_uri, target, tmp_path):
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    row = "1,A,x,{},12/1/2010 8:26,{},5,France\n"
    data, rejects = tmp_path / "a.csv", tmp_path / "rejects.csv"
    data.write_text(header + row.format(6, "2.50") + row.format(4, "2.5O"))
    units = lambda: [(i["quantity"], str(i["sales"])) for i in target.orders.find_one()["items"]]
    load = lambda *paths, **more: harness.load(engine_uri, target.name, *paths, **more)
    load(data, options=["--rejects", rejects, "--max-rejects", "100%"], status=3)
    assert units() == [(6, "15")]
    rejects.write_text(rejects.read_text().replace("2.5O", "2.50"))
    load(rejects)
    assert units() == [(10, "25")]
    load(rejects, options=["--reload"])
    assert units() == [(10, "25")], "loaded again, it is the same line"
    data.write_text(data.read_text().replace("2.5O", "2.50"))
    load(data)
    assert units() == [(10, "25")], "the file itself says it now"


def test_mended_line_stays_while_its_file_still_has_it_as_it_was(engine_uri, target, tmp_path):
    """The file grows, and is corrected elsewhere; the row is rejected again, and counts as it was mended."""
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    row = "1,A,x,{},12/1/2010 8:26,{},5,France\n"
    data, rejects, other = (tmp_path / name for name in ("a.csv", "rejects.csv", "b.csv"))
    units = lambda: sum(item["quantity"] for item in target.orders.find_one()["items"])
    load = lambda *paths, **more: harness.load(engine_uri, target.name, *paths, **more)
    allow = {"options": ["--max-rejects", "100%"], "status": 3}
    data.write_text(header + row.format(6, "2.50") + row.format(4, "2.5O"))
    load(data, options=["--rejects", rejects, "--max-rejects", "100%"], status=3)
    rejects.write_text(rejects.read_text().replace("2.5O", "2.50"))
    load(rejects)
    assert units() == 10
    data.write_text(data.read_text() + row.format(1, "2.50"))
    load(data, **allow)
    assert units() == 11, "it has grown"
    data.write_text(data.read_text().replace(",6,", ",7,"))
    load(data, **allow)
    assert units() == 12, "another line was corrected"
    load(data, options=["--reload", "--max-rejects", "100%"], status=3)
    assert units() == 12
    data.write_text(data.read_text().replace("2.5O", "2.50"))
    load(data)
    assert units() == 12, "the file itself says it now"
    other.write_text(header + row.format(3, "2.50"))
    load(other)
    assert units() == 3, "what another file says takes the place of all of it"


def test_first_row_defines_but_for_what_it_leaves_empty(engine_uri, target, tmp_path):
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    rows = [f"{n},A,{name},1,12/1/2010 8:26,1,5,France\n" for n, name in enumerate(["", "Lantern", "damaged"], 1)]
    (tmp_path / "a.csv").write_text(header + "".join(rows))
    done = harness.load(engine_uri, target.name, tmp_path)
    assert target.products.find_one()["name"] == "Lantern"
    assert "1  product name differs from the first row's" in done.stderr


def test_contradiction_in_a_later_file_is_rejected(engine_uri, target, small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    header, rows = read(folder / "products.csv")
    one, other = (f'P00001,{name},c,s,1,1\n' for name in ("One", "Other"))
    assert header.startswith("product_id,name,category,subcategory,cost,weight_g")
    (folder / "products.csv").write_text(header + one + "".join(rows[1:]))
    (folder / "products2.csv").write_text(header + one + other)
    harness.load(engine_uri, target.name, folder, status=3)
    assert target.products.find_one({"_id": "P00001"})["name"] == "One"


def test_amounts_of_another_currency_are_refused(engine_uri, target, small, tmp_path):
    harness.load(engine_uri, target.name, small)
    (tmp_path / "a.csv").write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,x,1,12/1/2010 8:26,1,5,France\n"
    )
    done = harness.load(engine_uri, target.name, tmp_path, status=1)
    assert "holds amounts in USD, and these files are in GBP" in done.stderr
    assert target.orders.count_documents({}) == 600


def order_rows(folder, days):
    """orders.csv with other days for some orders: year-month-day by the order's key."""
    header, rows = read(folder / "orders.csv")
    at = header.split(",").index("ordered_at")
    for number, row in enumerate(rows):
        fields = next(csv.reader([row]))
        if fields[0] in days:
            fields[at] = days[fields[0]] + fields[at][10:]
            rows[number] = ",".join(fields) + "\n"
    (folder / "orders.csv").write_text(header + "".join(rows))


def test_state_of_the_data_follows_orders_that_move(engine_uri, target, small, tmp_path):
    """The first and the last day, and what is counted, are those of the documents after every load."""
    folder = shutil.copytree(small, tmp_path / "data")
    harness.load(engine_uri, target.name, folder)
    edges = [target.orders.find_one(sort=[("day", way)])["day"] for way in (1, -1)]
    at_edges = [[order["_id"] for order in target.orders.find({"day": day})] for day in edges]
    middle = target.orders.find_one(sort=[("day", 1)], skip=300)["day"].date()
    away = {key: str(middle) for keys in at_edges for key in keys}
    for days in [{at_edges[0][0]: "2001-02-03", at_edges[1][0]: "2051-02-03"}, away]:
        order_rows(folder, days)
        harness.load(engine_uri, target.name, folder)
        state = target.meta.find_one({"_id": "data"})
        found = [target.orders.find_one(sort=[("day", way)])["day"] for way in (1, -1)]
        assert [state["first_day"], state["last_day"]] == found
        assert state["counts"] == {name: target[name].count_documents({}) for name in DATA}
    assert found != edges


def test_orders_follow_what_they_copy(engine_uri, target, small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    harness.load(engine_uri, target.name, folder)
    header, rows = read(folder / "products.csv")
    fields = next(csv.reader([rows[0]]))
    fields[header.strip().split(",").index("name")] = "A new name"
    rows[0] = ",".join(fields) + "\n"
    (folder / "products.csv").write_text(header + "".join(rows))
    harness.load(engine_uri, target.name, folder)
    sold = list(target.orders.find({"items.product_id": fields[0]}))
    assert sold
    for order in sold:
        assert {i["name"] for i in order["items"] if i["product_id"] == fields[0]} == {"A new name"}


def test_first_orders_are_told_whatever_comes_when(engine_uri, target, small, tmp_path):
    harness.load(engine_uri, target.name, small)
    early = tmp_path / "early"
    early.mkdir()
    first = target.orders.find_one({"first_order": True})
    (early / "orders.csv").write_text(
        "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode\n"
        f"OEARLY,{first['customer_id']},,2001-01-01 10:00:00,,,,paid,\n"
    )
    harness.load(engine_uri, target.name, early, options=["--profile", "native"])
    firsts = {}
    for order in target.orders.find({"counted": True}):
        key = (order["ordered_at"], order["_id"])
        firsts[order["customer_id"]] = min(firsts.get(order["customer_id"], key), key)
    for order in target.orders.find():
        is_first = firsts.get(order["customer_id"], (None, None))[1] == order["_id"]
        assert order["first_order"] is is_first, order["_id"]


def test_a_return_is_no_first_order_whatever_comes_when(engine_uri, target, small, tmp_path):
    """What came back before the customer bought anything, in one load or in several, and told by its lines alone."""
    folder = shutil.copytree(small, tmp_path / "data")
    harness.load(engine_uri, target.name, folder)
    first, other = list(target.orders.find({"first_order": True, "items.0": {"$exists": True}}))[:2]
    product = first["items"][0]["product_id"]
    row = "{0},{1},,2001-01-01 10:00:00,,,,delivered,\n".format
    item = "{0}," + f"{product},," + "{1},5.00,0.00,0\n"
    with (folder / "orders.csv").open("a") as orders, (folder / "order_items.csv").open("a") as items:
        orders.write(row("RBACK", first["customer_id"]) + row("RMIXED", other["customer_id"]))
        items.write(item.format("RBACK", -2) + item.format("RMIXED", -1))

    def firsts(database, order):
        mine = database.orders.find({"customer_id": order["customer_id"], "first_order": True})
        return [one["_id"] for one in mine]

    harness.load(engine_uri, target.name, folder)
    assert (firsts(target, first), firsts(target, other)) == ([first["_id"]], [other["_id"]])
    harness.load(engine_uri, target.name, folder, options=["--replace"])
    assert (firsts(target, first), firsts(target, other)) == ([first["_id"]], [other["_id"]])
    returns = lambda: {one["_id"] for one in target.orders.find({"is_return": True, "_id": {"$in": ["RBACK", "RMIXED", first["_id"]]}})}
    assert returns() == {"RBACK", "RMIXED"}
    # More goes out than comes back: the order was a purchase after all.
    with (folder / "order_items.csv").open("a") as items:
        items.write(f"RMIXED,{target.products.find_one({'_id': {'$ne': product}})['_id']},,3,5.00,0.00,0\n")
    harness.load(engine_uri, target.name, folder)
    assert (firsts(target, first), firsts(target, other)) == ([first["_id"]], ["RMIXED"])
    assert returns() == {"RBACK"}


def test_two_files_that_say_the_same_lines_do_not_double_them(engine_uri, target, small, at_once, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    shutil.copy(folder / "order_items.csv", folder / "order_items_again.csv")
    with (folder / "order_items_again.csv").open("a") as out:
        out.write("\n")  # so that it is not the same file
    harness.load(engine_uri, target.name, folder)
    assert_same(contents(target), at_once)


def test_replace_starts_over(engine_uri, target, small, tmp_path):
    other = harness.generate(tmp_path / "other", orders=50, seed=99)
    harness.load(engine_uri, target.name, other)
    harness.load(engine_uri, target.name, small, options=["--replace"])
    alone = contents(target)
    assert len(alone["orders"]) == 600
    assert not [n for n in target.list_collection_names() if n.startswith("next_")]
    assert "customer_id_1_day_1" in target.orders.index_information()
    assert harness.load(engine_uri, target.name, small).stderr.count("is loaded already") == 8
    assert tally(harness.load(engine_uri, target.name, other), "orders.csv")[0] == 50, "replaced files are forgotten"


def test_dry_run_says_what_would_be_and_writes_nothing(engine_uri, target, small):
    done = harness.load(engine_uri, target.name, small, options=["--dry-run"])
    assert tally(done, "orders.csv") == [600, 600, 0, 0, 0]
    assert target.list_collection_names() == []
    harness.load(engine_uri, target.name, small)
    before = {name: list(target[name].find()) for name in target.list_collection_names()}
    done = harness.load(engine_uri, target.name, small, options=["--dry-run", "--reload"])
    assert tally(done, "orders.csv") == [600, 0, 0, 600, 0]
    assert {name: list(target[name].find()) for name in target.list_collection_names()} == before


def test_rejects_file_can_be_mended_and_loaded(engine_uri, target, small, at_once, tmp_path):
    folder = shutil.copytree(small, tmp_path / "data")
    header, rows = read(folder / "orders.csv")
    rows[3] = rows[3].replace("20", "xx", 1) if rows[3].startswith("20") else rows[3].replace(",20", ",xx", 1)
    (folder / "orders.csv").write_text(header + "".join(rows))
    out = tmp_path / "rejects.csv"
    harness.load(engine_uri, target.name, folder, options=["--rejects", out, "--max-rejects", "100%"], status=3)
    mended = tmp_path / "mended"
    mended.mkdir()
    for path in tmp_path.glob("rejects-*.csv"):
        text = path.read_text()
        assert text.startswith("kpi_reason,kpi_file,kpi_line,kpi_detail,order_id,") or "reviews" in path.name
        (mended / path.name).write_text(text.replace(",xx", ",20"))
    assert (tmp_path / "rejects-orders.csv").read_text().splitlines()[1].endswith(rows[3].rstrip("\n"))
    reject = target.rejects.find_one({"file": "orders.csv"})
    said = read(tmp_path / "rejects-orders.csv")[1][0]
    assert field(said, 3) == f"{reject['column']}: '{reject['value']}' {reject['detail']}" and "xx" in reject["value"]
    harness.load(engine_uri, target.name, mended, options=["--profile", "native"])
    got = contents(target)
    for order in got["orders"].values():
        for item in order["items"]:  # a mended line is known by where it was rejected
            assert item["line"] is None or item["line"].startswith("rejected order_items.csv:")
            if item["line"]:
                item["line"], order["hash"] = None, at_once["orders"][order["_id"]]["hash"]
    assert_same(got, at_once)
