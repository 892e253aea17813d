"""The shipped mapping profiles on rows of their layouts, and what the format of profiles can do, end to end."""

import datetime
import json
import unicodedata
from decimal import Decimal

import pytest

from loading import Counts, last_sentence, summary


def write(folder, encoding="utf-8", newline="\n", **files):
    for name, lines in files.items():
        text = newline.join(lines) + newline
        (folder / f"{name}.csv").write_bytes(text.encode(encoding))
    return folder


def items(order):
    """The items as (product, quantity, unit price, gross, discount, sales)."""
    fields = ["unit_price", "gross", "discount", "sales"]
    return sorted((i["product_id"], i["quantity"], *(i[f].to_decimal() for f in fields)) for i in order["items"])


def money(*texts):
    return tuple(map(Decimal, texts))


# A French chain of shops

PME = {
    "produits": ["id_produit;nom;prix", "P1;Théière;1 234,50", "P2;Café;3,99"],
    "magasins": ["id_magasin;ville", "M1;Évry", "M2;Lyon"],
    "ventes": [
        "id_vente;id_produit;id_magasin;date_vente;quantité;chiffre_affaires",
        "V1;P1;M1;2024-02-29;2;2\u202f400,00",
        "V2;P2;M2;01/03/2024;10;",
        "V3;P2;M1;02/03/2024;-1;",
    ],
}


@pytest.mark.parametrize("encoding, form", [("utf-8", "NFC"), ("utf-8", "NFD"), ("utf-8-sig", "NFC"), ("cp1252", "NFC")])
def test_shops_in_any_encoding(load, target, tmp_path, encoding, form):
    def put_together(line):
        return unicodedata.normalize(form, line) if line.startswith("id_") else line

    files = {name: [put_together(line) for line in lines] for name, lines in PME.items()}
    if encoding == "cp1252":
        files["ventes"][1] = files["ventes"][1].replace("\u202f", "\u00a0")
    done = load(write(tmp_path, encoding, "\r\n", **files))
    assert "profile pme " in done.stderr
    first, second, third = target.orders.find().sort("_id")
    assert items(first) == [("P1", 2, *money("1234.5", "2469", "69", "2400"))]
    assert items(second) == [("P2", 10, *money("3.99", "39.9", "0", "39.9"))]
    assert items(third) == [("P2", -1, *money("3.99", "-3.99", "0", "-3.99"))]
    assert [(o["region"], o["city"], o["country"], o["customer_id"]) for o in (first, second)] == [
        ("Évry", "Évry", "France", None),
        ("Lyon", "Lyon", "France", None),
    ]
    assert second["day"] == datetime.datetime(2024, 3, 1)
    assert {p["_id"]: p["name"] for p in target.products.find()} == {"P1": "Théière", "P2": "Café"}
    assert target.meta.find_one({"_id": "data"})["currency"] == "EUR"


def test_shops_with_commas_and_without_turnover(load, target, tmp_path):
    files = {name: [line.replace(",", ".").replace(";", ",") for line in lines] for name, lines in PME.items()}
    files["ventes"] = [line.rsplit(",", 1)[0] for line in files["ventes"]]
    load(write(tmp_path, **files))
    assert [items(o)[0][5] for o in target.orders.find().sort("_id")] == list(money("2469", "39.9", "-3.99"))


def test_sale_of_an_unknown_product_is_rejected(load, target, tmp_path):
    files = {**PME, "ventes": [*PME["ventes"], "V4;P9;M1;2024-03-02;1;5,00", "V5;P1;M9;2024-03-02;1;", "V6;P1;M1;2024-03-02;x;"]}
    done = load(write(tmp_path, **files), options=["--max-rejects", "100%"], status=3)
    assert summary(done)["ventes.csv"] == Counts(6, 3, 0, 0, 0, 3)
    assert {(r["reason"], r["column"], r["value"]) for r in target.rejects.find()} == {
        ("unknown_reference", "id_produit", "P9"),
        ("unknown_reference", "id_magasin", "M9"),
        ("bad_number", "quantité", "x"),
    }


def test_file_that_is_looked_up_in_and_loaded_counts_its_rows_once(load, target, tmp_path):
    files = {**PME, "produits": [*PME["produits"], "P3;Sucre;?", "P1;Théière;1 234,50"]}
    done = load(write(tmp_path, **files), options=["--max-rejects", "100%"], status=3)
    assert summary(done)["produits.csv"] == Counts(4, 2, 0, 1, 0, 1)
    assert [(r["reason"], r["column"], r["value"]) for r in target.rejects.find()] == [("bad_number", "prix", "?")]


# UCI's Online Retail

RETAIL = [
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    "536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom",
    "536365,71053,WHITE METAL LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom",
    "536366,85123A,WHITE HEART,1,12/1/2010 8:28,2.55,,EIRE",
    "C536379,71053,WHITE METAL LANTERN,-2,12/1/2010 9:41,3.39,17850,United Kingdom",
    "536367,71053,WHITE METAL LANTERN,0,12/1/2010 9:50,3.39,17850,France",
    "A563185,71053,Adjust bad debt,1,12/1/2010 9:51,-11062.06,,United Kingdom",
]


@pytest.mark.parametrize("second", [False, True])
def test_returns_and_lines_without_a_customer(load, target, tmp_path, second):
    lines = list(RETAIL)
    if second:
        lines[0] = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
        lines[1:] = [line.replace("12/1/2010 ", "2010-12-01 0").replace(",2.55", ":00,2.55") for line in lines[1:]]
        lines[1:] = [line if ":00," in line else line.replace(",3.39", ":00,3.39").replace(",-11", ":00,-11") for line in lines[1:]]
    done = load(write(tmp_path, "cp1252", retail=lines), options=["--max-rejects", "100%"], status=3)
    assert "profile online-retail " in done.stderr
    assert summary(done)["retail.csv"] == Counts(6, 4, 0, 0, 0, 2)
    orders = {o["_id"]: o for o in target.orders.find()}
    assert set(orders) == {"536365", "536366", "C536379"}
    assert items(orders["536365"]) == [
        ("71053", 6, *money("3.39", "20.34", "0", "20.34")),
        ("85123A", 6, *money("2.55", "15.3", "0", "15.3")),
    ]
    back = orders["C536379"]
    assert (back["status"], back["counted"], back["units"], back["sales"].to_decimal()) == ("returned", True, -2, Decimal("-6.78"))
    alone = orders["536366"]
    assert (alone["customer_id"], alone["country"], alone["region"], alone["status"]) == (None, "EIRE", "EIRE", "delivered")
    assert orders["536365"]["ordered_at"] == datetime.datetime(2010, 12, 1, 8, 26)
    assert [c["_id"] for c in target.customers.find()] == ["17850"]
    assert {p["_id"]: p["name"] for p in target.products.find()}["85123A"] == "WHITE HANGING HEART"
    assert {(r["line"], r["reason"], r["column"]) for r in target.rejects.find()} == {
        (6, "bad_value", "Quantity"),
        (7, "negative_price", "Price" if second else "UnitPrice"),
    }


# dbt's Jaffle Shop

JAFFLE = {
    "raw_customers": ["id,name", "C1,Ana Gute"],
    "raw_stores": ["id,name,opened_at,tax_rate", "S1,Brooklyn,2016-09-01T00:00:00,0.06"],
    "raw_products": ["sku,name,type,price,description", "JAF-001,nutellaphone who dis?,jaffle,1100,nutella", "BEV-001,tangaroo,beverage,605,"],
    "raw_supplies": ["id,name,cost,perishable,sku", "SUP-1,cutlery,7,False,JAF-001", "SUP-2,bread,33,True,JAF-001"],
    "raw_orders": ["id,customer,ordered_at,store_id,subtotal,tax_paid,order_total", "O1,C1,2016-09-01T15:01:00,S1,1705,102,1807"],
    "raw_items": ["id,order_id,sku", "I1,O1,JAF-001", "I2,O1,BEV-001", "I3,O1,JAF-001"],
}


@pytest.mark.parametrize("supplies", [True, False])
def test_cents_and_costs_of_supplies(load, target, tmp_path, supplies):
    files = {name: lines for name, lines in JAFFLE.items() if supplies or name != "raw_supplies"}
    done = load(write(tmp_path, **files))
    assert "profile jaffle-shop " in done.stderr
    assert target.rejects.count_documents({}) == 0
    (order,) = target.orders.find()
    assert (order["sales"].to_decimal(), order["units"]) == (Decimal("28.05"), 3)
    assert (order["city"], order["region"], order["customer_id"], order["status"]) == ("Brooklyn", "Brooklyn", "C1", "delivered")
    costs = {p["_id"]: p["cost"] and p["cost"].to_decimal() for p in target.products.find()}
    assert costs == {"JAF-001": Decimal("0.4") if supplies else None, "BEV-001": None}
    assert {p["_id"]: p["category"] for p in target.products.find()} == {"JAF-001": "jaffle", "BEV-001": "beverage"}


# What a profile can say


def own(folder, *files, **top):
    """A profile of the test's own."""
    path = folder / "own.json"
    path.write_text(json.dumps({"name": "own", "title": "Own", "currency": "EUR", "date_formats": ["YYYY-MM-DD"], "files": files, **top}))
    return path


def till(**more):
    """A file with a row for each sale."""
    order = {"_id": "$no", "ordered_at": "$day", "status": "paid"}
    item = {"order_id": "$no", "product_id": "$sku", "quantity": 1, "sales": "$sales"}
    records = [{"kind": "product", "fields": {"_id": "$sku"}}, {"kind": "order", "fields": order}, {"kind": "item", "fields": item}]
    return {"name": "till", "records": records, **more}


def test_skipped_rows_are_counted_with_their_reason(load, target, tmp_path):
    skip = [
        {"when": {"$startsWith": ["$no", "Total"]}, "reason": "a total line"},
        {"when": {"$and": [{"$empty": "$sku"}, {"$lt": ["$sales", 1]}]}, "reason": "nothing sold"},
    ]
    profile = own(tmp_path, till(skip=skip))
    rows = ["no,day,sku,sales", "1,2024-01-01,A,5", "2,2024-01-01,,0", "3,2024-01-01,,2", "Total,,,7", "Total 2,?,?,?"]
    done = load(write(tmp_path, rows=rows), options=["--profile", profile, "--max-rejects", "100%"], status=3)
    assert summary(done)["rows.csv"] == Counts(5, 1, 0, 0, 3, 1)
    assert "2  rows skipped: a total line" in done.stderr and "1  rows skipped: nothing sold" in done.stderr
    kept = target.imports.find_one()
    assert kept["files"][0]["skipped"] == 3
    assert {c["what"]: c["count"] for c in kept["cleaned"]}["rows skipped: a total line"] == 2


def test_file_without_a_header(load, target, tmp_path):
    profile = own(tmp_path, till(header=False, names=["no", "day", "sku", "sales"], pattern="till-*.csv"))
    write(tmp_path, **{"till-1": ["1,2024-01-01,A,5", "2,2024-01-02,B,6.5"]})
    done = load(tmp_path / "till-1.csv", options=["--profile", profile])
    assert summary(done)["till-1.csv"].inserted == 2
    assert [o["sales"].to_decimal() for o in target.orders.find().sort("_id")] == list(money("5", "6.5"))


@pytest.mark.parametrize(
    "rows, said",
    [
        ({"rows": ["1,2024-01-01,A,5"]}, "rows.csv has 4 columns, like a file of till of the profile own, but not its name: without a header it is known by a name like tape*"),
        ({"tape": ["1,2024-01-01,A"]}, "tape.csv is named like a file of till of the profile own (tape*), which has no header and 4 columns; this one has 3"),
        ({"rows": ["1,2024-01-01,A"]}, "rows.csv is no file of the profile own: its columns are 1, 2024-01-01, A"),
    ],
    ids=["name", "columns", "both"],
)
def test_what_keeps_a_file_without_a_header_from_being_known_is_said(load, tmp_path, rows, said):
    profile = own(tmp_path, till(header=False, names=["no", "day", "sku", "sales"], pattern="tape*"))
    folder = write(tmp_path, **rows)
    (name,) = rows
    assert said in load(folder / f"{name}.csv", options=["--profile", profile], status=1).stderr
    if name == "tape":
        assert said in load(folder, options=["--profile", profile], status=1).stderr


def test_repaired_names_are_counted(load, target, tmp_path):
    places = {
        "name": "places",
        "records": [{"kind": "location", "repeats": "first", "fields": {"_id": {"$repair": {"input": "$city", "case": "title", "accents": "remove"}}}}],
    }
    profile = own(tmp_path, places, {**till(), "required": False})
    done = load(write(tmp_path, places=["city", "São Paulo", "sao  paulo", "Sao Paulo", "SÃO PAULO"]), options=["--profile", profile])
    assert [place["_id"] for place in target.locations.find()] == ["Sao Paulo"]
    assert "3  rows with a repaired value" in done.stderr


def test_lookups_chain_and_the_first_row_wins(load, target, tmp_path):
    regions = {"name": "regions", "lookup": {"key": "$code", "values": {"name": "$region"}}}
    cities = {
        "name": "cities",
        "lookup": {"key": "$city", "values": {"region": {"$lookup": {"from": "regions", "key": "$code", "get": "name"}}}},
    }
    shops = {
        "name": "shops",
        "records": [{"kind": "location", "fields": {"_id": "$shop", "region": {"$lookup": {"from": "cities", "key": "$in", "get": "region"}}}}],
    }
    profile = own(tmp_path, regions, cities, shops)
    write(tmp_path, a=["shop,in", "S1,Lyon", "S2,Nantes", "S3,"], b=["city,code", "Lyon,84", "Lyon,11", ",84"], c=["code,region", "84,Rhône"])
    done = load(tmp_path, options=["--profile", profile, "--max-rejects", "100%"], status=3)
    assert {s["_id"]: s["region"] for s in target.locations.find()} == {"S1": "Rhône", "S2": None, "S3": None}
    assert summary(done)["b.csv"] == Counts(3, 0, 0, 2, 0, 1)
    assert "1  rows that are looked up in, with other values than their key's first row" in done.stderr
    assert [(r["reason"], r["column"]) for r in target.rejects.find()] == [("missing_key", "city")]


def test_numbers_of_a_lookup_are_read_as_its_file_writes_them(load, target, tmp_path):
    prices = {"name": "prices", "delimiter": ";", "decimal_point": ",", "lookup": {"key": "$sku", "values": {"price": "$price"}}}
    sales = till()
    sales["records"][2]["fields"]["sales"] = {"$multiply": ["$n", {"$lookup": {"from": "prices", "key": "$sku", "get": "price"}}]}
    profile = own(tmp_path, prices, sales)
    write(tmp_path, prices=["sku;price", "A;1,25"], sales=["no,day,sku,n", "1,2024-01-01,A,1.5"])
    load(tmp_path, options=["--profile", profile])
    assert target.orders.find_one()["sales"].to_decimal() == Decimal("1.875")


def test_computed_negative_price_names_its_column(load, target, tmp_path):
    profile = own(tmp_path, till())
    load(write(tmp_path, rows=["no,day,sku,sales", "1,2024-01-01,A,-5"]), options=["--profile", profile, "--max-rejects", "1"], status=3)
    assert [(r["reason"], r["column"], r["value"]) for r in target.rejects.find()] == [("negative_price", "sales", "-5")]


def test_number_of_too_many_digits_says_so(load, target, tmp_path):
    profile = own(tmp_path, till())
    rows = ["no,day,sku,sales", f"1,2024-01-01,A,{'7' * 40}"]
    load(write(tmp_path, rows=rows), options=["--profile", profile, "--max-rejects", "1"], status=3)
    assert target.rejects.find_one()["detail"] == "has more than 34 digits"


def test_missing_file_is_named_with_the_columns_that_it_must_have(load, tmp_path):
    shops = {"name": "shops", "columns": {"town": {"optional": True}}}
    shops["records"] = [{"kind": "location", "fields": {"_id": "$shop", "city": "$town", "postal_code": "$zip"}}]
    profile = own(tmp_path, till(), shops)
    done = load(write(tmp_path, rows=["no,day,sku,sales", "1,2024-01-01,A,5"]), options=["--profile", profile], status=1)
    assert "the profile own needs a file of shops, with the columns shop, zip; none was given" in done.stderr


def test_missing_lookup_file_is_named(load, tmp_path):
    write(tmp_path, **{name: lines for name, lines in PME.items() if name != "produits"})
    assert "looks up in a file of produits, which is not among those given" in last_sentence(load(tmp_path, status=1))
