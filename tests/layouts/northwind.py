"""A trader of foods with the column names of Microsoft's Northwind: an order's lines have a rate of discount, its freight is
of the whole order, suppliers are optional, and what is not known is NULL. All rows are made up."""

import datetime
import random

from layouts.table import Text

CATEGORIES = ["Beverages", "Condiments", "Confections", "Dairy Products", "Grains/Cereals", "Produce", "Seafood"]
PLACES = [  # city, region, postal code, country; most have no region
    ("Berlin", "", "12209", "Germany"), ("México D.F.", "", "05021", "Mexico"), ("Luleå", "", "S-958 22", "Sweden"),
    ("Madrid", "", "28023", "Spain"), ("London", "", "WA1 1DP", "UK"), ("Cowes", "Isle of Wight", "PO31 7PJ", "UK"),
    ("Tsawassen", "BC", "T2F 8M4", "Canada"), ("Montréal", "Québec", "H1J 1C3", "Canada"), ("São Paulo", "SP", "05432-043", "Brazil"),
    ("Rio de Janeiro", "RJ", "02389-673", "Brazil"), ("Eugene", "OR", "97403", "USA"), ("Portland", "OR", "97201", "USA"),
    ("Portland", "ME", "04101", "USA"), ("Cork", "Co. Cork", "", "Ireland"), ("Århus", "", "8200", "Denmark"),
]
NAMES = ["Alte Feinkost", "Comércio do Sul", "Wellington's", "Café Ølga", "Blondel, père et fils", "Nord/Ost", "\"Sundries\" Ltd", "Maïson"]
FOODS = ["Chai", "Aniseed Syrup", "Jack's Chowder", "Queso Manchego", "Pâté chinois", "Röd Kaviar", "Gnocchi, fresh", "Côte de Blaye"]


def write(folder, *, seed=1, orders=700, text=Text(), suppliers=True):
    dice = random.Random(f"northwind {seed}")
    put = lambda name, header, rows: text.write(folder / f"{name}.csv", header, [["NULL" if cell == "" else cell for cell in row] for row in rows])
    days = lambda day: text.day(day) if day else ""
    customers = [customer(dice, n) for n in range(70)]
    products = [product(dice, n) for n in range(1, 58)]
    made = [order(dice, n, customers) for n in range(orders)]
    put("categories", "category_id,category_name,description",
        [(n, name, f'All sorts of {name},\nthe "best"' if n % 2 else "") for n, name in enumerate(CATEGORIES, 1)])
    put("customers", "customer_id,company_name,contact_name,contact_title,address,city,region,postal_code,country,phone,fax", customers)
    put("products", "product_id,product_name,supplier_id,category_id,quantity_per_unit,unit_price,units_in_stock,units_on_order,"
        "reorder_level,discontinued", products)
    put("orders", "order_id,customer_id,employee_id,order_date,required_date,shipped_date,ship_via,freight,ship_name,ship_address,"
        "ship_city,ship_region,ship_postal_code,ship_country",
        [(i, who, dice.randint(1, 9), days(at), days(due), days(sent), dice.randint(1, 3), f"{dice.randint(2, 90_000) / 100:.2f}", *rest)
         for i, who, at, due, sent, *rest in made])
    put("order_details", "order_id,product_id,unit_price,quantity,discount", [line for i, *_ in made for line in lines(dice, i, products)])
    if suppliers:
        put("suppliers", "supplier_id,company_name,contact_name,contact_title,address,city,region,postal_code,country,phone,fax,homepage",
            [supplier(dice, n) for n in range(1, 13)])
    return folder


def customer(dice, number):
    name = f"{dice.choice(NAMES)} {number}"
    return (f"C{chr(65 + number % 26)}{number:03}", name, "Ann Ångström", "Owner", f"{number} Main St., 2nd floor",
            *dice.choice(PLACES), "(5) 555-4729", "")


def supplier(dice, number):
    return (number, f"Supplier {dice.choice(NAMES)}", "", "", "", *dice.choice(PLACES), "", "", "")


def product(dice, number):
    """Some have no category, some no supplier."""
    maker = "" if number % 19 == 0 else dice.randint(1, 12)
    category = "" if number % 23 == 0 else dice.randint(1, len(CATEGORIES))
    return (number, f"{dice.choice(FOODS)} {number}", maker, category, "10 boxes x 20 bags", f"{dice.randint(250, 26_000) / 100:.4f}",
            dice.randint(0, 120), 0, 25, int(number % 11 == 0))


def order(dice, number, customers):
    """Mostly to where the customer is; some are not sent yet."""
    who = customers[min(dice.randrange(68), dice.randrange(68))]
    at = datetime.date(2022, 7, 4) + datetime.timedelta(number + dice.randrange(4))
    sent = at + datetime.timedelta(dice.randrange(1, 30)) if dice.random() < 0.95 else None
    place = who[5:9] if dice.random() < 0.85 else dice.choice(PLACES)
    return 10248 + number, who[0], at, at + datetime.timedelta(28), sent, who[1], who[4], *place


def lines(dice, number, products):
    """Each product once an order. A price is that of its day, a rate is text of one to three digits."""
    for place in sorted(dice.sample(range(55), dice.choice([1, 2, 2, 3, 3, 4, 6]))):
        price = float(products[place][5]) * dice.choice([1, 1, 0.8])
        yield number, products[place][0], f"{price:.2f}", dice.choice([1, 2, 5, 10, 12, 30, 120]), dice.choice(["0", "0", "0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.125"])
