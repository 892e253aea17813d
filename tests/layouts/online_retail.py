"""A wholesaler of gifts: one file with a row for each line of an invoice, as the Online Retail data sets have it."""

import datetime
import random

from layouts.table import Text

FIRST = Text(encoding="cp1252", end="\r\n", days="%m/%d/%Y %H:%M")
SECOND = Text(days="%Y-%m-%d %H:%M:%S")

HEADERS = {
    FIRST: "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    SECOND: "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
}
COUNTRIES = ["United Kingdom"] * 12 + ["France", "Germany", "EIRE", "Spain", "Channel Islands", "Unspecified"]
THINGS = ["T-LIGHT HOLDER", "CAKE TIN, ROUND", 'SIGN "HOME SWEET HOME"', "MUG £5", "CAFÉ BLACKBOARD", "BAG", "CLOCK 1/2 PRICE", "BUNTING"]
COLOURS = ["RED ", "WHITE ", "", "PINK  POLKADOT ", " IVORY "]
# Corrections of the books and of the stock, which are no sales: a load rejects them.
REFUSED = [
    ("A563186", "B", "Adjust bad debt", 1, "2023-08-12 14:51:00", "-11062.06", "", "United Kingdom"),
    ("A563187", "B", "Adjust bad debt", 1, "2023-08-12 14:52:00", "-11062.06", "", "United Kingdom"),
    ("563188", "22423", "missing", 0, "2023-08-12 15:00:00", "0.00", "", "United Kingdom"),
]


def write(folder, *, seed=1, orders=500, text=FIRST):
    dice = random.Random(f"online retail {seed}")
    products = [(f"{22000 + n // 2}{'aB'[n % 2] if n % 3 else ''}", price(dice), names(dice)) for n in range(120)]
    # Codes that differ in case only, or are no number.
    products += [("85123A", "2.55", ["WHITE HANGING HEART"]), ("85123a", "2.75", ["white hanging heart"]), ("POST", "18.00", ["POSTAGE"])]
    seen = set()
    rows = [row for number in range(orders) for row in invoice(dice, number, products, seen, text)]
    text.write(folder / "online_retail.csv", HEADERS[text], rows + REFUSED)
    return folder


def price(dice):
    return dice.choice(["0.42", "1.65", "2.1", "3.75", "12.5", "165", "0.001", "649.50", "0.19"])


def names(dice):
    """A product is called by its first name; later rows may have another, or none."""
    name = dice.choice(COLOURS) + dice.choice(THINGS)
    return [name, name, name, name.lower(), "", "?"] if dice.random() < 0.3 else [name]


def invoice(dice, number, products, seen, text):
    at = datetime.datetime(2022, 12, 1, 8, 26) + datetime.timedelta(hours=34 * number, minutes=dice.randrange(600))
    moment = text.day(at) if dice.random() < 0.5 or text != FIRST else f"{at.month}/{at.day}/{at.year} {at.hour}:{at.minute:02}"
    returned = dice.random() < 0.09
    customer = "" if dice.random() < 0.22 else str(12346 + min(dice.randrange(150), dice.randrange(150)))
    country = dice.choice(COUNTRIES)
    name = f"{'C' * returned}{536365 + number}"
    rows = []
    for _ in range(dice.choice([1, 1, 2, 3, 4, 6, 9])):
        # Of the last fifteen products more comes back than goes out.
        place = len(products) - 1 - dice.randrange(18) if returned else min(dice.randrange(123), dice.randrange(123))
        code, each, called = products[place]
        quantity = -dice.choice([1, 2, 12, 40]) if returned else dice.choice([1, 1, 2, 6, 12, 24, 480])
        rows.append((name, code, dice.choice(called) if code in seen else called[0], quantity, moment, each, customer, country))
        seen.add(code)
    if dice.random() < 0.06:
        rows.append(rows[0])  # the same line twice is two lines
    if len(rows) > 1 and dice.random() < 0.06:
        rows.append((name, rows[0][1], "", -dice.randrange(1, 30), moment, "0", customer, country))  # damaged goods
    return rows
