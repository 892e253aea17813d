"""kpi-sample's olist layout, made more like the real one: its places are in Brazil, its rows in no order, and it has those
habits of the real files that the sample has not, or has too seldom to be met in a small shop."""

import random

import harness
from layouts.table import Text

PLAIN, TRANSLATION = Text(), Text(end="\r\n", mark=True)
STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()
MESSAGE = 'Chegou "quase" no prazo;\r\n\r\nmas veio, enfim,\n""trocado""'


def write(folder, *, seed=1, orders=1500):
    harness.generate(folder, orders=orders, seed=seed, layout="olist")
    dice = random.Random(f"olist {seed}")
    change(folder, dice, "olist_customers_dataset", customers)
    change(folder, dice, "olist_sellers_dataset", brazilian(3))
    change(folder, dice, "olist_geolocation_dataset", geolocation)
    change(folder, dice, "olist_products_dataset", products)
    change(folder, dice, "olist_order_items_dataset", items)
    change(folder, dice, "olist_order_payments_dataset", payments)
    change(folder, dice, "olist_order_reviews_dataset", reviews)
    change(folder, dice, "olist_orders_dataset", orders_delivered)
    change(folder, dice, "product_category_name_translation", lambda dice, rows: rows[1:], TRANSLATION)
    return folder


def change(folder, dice, name, how, text=PLAIN):
    header, rows = text.read(folder / f"{name}.csv")
    rows = how(dice, rows)
    if how is not geolocation:  # of which the first row of a zip is the one that counts
        dice.shuffle(rows)
    text.write(folder / f"{name}.csv", ",".join(header), rows)


def state(zip_, code):
    """The same for a zip and its American state, so that files still agree."""
    return STATES[sum(map(ord, zip_[:3] + code)) % len(STATES)]


def brazilian(column):
    """Gives rows a state of Brazil; zip, city and state are columns in a row."""
    return lambda _, rows: [[*row[:column], state(row[column - 2], row[column]), *row[column + 1 :]] for row in rows]


def customers(dice, rows):
    """A person who moved, and cities with an apostrophe."""
    rows = brazilian(4)(dice, rows)
    for row in dice.sample(rows, len(rows) // 12):
        row[2:5] = dice.choice([["53990", "santa barbara d'oeste", "SP"], ["01037", "são paulo", "SP"], ["01037", "sao paulo", "SP"]])
    return rows


def geolocation(dice, rows):
    """The zip 53990 has no row, as some have none; rows of one zip keep their order but lie apart."""
    rows = brazilian(4)(dice, rows) + [["01037", "-23.54562128115268", "-46.63929204800168", "são paulo", "SP"]]
    return rows + [list(row) for row in dice.sample(rows, len(rows) // 5)]


def products(dice, rows):
    for row in dice.sample(rows, 8):
        row[1:5] = [""] * 4
    for row in dice.sample(rows, 2):
        row[5:9] = [""] * 4
    return rows


def orders_delivered(dice, rows):
    """Delivered, but nobody knows when; delivered, and cancelled all the same."""
    delivered = [row for row in rows if row[2] == "delivered" and row[6]]
    for row in dice.sample(delivered, max(2, len(rows) // 200)):
        row[6] = ""
    for row in dice.sample([row for row in delivered if row[6]], max(2, len(rows) // 200)):
        row[2] = "canceled"
    return rows


def without(dice, rows, share):
    """Leaves out all rows of some orders."""
    gone = set(dice.sample(sorted({row[0] for row in rows}), int(share * len(rows))))
    return [row for row in rows if row[0] not in gone]


def items(dice, rows):
    """More orders of nothing, and lines in any order."""
    return without(dice, rows, 0.004)


def payments(dice, rows):
    """No instalments, nothing paid, a type that nobody defined; an order that no payment is known of."""
    rows = without(dice, rows, 0.002)
    for row in dice.sample(rows, 6):
        row[3] = "0"
    for row in dice.sample(rows, 6):
        row[2:5] = ["not_defined", "1", "0.00"]
    return rows


def reviews(dice, rows):
    """A second and a third review of an order, and one that is word for word that of another order."""
    rows = without(dice, rows, 0.02)
    again = dice.sample(rows, 30)
    orders = [row[1] for row in dice.sample(rows, 30)]
    second = [[f"{n:032x}", row[1], str(dice.randint(1, 5)), "", MESSAGE, row[5], row[6]] for n, row in enumerate(again)]
    third = [[f"{n + 100:032x}", *row[1:5], f"2030-01-{n + 1:02} 00:00:00", row[6]] for n, row in enumerate(second[:9])]
    shared = [[row[0], order, *row[2:]] for row, order in zip(again, orders) if row[1] != order]
    return rows + second + third + shared
