"""Every stage and operator that a pipeline may use gives, on the engine under test, what MongoDB's manual says."""

import re

import bson
import pymongo.errors
import pytest

import harness
from conformance.cases import CASES, DEVIATES, ERROR, Near, Unordered

SOURCE = (harness.ROOT / "core" / "allow.c").read_text()
ALLOWED = {
    what: re.findall(r'"(\$\w+)"', re.search(rf"{what}\[\] = \{{(.*?)\}};", SOURCE, re.S)[1]) for what in ("stages", "operators")
}


def kind(value):
    return int if isinstance(value, int) and not isinstance(value, bool) else type(value)


def same(want, have):
    """Equal in value and type; members of documents in any order."""
    if isinstance(want, Unordered):
        left = list(have) if isinstance(have, list) else [None]
        for member in want.members:
            left = next((left[:n] + left[n + 1 :] for n in range(len(left)) if same(member, left[n])), [None, *left])
        return left == []
    if isinstance(want, Near):
        return isinstance(have, float) and abs(have - want.number) <= 1e-12 * abs(want.number)
    if isinstance(want, dict):
        return isinstance(have, dict) and want.keys() == have.keys() and all(same(want[key], have[key]) for key in want)
    if isinstance(want, list):
        return isinstance(have, list) and len(want) == len(have) and all(map(same, want, have))
    if isinstance(want, bson.Decimal128):
        return isinstance(have, bson.Decimal128) and want.to_decimal() == have.to_decimal()
    return kind(want) is kind(have) and want == have


@pytest.fixture(scope="module")
def database(mongo, new_database):
    return mongo[new_database("conformance")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_engine_does_what_the_manual_says(database, case):
    number = CASES.index(case)
    collections = {"docs": case.docs, **case.others}
    rename = {name: f"{name}_{number}" for name in collections}
    for name, docs in collections.items():
        if docs:
            database[rename[name]].insert_many(docs)
    pipeline = renamed(case.pipeline, rename)
    if case.rows is ERROR:
        with pytest.raises(pymongo.errors.OperationFailure):
            list(database[rename["docs"]].aggregate(pipeline))
        return
    rows = list(database[rename["docs"]].aggregate(pipeline))
    if case.name in DEVIATES and not same(case.rows, rows):
        pytest.xfail(DEVIATES[case.name])
    assert same(case.rows, rows), f"{case.pipeline}\nshould give {case.rows}\nand gives  {rows}"


def renamed(value, names):
    """The pipeline with its other collections as they are called in the database."""
    if isinstance(value, list):
        return [renamed(member, names) for member in value]
    if not isinstance(value, dict):
        return value
    of = lambda key, member: key in ("from", "coll", "$unionWith") and isinstance(member, str) and member in names
    return {key: names[member] if of(key, member) else renamed(member, names) for key, member in value.items()}


def test_cases_cover_the_allowlist_and_nothing_else():
    covered = {case.about for case in CASES}
    assert {case.name for case in CASES} >= {*DEVIATES}
    assert covered == {*ALLOWED["stages"], *ALLOWED["operators"]}


def test_stages_are_tried_as_stages_and_operators_as_operators():
    forms = {about: [case.form.split("-")[0].split(" ")[0] for case in CASES if case.about == about] for about in {case.about for case in CASES}}
    assert [stage for stage in ALLOWED["stages"] if "stage" not in forms[stage]] == []
    operators = ("expression", "accumulator", "window", "query")
    assert [name for name in ALLOWED["operators"] if not set(operators) & set(forms[name])] == []
