"""kpi-server check and openapi/kpi-definition.schema.json: what is wrong with a definition, before it is served."""

import copy
import json
import re
import shutil
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

import harness

SCHEMA = json.loads((harness.ROOT / "openapi" / "kpi-definition.schema.json").read_text())
SHIPPED = sorted((harness.PIPELINES / "kpi").glob("*.json"))
BASE = {
    "$schema": "../../openapi/kpi-definition.schema.json",
    "title": "Ship modes",
    "group": "delivery",
    "summary": "Sales by ship mode.",
    "formula": "Sum of sales of counted orders, by ship mode.",
    "source": "order",
    "dimensions": ["ship_mode", "day"],
    "measures": ["sales", "orders"],
    "parameters": ["from", "to", "period", "as_of", "region", "granularity", "sort", "limit", "offset"],
    "defaults": {"sort": "-sales", "limit": 50, "granularity": "year"},
    "needs": ["cost"],
    "keep": False,
    "pipeline": [
        {"$match": {"$var": "filter"}},
        {"$set": {"period": {"$var": "period_start"}}},
        {"$group": {"_id": {"mode": "$ship_mode", "period": "$period"}, "sales": {"$sum": "$sales"}, "orders": {"$sum": "$orders"}}},
        {"$lookup": {"from": "meta", "let": {"mode": "$_id.mode"}, "pipeline": [{"$match": {"$expr": {"$eq": ["$_id", "$$mode"]}}}], "as": "none"}},
        {"$project": {"_id": 0, "ship_mode": "$_id.mode", "period": "$_id.period", "sales": 1, "orders": 1, "note": {"$literal": {"$a": [1]}}}},
        {"$sort": {"$var": "sort"}},
        {"$skip": {"$var": "offset"}},
        {"$limit": {"$var": "limit"}},
    ],
    "columns": [
        {"name": "ship_mode", "type": "string", "text": "Ship mode", "key": True},
        {"name": "period", "type": "day", "text": "First day", "key": True, "sortable": False},
        {"name": "sales", "type": "money", "text": "Sales", "empty": 0, "nullable": False},
        {"name": "orders", "type": "number", "text": "Orders", "unit": "orders", "empty": 0},
    ],
    "chart": {"type": "bar", "x": "ship_mode", "y": ["sales"], "value": "orders", "label": "ship_mode", "overview": 9, "order": 2, "size": "wide"},
}
DELETE = object()


def told(value):
    """The id of a case: the same in every process, which the place of an object in memory is not."""
    return "DELETE" if value is DELETE else str(value)



# What schema and check refuse alike: a path into BASE, what is put there, and where check finds it.
FORM = [
    *[(key, DELETE, "$") for key in ("title", "group", "summary", "formula", "parameters", "pipeline", "columns", "chart")],
    *[(key, "", f"$.{key}") for key in ("title", "group", "summary", "formula")],
    *[(key, 7, f"$.{key}") for key in ("$schema", "title", "source", "dimensions", "parameters", "defaults", "needs", "keep", "single_row", "pipeline", "columns", "chart")],
    ("titel", "x", "$.titel"),
    ("defaults/sort", DELETE, "$.defaults.sort"),
    ("defaults/sort", "--sales", "$.defaults.sort"),
    ("defaults/limit", 0, "$.defaults.limit"),
    ("defaults/limit", 10001, "$.defaults.limit"),
    ("defaults/limit", "50", "$.defaults.limit"),
    ("defaults/granularity", "hour", "$.defaults.granularity"),
    ("defaults/order", "x", "$.defaults.order"),
    ("parameters/0", "form", "$.parameters[0]"),
    ("parameters/0", 1, "$.parameters[0]"),
    ("parameters/1", "from", "$.parameters[1]"),
    ("parameters/6", DELETE, "$.parameters"),
    ("parameters/7", DELETE, "$.parameters"),
    ("parameters/8", DELETE, "$.parameters"),
    ("single_row", True, "$.parameters"),
    ("dimensions/0", 1, "$.dimensions[0]"),
    ("measures/1", "sales", "$.measures[1]"),
    ("needs/0", "costs", "$.needs[0]"),
    ("pipeline", [], "$.pipeline"),
    ("pipeline/0", "$match", "$.pipeline[0]"),
    ("pipeline/0", {}, "$.pipeline[0]"),
    ("pipeline/0", {"$match": {}, "$limit": 1}, "$.pipeline[0]"),
    ("pipeline/1", {"$out": "orders"}, "$.pipeline[1]"),
    ("pipeline/1", {"$merge": {"into": "orders"}}, "$.pipeline[1]"),
    ("pipeline/1", {"$changeStream": {}}, "$.pipeline[1]"),
    ("pipeline/1", {"$densify": {}}, "$.pipeline[1]"),
    ("pipeline/1", {"$match": {"$where": "sleep(1)"}}, "$.pipeline[1].$match"),
    ("pipeline/1", {"$match": {"$or": [{"a": 1}, {"$where": "1"}]}}, "$.pipeline[1].$match.$or[1]"),
    ("pipeline/1", {"$set": {"a": {"$function": {"body": "f", "args": [], "lang": "js"}}}}, "$.pipeline[1].$set.a"),
    ("pipeline/1", {"$group": {"_id": None, "a": {"$accumulator": {}}}}, "$.pipeline[1].$group.a"),
    ("pipeline/1", {"$set": {"a": {"$dateTrunc": {"date": "$day", "unit": "day"}}}}, "$.pipeline[1].$set.a"),
    ("pipeline/1", {"$set": {"a": [1, {"b": {"$rand": {}}}]}}, "$.pipeline[1].$set.a[1].b"),
    ("pipeline/1", {"$set": {"a": "$$NOW"}}, "$.pipeline[1].$set.a"),
    ("pipeline/1", {"$set": {"a": ["$$USER_ROLES.role"]}}, "$.pipeline[1].$set.a[0]"),
    ("pipeline/1", {"$facet": {"a": [{"$out": "x"}]}}, "$.pipeline[1].$facet.a[0]"),
    ("pipeline/1", {"$unionWith": {"coll": "a", "pipeline": [{"$merge": "x"}]}}, "$.pipeline[1].$unionWith.pipeline[0]"),
    ("pipeline/1", {"$unionWith": {"coll": {"db": "admin"}}}, "$.pipeline[1].$unionWith"),
    ("pipeline/3/$lookup/pipeline/0", {"$out": "x"}, "$.pipeline[3].$lookup.pipeline[0]"),
    ("pipeline/3/$lookup/from", {"db": "admin", "coll": "x"}, "$.pipeline[3].$lookup"),
    ("pipeline/3/$lookup/from", DELETE, "$.pipeline[3].$lookup"),
    *[("pipeline/3/$lookup/from", name, "$.pipeline[3].$lookup") for name in ("imports", "rejects", "locks", "files", "analyses", "system.users", "_fact", "Orders", "")],
    ("pipeline/3", {"$unionWith": "imports"}, "$.pipeline[3].$unionWith"),
    ("pipeline/3", {"$unionWith": {"coll": "order"}}, "$.pipeline[3].$unionWith"),
    ("pipeline/3/$lookup/pipeline/0", {"$unionWith": "system.views"}, "$.pipeline[3].$lookup.pipeline[0].$unionWith"),
    ("pipeline/0/$match/$var", "fliter", "$.pipeline[0].$match"),
    ("pipeline/0/$match/$var", 1, "$.pipeline[0].$match"),
    ("pipeline/0/$match/region", "West", "$.pipeline[0].$match"),
    ("pipeline/4/$project/note/$literal/$a/0", {"$var": "nothing"}, "$.pipeline[4].$project.note.$literal.$a[0]"),
    ("columns", [], "$.columns"),
    ("columns", [{"name": f"c{i}", "type": "count", "text": "C", "key": True} for i in range(65)], "$.columns"),
    ("columns/0", "ship_mode", "$.columns[0]"),
    ("columns/0/name", DELETE, "$.columns[0]"),
    ("columns/0/name", "Ship Mode", "$.columns[0].name"),
    ("columns/0/name", "a" * 64, "$.columns[0].name"),
    ("columns/0/type", "text", "$.columns[0].type"),
    ("columns/0/text", "", "$.columns[0].text"),
    ("columns/0/text", DELETE, "$.columns[0]"),
    ("columns/0/unitt", "x", "$.columns[0].unitt"),
    ("columns/2/empty", 1, "$.columns[2].empty"),
    ("columns/2/nullable", "no", "$.columns[2].nullable"),
    ("columns/0/sortable", 1, "$.columns[0].sortable"),
    ("chart/type", "donut", "$.chart.type"),
    ("chart/type", DELETE, "$.chart"),
    ("chart/y", DELETE, "$.chart"),
    ("chart/y", [], "$.chart.y"),
    ("chart/y", "sales", "$.chart.y"),
    ("chart/y/0", 1, "$.chart.y[0]"),
    ("chart/x", ["sales"], "$.chart.x"),
    ("chart/colour", "sales", "$.chart.colour"),
    ("chart/overview", 0, "$.chart.overview"),
    ("chart/overview", "first", "$.chart.overview"),
    ("chart/order", 1.5, "$.chart.order"),
    ("chart/size", "huge", "$.chart.size"),
]
# What is well formed and yet not meant: only check knows.
MEANT = [
    ("defaults/sort", "-units", "$.defaults.sort: '-units' is no column to sort by"),
    ("defaults/sort", "period", "$.defaults.sort: 'period' is no column to sort by"),
    ("chart/x", "region", "$.chart.x: there is no column 'region'"),
    ("chart/y/0", "profit", "$.chart.y[0]: there is no column 'profit'"),
    ("chart/label", "city", "$.chart.label: there is no column 'city'"),
    ("columns/1/name", "ship_mode", "$.columns[1].name: there are two columns 'ship_mode'"),
    ("source", "orders", "$.source: there is no source 'orders'"),
    ("dimensions/0", "shipmode", "no source has a dimension or measure 'shipmode'"),
    ("measures/0", "turnover", "no source has a dimension or measure 'turnover'"),
    ("measures/0", "products", None),
    ("parameters/4", "category", "no single source has all its dimensions"),
    ("pipeline/0/$match", {"counted": True}, '$.pipeline: the parameter from would change nothing: no stage uses {"$var": "filter"}'),
    ("pipeline/1/$set/period", "$day", "the parameter granularity would change nothing"),
    ("pipeline/5/$sort", {"sales": 1}, "the parameter sort would change nothing"),
    ("pipeline/6/$skip", 1, "the parameter offset would change nothing"),
    ("pipeline/7/$limit", 10, "the parameter limit would change nothing"),
    ("pipeline/1/$set/a", {"$literal": {"$where": "text"}}, None),
]
# What a request would never be told: fields that are null because nothing gives them, pages of the wrong rows.
ANSWERED_WRONGLY = [
    ("pipeline/2/$group/sales/$sum", "$sles", "$.pipeline[2].$group.sales.$sum: there is no field 'sles' here; did you mean 'sales'?"),
    ("pipeline/2/$group/_id/mode", "$shipmode", "$.pipeline[2].$group._id.mode: there is no field 'shipmode' here; did you mean 'ship_mode'?"),
    ("pipeline/2/$group/_id/mode", "ship_mode", "$.pipeline[2].$group._id.mode: 'ship_mode' is a text here; the field is written '$ship_mode'"),
    ("pipeline/2/$group/sales/$sum", "sales", "$.pipeline[2].$group.sales.$sum: 'sales' is a text, not a number; a field is written '$sales'"),
    ("pipeline/4/$project/ship_mode", "$_id.moed", "$.pipeline[4].$project.ship_mode: there is no field '_id.moed' here; did you mean '_id.mode'?"),
    ("pipeline/4/$project/ship_mode", "$_id.region", "there is no field '_id.region' here; there are _id.mode, _id.period"),
    ("pipeline/4/$project/ship_mode", "$ship_mode", "there is no field 'ship_mode' any more behind $.pipeline[2].$group"),
    ("pipeline/4/$project/sale", 1, "$.pipeline[4].$project.sale: there is no field 'sale' here; did you mean 'sales'?"),
    ("pipeline/4/$project/sales", DELETE, "$.columns[2].name: the pipeline gives no 'sales'"),
    ("pipeline/3", {"$match": {"order": {"$gt": 1}}}, "$.pipeline[3].$match.order: there is no field 'order' here; did you mean 'orders'?"),
    ("pipeline/3", {"$match": {"orders": {"$gt": "$sales"}}}, "$.pipeline[3].$match.orders: '$sales' is a text in a condition"),
    ("pipeline/3", {"$match": {"$expr": {"$gt": ["$order", 1]}}}, "$.pipeline[3].$match.$expr.$gt[0]: there is no field 'order' here"),
    ("pipeline/3", {"$sort": {"sale": 1}}, "$.pipeline[3].$sort: there is no field 'sale' here"),
    ("pipeline/3/$lookup/let/mode", "$_id.moed", "$.pipeline[3].$lookup.let.mode: there is no field '_id.moed' here"),
    ("pipeline/3", {"$lookup": {"from": "products", "localField": "_id.product", "foreignField": "id", "as": "l"}}, "'products' has no field 'id'"),
    ("pipeline/3", {"$lookup": {"from": "orders", "pipeline": [{"$match": {"$var": "filter"}}], "as": "l"}}, "in $lookup write the condition out"),
    ("pipeline/3", {"$match": {"$var": "filter"}}, "$.pipeline[3].$match: 'filter' is about the rows of the source"),
    ("pipeline/5", {"$skip": {"$var": "offset"}}, "{\"$var\": \"offset\"} is applied twice"),
    ("pipeline/7", {"$sort": {"$var": "sort"}}, "$.pipeline[7].$sort: {\"$var\": \"sort\"} is applied to what $skip has left"),
    ("pipeline/3", {"$limit": 5}, "$.pipeline[3].$limit: cuts off rows in no order, so that engines keep other ones: put a $sort right before it"),
    ("pipeline/3", {"$limit": 0}, "$.pipeline[3].$limit: must be a whole number from 1 on"),
    ("pipeline/3", {"$skip": -1}, "$.pipeline[3].$skip: must be a whole number from 0 on"),
    ("pipeline/3", {"$sort": {"sales": 0}}, "$.pipeline[3].$sort.sales: must be 1 (least first) or -1 (greatest first)"),
    ("pipeline/3/$lookup/pipeline/0", {"$limit": 1}, "$.pipeline[3].$lookup.pipeline[0].$limit: cuts off rows in no order"),
    ("pipeline/0", {"$facet": {"rows": [{"$match": {"$var": "filter"}}], "total": [{"$group": {"_id": None, "n": {"$sum": "$sales"}}}]}},
     "$.pipeline[0].$facet.total: reads the source's rows as they are, all days and cancelled orders among them: begin it with"),
]
# The same where no source is named: rows of every source hold what is declared, and nothing else for certain.
OF_ANY_SOURCE = [
    ("measures", [], "'sales' is the measure 'sales', which \"measures\" leaves out"),
    ("dimensions", ["ship_mode"], "$.pipeline[1].$set.period: 'day' is the dimension 'day', which \"dimensions\" leaves out"),
    ("dimensions", ["day"], "$.pipeline[2].$group._id.mode: 'ship_mode' is the dimension 'ship_mode'"),
    ("pipeline/2/$group/_id/mode", "$customer_id", "'customer_id' is the dimension 'customer'"),
    ("pipeline/2/$group/_id/mode", "$_id", "'_id' is the dimension 'order', which \"dimensions\" leaves out"),
    ("pipeline/2/$group/_id/mode", "$shipped_day", "not every source gives it; \"source\": \"order\" does"),
    ("pipeline/2/$group/sales/$sum", "$items.sales", "\"source\": \"order\" does"),
]
# What may be meant is said, and is no mistake.
WARNED_OF = [
    ("pipeline/3/$lookup/from", "customers_dim", "$.pipeline[3].$lookup: 'customers_dim' is there only after kpi-load --star on"),
    ("pipeline/4/$project/note", "sales", "$.pipeline[4].$project.note: 'sales' is a text here; the field is written '$sales'"),
]
ACCEPTED = [
    ("$schema", DELETE),
    ("source", DELETE),
    ("needs", []),
    ("keep", True),
    ("single_row", False),
    ("columns/2/unit", "USD"),
    ("pipeline/1/$set/pipeline", ["$sales", "$day"]),
    ("pipeline/1/$set/of", {"$literal": "$where"}),
    ("pipeline/1/$set/of", {"a": "$$ROOT.sales", "b": "$$REMOVE", "c": {"$literal": "$$NOW"}}),
    ("pipeline/3", {"$unionWith": "customers"}),
    ("pipeline/3/$lookup/pipeline/0", {"$facet": {"a": [{"$sort": {"_id": 1}}, {"$limit": 1}]}}),
    ("pipeline/3", {"$limit": 2147483647}),
    ("chart", {"type": "table", "y": ["sales"]}),
    ("pipeline/2/$group/_id/mode", "$items.lines.line"),
    ("pipeline/3", {"$match": {"_id.mode": {"$ne": None}, "$or": [{"orders": 1}, {"sales": {"$gt": 0}}]}}),
    ("pipeline/3", {"$setWindowFields": {"partitionBy": "$_id.mode", "sortBy": {"sales": 1}, "output": {"n": {"$sum": "$sales", "window": {"documents": [-1, 0]}}}}}),
    ("pipeline/3/$lookup/pipeline/0", {"$replaceWith": {"$reduce": {"input": "$x", "initialValue": 0, "in": "$$value"}}}),
]


def changed(path, value):
    definition = copy.deepcopy(BASE)
    *way, last = path.split("/")
    place = definition
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    last = int(last) if isinstance(place, list) else last
    if value is DELETE:
        del place[last]
    else:
        place[last] = value
    return definition


def check(*arguments, uri=None):
    command = [harness.BUILD / "kpi-server", "check", *(["--uri", uri] if uri else []), *arguments]
    return subprocess.run(command, cwd=harness.ROOT, env=harness.environment(), capture_output=True, text=True, timeout=120)


def schema_accepts(definition):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(definition)


@pytest.fixture
def put(tmp_path):
    """Writes a definition of our own, outside of any pipelines folder."""

    def put(definition, name="ours"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(definition))
        return path

    return put


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_definition_suits_the_schema(path):
    jsonschema.validate(json.loads(path.read_text()), SCHEMA, jsonschema.Draft202012Validator)


def test_schema_has_the_names_that_the_server_knows():
    """Stages, operators, variables, parameters, features, types: what one of them learns the other must learn."""
    source = lambda name: (harness.ROOT / "core" / name).read_text()
    listed = lambda text, start: re.findall(r'"([^"]+)"', re.search(re.escape(start) + r".*?\{(.*?)\};", text, re.S)[1])
    of = SCHEMA["$defs"]
    known = {
        "stages": (of["stage"]["propertyNames"]["enum"], listed(source("allow.c"), "stages[]")),
        "operators": (of["operator"]["enum"], listed(source("allow.c"), "operators[]")),
        "variables": (of["variable"]["properties"]["$var"]["enum"], listed(source("variables.c"), "variables_in_definitions[]")),
        "needs": (SCHEMA["properties"]["needs"]["items"]["enum"], listed(source("dataset.c"), "feature_names[FEATURE_COUNT]")),
        "types": (of["column"]["properties"]["type"]["enum"], listed(source("definition.c"), "column_type_names[COLUMN_TYPE_COUNT]")),
        "charts": (of["chart"]["properties"]["type"]["enum"], listed(source("lint.c"), "chart_types[]")),
        "parameters": (SCHEMA["properties"]["parameters"]["items"]["enum"], re.findall(r'^    \{"(\w+)", PARAMETER_', source("parameter.c"), re.M)),
        "collections": (of["collection"]["anyOf"][0]["enum"], re.findall(r'^    \{"(\w+)",', source("collections.c"), re.M)),
        "keys": (SCHEMA["properties"], re.findall(r'\{"(\$?\w+)", JSON_', re.search(r"definition_keys\[\] = \{(.*?)\};", source("definition.c"), re.S)[1])),
    }
    for what, (in_schema, in_server) in known.items():
        assert sorted(in_schema) == sorted(in_server), what


def test_definition_of_all_that_can_be_said_passes_both(put):
    assert schema_accepts(BASE)
    done = check(put(BASE))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path, value, place", FORM, ids=told)
def test_mistake_of_form_is_refused_by_both(put, path, value, place):
    definition = changed(path, value)
    assert not schema_accepts(definition)
    file = put(definition)
    done = check(file)
    assert done.returncode == 1
    assert any(line.startswith(f"{file}: {place}: ") for line in done.stderr.splitlines()), done.stderr


@pytest.mark.parametrize("path, value, sentence", MEANT, ids=told)
def test_mistake_of_meaning_is_refused_by_check(put, path, value, sentence):
    definition = changed(path, value)
    assert schema_accepts(definition)
    done = check(put(definition))
    assert done.returncode == (1 if sentence else 0), done.stderr
    assert (sentence or "") in done.stderr


@pytest.mark.parametrize("path, value", ACCEPTED, ids=told)
def test_what_is_right_is_accepted_by_both(put, path, value):
    definition = changed(path, value)
    jsonschema.validate(definition, SCHEMA, jsonschema.Draft202012Validator)
    done = check(put(definition))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path, value, sentence", ANSWERED_WRONGLY, ids=told)
def test_what_would_answer_wrongly_is_refused(put, path, value, sentence):
    done = check(put(changed(path, value)))
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize("path, value, sentence", OF_ANY_SOURCE, ids=told)
def test_what_some_source_would_leave_out_is_declared(put, path, value, sentence):
    definition = changed("source", DELETE)
    assert check(put(definition)).returncode == 0
    definition = changed(path, value)
    del definition["source"]
    done = check(put(definition))
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize("path, value, sentence", WARNED_OF, ids=told)
def test_what_may_be_meant_is_a_warning(put, path, value, sentence):
    file = put(changed(path, value))
    done = check(file)
    assert done.returncode == 0
    assert f"warning: {file}: {sentence}" in done.stderr
    assert "0 mistakes, 1 warning\n" in done.stdout


def test_requests_sort_by_what_there_is(put):
    definition = copy.deepcopy(BASE)
    definition["pipeline"] += [{"$set": {"late": {"$literal": 1}}}]
    definition["columns"] += [{"name": "late", "type": "count", "text": "Late"}]
    done = check(put(definition))
    assert done.returncode == 1
    assert "$.columns[4].name: requests are sorted before there is a 'late': say \"sortable\": false" in done.stderr
    definition["columns"][4]["sortable"] = False
    assert check(put(definition)).returncode == 0


def test_unwind_behind_the_page_is_a_warning(put):
    definition = copy.deepcopy(BASE)
    definition["pipeline"] += [{"$unwind": {"path": "$sales", "preserveNullAndEmptyArrays": True}}]
    done = check(put(definition))
    assert (done.returncode, done.stderr.count("warning: ")) == (0, 1)
    assert "{\"$first\": …}" in done.stderr


def test_collections_are_those_described():
    """core/collections.c: the fields that check knows are those that docs/schema.md describes."""
    described, section = {}, None
    for line in (harness.ROOT / "docs" / "schema.md").read_text().splitlines():
        if heading := re.match(r"#+ (\w+)$", line):
            section = described.setdefault(heading[1], [])
        elif row := re.match(r"\| `([^`]+)` \| ([^|]*) \|", line):
            section.append(row[1].replace("[]", ""))
    table = re.search(r"collections\[\] = \{(.*?)\n\};", (harness.ROOT / "core" / "collections.c").read_text(), re.S)[1]
    for name, texts in re.findall(r'\{"(\w+)",((?:\s*"[^"]*")+)\}', table):
        known = "".join(re.findall(r'"([^"]*)"', texts)).split()
        assert sorted(known) == sorted(described[name]), name
    assert len(re.findall(r'^    \{"', table, re.M)) == 6


def test_rows_that_nothing_tells_apart_are_refused(put):
    definition = copy.deepcopy(BASE)
    for column in definition["columns"]:
        column.pop("key", None)
    assert not schema_accepts(definition)
    assert "$.columns: no column says" in check(put(definition)).stderr


def test_all_mistakes_of_all_files_are_listed(put):
    first = changed("titel", "x")
    first["pipeline"][1] = {"$out": "x"}
    first["columns"][0]["type"] = "text"
    one, two = put(first, "one"), put(changed("chart/x", "nothing"), "two")
    done = check(one, two)
    assert done.stderr.splitlines() == [
        f"{one}: $.titel: unknown key; did you mean 'title'?",
        f"{one}: $.columns[0].type: 'text' is none of string, money, count, ratio, number, day, time, bool",
        f"{one}: $.pipeline[1]: not an allowed stage: '$out': pipelines only read",
        f"{two}: $.chart.x: there is no column 'nothing'",
    ]
    assert "2 KPIs: 4 mistakes" in done.stdout


def test_file_that_cannot_be_read_is_said(tmp_path, put):
    broken = tmp_path / "broken.json"
    broken.write_text('{\n "title": }')
    assert f"{broken}: line 2: " in check(broken).stderr
    assert "cannot be read: No such file" in check(tmp_path / "nowhere.json").stderr
    assert "ends in .json" in check(harness.ROOT / "README.md").stderr
    assert "must be a-z" in check(put(BASE, "Our KPI")).stderr
    (tmp_path / "folder.json").mkdir()
    assert "is no plain file" in check(tmp_path / "folder.json").stderr
    (tmp_path / "large.json").write_text(" " * (5 << 20))
    assert "is larger than 4 MiB" in check(tmp_path / "large.json").stderr


@pytest.mark.parametrize("folder, name, change, sentence", [
    ("source", "order", {"cots": 1}, "$.cots: unknown key; did you mean 'cost'?"),
    ("source", "line", {"pipeline": []}, '$.pipeline: "filters" is true, but no stage uses {"$var": "filter"}'),
    ("source", "line", {"measures": {"sales": {"sales": {"$function": {}}}}}, "$.measures.sales.sales: not an allowed operator: '$function'"),
    ("rollup", "sales_by_day", {"grian": "day"}, "$.grian: unknown key; did you mean 'grain'?"),
    ("rollup", "sales_by_day", {"from": "sales_by_dya_state"}, "$.from: there is no rollup 'sales_by_dya_state' that can be used"),
    ("rollup", "sales_by_day", {"dimensions": ["regoin"]}, "$.dimensions[0]: no source of the orders has a dimension 'regoin'; did you mean 'region'?"),
    ("source", "line", {"dimensions": {"category": "items.categry"}}, "$.dimensions.category: there is no field 'items.categry' here; did you mean 'items.category'?"),
    ("source", "line", {"measures": {"sales": {"sales": {"$sum": "$items.sale"}}}}, "$.measures.sales.sales.$sum: there is no field 'items.sale' here; did you mean"),
    ("source", "order", {"measures": {"units": "quantity"}}, "$.measures.units: there is no field 'quantity' here"),
    ("source", "order", {"measures": {"units": "products"}}, "$.measures.units: KPIs read 'units' of the rows, where no stage puts 'products'"),
    ("source", "order", {"pipeline": [{"$limit": 5}]}, "$.pipeline[0].$limit: cuts off rows in no order"),
    ("quality", "orders-below-zero", {"pipeline": [{"$skip": -1}]}, "$.pipeline[0].$skip: must be a whole number from 0 on"),
    ("star", "products_dim", {"pipeline": [{"$limit": 5}]}, "$.pipeline[0].$limit: cuts off rows in no order"),
    ("dimension", "region", {"pipeline": [{"$limit": {"$var": "limit"}}]}, "$.pipeline[0].$limit: cuts off rows in no order"),
    ("dimension", "region", {"pipeline": [{"$match": {"reigon": {"$var": "prefix"}}}]}, "$.pipeline[0].$match.reigon: there is no field 'reigon' here; did you mean 'region'?"),
    ("quality", "orders-below-zero", {"pipeline": [{"$match": {"sale": 1}}]}, "$.pipeline[0].$match.sale: there is no field 'sale' here; did you mean 'sales'?"),
    ("star", "products_dim", {"pipeline": [{"$project": {"nmae": 1}}]}, "$.pipeline[0].$project.nmae: there is no field 'nmae' here; did you mean 'name'?"),
    ("star", "products_dim", {"pipeline": [{"$unset": "name"}]}, "$.columns[1].name: the pipeline gives no 'name'"),
    ("dimension", "region", {"pipeline": [{"$limit": {"$var": "limit"}}]}, '$.pipeline: no stage uses {"$var": "prefix"}'),
    ("dimension", "region", {"title": ""}, "$.title: is empty"),
    ("quality", "orders-below-zero", {"severity": "bad"}, "$.severity: 'bad' is none of error, warning, info"),
    ("quality", "orders-below-zero", {"columns": []}, "$.columns: a check has a column 'count'"),
    ("star", "products_dim", {"refresh": "never"}, "$.refresh: 'never' is none of days, changed"),
    ("star", "products_dim", {"pipeline": [{"$merge": "orders"}]}, "$.pipeline[0]: not an allowed stage: '$merge'"),
], ids=told)  # fmt: skip
def test_other_files_are_checked_by_the_folder_they_are_in(tmp_path, folder, name, change, sentence):
    for other in "source", folder:
        shutil.copytree(harness.PIPELINES / other, tmp_path / other, dirs_exist_ok=True)
    path = tmp_path / folder / f"{name}.json"
    path.write_text(json.dumps(json.loads((harness.PIPELINES / folder / f"{name}.json").read_text()) | change))
    done = check(path)
    assert done.returncode == 1
    assert f"{path}: {sentence}" in done.stderr


def test_wrong_sources_are_said_of_every_definition_that_needs_them(tmp_path, put):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "order.json").write_text("{")
    (tmp_path / "kpi").mkdir()
    path = tmp_path / "kpi" / "ours.json"
    path.write_text(json.dumps(BASE))
    assert "the sources of" in check(path).stderr


def test_without_arguments_all_of_the_pipelines_folder_is_checked():
    done = check()
    count = len(SHIPPED)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{count} KPIs" in done.stdout and ": 0 mistakes" in done.stdout
    assert "the pipelines were not run: name a MongoDB server" in done.stdout


# On data

TRIED = {
    "no_column": ("pipeline/4/$project/ship_mode", DELETE, "$.columns[0].name: the pipeline gives no 'ship_mode'"),
    "wrong_type": ("columns/0/type", "day", "$.columns[0].type: 'ship_mode' is no date"),
    "time_as_day": ("pipeline/4/$project/period", {"$add": ["$_id.period", 3600000]}, "$.columns[1].type: 'period' is no midnight"),
    "keys_alike": ("columns/1/key", DELETE, '$.columns: two rows have the same key { "ship_mode" : "'),
    "double_money": ("pipeline/2/$group/sales", {"$sum": {"$toDouble": "$sales"}}, "$.columns[2].type: 'sales' is a double, which is not exact"),
    "null": ("pipeline/4/$project/sales", None, "$.columns[2]: 'sales' is null, and the column does not say"),
    "null_where_nothing_was_sold": (
        "pipeline/3",
        {"$unionWith": {"coll": "meta", "pipeline": [
            {"$match": {"_id": "data"}},
            {"$project": {"_id": {"mode": {"$literal": "none"}}, "orders": {"$literal": 0}, "sales": {"$cond": [{"$eq": [{"$size": {"$var": "periods"}}, 1]}, None, 0]}}},
        ]}},
        "$.columns[2]: 'sales' is null, and the column does not say \"nullable\": true (on sample data, with from=2023-12-13&to=2023-12-17)",
    ),
    "no_row": ("pipeline/3", {"$match": {"orders": -1}}, "$.pipeline: gives no row on sample data"),
    "refused": ("pipeline/3", {"$set": {"a": {"$divide": ["$sales", 0]}}}, "$.pipeline: the database refuses it: "),
    "refused_with_a_parameter": (
        "pipeline/3", {"$set": {"a": {"$cond": [{"$eq": [{"$month": "$_id.period"}, 12]}, {"$divide": ["$sales", 0]}, 1]}}}, "zero is not allowed (on sample data, with granularity=",
    ),
    "right": ("keep", True, None),
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(engine_uri, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tried")
    for name, (path, value, _) in TRIED.items():
        (folder / f"{name}.json").write_text(json.dumps(changed(path, value)))
    several = changed("single_row", True)
    several["parameters"], several["defaults"] = ["from", "granularity"], {"granularity": "year"}
    several["pipeline"] = several["pipeline"][:5]
    (folder / "several.json").write_text(json.dumps(several))
    done = check(*sorted(folder.glob("*.json")), uri=engine_uri)
    assert done.returncode == 1
    return [line.removeprefix(f"{folder}/") for line in done.stderr.splitlines()]


@pytest.mark.parametrize("name", TRIED)
def test_pipeline_is_tried_on_data(tried, name):
    said = [line for line in tried if line.startswith(f"{name}.json: ")]
    sentence = TRIED[name][2]
    assert (len(said) == 1 and sentence in said[0]) if sentence else said == [], said


def test_column_that_is_lost_with_a_filter_on_lines_is_a_warning(put, engine_uri):
    """What no source declares can be reached where the shape of rows is not known; then only the rows tell."""
    definition = json.loads((harness.PIPELINES / "kpi" / "sales-by-region.json").read_text())
    definition["dimensions"], definition["measures"] = ["region"], ["sales"]
    definition["pipeline"][1:-3] = [
        {"$set": {"whole": {"$arrayToObject": {"$objectToArray": "$$ROOT"}}}},
        {"$group": {"_id": "$region", "sales": {"$sum": "$sales"}, "shipped": {"$max": "$whole.shipped_day"}}},
        {"$project": {"_id": 0, "region": "$_id", "sales": 1, "shipped": 1}},
    ]
    definition["columns"] = [
        {"name": "region", "type": "string", "text": "Region", "key": True},
        {"name": "sales", "type": "money", "text": "Sales"},
        {"name": "shipped", "type": "day", "text": "Newest shipment"},
    ]
    definition["chart"] = {"type": "table", "y": ["sales"]}
    done = check(put(definition), uri=engine_uri)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: ")
    assert "$.columns[2]: 'shipped' is null in every row, but has values without that filter (on sample data, with" in line


def test_several_rows_in_place_of_one_are_found(tried):
    assert any(line.startswith("several.json: $.single_row: the pipeline gives more rows than one") for line in tried)


def test_shipped_definitions_give_what_they_promise_and_nothing_is_left(engine_uri, mongo):
    before = {name for name in mongo.list_database_names() if name.startswith("kpi_check_")}
    done = check(uri=engine_uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "were not run" not in done.stdout
    left = {name for name in mongo.list_database_names() if name.startswith("kpi_check_")} - before
    assert left == set()


def test_interrupted_check_leaves_nothing(engine_uri, mongo):
    command = [harness.BUILD / "kpi-server", "check", "--uri", engine_uri]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    name = f"kpi_check_{process.pid}"
    until = time.monotonic() + 20
    while "orders" not in mongo[name].list_collection_names() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 1
    assert "interrupted" in process.stderr.read()
    assert mongo[name].list_collection_names() == []


def test_database_that_is_away_is_said():
    done = check(uri="mongodb://127.0.0.1:9/")
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr


def test_sample_is_what_the_loader_stores_today(engine_uri, tmp_path):
    """After a change of the stored documents: tools/check-sample URI."""
    environment = harness.environment(KPI_BUILD=str(harness.BUILD))
    path = tmp_path / "sample.json"
    subprocess.run([sys.executable, harness.ROOT / "tools" / "check-sample", engine_uri, path], check=True, env=environment, timeout=120)
    assert path.read_text() == (harness.ROOT / "server" / "check-sample.json").read_text(), "run tools/check-sample"


def test_help_shows_it():
    done = subprocess.run([harness.BUILD / "kpi-server", "--help"], capture_output=True, text=True)
    assert "kpi-server check" in done.stdout
