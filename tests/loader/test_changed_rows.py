"""Files that are renamed, edited, cut or grown by hand, in layouts whose rows say an order, its customer and its product at
once: whatever is done to the files, only what is new in them is their word."""

import json
import shutil

import pytest

import harness

HEADER = ("Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,"
          "Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit")


def row(number, order, *, customer="C1", name="Ann", segment="Consumer", city="Paris", product="P1", sales="10.00", region="West"):
    return (f"{number},{order},1/2/2024,1/5/2024,First,{customer},{name},{segment},France,{city},IDF,75001,{region},"
            f"{product},Furniture,Chairs,Chair {product},{sales},1,0,1.00")


def write(path, *rows, header=HEADER):
    path.write_text("\n".join([header, *rows]) + "\n")


def sales(target, order="O1"):
    return str(target.orders.find_one({"_id": order})["sales"])


def customer(target, key="C1"):
    found = target.customers.find_one({"_id": key})
    return found["name"], found["segment"]


@pytest.mark.parametrize("how", ["renamed", "packed"])
def test_a_file_that_was_renamed_is_the_same_file(load, target, tmp_path, how):
    old, newer = tmp_path / "a.csv", tmp_path / "b.csv"
    write(old, row(1, "O1", sales="10.00"))
    load(old)
    write(newer, row(1, "O1", sales="99.00", segment="Corporate"))
    load(newer)
    moved = tmp_path / ("c.csv" if how == "renamed" else "a.csv.gz")
    if how == "renamed":
        old.rename(moved)
        grown = [row(1, "O1", sales="10.00"), row(2, "O2", customer="C2")]
    else:
        harness.subprocess.run(["gzip", old], check=True)
        grown = None
    assert "is loaded already" in load(moved).stderr
    if grown:
        write(moved, *reversed(grown))
    else:
        write(old, row(2, "O2", customer="C2"), row(1, "O1", sales="10.00"))
        harness.subprocess.run(["gzip", "-f", old], check=True)
    load(moved)
    assert (sales(target), customer(target)) == ("99", ("Ann", "Corporate"))
    assert sales(target, "O2") == "10"


def test_a_file_that_changes_back_is_news_though_another_says_the_same(load, target, tmp_path):
    file, backup = tmp_path / "orders.csv", tmp_path / "backup.csv"
    write(file, row(1, "O1", sales="10.00"))
    shutil.copy(file, backup)
    load(file, backup)
    write(file, row(1, "O1", sales="55.00"))
    load(file)
    assert sales(target) == "55"
    shutil.copy(backup, file)
    load(file)
    assert sales(target) == "10"


def test_a_profile_that_was_edited_makes_no_old_row_news(load, target, tmp_path):
    profile = json.loads((harness.ROOT / "loader" / "profiles" / "superstore.json").read_text())
    own = tmp_path / "own.json"
    own.write_text(json.dumps({**profile, "name": "own"}))
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    write(first, row(1, "O1", sales="10.00"))
    write(second, row(1, "O1", sales="99.00"))
    load(first, options=["--profile", own])
    load(second, options=["--profile", own])
    own.write_text(json.dumps({**profile, "name": "own", "title": "Another title"}))
    load(first, options=["--profile", own])
    assert sales(target) == "99"


def test_what_a_file_looks_up_may_change_without_making_its_rows_news(load, target, tmp_path):
    """pme's lines take their price from the file of products."""
    products, shops = tmp_path / "produits.csv", tmp_path / "magasins.csv"
    products.write_text("id_produit,nom,prix\nP1,Stylo,2.00\n")
    shops.write_text("id_magasin,ville\nM1,Lyon\n")
    header = "id_vente,id_produit,id_magasin,date_vente,quantité"
    one, two = tmp_path / "ventes-01.csv", tmp_path / "ventes-02.csv"
    write(one, "V1,P1,M1,2024-01-02,1", header=header)
    write(two, "V1,P1,M1,2024-01-02,3", header=header)
    load(tmp_path)
    assert sales(target, "V1") == "6"
    products.write_text("id_produit,nom,prix\nP1,Stylo,2.00\nP2,Cahier,5.00\n")
    load(tmp_path)
    assert sales(target, "V1") == "6"
    products.write_text("id_produit,nom,prix\nP1,Stylo,2.50\nP2,Cahier,5.00\n")
    load(tmp_path)
    assert sales(target, "V1") == "7.5", "both files say something else now, and the later one counts"


def test_second_rows_are_no_news_when_the_first_is_gone(load, target, tmp_path):
    file, newer = tmp_path / "a.csv", tmp_path / "b.csv"
    write(file, row(1, "O1"), row(2, "O2", segment="Home Office"))
    load(file)
    write(newer, row(3, "O3", segment="Corporate"))
    load(newer)
    write(file, row(2, "O2", segment="Home Office"))
    load(file)
    assert customer(target) == ("Ann", "Corporate")


def test_order_of_the_rows_is_no_news(load, target, tmp_path):
    file = tmp_path / "a.csv"
    rows = [row(1, "O1"), row(2, "O2", segment="Home Office"), row(3, "O1", product="P2"), row(4, "O4", name="Anna")]
    write(file, *rows)
    load(file)
    before = list(target.orders.find(sort=[("_id", 1)])), target.meta.find_one({"_id": "data"})["version"]
    write(file, *reversed(rows))
    load(file)
    assert (list(target.orders.find(sort=[("_id", 1)])), target.meta.find_one({"_id": "data"})["version"]) == before


def test_an_appended_row_fills_what_its_file_left_empty(load, target, tmp_path):
    file = tmp_path / "a.csv"
    write(file, row(1, "O1", segment=""))
    load(file)
    write(file, row(1, "O1", segment=""), row(2, "O2", segment="Corporate"))
    load(file)
    assert customer(target) == ("Ann", "Corporate")
    assert {order["segment"] for order in target.orders.find()} == {"Corporate"}


def test_an_appended_row_is_its_files_first_word_on_a_key_of_others(load, target, tmp_path):
    file, other = tmp_path / "b.csv", tmp_path / "a.csv"
    write(other, row(1, "O1"))
    write(file, row(2, "O2", customer="C2"))
    load(tmp_path)
    write(file, row(2, "O2", customer="C2"), row(3, "O3", segment="Corporate"))
    load(file)
    assert customer(target) == ("Ann", "Corporate")


def test_an_appended_row_contradicts_what_its_file_has_said(load, target, tmp_path):
    file = tmp_path / "b.csv"
    write(file, row(2, "O2"))
    load(file)
    write(file, row(2, "O2"), row(3, "O3", segment="Corporate"))
    done = load(file)
    assert customer(target) == ("Ann", "Consumer"), "the first row of a file defines"
    assert " 1 " in [line for line in done.stderr.splitlines() if line.lstrip().startswith("b.csv")][0], "only that row is read"


def test_a_row_that_fills_a_gap_brings_no_old_value_back(load, target, tmp_path):
    file, newer = tmp_path / "a.csv", tmp_path / "c.csv"
    write(file, row(1, "O1", segment="", name="Old"), row(2, "O2", customer="C2"))
    load(file)
    write(newer, row(3, "O3", segment="", name="New"))
    load(newer)
    write(file, row(1, "O1", segment="", name="Old"), row(4, "O4", segment="Corporate", name=""), row(2, "O2", customer="C2"))
    load(file)
    assert customer(target) == ("New", "Corporate")


ORDERS = "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,ship_mode,status"
CUSTOMERS = "customer_id,name,segment,location_id"


@pytest.fixture
def native(tmp_path):
    """A folder with a shop of one customer and one order in the native layout, and how its files are written."""
    (tmp_path / "locations.csv").write_text(
        "location_id,city,state,region,country,postal_code,latitude,longitude\nL1,Lyon,,South,France,,,\nL2,Lille,,North,France,,,\n")
    (tmp_path / "products.csv").write_text("product_id,name,category,subcategory,cost,weight_g\nP1,Pen,Office,Pens,1,\n")
    (tmp_path / "order_items.csv").write_text("order_id,product_id,quantity,unit_price,seller_id,discount,freight\nO1,P1,1,2,,,\n")

    def change(customer, order, status="created", name="orders.csv"):
        write(tmp_path / "customers.csv", f"C1,Ann,Consumer,{customer}", header=CUSTOMERS)
        write(tmp_path / name, f"O1,C1,{order},2024-03-01,,,,,{status}", header=ORDERS)

    return change


def place(target):
    found = target.orders.find_one()
    return found["status"], found["location_id"], found["region"]


def test_an_order_without_a_place_keeps_the_one_its_customer_had(load, target, native, tmp_path):
    native("L1", "")
    load(tmp_path)
    native("L2", "")
    load(tmp_path)
    native("L2", "", "shipped")
    load(tmp_path)
    assert place(target) == ("shipped", "L1", "South")
    load(tmp_path, options=["--reload"])
    assert place(target) == ("shipped", "L1", "South")


def test_a_place_that_is_taken_back_is_the_customers(load, target, native, tmp_path):
    native("L1", "L2")
    load(tmp_path)
    assert place(target) == ("created", "L2", "North")
    native("L1", "")
    load(tmp_path)
    assert place(target) == ("created", "L1", "South")
    native("L1", "L2", "paid", name="orders-2.csv")
    load(tmp_path)
    native("L1", "", "shipped", name="orders-3.csv")
    load(tmp_path)
    assert place(target) == ("shipped", "L1", "South")


def test_an_order_without_any_place_takes_the_first_of_its_customer(load, target, native, tmp_path):
    native("", "")
    load(tmp_path)
    assert place(target) == ("created", None, None)
    native("L2", "")
    load(tmp_path)
    assert place(target) == ("created", "L2", "North")


def test_files_are_read_in_the_order_of_their_numbers(load, target, tmp_path):
    for number in (1, 9, 10):
        write(tmp_path / f"sales-{number}.csv", row(1, "O1", sales=f"{number}.00"))
    load(tmp_path)
    assert sales(target) == "10"


def test_nothing_is_kept_of_a_row_that_contradicts(load, target, tmp_path):
    """The customer of the second row contradicts the first: the place that stands before it is not kept either."""
    profile = tmp_path / "own.json"
    profile.write_text(json.dumps({
        "name": "own", "title": "Own", "currency": "EUR", "date_formats": ["YYYY-MM-DD"],
        "files": [
            {"name": "people", "records": [
                {"kind": "location", "fields": {"_id": "$city", "city": "$city"}},
                {"kind": "customer", "fields": {"_id": "$c", "name": "$name", "location_id": "$city"}},
            ]},
            {"name": "sales", "records": [
                {"kind": "product", "fields": {"_id": "$p", "name": "$p"}},
                {"kind": "order", "fields": {"_id": "$o", "customer_id": "$c", "ordered_at": "$day", "status": "delivered"}},
                {"kind": "item", "fields": {"order_id": "$o", "product_id": "$p", "quantity": 1, "unit_price": "$price"}},
            ]},
        ]}))
    write(tmp_path / "people.csv", "C1,Ann,Lyon", "C1,Ann,Lille", "C2,Ben,Nice", header="c,name,city")
    write(tmp_path / "sales.csv", "O1,2024-01-01,C1,Pen,1", header="o,day,c,p,price")
    load(tmp_path, options=["--profile", profile, "--max-rejects", "50%"], status=3)
    assert {found["_id"] for found in target.locations.find()} == {"Lyon", "Nice"}
