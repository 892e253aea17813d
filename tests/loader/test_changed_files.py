"""Files that are loaded again after they have changed: what is new or changed in them is their word of today, and what is
as it was leaves alone what other files have said since. Held against a model that keeps the last word on each key."""

import decimal
import random

import pytest

import harness

STATUSES = ["created", "paid", "shipped", "delivered", "cancelled"]

HEADERS = {
    "customers": "customer_id,name,segment,location_id",
    "orders": "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,ship_mode,status",
    "order_items": "order_id,product_id,quantity,unit_price,seller_id,discount,freight,line",
    "loose_items": "order_id,product_id,quantity,unit_price,seller_id,discount,freight",
    "payments": "order_id,sequence,type,installments,value",
    "reviews": "review_id,order_id,score,created_at",
}

ORDERS, CUSTOMERS = 8, 4


def first_rows(kind):
    """A row for each key, as (key, values)."""
    if kind == "customers":
        return {f"C{n}": [f"C{n}", "Ann", "Consumer", "L1"] for n in range(CUSTOMERS)}
    if kind == "orders":
        return {f"O{n}": [f"O{n}", f"C{n % CUSTOMERS}", "L1", f"2024-03-{n + 1:02}", "", "", "", "", "created"] for n in range(ORDERS)}
    if kind == "order_items":
        return {(f"O{n}", str(k)): [f"O{n}", "P1", "1", "2.50", "", "", "", str(k)] for n in range(ORDERS) for k in (1, 2)}
    if kind == "loose_items":
        return {(f"O{n}", "P2", k): [f"O{n}", "P2", str(k + 1), "4", "", "", ""] for n in range(ORDERS) for k in (0, 1)}
    if kind == "payments":
        return {(f"O{n}", "1"): [f"O{n}", "1", "card", "1", "9.00"] for n in range(ORDERS)}
    return {f"R{n}": [f"R{n}", f"O{n}", "5", "2024-04-01"] for n in range(ORDERS)}


CHANGED = {"customers": (1, ["Ann", "Anna", "Anne"]), "orders": (8, STATUSES), "order_items": (2, "12345"),
           "loose_items": (2, "12345"), "payments": (4, ["9.00", "8.00", "7.50"]), "reviews": (2, "12345")}


class Shop:
    """A folder with two files of each kind, each of which says some of the same keys, and what is to be known of them."""

    def __init__(self, folder, chance):
        self.folder, self.chance = folder, chance
        self.files, self.before, self.known = {}, {}, {}
        (folder / "locations.csv").write_text("location_id,city,state,region,country,postal_code,latitude,longitude\nL1,Lyon,,South,France,,,\n")
        (folder / "products.csv").write_text("product_id,name,category,subcategory,cost,weight_g\nP1,Pen,Office,Pens,1,\nP2,Cup,Home,Cups,,\n")
        for kind in HEADERS:
            rows = first_rows(kind)
            for file in ("a", "b"):
                keys = [key for key in rows if file == "a" or chance.random() < 0.6 or kind == "customers"]
                if kind == "loose_items":  # both lines of a product or none
                    keys = [key for key in rows if (key[0], key[1], 0) in keys]
                self.files[f"{kind}-{file}"] = {key: list(rows[key]) for key in keys}
        self.shuffle = {name: chance.sample(list(rows), len(rows)) for name, rows in self.files.items()}

    def change(self):
        """Some files say something else of some keys."""
        for name in self.chance.sample(sorted(self.files), self.chance.choice([1, 1, 2, 4])):
            column, values = CHANGED[name[:-2]]
            for key in self.chance.sample(list(self.files[name]), self.chance.choice([0, 1, 2])):
                self.files[name][key][column] = self.chance.choice(values)
            if name.startswith("loose_items") and self.chance.random() < 0.3:
                gone = self.chance.choice(sorted(self.files[name]))
                if (gone[0], gone[1], 1 - gone[2]) in self.files[name]:
                    del self.files[name][gone]  # of two lines that are summed one is left

    def write(self):
        for name, rows in self.files.items():
            lines = [HEADERS[name[:-2]], *(",".join(rows[key]) for key in self.shuffle[name] if key in rows)]
            (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n")

    def said(self, name):
        """What a file says: by key, lines without a number as their sum, with what tells whether that is as before."""
        rows = self.files[name]
        if not name.startswith("loose_items"):
            return {key: (tuple(row), tuple(row)) for key, row in rows.items()}
        sums = {}
        for (order, product, _), row in rows.items():
            sums.setdefault((order, product), []).append(int(row[2]))
        return {key: (sum(list_), tuple(sorted(list_))) for key, list_ in sums.items()}

    def remember(self):
        """The files of a kind in the order in which they are read; what one said before is no news."""
        for name in sorted(self.files):
            kind, before, now = name[:-2], self.before.get(name, {}), self.said(name)
            for key, (value, exact) in now.items():
                if key not in before or before[key] != exact:
                    self.known[kind, key] = value
            self.before[name] = {key: exact for key, (_, exact) in now.items()}


def known_by(database):
    found = {}
    for doc in database.customers.find():
        found["customers", doc["_id"]] = doc["name"]
    for doc in database.orders.find():
        order = doc["_id"]
        found["orders", order] = doc["status"]
        for item in doc["items"]:
            if item["product_id"] == "P2":
                found["loose_items", (order, "P2")] = item["quantity"]
                continue
            for line in item.get("lines", [item]):
                found["order_items", (order, line["line"])] = line["quantity"]
        for payment in doc["payments"]:
            found["payments", (order, str(payment["sequence"]))] = payment["value"].to_decimal()
        for review in doc["reviews"]:
            found["reviews", review["review_id"]] = review["score"]
    return found


def wanted_of(shop):
    pick = {"customers": lambda row: row[1], "orders": lambda row: row[8], "order_items": lambda row: int(row[2]),
            "loose_items": lambda total: total, "payments": lambda row: decimal.Decimal(row[4]),
            "reviews": lambda row: int(row[2])}
    return {(kind, key): pick[kind](value) for (kind, key), value in shop.known.items()}


def counts_add_up(database):
    newest = database.imports.find_one(sort=[("started_at", -1)])
    for file in newest["files"]:
        assert file["read"] == sum(file[k] for k in ("inserted", "updated", "unchanged", "skipped", "rejected")), file
        assert file["rejected"] == 0, file


@pytest.mark.parametrize("seed", range(4))
def test_last_word_on_each_key_counts_whatever_file_says_the_rest_again(engine_uri, target, tmp_path, seed):
    shop = Shop(tmp_path, random.Random(seed))
    for step in range(12):
        if step:
            shop.change()
        shop.write()
        harness.load(engine_uri, target.name, tmp_path)
        shop.remember()
        assert known_by(target) == wanted_of(shop), f"step {step}"
        counts_add_up(target)


def test_only_what_a_file_says_now_is_remembered(engine_uri, target, tmp_path):
    shop = Shop(tmp_path, random.Random(1))
    for _ in range(3):
        shop.write()
        harness.load(engine_uri, target.name, tmp_path)
        shop.change()
    remembered = {}
    for part in target.file_records.find():
        assert len(part["digests"]) % 8 == 0
        remembered.setdefault(part["file"], set()).add(part["import_id"])
    assert {file["_id"]: set(file["records"]) for file in target.files.find()} == remembered


def test_a_file_that_grows_again_and_again_is_remembered_whole(engine_uri, target, tmp_path):
    """Its parts come from many loads; then one of its first rows changes, and the others are no news."""
    shop = Shop(tmp_path, random.Random(2))
    shop.write()
    harness.load(engine_uri, target.name, tmp_path)
    grown = tmp_path / "reviews-c.csv"
    rows = [f"G{n},O1,{n % 5 + 1},2024-05-01" for n in range(6)]
    for end in range(1, 7):
        grown.write_text("\n".join([HEADERS["reviews"], *rows[:end]]) + "\n")
        harness.load(engine_uri, target.name, tmp_path)
    assert len(target.files.find_one({"name": "reviews-c.csv"})["records"]) == 6
    newer = tmp_path / "reviews-d.csv"
    newer.write_text("\n".join([HEADERS["reviews"], *(row.replace(",2024-05", ",2024-06") for row in rows)]) + "\n")
    harness.load(engine_uri, target.name, tmp_path)
    grown.write_text("\n".join([HEADERS["reviews"], "G0,O1,4,2024-05-01", *rows[1:]]) + "\n")
    harness.load(engine_uri, target.name, tmp_path)
    months = {r["review_id"]: r["created_at"].month for r in target.orders.find_one({"_id": "O1"})["reviews"] if r["review_id"][0] == "G"}
    assert months == {"G0": 5, "G1": 6, "G2": 6, "G3": 6, "G4": 6, "G5": 6}


def test_what_was_rejected_is_news_when_it_is_mended_elsewhere(engine_uri, target, tmp_path):
    """A row that contradicted another of its file was not the file's word; when the other is gone it is."""
    shop = Shop(tmp_path, random.Random(3))
    shop.write()
    harness.load(engine_uri, target.name, tmp_path)
    file = tmp_path / "customers-c.csv"
    file.write_text(HEADERS["customers"] + "\nC0,Zoe,Consumer,L1\nC0,Zora,Consumer,L1\n")
    harness.load(engine_uri, target.name, tmp_path, options=["--max-rejects", "50%"], status=3)
    assert target.customers.find_one({"_id": "C0"})["name"] == "Zoe"
    file.write_text(HEADERS["customers"] + "\nC0,Zora,Consumer,L1\n")
    harness.load(engine_uri, target.name, tmp_path)
    assert target.customers.find_one({"_id": "C0"})["name"] == "Zora"


def test_reload_makes_all_of_a_file_its_word_of_today(engine_uri, target, tmp_path):
    shop = Shop(tmp_path, random.Random(4))
    shop.write()
    harness.load(engine_uri, target.name, tmp_path)
    shop.files["customers-b"]["C1"][1] = "Anna"
    shop.write()
    harness.load(engine_uri, target.name, tmp_path)
    assert target.customers.find_one({"_id": "C1"})["name"] == "Anna"
    harness.load(engine_uri, target.name, tmp_path / "customers-a.csv", options=["--reload"])
    assert target.customers.find_one({"_id": "C1"})["name"] == "Ann"
