"""kpi-load check, and the JSON Schema of profiles: what one refuses the other refuses, each with its place."""

import copy
import json
import os
import re
import subprocess

import jsonschema
import pytest

import harness

PROFILES = sorted((harness.ROOT / "loader" / "profiles").glob("*.json"))
SCHEMA = json.loads((harness.ROOT / "loader" / "profile.schema.json").read_text())


def check(*arguments, cwd=harness.ROOT):
    command = [harness.BUILD / "kpi-load", "check", *arguments]
    return subprocess.run(command, cwd=cwd, env=harness.environment(), capture_output=True, text=True, timeout=60)


def schema_accepts(profile):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(profile)


@pytest.fixture
def put(tmp_path):
    """Writes a profile and returns its path."""

    def write(profile, name="ours"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(profile))
        return path

    return write


ITEM = {"order_id": "$no", "product_id": "$sku", "quantity": "$n", "unit_price": "$price"}
ORDER = {"_id": "$no", "ordered_at": "$day", "status": {"$map": {"input": "$state", "values": {"1": "paid"}, "default": "created"}}}
WHEN = {"$and": [{"$startsWith": ["$no", "T"]}, {"$not": {"$empty": "$sku"}}, {"$or": [{"$eq": ["$n", 1]}, {"$ne": ["$n", "x"]}]}]}
BASE = {
    "name": "ours",
    "title": "Ours",
    "currency": "EUR",
    "timezone": "Europe/Paris",
    "encoding": ["UTF-8", "windows-1252"],
    "delimiter": [";", ","],
    "decimal_point": [",", "."],
    "thousands": " ",
    "date_formats": ["DD.MM.YYYY"],
    "nulls": ["-"],
    "files": [
        {
            "name": "prices",
            "pattern": "*price*",
            "required": False,
            "lookup": {"key": "$code", "values": {"cost": {"$sum": "$cost"}, "name": "$name"}},
        },
        {
            "name": "sales",
            "columns": {"no": {"aliases": ["number"]}, "kind": {"unused": True, "optional": True}},
            "skip": [{"when": WHEN, "reason": "a total line"}],
            "records": [
                {
                    "kind": "product",
                    "when": {"$gt": ["$n", 0]},
                    "repeats": "first",
                    "fields": {
                        "_id": "$sku",
                        "name": {"$repair": {"input": "$article", "case": "title", "accents": "keep"}},
                        "cost": {"$lookup": {"from": "prices", "key": "$sku", "get": "cost"}},
                        "category": {"$if": {"when": {"$lt": ["$n", 2]}, "then": "few", "else": {"$literal": "$many"}}},
                    },
                },
                {"kind": "order", "fields": ORDER},
                {
                    "kind": "item",
                    "required": ["unit_price"],
                    "fields": {
                        **ITEM,
                        "line": {"$pad": {"input": "$line", "length": 3, "with": "0"}},
                        "discount": {"$divide": [{"$multiply": ["$n", {"$add": [1, 0.5]}]}, 100, 2]},
                        "freight": {"$ifNull": ["$freight", {"$subtract": ["$price", "1.5"]}]},
                        "seller_id": None,
                    },
                },
            ],
        },
        {"name": "till", "header": False, "names": ["a", "b"], "pattern": "till*", "records": [{"kind": "seller", "fields": {"_id": {"$concat": ["$a", "-", "$b"]}}}]},
    ],
}


def changed(path, value):
    """The base with another value at a path such as "files/1/name"; "del" takes it away."""
    profile = copy.deepcopy(BASE)
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    at = profile
    for step in way:
        at = at[step]
    if value == "del":
        del at[last]
    else:
        at[last] = value
    return profile


# Mistakes of form: schema and check refuse them both.
FORM = {
    "name": ["del", 5, ""],
    "title": ["del", None],
    "currency": ["del", "eur", "EURO", 978],
    "timezone": ["Europe/", "", "Europe Paris", 1],
    "encoding": ["utf8", [], ["auto"], ["UTF-8", "UTF-8"], 8, ["UTF-8", 1]],
    "delimiter": ["", ";;", "x", [], [";", ";"], [1], ["a"], {}],
    "decimal_point": ["", "..", [","], [",", ","], [",", ".", ","], 1],
    "thousands": ["..", "x", None, ["."]],
    "date_formats": [[], "YYYY-MM-DD", [1], ["YYYY-MM-DD"] * 9, [""]],
    "nulls": ["-", [1], [""], [" -"], ["x"] * 9],
    "files": ["del", [], {}, [1]],
    "filse": [[]],
    "extends": ["", "../x", 3],
    "files/0/name": ["del", 1, ""],
    "files/0/pattern": [1, ""],
    "files/0/required": ["no", 0, None],
    "files/0/lookup": ["del", [], {"key": "$code"}, {"values": {"a": "$a"}}, {"key": "$code", "values": {}}, {"key": "$c", "values": {"a": "$a"}, "x": 1}],
    "files/0/lookup/values/cost": [{"$sum": 1, "$add": [1, 1]}, {"$sum": []}, {"$sum": {"$sum": "$a"}}, [1]],
    "files/1/columns": [[], {"no": 1}, {"no": {"alias": ["x"]}}, {"no": {"aliases": []}}, {"no": {"aliases": ["x", "x"]}}, {"no": {"aliases": "x"}}, {"no": {"optional": "yes"}}],
    "files/1/skip": [{}, [], [{}], [{"when": WHEN}], [{"reason": "x"}], [{"when": "$no", "reason": "x"}], [{"when": WHEN, "reason": ""}], [{"when": WHEN, "reason": "x", "y": 1}]],
    "files/1/records": ["del", [], {}, [1], [{}]],
    "files/1/recrods": [[]],
    "files/1/records/0/kind": ["thing", "del", 1, "Product"],
    "files/1/records/0/repeats": ["last", 1],
    "files/1/records/0/when": ["$no", {}, {"$concat": ["$no"]}, {"$empty": ["$no"]}, {"$not": "$no"}, {"$eq": ["$no"]}, {"$gt": [1, 2, 3]}, {"$and": []}, {"$or": {}}, {"$eq": [1, 2], "$ne": [1, 2]}],
    "files/1/records/0/field": [{}],
    "files/1/records/0/fields": ["del", [], {"_id": "$sku", "nmae": "$x"}, {"name": "$x"}],
    "files/1/records/0/fields/_id": ["$", True, [], {}, {"$sum": ["$a"]}, {"$literal": 1}, {"$concat": []}, {"$concat": "$a"}, {"$eq": ["$a", "$b"]}],
    "files/1/records/0/fields/name": [
        {"$repair": {"case": "title"}}, {"$repair": {"input": "$a", "case": "Title"}}, {"$repair": {"input": "$a", "accents": True}}, {"$repair": "$a"}, {"$repair": {"input": "$a", "x": 1}},
    ],
    "files/1/records/0/fields/cost": [
        {"$lookup": {"from": "prices", "key": "$sku"}}, {"$lookup": {"from": "prices", "get": "cost"}}, {"$lookup": {"key": "$sku", "get": "cost"}}, {"$lookup": []},
        {"$lookup": {"from": "prices", "key": "$sku", "get": "cost", "x": 1}}, {"$lookup": {"from": "prices", "key": "$sku", "get": ""}},
    ],
    "files/1/records/0/fields/category": [{"$if": {"then": 1}}, {"$if": {"when": WHEN}}, {"$if": {"when": "$a", "then": 1}}, {"$if": {"when": WHEN, "then": 1, "otherwise": 2}}, {"$if": []}],
    "files/1/records/1/fields/status": [{"$map": {"input": "$s"}}, {"$map": {"values": {}}}, {"$map": {"input": "$s", "values": {"a": 1}}}, {"$map": {"input": "$s", "values": []}}, {"$map": {"input": "$s", "values": {}, "else": "paid"}}],
    "files/1/records/2/required": [[], ["sku"], "quantity", [1]],
    "files/1/records/2/fields/line": [
        {"$pad": {"input": "$a", "length": 0, "with": "0"}}, {"$pad": {"input": "$a", "length": 65, "with": "0"}}, {"$pad": {"input": "$a", "length": 3, "with": "00"}}, {"$pad": {"input": "$a", "length": 3, "with": "é"}},
        {"$pad": {"length": 3, "with": "0"}}, {"$pad": {"input": "$a", "length": "3", "with": "0"}}, {"$pad": {"input": "$a", "length": 3, "with": "0", "x": 1}},
    ],
    "files/1/records/2/fields/discount": [{"$divide": ["$a", 2]}, {"$divide": ["$a", 2, 13]}, {"$divide": ["$a", 2, "2"]}, {"$add": [1]}, {"$multiply": [1, 2, 3]}, {"$subtract": "$a"}],
    "files/1/records/2/fields/freight": [{"$ifNull": []}, {"$ifNull": "$a"}, {"$nope": 1}],
    "files/2/header": ["no", "del", True],
    "files/2/names": ["del", [], ["a", "a"], ["a", ""], "a"],
    "files/2/pattern": ["del"],
    "files/2/columns": [{"a": {"optional": True}}],
}

# Mistakes of meaning, which only the program sees, and what it says of them.
MEANING = [
    ("delimiter", ",", "decimal_point", ".", None),
    ("decimal_point", ".", "thousands", ".", "decimal_point and thousands are the same"),
    ("delimiter", ";", "decimal_point", ",", None),
    ("delimiter", ",", "decimal_point", ",", "delimiter and decimal_point are the same"),
]
MEANT = {
    "date_formats": [("del", "there are no date_formats"), (["YYYY"], "lacks YYYY, a month"), (["YYYY-MM-DD-MM"], "names a part twice")],
    "files/1/name": [("prices", 'another file has the name "prices"')],
    "files/1/columns/no": [({"unused": True}, "is said to be unused")],
    "files/1/columns/kind": [({}, 'no field uses "$kind"')],
    "files/1/records/0/when": [({"$gt": ["$n", "x"]}, "'x' is no number"), ({"$eq": ["$n", ""]}, "$empty asks for that")],
    "files/1/records/0/fields/_id": [("", "is empty"), (None, 'fields lacks "_id"')],
    "files/1/records/0/fields/cost": [
        ({"$lookup": {"from": "prizes", "key": "$sku", "get": "cost"}}, 'no file "prizes"'),
        ({"$lookup": {"from": "prices", "key": "$sku", "get": "costs"}}, 'no value "costs"'),
        ({"$lookup": {"from": "sales", "key": "$sku", "get": "cost"}}, 'has no "lookup"'),
        ("a lot", "'a lot' is no number"),
        (-1, "cost is negative"),
        (0.1234567890123456, "too many digits for JSON"),
    ],
    "files/1/records/1/fields/ordered_at": [("today", "is no date in the form DD.MM.YYYY"), ({"$add": [1, 2]}, "where a date is wanted"), ("del", 'fields lacks "ordered_at"')],
    "files/1/records/1/fields/status": [("sent", "'sent' is no status"), ({"$map": {"input": "$s", "values": {"a": "sent"}}}, "'sent' is no status"), ({"$add": [1, 2]}, "where a status is wanted")],
    "files/1/records/2/fields/quantity": [(0, "a quantity of 0"), (1.5, "whole number")],
    "files/1/records/2/fields/discount": [({"$divide": ["$n", 0, 2]}, "divides by 0")],
    "files/1/records/2/fields/unit_price": [("del", "unit_price, gross or sales")],
    "files/1/records/2/when": [({"$empty": "$n"}, "is for every row")],
    "files/1/records/0/repeats": [("reject", "only the last record")],
    "files/0/lookup/values/name": [({"$lookup": {"from": "prices", "key": "$a", "get": "name"}}, "stand before its own")],
    "files/2/records/0/fields/_id": [("$c", "none of the names of this file")],
    "files/2/records/0/fields/location_id": [("$a", None)],
}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_shipped_profile_passes_both(path):
    assert schema_accepts(json.loads(path.read_text()))
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"the profile {path.stem} is right" in done.stdout


def test_profile_of_all_that_can_be_said_passes_both(put):
    assert schema_accepts(BASE)
    done = check(put(BASE))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path, value", [(path, value) for path, values in FORM.items() for value in values], ids=str)
def test_mistake_of_form_is_refused_by_both(put, path, value):
    profile = changed(path, value)
    assert not schema_accepts(profile)
    done = check(put(profile))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].split(": ")[1].startswith("$")


@pytest.mark.parametrize("path, value, sentence", [(path, *case) for path, cases in MEANT.items() for case in cases], ids=str)
def test_mistake_of_meaning_is_refused_by_check(put, path, value, sentence):
    profile = changed(path, value)
    done = check(put(profile))
    if sentence is None:
        assert done.returncode == 0 and "no file gives one" in done.stdout
    else:
        assert done.returncode == 1
        assert sentence in done.stderr


@pytest.mark.parametrize("first, one, second, other, sentence", MEANING)
def test_characters_that_mean_two_things_are_refused(put, first, one, second, other, sentence):
    profile = changed(first, one)
    profile[second] = other
    done = check(put(profile))
    assert (done.returncode == 0) == (sentence is None)
    assert sentence is None or sentence in done.stderr


def test_all_mistakes_are_listed_with_their_places(put):
    profile = changed("currency", "euro")
    profile["files"][1]["records"][1]["fields"]["status"] = "sent"
    profile["files"][1]["records"][2]["fields"]["qty"] = 1
    path = put(profile)
    assert check(path).stderr.splitlines() == [
        f"{path}: $: currency is to be the three letters of ISO 4217, such as EUR",
        f"{path}: $.files[1].records[1].fields.status: 'sent' is no status; there are created, paid, processing, shipped, delivered, cancelled, unavailable, unpaid, returned",
        f"{path}: $.files[1].records[2].fields.qty: item has no field \"qty\"; it has order_id, product_id, seller_id, quantity, unit_price, gross, discount, discount_rate, sales, cost, profit, freight, line",
    ]


def test_profile_that_cannot_be_read_is_said(tmp_path, put):
    broken = tmp_path / "broken.json"
    broken.write_text('{\n "name": }')
    assert "broken.json: line 2" in check(broken).stderr
    assert check(tmp_path / "nowhere.json").returncode == 1
    child = put({"name": "child", "extends": "nothing"}, "child")
    assert '$.extends: there is no profile "nothing" beside this one' in check(child).stderr
    put({"extends": "ours", "title": "No name of its own"}, "child"), put(BASE)
    assert "$: name is missing" in check(child).stderr


def test_a_profile_calls_itself_as_profile_finds_it(put):
    path = put(BASE, "theirs")
    done = check(path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f'{path}: $.name: is "ours", but --profile calls it theirs, as its file is called; let both be the same\n'


def test_a_pipe_is_no_profile_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for arguments in (["--profiles", tmp_path], [tmp_path / "pipe.json"]):
        done = check(*arguments)
        assert done.returncode == 1 and done.stderr.endswith("pipe.json: is no plain file\n")


def test_all_profiles_of_the_folder_are_checked_without_arguments():
    done = check()
    assert done.returncode == 0
    for path in PROFILES:
        assert f"the profile {path.stem} is right" in done.stdout


def test_what_is_neither_profile_nor_file_is_wrong_usage():
    done = check("natvie")
    assert done.returncode == 2
    assert "natvie is neither a file nor a profile of loader/profiles" in done.stderr
    assert check("native", "superstore", "README.md").returncode == 2


def test_first_rows_are_tried_without_a_database(put, tmp_path):
    sales = ["no;day;state;sku;article;n;price;line;freight", "1;29.02.2024;1;A;tea;2;1 000,5;7;", "2;30.02.2024;1;A;tea;2;3;8;", "T1;;;A;;1;;;"]
    (tmp_path / "s.csv").write_text("\n".join(sales) + "\n")
    (tmp_path / "prices.csv").write_text("code,cost,name\nA,1.5,tea\nA,2,tea\n")
    profile = copy.deepcopy(BASE)
    del profile["files"][2]
    done = check(put(profile), tmp_path)
    assert done.returncode == 3, done.stderr
    assert 'product: _id "A", name "Tea", category "$many", cost 3.5' in done.stdout
    assert "order: _id \"1\", ordered_at 2024-02-29, status paid" in done.stdout
    assert 'unit_price 1000.5, gross 2001, discount 0.03, sales 2000.97, freight 999, line "007"' in done.stdout
    assert "3 rows tried, 1 skipped, 1 would be rejected:\n      line 3, day: bad_date: '30.02.2024' is no date" in done.stdout


def test_files_find_their_profile(sample):
    done = check(sample)
    assert done.returncode == 0
    assert "profile native: recognised by" in done.stdout


def test_help_shows_it():
    done = subprocess.run([harness.BUILD / "kpi-load", "--help"], capture_output=True, text=True)
    assert "kpi-load check" in done.stdout


# The examples of the documentation

DOCUMENTED = (harness.ROOT / "loader" / "profiles" / "README.md").read_text()
EXAMPLES = {profile["name"]: profile for profile in map(json.loads, re.findall(r"^```json\n(.*?)^```", DOCUMENTED, re.M | re.S))}
ROWS = {
    "till": {"r.csv": "Receipt;Date;SKU;Article;Color;Pieces;Price\n7;03.02.2024 17:05;A;Tea;-;2;1,50\n"},
    "boutique": {"sales.csv": re.search(r"^    (N° commande.*?\n    Total.*?\n)", DOCUMENTED, re.M | re.S)[1].replace("    ", "")},
    "wholesale": {
        "customers.csv": "id,name,branch,town,country\nC1,Ana,Retail,York,UK\n",
        "articles.csv": "article,label,group_no,list_price\nA1,Tea,G1,2.50\n",
        "groups.csv": "group_no,group_name\nG1,Drinks\n",
        "parts.csv": "article,part,part_cost\nA1,leaf,0.50\nA1,bag,0.25\n",
        "orders.csv": "order_no,customer,ordered,sent\n1,C1,2024-02-03 10:00:00,\\N\n",
        "order_lines.csv": "order_no,pos,article,pieces,price\n1,1,A1,2,\n1,2,A1,1,2.00\n",
    },
    "till-tape": {"till-2024-02.csv": "20240203\t1705\tT1\t7\tS\t0815\tTea\t2\t300\n20240203\t1705\tT1\t7\tS\t0000\t\t0\t0\n"},
}
SAID = {
    "till": "unit_price 1.5, gross 3, discount 0, sales 3",
    "boutique": 'unit_price 1234.5, gross 2469, discount 246.9, discount_rate 0.1, sales 2222.1',
    "wholesale": 'product: _id "A1", name "Tea", category "Drinks", cost 0.75',
    "till-tape": "unit_price 1.5, gross 3, discount 0, sales 3",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_of_the_documentation_is_right(put, tmp_path, name):
    assert schema_accepts(EXAMPLES[name])
    data = tmp_path / "data"
    data.mkdir()
    for file, text in ROWS[name].items():
        (data / file).write_text(text)
    done = check(put(EXAMPLES[name], name), data)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert SAID[name] in done.stdout
    assert set(re.findall(r'customer: _id "(.*?)"', done.stdout)) <= {"Ana Gute|01000", "C1"}


def test_every_operator_and_field_is_documented():
    for operator in {**SCHEMA["$defs"]["condition"]["properties"], **SCHEMA["$defs"]["expression"]["anyOf"][-1]["properties"]}:
        assert operator in DOCUMENTED
    for key in [*SCHEMA["properties"], *SCHEMA["$defs"]["file"]["properties"]]:
        assert f"`{key}`" in DOCUMENTED or f'"{key}"' in DOCUMENTED
    for rule in SCHEMA["$defs"]["record"]["allOf"]:
        kind, fields = rule["if"]["properties"]["kind"]["const"], rule["then"]["properties"]["fields"]["properties"]
        row = next(line for line in DOCUMENTED.splitlines() if line.startswith(f"| `{kind}` |"))
        assert set(re.findall(r"`(\w+)`", row)) == {kind, *fields}
