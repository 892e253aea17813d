"""What each stage and operator of the allowlist must answer, worked out from MongoDB's manual
(https://www.mongodb.com/docs/manual/reference/operator/aggregation/), never from what an engine said.

A case is documents, a pipeline and the rows that it gives. Rows are compared with their types: 2 is a whole number, 2.0 a double,
D("2") a Decimal128."""

import dataclasses
import datetime
import itertools

from bson import Decimal128 as D
from bson import Int64


class Marker:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


MISSING = Marker("MISSING")  # the row has no such field
ERROR = Marker("ERROR")  # the pipeline is refused


@dataclasses.dataclass(frozen=True)
class Unordered:
    """A list of which no order is promised."""

    members: tuple


@dataclasses.dataclass(frozen=True)
class Near:
    """A double whose last digits may differ."""

    number: float


@dataclasses.dataclass
class Case:
    about: str  # the stage or operator
    form: str  # as what it is used
    docs: list
    pipeline: list
    rows: object  # in order, or ERROR
    others: dict = dataclasses.field(default_factory=dict)  # documents of other collections

    @property
    def name(self):
        return f"{self.about}-{self.form}"


CASES = []


def case(about, form, docs, pipeline, rows, **others):
    CASES.append(Case(about, form, docs, pipeline, rows, others))


def day(text):
    return datetime.datetime.fromisoformat(text)


def expression(about, *pairs, doc=None):
    """Pairs of an expression and its value, over one document."""
    fields = {f"r{number}": value for number, (value, _) in enumerate(pairs)}
    row = {f"r{number}": value for number, (_, value) in enumerate(pairs) if value is not MISSING}
    case(about, "expression", [{"_id": 1, **(doc or {})}], [{"$project": {"_id": 0, **fields}}], [row])


def accumulator(about, *triples, form="accumulator"):
    """Triples of values, the accumulator's argument, and what it makes of documents that have them as v, in that order."""
    for number, (values, argument, result) in enumerate(triples):
        docs = [{"_id": n} if value is MISSING else {"_id": n, "v": value} for n, value in enumerate(values)]
        pipeline = [{"$sort": {"_id": 1}}, {"$group": {"_id": None, "r": {about: argument}}}, {"$project": {"_id": 0, "r": 1}}]
        case(about, f"{form}-{number}", docs, pipeline, [{"r": result}])


def window(about, values, output, results, sort=True):
    """What a window gives for documents that have the values as v, in their order."""
    docs = [{"_id": n, "v": value} for n, value in enumerate(values)]
    spec = {"output": {"r": output}} | ({"sortBy": {"_id": 1}} if sort else {})
    pipeline = [{"$setWindowFields": spec}, {"$sort": {"_id": 1}}, {"$project": {"_id": 0, "r": 1}}]
    case(about, "window", docs, pipeline, [{"r": result} for result in results])


def query(about, docs, *pairs):
    """Pairs of a condition and the positions of the documents that it is true of."""
    docs = [{"_id": n, **doc} for n, doc in enumerate(docs)]
    for number, (condition, found) in enumerate(pairs):
        pipeline = [{"$match": condition}, {"$sort": {"_id": 1}}, {"$project": {"_id": 1}}]
        case(about, f"query-{number}", docs, pipeline, [{"_id": n} for n in found])


# Numbers

expression("$abs", ({"$abs": -1}, 1), ({"$abs": -2.5}, 2.5), ({"$abs": D("-3.10")}, D("3.10")), ({"$abs": None}, None), ({"$abs": "$nothing"}, None))
expression(
    "$add",
    ({"$add": [1, 2]}, 3),
    ({"$add": [1, 2.5]}, 3.5),
    ({"$add": [D("0.1"), D("0.2")]}, D("0.3")),
    ({"$add": [1, D("0.5")]}, D("1.5")),
    ({"$add": [2147483647, 1]}, 2147483648),
    ({"$add": [1, None]}, None),
    ({"$add": ["$d", 86_400_000]}, day("2024-02-29")),
    doc={"d": day("2024-02-28")},
)
expression("$ceil", ({"$ceil": 1.2}, 2.0), ({"$ceil": -1.2}, -1.0), ({"$ceil": D("1.2")}, D("2")), ({"$ceil": 3}, 3), ({"$ceil": None}, None))
expression("$floor", ({"$floor": 1.8}, 1.0), ({"$floor": -1.2}, -2.0), ({"$floor": D("-1.2")}, D("-2")), ({"$floor": 3}, 3), ({"$floor": None}, None))
expression(
    "$divide",
    ({"$divide": [10, 4]}, 2.5),
    ({"$divide": [6, 3]}, 2.0),
    ({"$divide": [D("1"), 8]}, D("0.125")),
    ({"$divide": [D("2"), D("3")]}, D("0.6666666666666666666666666666666667")),
    ({"$divide": [1, None]}, None),
    ({"$divide": ["$nothing", 2]}, None),
)
case("$divide", "by zero", [{"_id": 1}], [{"$project": {"r": {"$divide": ["$_id", 0]}}}], ERROR)
expression("$mod", ({"$mod": [7, 3]}, 1), ({"$mod": [-7, 3]}, -1), ({"$mod": [7.5, 2]}, 1.5), ({"$mod": [D("7.5"), 2]}, D("1.5")), ({"$mod": [None, 2]}, None))
expression(
    "$multiply",
    ({"$multiply": [2, 3]}, 6),
    ({"$multiply": [2, 1.5]}, 3.0),
    ({"$multiply": [D("1.10"), 3]}, D("3.30")),
    ({"$multiply": [100000, 100000]}, 10_000_000_000),
    ({"$multiply": [2, None]}, None),
)
expression(
    "$round",
    ({"$round": [2.5, 0]}, 2.0),
    ({"$round": [3.5, 0]}, 4.0),
    ({"$round": [-2.5, 0]}, -2.0),
    ({"$round": [D("2.345"), 2]}, D("2.34")),
    ({"$round": [D("2.355"), 2]}, D("2.36")),
    ({"$round": [D("-0.125"), 2]}, D("-0.12")),
    ({"$round": [1250, -2]}, 1200),
    ({"$round": [7, 2]}, 7),
    ({"$round": 2.6}, 3.0),
    ({"$round": [None, 2]}, None),
)
expression(
    "$trunc",
    ({"$trunc": 2.7}, 2.0),
    ({"$trunc": -2.7}, -2.0),
    ({"$trunc": [D("2.349"), 2]}, D("2.34")),
    ({"$trunc": [1299, -2]}, 1200),
    ({"$trunc": [None, 1]}, None),
)
expression(
    "$subtract",
    ({"$subtract": [5, 3]}, 2),
    ({"$subtract": [D("0.3"), D("0.1")]}, D("0.2")),
    ({"$subtract": ["$b", "$a"]}, 86_400_000),
    ({"$subtract": ["$b", 3_600_000]}, day("2024-03-01T23:00")),
    ({"$subtract": [5, None]}, None),
    doc={"a": day("2024-03-01"), "b": day("2024-03-02")},
)
expression("$range", ({"$range": [0, 5, 2]}, [0, 2, 4]), ({"$range": [5, 0, -2]}, [5, 3, 1]), ({"$range": [0, 3]}, [0, 1, 2]), ({"$range": [3, 0]}, []))

# Comparisons and logic

expression("$cmp", ({"$cmp": [1, 2]}, -1), ({"$cmp": [2, 2]}, 0), ({"$cmp": ["b", "a"]}, 1), ({"$cmp": [None, 1]}, -1), ({"$cmp": ["a", 1]}, 1), ({"$cmp": [1, D("1.0")]}, 0))
expression(
    "$eq",
    ({"$eq": [1, 1]}, True),
    ({"$eq": [1, 1.0]}, True),
    ({"$eq": [1, D("1.0")]}, True),
    ({"$eq": ["a", "A"]}, False),
    ({"$eq": ["$nothing", None]}, False),
    ({"$eq": [[], []]}, True),
)
expression("$ne", ({"$ne": [1, 2]}, True), ({"$ne": [1, 1.0]}, False), ({"$ne": ["$nothing", None]}, True))
expression("$gt", ({"$gt": [2, 1]}, True), ({"$gt": [1, 1]}, False), ({"$gt": ["a", 1]}, True), ({"$gt": [1, None]}, True), ({"$gt": [D("1.1"), 1.05]}, True))
expression("$gte", ({"$gte": [1, 1]}, True), ({"$gte": [0, 1]}, False), ({"$gte": [None, "$nothing"]}, True))
expression("$lt", ({"$lt": [1, 2]}, True), ({"$lt": [2, 2]}, False), ({"$lt": ["$nothing", None]}, True))
expression("$lte", ({"$lte": [2, 2]}, True), ({"$lte": [3, 2]}, False), ({"$lte": ["$nothing", None]}, True), ({"$lte": [None, None]}, True), ({"$lte": [0, None]}, False))
expression("$and", ({"$and": [True, 1]}, True), ({"$and": [True, 0]}, False), ({"$and": []}, True), ({"$and": [None]}, False), ({"$and": ["", []]}, True))
expression("$or", ({"$or": [False, 1]}, True), ({"$or": [False, None, 0]}, False), ({"$or": []}, False))
expression("$not", ({"$not": [False]}, True), ({"$not": [1]}, False), ({"$not": [None]}, True), ({"$not": [[]]}, False))
expression("$allElementsTrue", ({"$allElementsTrue": [[True, 1, "a"]]}, True), ({"$allElementsTrue": [[True, 0]]}, False), ({"$allElementsTrue": [[]]}, True), ({"$allElementsTrue": [[None]]}, False))
expression("$anyElementTrue", ({"$anyElementTrue": [[False, 0, None]]}, False), ({"$anyElementTrue": [[0, 1]]}, True), ({"$anyElementTrue": [[]]}, False))
expression(
    "$cond",
    ({"$cond": [{"$gt": [2, 1]}, "yes", "no"]}, "yes"),
    ({"$cond": {"if": None, "then": 1, "else": 2}}, 2),
    ({"$cond": [0, 1, "$nothing"]}, MISSING),
)
expression("$ifNull", ({"$ifNull": [None, 1]}, 1), ({"$ifNull": ["$nothing", None, 2]}, 2), ({"$ifNull": [0, 1]}, 0), ({"$ifNull": ["$nothing", None]}, None))
expression(
    "$switch",
    ({"$switch": {"branches": [{"case": False, "then": 1}, {"case": True, "then": 2}, {"case": True, "then": 3}], "default": 4}}, 2),
    ({"$switch": {"branches": [{"case": None, "then": 1}], "default": 4}}, 4),
)
expression("$in", ({"$in": [2, [1, 2]]}, True), ({"$in": ["2", [1, 2]]}, False), ({"$in": [None, []]}, False))
expression("$let", ({"$let": {"vars": {"a": 2, "b": "$n"}, "in": {"$multiply": ["$$a", "$$b"]}}}, 10), doc={"n": 5})
expression("$literal", ({"$literal": "$n"}, "$n"), ({"$literal": {"$add": [1, 2]}}, {"$add": [1, 2]}), doc={"n": 5})

# Arrays, objects and sets

expression("$arrayElemAt", ({"$arrayElemAt": [[1, 2, 3], 0]}, 1), ({"$arrayElemAt": [[1, 2, 3], -1]}, 3), ({"$arrayElemAt": [[1], 5]}, MISSING), ({"$arrayElemAt": [None, 0]}, None))
expression("$arrayToObject", ({"$arrayToObject": {"$literal": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}}, {"a": 1, "b": 2}), ({"$arrayToObject": {"$literal": [["a", 1]]}}, {"a": 1}), ({"$arrayToObject": None}, None))
expression("$objectToArray", ({"$objectToArray": "$o"}, [{"k": "a", "v": 1}, {"k": "b", "v": {"c": 2}}]), ({"$objectToArray": None}, None), doc={"o": {"a": 1, "b": {"c": 2}}})
expression("$concatArrays", ({"$concatArrays": [[1], [2, 3], []]}, [1, 2, 3]), ({"$concatArrays": [[1], None]}, None))
expression(
    "$filter",
    ({"$filter": {"input": [1, 5, 2, 6], "as": "n", "cond": {"$gt": ["$$n", 2]}}}, [5, 6]),
    ({"$filter": {"input": [1, 5, 6], "cond": {"$gt": ["$$this", 2]}}}, [5, 6]),
    ({"$filter": {"input": None, "cond": True}}, None),
)
expression("$map", ({"$map": {"input": [1, 2], "as": "n", "in": {"$add": ["$$n", 1]}}}, [2, 3]), ({"$map": {"input": [1, 2], "in": "$$this"}}, [1, 2]), ({"$map": {"input": None, "in": 1}}, None))
expression(
    "$reduce",
    ({"$reduce": {"input": [1, 2, 3], "initialValue": 0, "in": {"$add": ["$$value", "$$this"]}}}, 6),
    ({"$reduce": {"input": ["a", "b"], "initialValue": "", "in": {"$concat": ["$$value", "$$this"]}}}, "ab"),
    ({"$reduce": {"input": [], "initialValue": 7, "in": "$$this"}}, 7),
    ({"$reduce": {"input": None, "initialValue": 7, "in": "$$this"}}, None),
)
expression("$isArray", ({"$isArray": [[1]]}, True), ({"$isArray": ["a"]}, False), ({"$isArray": "$a"}, True), ({"$isArray": "$nothing"}, False), doc={"a": []})
expression("$size", ({"$size": [[1, 2]]}, 2), ({"$size": "$a"}, 0), doc={"a": []})
case("$size", "of what is no array", [{"_id": 1}], [{"$project": {"r": {"$size": "$nothing"}}}], ERROR)
expression("$slice", ({"$slice": [[1, 2, 3], 2]}, [1, 2]), ({"$slice": [[1, 2, 3], -2]}, [2, 3]), ({"$slice": [[1, 2, 3], 1, 1]}, [2]), ({"$slice": [[1, 2, 3], -2, 1]}, [2]), ({"$slice": [None, 1]}, None))
expression(
    "$sortArray",
    ({"$sortArray": {"input": [3, 1, 2], "sortBy": 1}}, [1, 2, 3]),
    ({"$sortArray": {"input": [3, 1, 2], "sortBy": -1}}, [3, 2, 1]),
    ({"$sortArray": {"input": "$a", "sortBy": {"n": -1, "m": 1}}}, [{"n": 2, "m": 0}, {"n": 1, "m": 1}, {"n": 1, "m": 2}]),
    ({"$sortArray": {"input": None, "sortBy": 1}}, None),
    doc={"a": [{"n": 1, "m": 2}, {"n": 2, "m": 0}, {"n": 1, "m": 1}]},
)
expression("$mergeObjects", ({"$mergeObjects": ["$a", {"y": 3}, None]}, {"x": 1, "y": 3}), ({"$mergeObjects": [None]}, {}), doc={"a": {"x": 1, "y": 2}})
expression("$setDifference", ({"$setDifference": [[1, 2, 3, 3], [2]]}, Unordered((1, 3))), ({"$setDifference": [[1], None]}, None))
expression("$setIntersection", ({"$setIntersection": [[1, 2, 2, 3], [2, 3, 4]]}, Unordered((2, 3))), ({"$setIntersection": [[1], [2]]}, []))
expression("$setUnion", ({"$setUnion": [[1, 2, 2], [2, 3]]}, Unordered((1, 2, 3))), ({"$setUnion": [[1], None]}, None))
expression("$first", ({"$first": [[5, 6]]}, 5), ({"$first": "$a"}, 1), ({"$first": [[]]}, MISSING), ({"$first": None}, None), doc={"a": [1, 2]})
expression("$last", ({"$last": [[5, 6]]}, 6), ({"$last": "$a"}, 2), ({"$last": [[]]}, MISSING), ({"$last": None}, None), doc={"a": [1, 2]})
expression("$firstN", ({"$firstN": {"n": 2, "input": [5, None, 6]}}, [5, None]), ({"$firstN": {"n": 9, "input": [5]}}, [5]))
expression("$lastN", ({"$lastN": {"n": 2, "input": [5, None, 6]}}, [None, 6]), ({"$lastN": {"n": 9, "input": [5]}}, [5]))
expression("$maxN", ({"$maxN": {"n": 2, "input": [5, None, 6, 1]}}, [6, 5]))
expression("$minN", ({"$minN": {"n": 2, "input": [5, None, 6, 1]}}, [1, 5]))
expression("$max", ({"$max": [1, 3, 2]}, 3), ({"$max": "$a"}, 9), ({"$max": [None, "$nothing"]}, None), ({"$max": [1, D("1.5")]}, D("1.5")), doc={"a": [4, 9]})
expression("$min", ({"$min": [2, 1, 3]}, 1), ({"$min": "$a"}, 4), ({"$min": [None, 5]}, 5), doc={"a": [4, 9]})
expression("$sum", ({"$sum": [1, 2, "a"]}, 3), ({"$sum": "$a"}, 13), ({"$sum": "$nothing"}, 0), ({"$sum": [D("0.1"), 1]}, D("1.1")), doc={"a": [4, 9]})

# Texts and types

expression("$concat", ({"$concat": ["a", "b", ""]}, "ab"), ({"$concat": ["a", None]}, None), ({"$concat": ["a", "$nothing"]}, None))
expression("$strLenBytes", ({"$strLenBytes": "abc"}, 3), ({"$strLenBytes": "é€"}, 5), ({"$strLenBytes": ""}, 0))
expression("$substrBytes", ({"$substrBytes": ["hello", 1, 3]}, "ell"), ({"$substrBytes": ["hello", 3, 9]}, "lo"), ({"$substrBytes": [None, 0, 1]}, ""))
expression("$toLower", ({"$toLower": "AbC"}, "abc"), ({"$toLower": None}, ""))
expression("$toUpper", ({"$toUpper": "AbC"}, "ABC"), ({"$toUpper": None}, ""))
expression("$trim", ({"$trim": {"input": "  a b\n"}}, "a b"), ({"$trim": {"input": "xxaxx", "chars": "x"}}, "a"), ({"$trim": {"input": None}}, None))
expression(
    "$type",
    *[({"$type": f"${name}"}, name) for name in "int long double decimal string date bool null array object missing".split()],
    doc={"int": 1, "long": Int64(1), "double": 1.5, "decimal": D("1"), "string": "", "date": day("2024-01-01"), "bool": False, "null": None, "array": [], "object": {}},
)
expression("$isNumber", ({"$isNumber": 1}, True), ({"$isNumber": D("1")}, True), ({"$isNumber": "1"}, False), ({"$isNumber": None}, False))
expression(
    "$convert",
    ({"$convert": {"input": "12", "to": "int"}}, 12),
    ({"$convert": {"input": "1.10", "to": "decimal"}}, D("1.10")),
    ({"$convert": {"input": "x", "to": "int", "onError": "bad"}}, "bad"),
    ({"$convert": {"input": None, "to": "int", "onNull": 0}}, 0),
    ({"$convert": {"input": None, "to": "int"}}, None),
)
expression("$toDate", ({"$toDate": Int64(1709164800000)}, day("2024-02-29")), ({"$toDate": "2024-02-29T12:30:00Z"}, day("2024-02-29T12:30")), ({"$toDate": None}, None))
expression("$toDecimal", ({"$toDecimal": 1}, D("1")), ({"$toDecimal": "1.10"}, D("1.10")), ({"$toDecimal": 0.1}, D("0.1")), ({"$toDecimal": None}, None))
expression("$toDouble", ({"$toDouble": "1.5"}, 1.5), ({"$toDouble": D("2.25")}, 2.25), ({"$toDouble": 3}, 3.0), ({"$toDouble": None}, None))
expression("$toInt", ({"$toInt": 1.9}, 1), ({"$toInt": "12"}, 12), ({"$toInt": True}, 1), ({"$toInt": D("-2.7")}, -2), ({"$toInt": None}, None))
expression("$toLong", ({"$toLong": "12"}, 12), ({"$toLong": "$d"}, 1709164800000), ({"$toLong": 1.9}, 1), ({"$toLong": None}, None), doc={"d": day("2024-02-29")})
expression(
    "$toString",
    ({"$toString": 12}, "12"),
    ({"$toString": D("1.10")}, "1.10"),
    ({"$toString": 2.5}, "2.5"),
    ({"$toString": True}, "true"),
    ({"$toString": "$d"}, "2024-02-29T01:02:03.000Z"),
    ({"$toString": None}, None),
    doc={"d": day("2024-02-29T01:02:03")},
)

# Dates

expression(
    "$dateAdd",
    ({"$dateAdd": {"startDate": "$d", "unit": "month", "amount": 1}}, day("2024-02-29T10:00")),
    ({"$dateAdd": {"startDate": "$d", "unit": "day", "amount": 30}}, day("2024-03-01T10:00")),
    ({"$dateAdd": {"startDate": "$d", "unit": "hour", "amount": -11}}, day("2024-01-30T23:00")),
    ({"$dateAdd": {"startDate": "$d", "unit": "quarter", "amount": 1}}, day("2024-04-30T10:00")),
    ({"$dateAdd": {"startDate": None, "unit": "day", "amount": 1}}, None),
    doc={"d": day("2024-01-31T10:00")},
)
expression(
    "$dateSubtract",
    ({"$dateSubtract": {"startDate": "$d", "unit": "month", "amount": 1}}, day("2024-02-29")),
    ({"$dateSubtract": {"startDate": "$d", "unit": "week", "amount": 1}}, day("2024-03-24")),
    ({"$dateSubtract": {"startDate": "$d", "unit": "year", "amount": 1}}, day("2023-03-31")),
    doc={"d": day("2024-03-31")},
)
expression(
    "$dateDiff",
    ({"$dateDiff": {"startDate": "$a", "endDate": "$b", "unit": "day"}}, 1),
    ({"$dateDiff": {"startDate": "$a", "endDate": "$b", "unit": "hour"}}, 2),
    ({"$dateDiff": {"startDate": "$a", "endDate": "$b", "unit": "month"}}, 1),
    ({"$dateDiff": {"startDate": "$a", "endDate": "$b", "unit": "year"}}, 0),
    ({"$dateDiff": {"startDate": "$b", "endDate": "$a", "unit": "day"}}, -1),
    ({"$dateDiff": {"startDate": "$c", "endDate": "$a", "unit": "quarter"}}, 1),
    ({"$dateDiff": {"startDate": None, "endDate": "$a", "unit": "day"}}, None),
    doc={"a": day("2024-01-31T23:00"), "b": day("2024-02-01T01:00"), "c": day("2023-12-31")},
)
expression(
    "$dateFromParts",
    ({"$dateFromParts": {"year": 2024, "month": 2, "day": 29, "hour": 5}}, day("2024-02-29T05:00")),
    ({"$dateFromParts": {"year": 2024}}, day("2024-01-01")),
    ({"$dateFromParts": {"year": 2023, "month": 14, "day": 1}}, day("2024-02-01")),
    ({"$dateFromParts": {"year": 2024, "month": 3, "day": 0}}, day("2024-02-29")),
    ({"$dateFromParts": {"isoWeekYear": 2020, "isoWeek": 53, "isoDayOfWeek": 7}}, day("2021-01-03")),
    ({"$dateFromParts": {"year": None}}, None),
)
expression(
    "$dateToString",
    ({"$dateToString": {"date": "$d", "format": "%Y-%m-%d"}}, "2024-02-29"),
    ({"$dateToString": {"date": "$d", "format": "%H:%M:%S.%L"}}, "23:05:09.000"),
    ({"$dateToString": {"date": "$d", "format": "%G-%V-%u"}}, "2024-09-4"),
    ({"$dateToString": {"date": "$d", "format": "%Y-%m-%d", "timezone": "+02:00"}}, "2024-03-01"),
    ({"$dateToString": {"date": None, "format": "%Y", "onNull": "none"}}, "none"),
    ({"$dateToString": {"date": None, "format": "%Y"}}, None),
    doc={"d": day("2024-02-29T23:05:09")},
)
PARTS = {"$year": 2020, "$month": 12, "$dayOfMonth": 27, "$dayOfWeek": 1, "$isoDayOfWeek": 7, "$isoWeek": 52, "$isoWeekYear": 2020, "$hour": 22}
LATER = {"$year": 2021, "$month": 1, "$dayOfMonth": 3, "$dayOfWeek": 1, "$isoDayOfWeek": 7, "$isoWeek": 53, "$isoWeekYear": 2020, "$hour": 0}
ABROAD = {"$year": 2020, "$month": 12, "$dayOfMonth": 28, "$dayOfWeek": 2, "$isoDayOfWeek": 1, "$isoWeek": 53, "$isoWeekYear": 2020, "$hour": 1}
LONG_AGO = {"$year": 1969, "$month": 7, "$dayOfMonth": 20, "$dayOfWeek": 1, "$isoDayOfWeek": 7, "$isoWeek": 29, "$isoWeekYear": 1969, "$hour": 20}
for part in PARTS:
    expression(
        part,
        ({part: "$a"}, PARTS[part]),
        ({part: "$b"}, LATER[part]),
        ({part: {"date": "$a", "timezone": "+03:00"}}, ABROAD[part]),
        ({part: "$c"}, LONG_AGO[part]),
        ({part: None}, None),
        doc={"a": day("2020-12-27T22:30"), "b": day("2021-01-03"), "c": day("1969-07-20T20:17:40")},
    )

# Accumulators

accumulator(
    "$sum",
    ([1, 2, "a", None, MISSING], "$v", 3),
    ([1, 2.5], "$v", 3.5),
    ([D("0.1"), D("0.2"), 1], "$v", D("1.3")),
    ([2147483647, 1], "$v", 2147483648),
    ([MISSING, None], "$v", 0),
    ([5, 6, 7], 1, 3),
)
accumulator("$count", ([5, None, MISSING], {}, 3))
accumulator("$max", ([1, 3, None, MISSING], "$v", 3), ([None, MISSING], "$v", None), ([5, "a"], "$v", "a"), ([D("1.5"), 1], "$v", D("1.5")), ([day("2024-01-01"), day("2024-02-01")], "$v", day("2024-02-01")))
accumulator("$min", ([2, 1, None, MISSING], "$v", 1), ([None, MISSING], "$v", None), (["a", 5], "$v", 5))
accumulator("$first", ([7, 8], "$v", 7), ([None, 8], "$v", None))
accumulator("$last", ([7, 8], "$v", 8), ([7, None], "$v", None))
accumulator("$firstN", ([7, None, 9], {"input": "$v", "n": 2}, [7, None]))
accumulator("$lastN", ([7, None, 9], {"input": "$v", "n": 2}, [None, 9]))
accumulator("$maxN", ([7, None, 9, 8], {"input": "$v", "n": 2}, [9, 8]))
accumulator("$minN", ([7, None, 9, 8], {"input": "$v", "n": 2}, [7, 8]))
accumulator("$push", ([2, None, 1, MISSING, 2], "$v", [2, None, 1, 2]))
accumulator("$addToSet", ([2, 1, 2, MISSING], "$v", Unordered((1, 2))), ([2, 1, None, 2], "$v", Unordered((1, 2, None))), ([{"a": 1}, {"a": 1}, {"a": 2}], "$v", Unordered(({"a": 1}, {"a": 2}))))
accumulator("$mergeObjects", ([{"a": 1}, None, {"a": 2, "b": 3}], "$v", {"a": 2, "b": 3}))
accumulator("$stdDevPop", ([1, 2, 3, 4], "$v", Near(1.118033988749895)), ([5], "$v", 0.0), (["a"], "$v", None))
accumulator("$stdDevSamp", ([1, 2, 3, 4], "$v", Near(1.2909944487358056)), ([5], "$v", None))
accumulator("$median", ([5, 1, 3], {"input": "$v", "method": "approximate"}, 3.0), ([], {"input": "$v", "method": "approximate"}, None))
CASES.pop()  # no document makes no group
accumulator("$percentile", ([5, 1, 3], {"input": "$v", "p": [0.5], "method": "approximate"}, [3.0]))
accumulator("$top", ([3, 9, 5], {"sortBy": {"v": -1}, "output": "$_id"}, 1), ([3, 9, 5], {"sortBy": {"v": 1}, "output": ["$v", "$_id"]}, [3, 0]))
accumulator("$bottom", ([3, 9, 5], {"sortBy": {"v": -1}, "output": "$_id"}, 0))
accumulator("$topN", ([3, 9, 5], {"sortBy": {"v": -1}, "output": "$v", "n": 2}, [9, 5]))

# Windows

SIX = [4, 4, 2, 8, 6, 4]
RUNNING = {"window": {"documents": ["unbounded", "current"]}}
window("$sum", [1, 2, 3, 4], {"$sum": "$v", **RUNNING}, [1, 3, 6, 10])
window("$max", [1, 3, 2, 4], {"$max": "$v", "window": {"documents": [-1, 0]}}, [1, 3, 3, 4])
window("$min", [3, 1, 2, 4], {"$min": "$v", "window": {"documents": [-1, 1]}}, [1, 1, 1, 2])
window("$first", [3, 1, 2], {"$first": "$v", "window": {"documents": [-1, 0]}}, [3, 3, 1])
window("$last", [3, 1, 2], {"$last": "$v", "window": {"documents": [0, 1]}}, [1, 2, 2])
window("$push", [3, 1, 2], {"$push": "$v", **RUNNING}, [[3], [3, 1], [3, 1, 2]])
window("$count", [3, 1, 2], {"$count": {}, **RUNNING}, [1, 2, 3])
window("$addToSet", [1, 1, 2], {"$addToSet": "$v", **RUNNING}, [[1], [1], Unordered((1, 2))])
window("$shift", [1, 2, 3], {"$shift": {"output": "$v", "by": -1, "default": 0}}, [0, 1, 2])
window("$shift", [1, 2, 3], {"$shift": {"output": "$v", "by": 1}}, [2, 3, None])
window("$documentNumber", [5, 5, 5], {"$documentNumber": {}}, [1, 2, 3])
window("$locf", [None, 1, None, 3, None], {"$locf": "$v"}, [None, 1, 1, 3, 3])
window("$expMovingAvg", [1, 2, 3], {"$expMovingAvg": {"input": "$v", "alpha": 0.5}}, [1, 1.5, 2.25])
window("$stdDevPop", [1, 3, 5], {"$stdDevPop": "$v", "window": {"documents": [-1, 0]}}, [0.0, 1.0, 1.0])
for ranking, ranks in {"$rank": [2, 2, 1, 6, 5, 2], "$denseRank": [2, 2, 1, 4, 3, 2]}.items():
    case(
        ranking,
        "window",
        [{"_id": n, "v": v} for n, v in enumerate(SIX)],
        [{"$setWindowFields": {"sortBy": {"v": 1}, "output": {"r": {ranking: {}}}}}, {"$sort": {"_id": 1}}, {"$project": {"_id": 0, "r": 1}}],
        [{"r": rank} for rank in ranks],
    )

# Conditions

NUMBERS = [{"a": 1}, {"a": 2}, {"a": 3}, {"a": "2"}, {"a": None}, {}, {"a": [1, 3]}]
query("$eq", NUMBERS, ({"a": {"$eq": 1}}, [0, 6]), ({"a": {"$eq": None}}, [4, 5]), ({"a": {"$eq": "2"}}, [3]))
query("$ne", NUMBERS, ({"a": {"$ne": 1}}, [1, 2, 3, 4, 5]), ({"a": {"$ne": None}}, [0, 1, 2, 3, 6]))
query("$gt", NUMBERS, ({"a": {"$gt": 1}}, [1, 2, 6]), ({"a": {"$gt": "1"}}, [3]))
query("$gte", NUMBERS, ({"a": {"$gte": 2}}, [1, 2, 6]))
query("$lt", NUMBERS, ({"a": {"$lt": 2}}, [0, 6]))
query("$lte", NUMBERS, ({"a": {"$lte": 2}}, [0, 1, 6]), ({"a": {"$gte": 2, "$lte": 2.5}}, [1, 6]))
query("$in", NUMBERS, ({"a": {"$in": [2, "2"]}}, [1, 3]), ({"a": {"$in": [None]}}, [4, 5]), ({"a": {"$in": []}}, []))
query("$nin", NUMBERS, ({"a": {"$nin": [1, "2", None]}}, [1, 2]))
query("$exists", NUMBERS, ({"a": {"$exists": True}}, [0, 1, 2, 3, 4, 6]), ({"a": {"$exists": False}}, [5]))
query("$type", NUMBERS, ({"a": {"$type": "string"}}, [3]), ({"a": {"$type": "null"}}, [4]), ({"a": {"$type": "array"}}, [6]))
query("$not", NUMBERS, ({"a": {"$not": {"$gt": 1}}}, [0, 3, 4, 5]))
query("$and", NUMBERS, ({"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}]}, [1, 6]))
query("$or", NUMBERS, ({"$or": [{"a": 2}, {"a": "2"}]}, [1, 3]))
query("$nor", NUMBERS, ({"$nor": [{"a": {"$gte": 1}}, {"a": None}]}, [3]))
query("$size", [{"a": []}, {"a": [1]}, {"a": [1, 2]}, {"a": 1}], ({"a": {"$size": 2}}, [2]))
query("$mod", NUMBERS, ({"a": {"$mod": [2, 1]}}, [0, 2, 6]))
query("$expr", [{"a": 1, "b": 2}, {"a": 3, "b": 2}, {"a": 2, "b": 2}], ({"$expr": {"$gt": ["$a", "$b"]}}, [1]), ({"$expr": {"$eq": ["$a", "$b"]}}, [2]))
query("$elemMatch", [{"i": [{"a": 1, "b": 1}, {"a": 2, "b": 2}]}, {"i": [{"a": 1, "b": 2}]}, {"i": []}, {"i": [3, 8]}], ({"i": {"$elemMatch": {"a": 1, "b": {"$gt": 1}}}}, [1]), ({"i": {"$elemMatch": {"$gt": 4, "$lt": 10}}}, [3]))

# Stages

ROWS = [{"_id": 1, "k": "a", "n": 4}, {"_id": 2, "k": "b", "n": 1}, {"_id": 3, "k": "a", "n": 2}, {"_id": 4, "n": None}]
IDS = [{"_id": n} for n in range(1, 6)]
for add in ("$addFields", "$set"):
    case(add, "stage", [{"_id": 1, "a": {"x": 1}}], [{add: {"b": {"$add": ["$a.x", 1]}, "a.y": 5, "z": "$nothing"}}], [{"_id": 1, "a": {"x": 1, "y": 5}, "b": 2}])
    case(add, "stage over an array", [{"_id": 1, "a": [{"x": 1}, {"x": 2}]}], [{add: {"a.y": 5}}], [{"_id": 1, "a": [{"x": 1, "y": 5}, {"x": 2, "y": 5}]}])
case("$unset", "stage", [{"_id": 1, "a": {"x": 1, "y": 2}, "b": 3}], [{"$unset": ["a.x", "b", "nothing"]}], [{"_id": 1, "a": {"y": 2}}])
case("$unset", "stage of one", [{"_id": 1, "b": 3}], [{"$unset": "b"}], [{"_id": 1}])
case("$project", "stage that keeps", [{"_id": 1, "a": {"x": 1, "y": 2}, "b": 3}], [{"$project": {"_id": 0, "a.x": 1, "c": "$b", "d": {"e": "$b"}, "f": ["$b", "$nothing"]}}], [{"a": {"x": 1}, "c": 3, "d": {"e": 3}, "f": [3, None]}])
case("$project", "stage that leaves out", [{"_id": 1, "a": {"x": 1, "y": 2}, "b": 3}], [{"$project": {"a.x": 0, "b": 0}}], [{"_id": 1, "a": {"y": 2}}])
case("$project", "stage over an array", [{"_id": 1, "a": [{"x": 1, "y": 2}, {"x": 3}]}], [{"$project": {"xs": "$a.x", "ys": "$a.y"}}], [{"_id": 1, "xs": [1, 3], "ys": [2]}])
case("$match", "stage", ROWS, [{"$match": {"k": "a", "n": {"$gt": 2}}}], [ROWS[0]])
case("$match", "stage of nothing", ROWS, [{"$match": {}}, {"$sort": {"_id": 1}}], ROWS)
case("$limit", "stage", IDS, [{"$sort": {"_id": 1}}, {"$limit": 2}], IDS[:2])
case("$skip", "stage", IDS, [{"$sort": {"_id": 1}}, {"$skip": 3}], IDS[3:])
case("$skip", "stage before a limit", IDS, [{"$sort": {"_id": -1}}, {"$skip": 1}, {"$limit": 2}], [IDS[3], IDS[2]])
case("$sort", "stage", [{"_id": 1, "a": 1, "b": 1}, {"_id": 2, "a": 1, "b": 2}, {"_id": 3, "a": 0, "b": 1}], [{"$sort": {"a": 1, "b": -1}}, {"$project": {"_id": 1}}], [{"_id": 3}, {"_id": 2}, {"_id": 1}])
case(
    "$sort",
    "stage over types",
    [{"_id": 1, "v": "a"}, {"_id": 2, "v": 5}, {"_id": 3, "v": None}, {"_id": 4, "v": True}, {"_id": 5, "v": day("2024-01-01")}, {"_id": 6, "v": D("4.5")}, {"_id": 7, "v": {"x": 1}}],
    [{"$sort": {"v": 1}}, {"$project": {"_id": 1}}],
    [{"_id": n} for n in (3, 6, 2, 1, 7, 4, 5)],
)
case("$sort", "stage over texts", [{"_id": n, "v": v} for n, v in enumerate(["b", "B", "a", "é", "z", ""])], [{"$sort": {"v": 1}}, {"$project": {"_id": 0}}], [{"v": v} for v in ["", "B", "a", "b", "z", "é"]])
case("$group", "stage", ROWS, [{"$group": {"_id": "$k", "n": {"$sum": "$n"}}}, {"$sort": {"_id": 1}}], [{"_id": None, "n": 0}, {"_id": "a", "n": 6}, {"_id": "b", "n": 1}])
case("$group", "stage of all", ROWS, [{"$group": {"_id": None, "n": {"$sum": 1}}}], [{"_id": None, "n": 4}])
case("$group", "stage of nothing", [], [{"$group": {"_id": None, "n": {"$sum": 1}}}], [])
case("$group", "stage by several", [{"_id": 1, "a": 1, "b": 2}, {"_id": 2, "a": 1, "b": 2}, {"_id": 3, "a": 1}], [{"$group": {"_id": {"a": "$a", "b": "$b"}, "n": {"$sum": 1}}}, {"$sort": {"n": 1}}], [{"_id": {"a": 1}, "n": 1}, {"_id": {"a": 1, "b": 2}, "n": 2}])
case("$group", "stage by several of which some are null", [{"_id": 1, "a": 1, "b": 2}, {"_id": 2, "a": 1, "b": 2}, {"_id": 3, "a": 1, "b": None}], [{"$group": {"_id": {"a": "$a", "b": "$b"}, "n": {"$sum": 1}}}, {"$sort": {"n": 1}}], [{"_id": {"a": 1, "b": None}, "n": 1}, {"_id": {"a": 1, "b": 2}, "n": 2}])
case("$group", "stage by numbers of several types", [{"_id": 1, "a": 1}, {"_id": 2, "a": 1.0}, {"_id": 3, "a": D("1")}], [{"$group": {"_id": "$a", "n": {"$sum": 1}}}, {"$project": {"_id": 0, "n": 1}}], [{"n": 3}])
case("$group", "stage by missing and null", [{"_id": 1, "a": None}, {"_id": 2}], [{"$group": {"_id": "$a", "n": {"$sum": 1}}}], [{"_id": None, "n": 2}])
case("$sortByCount", "stage", [{"_id": n, "k": k} for n, k in enumerate("abaab")], [{"$sortByCount": "$k"}], [{"_id": "a", "count": 3}, {"_id": "b", "count": 2}])
case(
    "$bucket",
    "stage",
    [{"_id": n, "v": v} for n, v in enumerate([0, 5, 10, 19, 20, 99, None])],
    [{"$bucket": {"groupBy": "$v", "boundaries": [0, 10, 20], "default": "other", "output": {"n": {"$sum": 1}, "most": {"$max": "$v"}}}}],
    [{"_id": 0, "n": 2, "most": 5}, {"_id": 10, "n": 2, "most": 19}, {"_id": "other", "n": 3, "most": 99}],
)
case("$bucketAuto", "stage", [{"_id": n, "v": n} for n in range(1, 5)], [{"$bucketAuto": {"groupBy": "$v", "buckets": 2}}], [{"_id": {"min": 1, "max": 3}, "count": 2}, {"_id": {"min": 3, "max": 4}, "count": 2}])
case(
    "$bucketAuto",
    "stage that keeps equal values together",
    [{"_id": n, "v": v} for n, v in enumerate([1, 1, 1, 2])],
    [{"$bucketAuto": {"groupBy": "$v", "buckets": 2, "output": {"n": {"$sum": 1}}}}],
    [{"_id": {"min": 1, "max": 2}, "n": 3}, {"_id": {"min": 2, "max": 2}, "n": 1}],
)
case("$facet", "stage", ROWS, [{"$facet": {"all": [{"$group": {"_id": None, "n": {"$sum": 1}}}], "none": [{"$match": {"k": "x"}}], "top": [{"$sort": {"n": -1}}, {"$limit": 1}, {"$project": {"_id": 1}}]}}], [{"all": [{"_id": None, "n": 4}], "none": [], "top": [{"_id": 1}]}])
for replace in ("$replaceRoot", "$replaceWith"):
    new = {"$mergeObjects": [{"b": 0}, "$a"]}
    case(replace, "stage", [{"_id": 1, "a": {"x": 1, "b": 2}}], [{replace: {"newRoot": new} if replace == "$replaceRoot" else new}], [{"b": 2, "x": 1}])
    case(replace, "stage by a field", [{"_id": 1, "a": {"x": 1}}], [{replace: {"newRoot": "$a"} if replace == "$replaceRoot" else "$a"}], [{"x": 1}])
case("$unwind", "stage", [{"_id": 1, "a": [5, 6]}, {"_id": 2, "a": []}, {"_id": 3, "a": None}, {"_id": 4}, {"_id": 5, "a": 7}], [{"$unwind": "$a"}, {"$sort": {"_id": 1, "a": 1}}], [{"_id": 1, "a": 5}, {"_id": 1, "a": 6}, {"_id": 5, "a": 7}])
case(
    "$unwind",
    "stage that loses nothing",
    [{"_id": 1, "a": [5, 6]}, {"_id": 2, "a": []}, {"_id": 3, "a": None}, {"_id": 4}],
    [{"$unwind": {"path": "$a", "includeArrayIndex": "i", "preserveNullAndEmptyArrays": True}}, {"$sort": {"_id": 1, "i": 1}}],
    [{"_id": 1, "a": 5, "i": 0}, {"_id": 1, "a": 6, "i": 1}, {"_id": 2, "i": None}, {"_id": 3, "a": None, "i": None}, {"_id": 4, "i": None}],
)
OTHER = [{"_id": "x", "n": 1}, {"_id": "y", "n": 2}, {"_id": "z"}]
case(
    "$lookup",
    "stage",
    [{"_id": 1, "o": "x"}, {"_id": 2, "o": ["x", "y"]}, {"_id": 3, "o": "none"}],
    [{"$lookup": {"from": "other", "localField": "o", "foreignField": "_id", "as": "found"}}, {"$sort": {"_id": 1}}, {"$project": {"found": "$found.n"}}],
    [{"_id": 1, "found": [1]}, {"_id": 2, "found": Unordered((1, 2))}, {"_id": 3, "found": []}],
    other=OTHER,
)
case("$lookup", "stage by missing and null", [{"_id": 1}, {"_id": 2, "o": None}], [{"$lookup": {"from": "other", "localField": "o", "foreignField": "n", "as": "found"}}, {"$sort": {"_id": 1}}, {"$project": {"found": "$found._id"}}], [{"_id": 1, "found": ["z"]}, {"_id": 2, "found": ["z"]}], other=OTHER)
case(
    "$lookup",
    "stage with a pipeline",
    [{"_id": 1, "least": 2}, {"_id": 2, "least": 9}],
    [{"$lookup": {"from": "other", "let": {"least": "$least"}, "pipeline": [{"$match": {"$expr": {"$gte": ["$n", "$$least"]}}}, {"$project": {"_id": 1}}], "as": "found"}}, {"$sort": {"_id": 1}}, {"$project": {"found": 1}}],
    [{"_id": 1, "found": [{"_id": "y"}]}, {"_id": 2, "found": []}],
    other=OTHER,
)
case(
    "$lookup",
    "stage with fields and a pipeline",
    [{"_id": 1, "o": "x"}],
    [{"$lookup": {"from": "other", "localField": "o", "foreignField": "_id", "pipeline": [{"$project": {"_id": 0, "n": 1}}], "as": "found"}}],
    [{"_id": 1, "o": "x", "found": [{"n": 1}]}],
    other=OTHER,
)
case("$unionWith", "stage", [{"_id": 1}], [{"$unionWith": {"coll": "other", "pipeline": [{"$match": {"n": 2}}]}}, {"$sort": {"_id": 1}}], [{"_id": 1}, {"_id": "y", "n": 2}], other=OTHER)
case("$unionWith", "stage by name", [{"_id": 1}], [{"$unionWith": "other"}, {"$group": {"_id": None, "n": {"$sum": 1}}}], [{"_id": None, "n": 4}], other=OTHER)
case(
    "$setWindowFields",
    "stage",
    [{"_id": n, "k": k, "v": v} for n, (k, v) in enumerate(zip("aabb", [1, 2, 3, 4]))],
    [{"$setWindowFields": {"partitionBy": "$k", "sortBy": {"v": -1}, "output": {"of": {"$sum": "$v", "window": {"documents": ["unbounded", "unbounded"]}}, "so_far": {"$sum": "$v", "window": {"documents": ["unbounded", "current"]}}}}}, {"$sort": {"_id": 1}}],
    [{"_id": 0, "k": "a", "v": 1, "of": 3, "so_far": 3}, {"_id": 1, "k": "a", "v": 2, "of": 3, "so_far": 2}, {"_id": 2, "k": "b", "v": 3, "of": 7, "so_far": 7}, {"_id": 3, "k": "b", "v": 4, "of": 7, "so_far": 4}],
)
case(
    "$setWindowFields",
    "stage over a range of values",
    [{"_id": n, "v": v} for n, v in enumerate([1, 2, 4, 5])],
    [{"$setWindowFields": {"sortBy": {"v": 1}, "output": {"r": {"$sum": "$v", "window": {"range": [-1, 0]}}}}}, {"$sort": {"_id": 1}}, {"$project": {"_id": 0, "r": 1}}],
    [{"r": 1}, {"r": 3}, {"r": 4}, {"r": 9}],
)
case(
    "$setWindowFields",
    "stage over a range of time",
    [{"_id": n, "t": day(t), "v": 1} for n, t in enumerate(["2024-01-01", "2024-01-05", "2024-01-12"])],
    [{"$setWindowFields": {"sortBy": {"t": 1}, "output": {"r": {"$sum": "$v", "window": {"range": [-7, 0], "unit": "day"}}}}}, {"$sort": {"_id": 1}}, {"$project": {"_id": 0, "r": 1}}],
    [{"r": 1}, {"r": 2}, {"r": 2}],
)

# Variables that MongoDB gives

case("$mergeObjects", "expression of the whole document", [{"_id": 1, "a": 2}], [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"b": "$$CURRENT.a", "c": "$$ROOT.a", "d": "$$REMOVE"}]}}], [{"_id": 1, "a": 2, "b": 2, "c": 2}])
case("$cond", "expression that leaves a field out", [{"_id": 1, "a": 2}], [{"$set": {"a": {"$cond": [{"$gt": ["$a", 1]}, "$$REMOVE", "$a"]}}}], [{"_id": 1}])

# What the embedded engine is known to do otherwise. None of it matters to what kpi-load stores, where no field is missing; a pipeline
# that makes fields which may be missing gives them null with $ifNull.
DEVIATES = {
    "$addToSet-accumulator-0": "adds null for a document that has no such field, where MongoDB adds nothing",
    "$group-stage by several": "gives null to a part of the key that is missing, where MongoDB leaves it out",
}

for name, group in itertools.groupby(sorted(case.name for case in CASES)):
    if len(list(group)) > 1:
        for number, found in enumerate([case for case in CASES if case.name == name]):
            found.form = f"{found.form} {number}"
