"""What CSV files can be like at their edges: each is loaded by the real program, and what came of it is read back."""

import json
import random

import pytest
from bson import Decimal128

import harness

SPECTRUM = harness.ROOT / "node_modules" / "csv-spectrum"
PLACE = ["_id", "city", "state", "region", "country", "postal_code"]
MIB = 1 << 20

HEADER = "receipt,day,sku,name,pieces,price\n"
PROFILE = {
    "name": "edges",
    "title": "A till's receipts of one line each",
    "currency": "EUR",
    "date_formats": ["YYYY-MM-DD HH:MM:SS", "YYYY-MM-DD"],
    "files": [{
        "name": "sales",
        "records": [
            {"kind": "product", "fields": {"_id": "$sku", "name": "$name"}},
            {"kind": "order", "fields": {"_id": "$receipt", "ordered_at": "$day", "status": "delivered"}},
            {"kind": "item", "fields": {
                "order_id": "$receipt", "product_id": "$sku", "quantity": "$pieces", "unit_price": "$price",
            }},
        ],
    }],
}


def sale(receipt=1, *, day="2023-01-02", sku=None, name="Lamp", pieces="2", price="1.50", end="\n"):
    """A row, by default a good one of a product of its own. Values are written as they are: quotes are up to the caller."""
    return f"{receipt},{day},{sku or f'P{receipt}'},{name},{pieces},{price}{end}"


class Loaded:
    """What a load has left behind, and what it said."""

    def __init__(self, database, done):
        self.done = done
        self.orders = {order["_id"]: order for order in database.orders.find()}
        self.names = {product["_id"]: product["name"] for product in database.products.find()}
        self.places = list(database.locations.find())
        self.rejects = list(database.rejects.find(sort=[("line", 1)]))
        self.files = (database.imports.find_one() or {}).get("files")

    @property
    def reasons(self):
        return {reject["line"]: reject["reason"] for reject in self.rejects}

    @property
    def counts(self):
        """Rows read, inserted and rejected."""
        return tuple(self.files[0][count] for count in ("read", "inserted", "rejected"))

    @property
    def error(self):
        return self.done.stderr.strip().splitlines()[-1]


@pytest.fixture
def load(engine_uri, mongo, new_database, tmp_path):
    """Loads a file of these bytes with a profile, as many times as a test likes: each time into an empty database."""
    name = new_database("edges")
    path, profile = tmp_path / "sales.csv", tmp_path / "profile.json"

    def load(content, status=0, using=PROFILE):
        mongo.drop_database(name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        profile.write_text(json.dumps(using))
        options = ["--profile", profile, "--max-rejects", "100%"]
        return Loaded(mongo[name], harness.load(engine_uri, name, path, options=options, status=status))

    yield load
    mongo.drop_database(name)


# The package csv-spectrum

# Its own slip: the number of the JSON is not that of the CSV.
SLIPS = {"location_coordinates": {"Contact Phone Number": "2095257564"}}


def spectrum():
    return sorted(path.stem for path in (SPECTRUM / "csvs").glob("*.csv"))


def test_the_spectrum_is_there():
    assert len(spectrum()) >= 12, "npm ci brings it, for tests only"


@pytest.mark.parametrize("case", spectrum())
def test_csv_spectrum(load, case):
    rows = json.loads((SPECTRUM / "json" / f"{case}.json").read_text())
    rows = [row | SLIPS.get(case, {}) for row in (rows if isinstance(rows, list) else [rows])]
    fields = {field: f"${column}" for field, column in zip(PLACE, rows[0])}
    profile = {"name": "spectrum", "title": "A case of it", "currency": "EUR",
               "files": [{"name": "places", "records": [{"kind": "location", "fields": fields}]}]}
    loaded = load((SPECTRUM / "csvs" / f"{case}.csv").read_bytes(), using=profile)
    assert loaded.counts == (len(rows), len(rows), 0)
    places = {place["_id"]: [place[field] or "" for field in fields] for place in loaded.places}
    assert places == {next(iter(row.values())): list(row.values()) for row in rows}


# Quotes, commas and line ends within values


VALUES = {
    'a "b ""c"" d"': '"a ""b """"c"""" d"""',
    '"': '""""',
    ",": '","',
    "lf\n\nend": '"lf\n\nend"',
    "crlf\r\nend": '"crlf\r\nend"',
    "cr\rend": '"cr\rend"',
    '5" nail': '5" nail',  # not by the book, but clear
    "4,5 \\": '"4,5 \\"',
    "it's": "it's",
    "😀 naïve": "😀 naïve",
    "=1+1": "=1+1",
}


@pytest.mark.parametrize("value, written", VALUES.items(), ids=map(repr, VALUES))
def test_value_comes_as_it_was_meant(load, value, written):
    loaded = load(HEADER + sale(1, name=written) + sale(2))
    assert loaded.names == {"P1": value, "P2": "Lamp"}
    assert loaded.counts == (2, 2, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("seed", range(4))
def test_any_value_comes_as_it_was_meant(load, end, seed):
    """Values of all that means something in a CSV file, quoted where they must be, and now and then where they need not."""
    dice = random.Random(seed)
    pieces = ['"', '""', ",", ";", "\n", "\r\n", "\r", "'", "\\", " ", "\t", "é", "😀", "\ufeff", "a", "="]
    values = {f"P{n}": f"<{''.join(dice.choices(pieces, k=dice.randrange(12)))}>" for n in range(1, 300)}
    quote = lambda value: '"' + value.replace('"', '""') + '"'
    rows = [sale(sku[1:], name=quote(value) if set(value) & set('",\r\n') or dice.random() < 0.5 else value, end=end)
            for sku, value in values.items()]
    loaded = load((HEADER.replace("\n", end) + "".join(rows)).encode())
    assert (loaded.names, loaded.counts) == (values, (299, 299, 0))


def test_quotes_around_everything(load):
    quoted = "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\r\n" for line in (HEADER + sale(1, name="")).splitlines())
    loaded = load(quoted)
    assert (loaded.counts, loaded.names) == ((1, 1, 0), {"P1": None})


def test_reject_names_the_line_on_which_its_row_starts(load):
    loaded = load(HEADER + sale(1, name='"a\r\nb\nc"') + "\n" + sale(2, price="?") + sale(3, name='"d\ne"', price="?"), status=3)
    assert loaded.reasons == {6: "bad_number", 7: "bad_number"}
    assert loaded.rejects[1]["row"] == sale(3, name='"d\ne"', price="?", end="")


def test_quote_that_is_never_closed_is_said(load):
    loaded = load(HEADER + sale(1) + sale(2, name='"Lamp', end=""), status=3)
    assert (loaded.reasons, list(loaded.orders)) == ({3: "bad_value"}, ["1"])


@pytest.mark.parametrize("name", ['"Lamp', '"La"mp'], ids=["never closed", "text behind"])
def test_stray_quote_costs_no_row_but_its_own(load, name):
    loaded = load(HEADER + sale(1) + sale(2, name=name) + "".join(sale(n) for n in range(3, 50)), status=3)
    assert (list(loaded.reasons), loaded.counts) == ([3], (49, 48, 1))
    assert loaded.rejects[0]["row"] == sale(2, name=name, end=""), "what is kept of it is its own line"


def test_space_behind_a_quote_costs_no_other_row(load):
    loaded = load(HEADER + sale(1) + sale(2, name='"Lamp" ') + "".join(sale(n) for n in range(3, 50)), status=3)
    assert (list(loaded.reasons), loaded.counts) == ([3], (49, 48, 1))


def test_quotes_behind_an_open_one_do_not_hide_it(load):
    loaded = load(HEADER + sale(1) + sale(2, name='"Lamp') + "".join(sale(n, name='"Lamp, red"') for n in range(3, 50)), status=3)
    assert (list(loaded.reasons), loaded.counts) == ([3], (49, 48, 1))


# Sizes


def test_value_of_a_megabyte(load):
    long = "ab, " * (MIB // 4)
    loaded = load(HEADER + sale(1, name=f'"{long}"') + sale(2))
    assert loaded.names == {"P1": long.strip(), "P2": "Lamp"}


def test_line_feeds_of_a_megabyte_are_one_value(load):
    loaded = load(HEADER + sale(1, name='"x' + "\n" * MIB + 'y"') + sale(2, price="?"), status=3)
    assert loaded.names == {"P1": "x" + "\n" * MIB + "y"}
    assert loaded.reasons == {MIB + 3: "bad_number"}


@pytest.mark.parametrize("column, reason", {"receipt": "bad_value", "day": "bad_date", "sku": "bad_value", "pieces": "bad_number", "price": "bad_number"}.items())
def test_key_date_or_number_of_a_megabyte_is_rejected(load, column, reason):
    row = sale(1, **{"sku": "A"} | {column: "9" * MIB}) if column != "receipt" else sale("9" * MIB, sku="A")
    loaded = load(HEADER + row + sale(2), status=3)
    assert (loaded.reasons, list(loaded.orders)) == ({2: reason}, ["2"])
    assert loaded.rejects[0]["column"] == column
    assert len(loaded.rejects[0]["row"]) < 100_000, "what is kept of it is bounded"


def test_value_beyond_what_a_document_holds_is_rejected(load):
    loaded = load(HEADER + sale(1, name="x" * (17 * MIB)) + sale(2), status=3)
    assert (list(loaded.reasons), list(loaded.orders)) == ([2], ["2"])


@pytest.mark.parametrize("count", [10_000, 70_000])
def test_many_columns(load, count):
    more = lambda what: "," + ",".join(f"{what}{n}" for n in range(count - 6)) + "\n"
    rows = [sale(n, end="") + more("value ") for n in range(1, 4)]
    loaded = load(HEADER.strip() + more("column ") + "".join(rows) + sale(4), status=3)
    assert (loaded.counts, loaded.reasons) == ((4, 3, 1), {5: "too_few_columns"})


# Rows that do not fit


def test_ragged_rows_are_rejected_and_others_load(load):
    short, long, longer = "1,2023-01-02,A\n", sale(2, end=",\n"), sale(3, end=",x,y\n")
    loaded = load(HEADER + short + sale(4) + long + longer + sale(5) + "6", status=3)
    assert loaded.reasons == {2: "too_few_columns", 4: "too_many_columns", 5: "too_many_columns", 7: "too_few_columns"}
    assert (sorted(loaded.orders), loaded.counts) == (["4", "5"], (6, 2, 4))
    assert [reject["row"] for reject in loaded.rejects] == [row.strip() for row in (short, long, longer, "6")]


def test_row_of_delimiters_alone_has_no_key(load):
    loaded = load(HEADER + ",,,,,\n" + sale(2), status=3)
    assert (loaded.reasons, list(loaded.orders)) == ({2: "missing_key"}, ["2"])


def test_same_line_twice_is_two_lines(load):
    loaded = load(HEADER + sale(1) * 2)
    assert (loaded.orders["1"]["units"], loaded.counts) == (4, (2, 2, 0))


# Hardly anything


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n", b"\r\n\r\n", b"  \n\t\n\n", b"\r\r"], ids=repr)
def test_file_of_nothing_is_an_error_that_says_so(load, content):
    loaded = load(content, status=1)
    assert loaded.error.endswith("sales.csv is empty: not even a header")


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), HEADER + "\n\r\n  \n", "\n\n" + HEADER], ids=repr)
def test_header_alone_is_no_row(load, content):
    assert load(content).counts == (0, 0, 0)


def test_blank_lines_are_no_rows(load):
    loaded = load("\n \n" + HEADER + "\n\r\n" + sale(1) + "   \n\n" + sale(2) + "\n\n")
    assert (sorted(loaded.orders), loaded.counts) == (["1", "2"], (2, 2, 0))


# Line ends and marks


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r"], ids=repr)
@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
def test_line_ends(load, end, last):
    content = (HEADER + sale(1) + sale(2, name='"x, y"')).replace("\n", end)
    loaded = load(content if last else content.rstrip("\r\n"))
    assert (loaded.counts, loaded.names) == ((2, 2, 0), {"P1": "Lamp", "P2": "x, y"})


def test_line_ends_may_be_mixed(load):
    assert load(HEADER + sale(1, end="\r\n") + sale(2) + sale(3, end="\r\n")).counts == (3, 3, 0)


def test_carriage_return_within_a_line_is_rejected(load):
    loaded = load(HEADER + sale(1, name="La\rmp") + sale(2), status=3)
    assert (list(loaded.reasons), list(loaded.orders)) == ([2], ["2"])


@pytest.mark.parametrize("header", [HEADER, '"receipt","day","sku","name","pieces","price"\r\n', " receipt ,day,\tsku, name,pieces,price \n"], ids=repr)
def test_byte_order_mark_is_skipped(load, header):
    assert load(b"\xef\xbb\xbf" + (header + sale(1, name="é")).encode()).names == {"P1": "é"}


# Headers


@pytest.mark.parametrize("header, sentence", {
    HEADER.strip() + ",price\n": "names the column 'price' twice",
    HEADER.replace("name", "Name"): "lacks the column 'name' (profile edges, file sales); the nearest that it has is 'Name'",
    HEADER.replace(",", ";"): "is no file of the profile edges",
    sale(1): "is no file of the profile edges",
}.items())
def test_wrong_header_is_said(load, header, sentence):
    loaded = load(header + sale(2), status=1)
    assert sentence in loaded.error and loaded.orders == {}


def test_columns_that_nobody_asks_for_may_be_called_anything(load):
    loaded = load(HEADER.strip() + ',x,x,,"a\nb"\n' + sale(1, end=",1,2,3,4\n"))
    assert loaded.counts == (1, 1, 0)


# Bytes that are no text


@pytest.mark.parametrize("bad", [b"\0", b"\xe9", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"], ids=repr)
@pytest.mark.parametrize("column", ["name", "sku", "price", "more"])
def test_bytes_that_are_no_text_are_rejected(load, bad, column):
    rows = HEADER.strip() + ",more\n" + sale(1, end=",x\n") + sale(2, end=",x\n")
    cell = {"name": b"Lamp", "sku": b"P1", "price": b"1.50", "more": b"x"}[column]
    loaded = load(rows.encode().replace(cell, b"a" + bad + b"b", 1), status=3)
    assert (loaded.reasons, list(loaded.orders)) == ({2: "bad_encoding"}, ["2"])
    assert loaded.rejects[0]["column"] == column
    assert "\ufffd" in loaded.rejects[0]["value"]


def test_nul_in_an_encoding_without_holes_is_rejected_too(load):
    loaded = load((HEADER + sale(1, name="a\0b") + sale(2)).encode(), status=3, using=PROFILE | {"encoding": "ISO-8859-1"})
    assert loaded.reasons == {2: "bad_encoding"}


def test_bytes_that_windows_1252_lacks_are_rejected(load):
    using = PROFILE | {"encoding": "windows-1252"}
    loaded = load((HEADER + sale(1, name="€ œ") + sale(2)).encode("cp1252") + sale(3, name="x").encode().replace(b"x", b"\x81"), 3, using)
    assert (loaded.names, loaded.reasons) == ({"P1": "€ œ", "P2": "Lamp"}, {4: "bad_encoding"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_an_error(load, encoding):
    loaded = load((HEADER + sale(1)).encode(encoding), status=1)
    assert loaded.orders == {}
    if encoding == "utf-16":
        assert loaded.error.endswith("is UTF-16; save it as UTF-8 and load it again")


# Numbers and days


@pytest.mark.parametrize("written, amount", {
    "+5": "5", "5.": "5", ".5": "0.5", "-0": "0", " 5 ": "5", "5.00": "5", "1e3": "1000", "0.000000000001": "0.000000000001",
    "123456789012345.25": "123456789012345.25",
}.items())
def test_number(load, written, amount):
    assert load(HEADER + sale(1, price=written, pieces="1")).orders["1"]["items"][0]["unit_price"] == Decimal128(amount)


@pytest.mark.parametrize("written", [
    "1" * 40, "1" * 34, "-" + "1" * 40, "0." + "1" * 40, "1e400", "1_000", "1 000", "１", "0x10", '"1,000"', "inf", "NaN", "--5",
    "1.2.3", "5-", "−5", "12 EUR", "$5", ".", "e5",
])
def test_what_is_no_number_is_rejected(load, written):
    loaded = load(HEADER + sale(1, price=written) + sale(2), status=3)
    assert (loaded.reasons, loaded.rejects[0]["column"], list(loaded.orders)) == ({2: "bad_number"}, "price", ["2"])


@pytest.mark.parametrize("written, reason", {
    "0": "bad_value", "-0": "bad_value", "0.0": "bad_value", "1.5": "bad_number", "2147483648": "bad_number", "": "missing_value",
    "two": "bad_number",
}.items())
def test_pieces_that_cannot_be_are_rejected(load, written, reason):
    assert load(HEADER + sale(1, pieces=written) + sale(2), status=3).reasons == {2: reason}


def test_price_below_zero_is_rejected(load):
    assert load(HEADER + sale(1, price="-0.01") + sale(2), status=3).reasons == {2: "negative_price"}


@pytest.mark.parametrize("day", [
    "2023-02-29", "1900-02-29", "2024-02-30", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00", "0000-00-00", "10000-01-01",
    "2023-01-02 24:00:00", "2023-01-02 12:60:00", "2023-01-02 12:00:61", "2023-01-02x", "2023-1-2", "2023-01-02T10:00:00", "02/01/2023",
    "yesterday", "2023-01-02 10:00:00 ?", "２０２３-01-02", "9999-12-31", "2200-01-01", "1899-12-31", "1582-10-15", "0001-01-01",
])
def test_day_that_does_not_exist_or_that_nobody_can_ask_for_is_rejected(load, day):
    loaded = load(HEADER + sale(1, day=day) + sale(2), status=3)
    assert (loaded.reasons, loaded.rejects[0]["column"], loaded.rejects[0]["value"]) == ({2: "bad_date"}, "day", day)


@pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "1970-01-01", "1969-12-31", "1900-01-01", "2199-12-31"])
def test_day_that_exists(load, day):
    assert load(HEADER + sale(1, day=day)).orders["1"]["day"].date().isoformat() == day
