"""The rules of `promtool check metrics`, and a few of ours, on Prometheus' text format."""

import re
import typing

from prometheus_client.parser import text_string_to_metric_families

UNITS = "amperes bytes celsius grams joules kelvin meters metres moles seconds volts".split()
OTHER_UNITS = "minutes hours days weeks kelvins fahrenheit rankine inches yards miles bits calories pounds ounces".split()
PREFIXES = "pico nano micro milli centi deci deca hecto kilo kibi mega mibi giga gibi tera tebi peta pebi".split()
SHORT = "s ms us ns sec b kb mb gb tb pb m h d".split()
TYPES = "gauge counter histogram summary".split()


class Family(typing.NamedTuple):
    name: str  # as it is written: with _total of counters
    type: str
    help: str
    samples: list


def parse(text):
    """The families of the text; those without samples as well."""
    samples = {}
    for family in text_string_to_metric_families(text):
        samples[family.name + ("_total" if family.type == "counter" else "")] = family.samples
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    helps = re.findall(r"^# HELP (\S+) (.*)$", text, re.M)
    assert [name for name, _ in helps] == list(types), "every family has one HELP and one TYPE"
    assert len(set(types)) == len(types), "no family is told twice"
    return [Family(name, types[name], told, samples.get(name, [])) for name, told in helps]


def _unit(part):
    if part in OTHER_UNITS:
        return part
    prefixed = [p for p in PREFIXES if part.startswith(p) and part[len(p) :] in UNITS + OTHER_UNITS]
    return part if prefixed else None


def problems(family):
    """What promtool would say of the family."""
    parts = family.name.split("_")
    if not family.help.endswith("."):
        yield "its help is no sentence"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", family.name):
        yield "its name is not snake_case"
    if (family.type == "counter") != family.name.endswith("_total"):
        yield "counters, and they alone, end in _total"
    if family.type not in ("histogram", "summary") and re.search("_(bucket|count|sum)$", family.name):
        yield "its name ends as those of histograms do"
    yield from (f"'{part}' is no base unit" for part in parts if _unit(part))
    yield from (f"'{part}' is the short name of a unit" for part in parts if part in SHORT)
    yield from (f"'{part}' is a type" for part in parts if part in TYPES)
    if any(part in UNITS for part in parts[: -2 if family.name.endswith("_total") else -1]):
        yield "a unit is at the end of a name"
    for sample in family.samples:
        for label in sample.labels:
            if not re.fullmatch(r"[a-z_]+", label) or (label == "le" and not sample.name.endswith("_bucket")):
                yield f"its label '{label}'"
