"""CSV files as programs of other people write them."""

import csv
import dataclasses
import io


@dataclasses.dataclass(frozen=True)
class Text:
    """How a file is written down: what kpi-load has to find out, or to be told, and what the oracle is told."""

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    end: str = "\n"
    days: str = "%Y-%m-%d"  # as strftime and DuckDB's strptime have it
    mark: bool = False  # a byte order mark

    def number(self, amount):
        """An amount as text; nothing for None."""
        return "" if amount is None else str(amount).replace(".", self.decimal)

    def day(self, day):
        return day.strftime(self.days)

    def bytes(self, rows):
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator=self.end).writerows(rows)
        return out.getvalue().encode(self.encoding)

    def write(self, path, header, rows):
        """header is one text of names with commas between; rows are of texts and whole numbers."""
        path.write_bytes((b"\xef\xbb\xbf" if self.mark else b"") + self.bytes([header.split(","), *rows]))

    def read(self, path):
        """The header's names and the rows, as texts."""
        text = path.read_bytes().decode("utf-8-sig" if self.mark else self.encoding)
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        return header, rows
