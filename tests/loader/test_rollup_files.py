"""What kpi-load makes of the files of pipelines/rollup: other declarations, new ones, wrong ones, and those that the data do not bear out."""

import json
import subprocess

import pytest
import rollup_oracle as rollups
from rollup_shop import builds, change, copy, fresh, pipelines, put_back, read, split, write  # noqa: F401 (fixtures among them)
from website import Website, versioned

import harness


def rewrite(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_another_declaration_is_built_anew_and_the_old_stays_readable(load, target, copy, pipelines):
    load(copy)
    meta = target.meta.find_one({"_id": "data"})
    old = rollups.rows(target, "sales_by_day_region", rollups.declarations()["sales_by_day_region"], meta)
    rewrite(pipelines / "rollup" / "sales_by_day_region.json", dimensions=["region", "ship_mode"], measures=["sales", "orders"])
    done = load(copy, options=["--pipelines", pipelines])
    assert "Rollups: 1 built" in done.stderr, "though this load itself changes nothing"
    assert target.meta.find_one({"_id": "data"})["version"] == 1
    rollups.check(target, pipelines)
    assert old == rollups.rows(target, "sales_by_day_region", rollups.declarations()["sales_by_day_region"], meta)


def test_what_is_added_up_from_another_declaration_is_built_anew_too(load, target, copy, pipelines):
    load(copy)
    before = builds(target)
    path = pipelines / "rollup" / "sales_by_day_state.json"
    rewrite(path, dimensions=[*json.loads(path.read_text())["dimensions"], "ship_mode"])
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert {name for name in before if builds(target)[name] != before[name]} == {"sales_by_day_state", "sales_by_month_state"}


def test_another_title_is_no_other_declaration(load, target, copy, pipelines):
    load(copy)
    rewrite(pipelines / "rollup" / "sales_by_day.json", title="Days")
    assert "Rollups" not in load(copy, options=["--pipelines", pipelines]).stderr


def test_a_new_rollup_is_one_file(load, target, copy, pipelines):
    load(copy)
    declaration = {"title": "T", "grain": "month", "dimensions": ["seller", "hour", "first_order"], "measures": ["units", "products", "profit", "orders"]}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(declaration))
    assert "Rollups: 1 built" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)
    orders = read(copy / "orders.csv")
    change(copy / "orders.csv", lambda row: row["order_id"] == orders[7]["order_id"], status="cancelled" if orders[7]["status"] != "cancelled" else "delivered")
    assert "brought up to date" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)


def test_a_new_rollup_may_be_added_up_from_one_that_is_there(load, target, copy, pipelines):
    load(copy)
    of_months = {"title": "T", "grain": "month", "dimensions": ["region"], "measures": ["sales", "orders"], "from": "sales_by_day_region"}
    of_all = {**of_months, "grain": "all", "from": "ours"}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(of_months))
    (pipelines / "rollup" / "ours_all.json").write_text(json.dumps(of_all))
    for change_it in (False, True):
        if change_it:
            change(copy / "orders.csv", lambda row: row == read(copy / "orders.csv")[7], ship_mode="Donkey")
        load(copy, options=["--pipelines", pipelines])
        rollups.check(target, pipelines)
    rewrite(pipelines / "rollup" / "ours_all.json", measures=["sales"])
    assert "Rollups: 1 built" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)


def test_sums_over_all_orders_without_a_parent_are_built_anew_each_time(load, target, copy, pipelines):
    declaration = {"title": "T", "grain": "all", "dimensions": ["ship_mode"], "measures": ["sales", "orders"]}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(declaration))
    load(copy, options=["--pipelines", pipelines])
    orders = read(copy / "orders.csv")
    change(copy / "orders.csv", lambda row: row["order_id"] == orders[7]["order_id"], ship_mode="Donkey")
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert builds(target)["ours"] == 2 and builds(target)["sales_by_day"] == 1


def test_a_rollup_without_a_file_goes_when_nobody_can_read_it_any_more(load, target, copy, pipelines):
    load(copy)
    for name in ("sales_by_product", "sales_by_month_product", "sales_by_day_product"):
        (pipelines / "rollup" / f"{name}.json").unlink()
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert "sales_by_day_product" in target.list_collection_names(), "a server may not have seen the new list yet"
    load(copy, options=["--pipelines", pipelines])
    assert "sales_by_day_product" not in target.list_collection_names()
    rollups.check(target, pipelines)
    load(copy)
    rollups.check(target)


def state_rollups(names):
    return {name for name in names if name.endswith("_state")}


def check_server(pipelines):
    return subprocess.run([harness.BUILD / "kpi-server", "check", "--pipelines", pipelines], env=harness.environment(), capture_output=True, text=True)


@pytest.mark.parametrize("text, said", [
    ("{ no JSON", "sales_by_day_state.json: line 1"),
    ('{"title": "T", "grain": "week", "dimensions": [], "measures": ["sales"]}', "sales_by_day_state.json: $.grain: 'week' is none of day, month, all"),
    ('{"title": "T", "grain": "day", "dimensions": [], "measures": ["wishes"]}', "sales_by_day_state.json: $.measures[0]: no source of the orders has a measure 'wishes'"),
], ids=["no JSON", "a bad member", "an unknown measure"])
def test_a_broken_file_is_done_without(load, target, copy, pipelines, text, said):
    """And so is what would be added up from it: readers take something else until it is mended."""
    path = pipelines / "rollup" / "sales_by_day_state.json"
    whole = path.read_text()
    path.write_text(text)
    for _ in range(2):
        done = load(copy, options=["--pipelines", pipelines], variables=harness.WHOLE)
        assert f"{pipelines}/rollup/{said}" in done.stderr
        assert "sales_by_month_state.json: $.from: there is no rollup 'sales_by_day_state'" in done.stderr
        assert done.stderr.count("this rollup is not kept, and KPIs are answered without it") == 2
    assert set(rollups.listed(target)) == set(rollups.declarations()) - state_rollups(rollups.declarations())
    checked = check_server(pipelines)
    assert checked.returncode == 1 and said in checked.stderr
    path.write_text(whole)
    assert "Rollups: 2 built" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)


def test_a_file_that_breaks_later_is_not_read_any_more(load, target, copy, pipelines):
    load(copy, options=["--pipelines", pipelines])
    (pipelines / "rollup" / "sales_by_day_state.json").write_text("[]")
    load(copy, options=["--pipelines", pipelines])
    assert not state_rollups(rollups.listed(target))
    load(copy)
    rollups.check(target)


def test_a_broken_kpi_still_stops_the_load_that_keeps_answers(load, target, copy, pipelines):
    (pipelines / "kpi" / "total-sales.json").write_text("{ no JSON")
    done = load(copy, options=["--pipelines", pipelines], variables=harness.WHOLE, status=1)
    assert "total-sales.json" in done.stderr
    assert target.list_collection_names() == []


# What a file claims, and the data do not bear out

CLAIM = {"title": "T", "grain": "day", "dimensions": ["category", "product"], "measures": ["sales", "orders"], "determines": {"category": ["product"]}}
OF_MONTHS = {"title": "T", "grain": "month", "dimensions": ["category"], "measures": ["sales", "orders"], "from": "ours"}


@pytest.fixture
def claim(pipelines):
    """That the lines of an order of one category are of one product; and a rollup that may only be added up because of it."""
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(CLAIM))
    (pipelines / "rollup" / "ours_month.json").write_text(json.dumps(OF_MONTHS))
    return ["--pipelines", pipelines]


@pytest.fixture
def lines(copy):
    """One line an order, so that the claim holds; and a second one for one order, of another product of the category."""
    products = {row["product_id"]: row["category"] for row in read(copy / "products.csv")}
    counted = {row["order_id"] for row in read(copy / "orders.csv") if row["status"] == "delivered"}
    first = {row["order_id"]: row for row in read(copy / "order_items.csv")}
    one = next(row for row in first.values() if row["order_id"] in counted and products[row["product_id"]])
    other = next(name for name, category in products.items() if category == products[one["product_id"]] and name != one["product_id"])
    return list(first.values()), {**one, "product_id": other} | {key: "9" for key in one if key in ("line", "line_number")}


def test_a_claim_that_the_data_break_leaves_the_rollup_out(engine_uri, load, target, copy, pipelines, claim, lines):
    good, bad = lines
    path = copy / "order_items.csv"
    write(path, good)
    done = load(copy, options=claim)
    assert "is not used" not in done.stderr and {"ours", "ours_month"} < set(rollups.listed(target))
    rollups.check(target, pipelines)

    write(path, [*good, bad])
    done = load(copy, options=claim)
    assert "The rollup ours is not used, and KPIs are answered without it: an order of " in done.stderr
    assert bad["product_id"] in done.stderr and 'so that "determines" is not true' in done.stderr
    assert "The rollup ours_month is not used, and KPIs are answered without it: it is added up from ours" in done.stderr
    assert set(rollups.listed(target)) == set(rollups.declarations())
    with harness.Server(engine_uri, target.name, "--sources", "order,item,line,ours,ours_month", pipelines=pipelines) as server:
        answer = server.get("/v1/kpis/sales-by-category").json()
        status = server.get("/v1/status").json()
    assert answer["source"] == "line"
    assert {row["category"]: row["orders"] for row in answer["data"]} == {row["_id"]: row["n"] for row in target.orders.aggregate(BY_CATEGORY)}
    assert [entry["rollup"] for entry in status["rollups_left_out"]] == ["ours", "ours_month"]
    assert bad["product_id"] in status["rollups_left_out"][0]["reason"]


BY_CATEGORY = [
    {"$match": {"counted": True}},
    {"$unwind": "$items"},
    {"$group": {"_id": {"order": "$_id", "category": "$items.category"}}},
    {"$group": {"_id": "$_id.category", "n": {"$sum": 1}}},
]


def test_what_is_left_out_is_built_again_only_when_the_order_that_broke_it_changes(load, target, copy, pipelines, claim, lines):
    good, bad = lines
    path = copy / "order_items.csv"
    write(path, [*good, bad])
    assert "The rollup ours is not used" in load(copy, options=claim).stderr
    for _ in range(2):
        done = load(copy, options=claim)
        assert "Rollups:" not in done.stderr and "The rollup ours is not used" in done.stderr
    assert not target.ours.find_one() and not target.ours_month.find_one(), "rows that nobody reads"
    days = {order["_id"]: order["day"] for order in target.orders.find()}
    elsewhere = next(name for name, day in days.items() if day != days[bad["order_id"]])
    change(copy / "orders.csv", lambda row: row["order_id"] == elsewhere, ship_mode="Donkey")
    done = load(copy, options=claim)
    assert "brought up to date for 1 day" in done.stderr and " built" not in done.stderr and "The rollup ours is not used" in done.stderr
    change(copy / "orders.csv", lambda row: row["order_id"] == bad["order_id"], status="cancelled")
    done = load(copy, options=claim)
    assert "Rollups: 2 built" in done.stderr and "is not used" not in done.stderr
    rollups.check(target, pipelines)
    assert "left_out" not in target.meta.find_one({"_id": "rollups"}) or not target.meta.find_one({"_id": "rollups"})["left_out"]


def test_a_claim_that_is_taken_back_is_none(load, target, copy, pipelines, claim, lines):
    write(copy / "order_items.csv", [*lines[0], lines[1]])
    load(copy, options=claim)
    for name, declaration in (("ours", CLAIM), ("ours_month", OF_MONTHS)):
        declaration = {key: value for key, value in declaration.items() if key not in ("determines", "from")}
        (pipelines / "rollup" / f"{name}.json").write_text(json.dumps(declaration))
    assert "Rollups: 2 built" in load(copy, options=claim).stderr
    rollups.check(target, pipelines)


def test_a_claim_that_is_added_is_held_to_the_data(load, target, copy, pipelines, lines):
    write(copy / "order_items.csv", [*lines[0], lines[1]])
    path = pipelines / "rollup" / "ours.json"
    path.write_text(json.dumps({**CLAIM, "determines": {"product": ["category"]}}))
    load(copy, options=["--pipelines", pipelines])
    assert "ours" in rollups.listed(target)
    path.write_text(json.dumps(CLAIM))
    load(copy, options=["--pipelines", pipelines])
    assert "ours" not in rollups.listed(target)


def test_a_collection_of_somebody_else_is_left_alone(load, target, copy):
    target.sales_by_day.insert_one({"_id": "mine"})
    done = load(copy, status=1)
    assert "kpi-load has not made" in done.stderr and "rename it" in done.stderr
    assert list(target.sales_by_day.find()) == [{"_id": "mine"}]
    target.sales_by_day.rename("mine")
    load(copy)
    rollups.check(target)


def test_rollups_off_lists_none_and_on_builds_them_anew(load, target, copy, fresh):
    whole = split(copy, 0.9)
    load(copy)
    put_back(copy, whole)
    done = load(copy, options=["--rollups", "off"])
    assert "The rollups are out of use" in done.stderr
    assert rollups.listed(target) == {}
    assert target.sales_by_day.find_one()
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)
    load(copy, options=["--rollups", "off"])
    assert rollups.listed(target) == {}, "also where nothing has changed"


def test_there_are_none_unless_they_are_wanted(load, target, copy):
    load(copy, options=["--rollups", "off"])
    assert not set(rollups.declarations()) & set(target.list_collection_names())
    assert rollups.listed(target) == {}


# Nothing to read


@pytest.fixture
def site():
    with Website() as website:
        yield website


def test_a_new_rollup_is_built_though_the_address_gives_nothing_new(load, target, tmp_path, pipelines, site):
    body = (harness.generate(tmp_path / "shop", orders=200, layout="superstore") / "superstore.csv").read_bytes()
    site.acts["/s.csv"] = versioned(body, etag='"1"')
    address, options = f"{site.url}/s.csv", ["--pipelines", pipelines]
    load(address, options=options)
    assert "Rollups" not in load(address, options=options).stderr
    rewrite(pipelines / "rollup" / "sales_by_day.json", dimensions=["ship_mode"])
    done = load(address, options=[*options, "--dry-run"])
    assert "Rollups" not in done.stderr
    done = load(address, options=options)
    assert "all that these addresses give is loaded already" in done.stderr and "Rollups: 1 built" in done.stderr
    rollups.check(target, pipelines)
    assert "Rollups" not in load(address, options=options).stderr
    load(address, options=[*options, "--rollups", "off"])
    assert rollups.listed(target) == {}
    load(address, options=options)
    rollups.check(target, pipelines)
