"""A French chain of shops: three files of a till, in the French forms of numbers and days."""

import datetime
import random

from layouts.table import Text

EXCEL = Text(encoding="cp1252", delimiter=";", decimal=",", end="\r\n", days="%d/%m/%Y")
EXPORT = Text(encoding="utf-8", delimiter=",", decimal=",", mark=True)

# Two shops of one town, and names that need quotes in one file or the other.
TOWNS = ["Paris", "Saint-Étienne", "Orléans", "Besançon", "Paris", "L'Haÿ-les-Roses", "Nîmes", "Mâcon; gare", "Châtillon, centre"]
THINGS = ["Café moulu", "Assiette", "Bol à thé", "Crème brûlée", "Nappe", "Théière", "Bougie", "Cœur de pain d'épices", "Pâté, pot de 180 g"]
KINDS = ["", " «Provence»", ' "maison"', " ; lot de 6", " 12,5 cm", "\n(fin de série)", " été"]


def write(folder, *, seed=1, orders=1500, text=EXCEL, revenue=True):
    """revenue: whether sales have the column chiffre_affaires, which is filled for some of them."""
    dice = random.Random(f"pme {seed}")
    products = [(f"P{n:03}", dice.choice(THINGS) + dice.choice(KINDS), dice.randint(95, 24_000) / 100) for n in range(1, 61)]
    text.write(folder / "produits.csv", "id_produit,nom,prix", [(i, n, text.number(f"{p:.2f}")) for i, n, p in products])
    text.write(folder / "magasins.csv", "id_magasin,ville", [(f"M{n}", town) for n, town in enumerate(TOWNS, 1)])
    header = "id_vente,id_produit,id_magasin,date_vente,quantité" + ",chiffre_affaires" * revenue
    rows = [sale(dice, number, products, text) for number in range(1, orders + 1)]
    text.write(folder / "ventes.csv", header, rows if revenue else [row[:-1] for row in rows])
    return folder


def sale(dice, number, products, text):
    # The first eight are sold most, the last four never: another five are only ever brought back.
    returned = dice.random() < 0.02
    place = dice.randrange(51, 56) if returned else min(dice.randrange(51), dice.randrange(51))
    product, _, price = products[place]
    quantity = -1 if returned else dice.choice([1, 1, 1, 1, 2, 2, 3, 6, 12])
    day = datetime.date(2022, 3, 5) + datetime.timedelta(dice.randrange(800))
    paid = None
    if dice.random() < 0.6:
        # In cents: at the price on the label, at a lower one, and now and then at a higher one.
        paid = round(price * 100) * quantity * dice.choice([100, 100, 95, 90, 80, 50, 103]) // 100
        paid = text.number(f"{paid / 100:.2f}")
    shop = f"M{dice.choice([1, 1, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9])}"
    return f"V{number:06}", product, shop, text.day(day), quantity, text.number(paid)
