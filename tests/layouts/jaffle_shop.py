"""A chain of sandwich shops: the raw tables that the jaffle-shop project for dbt seeds, with money in cents."""

import datetime
import random
import uuid

from layouts.table import Text

MENU = [  # sku, name, type, price, description
    ("JAF-001", "nutellaphone who dis?", "jaffle", 1100, "nutella and banana jaffle"),
    ("JAF-002", "doctor stew", "jaffle", 1100, "house-made beef stew jaffle"),
    ("JAF-003", "the krautback", "jaffle", 1200, "lamb and pork bratwurst, with \"house\" sauerkraut"),
    ("JAF-004", "flame impala", "jaffle", 1450, "pulled pork,\nand pineapple"),
    ("JAF-005", "mel-bun", "jaffle", 1205, "melon and minced beef bao"),
    ("BEV-001", "tangaroo", "beverage", 600, "mango and tangerine smoothie"),
    ("BEV-002", "chai and mighty", "beverage", 500, "oatmilk chai latte with protein boost"),
    ("BEV-003", "vanilla ice", "beverage", 650, ""),
    ("BEV-004", "for richer or pourover", "beverage", 705, "daily selection of single estate beans, à la carte"),
    ("BEV-005", "adele-ade", "beverage", 400, "a kiwi and lime agua fresca, hello from the other side of thirst"),
    ("MER-001", "Café mug", "", 1999, "of no type, and nobody bought one"),
]
SUPPLIES = [  # id, name, cost; whether it is perishable; of which products. Nothing is known of the costs of BEV-005.
    ("SUP-001", "compostable cutlery - knife", 7, False, "JAF-001 JAF-002 JAF-003 JAF-004 JAF-005"),
    ("SUP-002", "cutlery - fork", 7, False, "JAF-001 JAF-002 JAF-003 JAF-004 JAF-005"),
    ("SUP-003", "serving boat", 11, False, "JAF-001 JAF-002 JAF-003 JAF-004 JAF-005"),
    ("SUP-004", "napkin, \"large\"", 4, False, "JAF-001 JAF-002 JAF-003 JAF-004 JAF-005"),
    ("SUP-005", "16oz compostable clear cup", 13, False, "BEV-001 BEV-002 BEV-003 BEV-004"),
    ("SUP-009", "bread", 33, True, "JAF-001 JAF-002 JAF-003 JAF-004"),
    ("SUP-011", "nutella", 46, True, "JAF-001"),
    ("SUP-012", "banana", 13, True, "JAF-001 BEV-001"),
    ("SUP-013", "beef stew", 169, True, "JAF-002"),
    ("SUP-014", "lamb and pork bratwurst", 234, True, "JAF-003"),
    ("SUP-017", "mango", 32, True, "BEV-001"),
    ("SUP-021", "coffee", 0, True, "BEV-004"),
]
STORES = [("Philadelphia", "2021-09-01", "0.06"), ("Brooklyn", "2022-03-12", "0.04"), ("San José", "2023-04-29", "0.0775"), ("Los Angeles", "2030-01-01", "0.08")]


def write(folder, *, seed=1, orders=1200, text=Text(), supplies=True):
    dice = random.Random(f"jaffle shop {seed}")
    id_ = lambda: str(uuid.UUID(int=dice.getrandbits(128), version=4))
    people = [(id_(), name(dice)) for _ in range(90)]
    stores = [(id_(), *store) for store in STORES]
    sold = [(id_(), *order) for order in visits(dice, orders, people, stores)]
    prices = {sku: price for sku, _, _, price, _ in MENU}
    text.write(folder / "raw_customers.csv", "id,name", people)
    text.write(folder / "raw_stores.csv", "id,name,opened_at,tax_rate",
               [(store, town, f"{opened}T00:00:00", rate) for store, town, opened, rate in stores])
    text.write(folder / "raw_products.csv", "sku,name,type,price,description", MENU)
    text.write(folder / "raw_orders.csv", "id,customer,ordered_at,store_id,subtotal,tax_paid,order_total",
               [(order, who, at.isoformat(), store, *paid(sum(prices[sku] for sku in skus), rate))
                for order, who, at, (store, _, _, rate), skus in sold])
    text.write(folder / "raw_items.csv", "id,order_id,sku", [(id_(), order, sku) for order, *_, skus in sold for sku in skus])
    if supplies:
        text.write(folder / "raw_supplies.csv", "id,name,cost,perishable,sku",
                   [(i, what, cost, perishable, sku) for i, what, cost, perishable, skus in SUPPLIES for sku in skus.split()])
    return folder


def name(dice):
    first = dice.choice(["Jose", "Zoë", "Marie-Ève", "Sean", "D'Arcy", "Renée", "Ng", "Melissa"])
    return f"{first} {dice.choice(['Hale', 'O’Neil', 'Müller, Jr.', 'Ødegård', 'Castillo', 'Lee'])}"


def paid(subtotal, rate):
    tax = round(subtotal * float(rate))
    return subtotal, tax, subtotal + tax


def visits(dice, count, people, stores):
    """Some people come every week, some once; the last store is not open yet. Orders of nothing happen."""
    for _ in range(count):
        at = datetime.datetime(2021, 9, 1, 7) + datetime.timedelta(days=dice.randrange(1000), minutes=dice.randrange(840))
        who = people[min(dice.randrange(85), dice.randrange(85), dice.randrange(85))][0]
        open_ = [store for store in stores if store[2] <= at.date().isoformat()]
        skus = [dice.choice(MENU[:-1])[0] for _ in range(dice.choice([0, 1, 1, 1, 1, 2, 2, 3, 5]) if dice.random() < 0.2 else 1)]
        yield who, at, dice.choice(open_), skus
