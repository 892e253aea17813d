"""kpi-sample's Superstore as a European spreadsheet exports it: names with commas need no quotes there."""

import datetime

import harness
from layouts.table import Text

SAMPLE = Text(encoding="cp1252", end="\r\n", days="%m/%d/%Y")
EUROPEAN = Text(delimiter=";", decimal=",", end="\r\n", days="%d/%m/%Y", mark=True)


def write(folder, *, seed=1, orders=1500):
    path = harness.generate(folder, orders=orders, seed=seed, layout="superstore") / "superstore.csv"
    header, rows = SAMPLE.read(path)
    days, amounts = [2, 3], [17, 19, 20]
    for row in rows:
        for column in days:
            row[column] = EUROPEAN.day(datetime.datetime.strptime(row[column], SAMPLE.days))
        for column in amounts:
            row[column] = EUROPEAN.number(row[column])
    EUROPEAN.write(path, ",".join(header).replace("Country", "Country/Region"), rows)
    return folder
