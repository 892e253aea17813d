"""The oracle: a folder of CSV files in DuckDB, and the answer of any KPI to any request from them.

Nothing here looks at a pipeline. Of a definition only the order of its rows is taken: the default sort and limit, and
the columns that are the row's key."""

import calendar
import datetime
import functools
import json
import pathlib
import tempfile
from decimal import Decimal

import duckdb

from layouts.table import Text

HERE = pathlib.Path(__file__).resolve().parent
KPIS = HERE.parents[1] / "pipelines" / "kpi"
FILTERS = "region country state city segment category subcategory product customer seller status".split()
DAY = datetime.timedelta(days=1)
# Files that a shop may lack, and what is left of them then.
OPTIONAL = {
    "jaffle-shop": {"raw_supplies.csv": "id,name,cost,perishable,sku\n"},
    "northwind": {"suppliers.csv": "supplier_id,company_name\n"},
}


def kpi_names(folder=KPIS):
    return sorted(path.stem for path in folder.glob("*.json"))


def unproven(folder=KPIS):
    """The KPIs of a folder that have no oracle."""
    return [kpi for kpi in kpi_names(folder) if not (HERE / "kpi" / f"{kpi}.sql").exists()]


@functools.cache
def definition(kpi):
    return json.loads((KPIS / f"{kpi}.json").read_text())


def query_of(kpi):
    return (HERE / "kpi" / f"{kpi}.sql").read_text()


def first_day(text):
    """The day that a from means: 2023 is 2023-01-01."""
    year, month, day = (list(map(int, text.split("-"))) + [1, 1])[:3]
    return datetime.date(year, month, day)


def last_day(text):
    """The day that a to means: 2023-02 is 2023-02-28."""
    year, month, day = (list(map(int, text.split("-"))) + [None, None])[:3]
    month = month or 12
    return datetime.date(year, month, day or calendar.monthrange(year, month)[1])


def named_range(period, as_of):
    """First and last day of last-30-days and its like. Seven days that end on as_of begin six days before it."""
    if period.endswith("-days"):
        return as_of - DAY * (int(period.split("-")[1]) - 1), as_of
    starts = {
        "month": lambda day: day.replace(day=1),
        "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": lambda day: day.replace(month=1, day=1),
    }
    which, unit = period.split("-")
    start = starts[unit](as_of)
    return (start, as_of) if which == "this" else (starts[unit](start - DAY), start - DAY)


class Oracle:
    def __init__(self, layout, folder, text=Text()):
        """layout names the SQL that reads the files of the folder, which are written as text says."""
        self.db = duckdb.connect(config={"threads": 1})
        with tempfile.TemporaryDirectory() as utf8:
            for name, content in OPTIONAL.get(layout, {}).items():
                (pathlib.Path(utf8) / name).write_text(content.replace(",", text.delimiter))
            for path in folder.glob("*.csv"):
                (pathlib.Path(utf8) / path.name).write_bytes(path.read_bytes().decode(text.encoding).encode())
            for name, value in {"folder": utf8, "delimiter": text.delimiter, "decimal": text.decimal, "days": text.days}.items():
                self.db.execute(f"SET VARIABLE {name} = $1", [value])
            for name in ("macros", "files", layout, "request"):
                self.db.execute((HERE / f"{name}.sql").read_text())
        self.first, self.last = self.db.execute("FROM loaded_days").fetchone()
        self.current = None

    def sql(self, text):
        return self.db.execute(text).fetchall()

    def top(self, dimension, count=1):
        """The most frequent values of a dimension, over what is in scope for sales."""
        self.ask({})
        rows = self.sql(f"SELECT {dimension} FROM lines WHERE {dimension} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {count}")
        return [value for (value,) in rows]

    def range_of(self, request):
        """First and last day; None where the data decide. Without a period by name nothing after as_of counts."""
        period = request.get("period", "all")
        as_of = first_day(request["as_of"]) if "as_of" in request else None
        if period != "all":
            return named_range(period, as_of or self.last)
        ends = [end for end in (as_of, last_day(request["to"]) if "to" in request else None) if end]
        return first_day(request["from"]) if "from" in request else None, min(ends, default=None)

    def ask(self, request, granularity="month"):
        """Makes the request the one that the tables lines and orders are about."""
        wanted = {name: request.get(name) for name in FILTERS}
        wanted = {name: [value] if isinstance(value, str) else value for name, value in wanted.items()}
        wanted["from"], wanted["to"] = self.range_of(request)
        wanted["as_of"] = first_day(request["as_of"]) if "as_of" in request else None
        wanted["granularity"] = request.get("granularity", granularity)
        if wanted == self.current:
            return
        for name, value in wanted.items():
            if self.current is None or self.current[name] != value:
                self.db.execute(f'SET VARIABLE "{name}" = $1', [value])
        for table in ("line", "order"):
            self.db.execute(f"CREATE OR REPLACE TABLE every_{table} AS FROM make_every_{table}()")
            self.db.execute(f"CREATE OR REPLACE TABLE {table}s AS FROM every_{table} WHERE is_counted(status)")
        self.current = wanted

    def rows(self, kpi, request):
        """The columns' names, and the rows in the order that was asked for, as tuples of the JSON values they should be."""
        info = definition(kpi)
        defaults = info.get("defaults", {})
        self.ask(request, defaults.get("granularity", "month"))
        tail = ""
        if not info.get("single_row"):
            sort = request.get("sort", defaults["sort"])
            order = [(sort.lstrip("-"), sort.startswith("-"))]
            order += [(c["name"], False) for c in info["columns"] if c.get("key") and c["name"] != sort.lstrip("-")]
            order = ", ".join(f'"{name}" {"DESC NULLS LAST" if down else "ASC NULLS FIRST"}' for name, down in order)
            limit, offset = int(request.get("limit", defaults.get("limit", 100))), int(request.get("offset", 0))
            tail = f" ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        answer = self.db.execute(f"SELECT * FROM ({query_of(kpi)}){tail}")
        return [column[0] for column in answer.description], [tuple(map(json_value, row)) for row in answer.fetchall()]


def json_value(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{value!r}: an oracle answers in exact numbers")


def read_json(text):
    """JSON with every number exact."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def compare(columns, expected, answer):
    """Says where an answer's data differ from what they should be; an empty string where they do not."""
    data = answer["data"]
    for number, row in enumerate(data):
        if list(row) != list(columns):
            return f"row {number} has the columns {list(row)}, not {list(columns)}"
    got = [tuple(row.values()) for row in data]
    wrong = []
    for number in range(max(len(expected), len(got))):
        if number >= len(expected) or number >= len(got):
            wrong.append(f"{len(got)} rows came, not {len(expected)}")
            break
        for column, want, have in zip(columns, expected[number], got[number]):
            if want != have or type(want) is not type(have):
                wrong.append(f"row {number} {dict(zip(columns[:2], map(str, expected[number])))}: {column} is {have}, not {want}")
    return "\n".join(wrong[:8] + ([f"… and {len(wrong) - 8} more"] if len(wrong) > 8 else []))
