"""Rows that must be rejected, put among the good ones of a folder, as kpi-sample's --dirty does for the native layout."""

import dataclasses
import random

from layouts import olist, online_retail, pme
from layouts.table import Text

SUPERSTORE = Text(encoding="cp1252", end="\r\n")


@dataclasses.dataclass(frozen=True)
class Bad:
    """A row like a good one of its file, but for some columns; or one of the given bytes."""

    file: str
    reason: str
    column: str | None  # that is named in the reject
    changes: dict = dataclasses.field(default_factory=dict)
    cut: int | None = None  # fields left of it
    more: int = 0  # fields added to it
    byte: bytes = b""  # put into the column, in place of a {}


def forms(file, column, key):
    """What can be wrong with a row of any file: its form, its bytes, its key."""
    return [
        Bad(file, "too_few_columns", None, cut=1),
        Bad(file, "too_many_columns", None, more=2),
        Bad(file, "bad_encoding", column, {column: "a{}b"}, byte=b"\0"),
        Bad(file, "missing_key", key, {key: "  "}),
    ]


def orders(file, key, date, others):
    """A row of orders with a key of its own and one wrong value; rows of them have nothing but that wrong."""
    return [Bad(file, reason, column, {key: f"new {n}", column: value}) for n, (reason, column, value) in enumerate([
        ("bad_date", date, "2023-02-30"), ("bad_date", date, "soon"), ("missing_value", date, ""), *others])]


CUSTOMERS, GEOLOCATION, ITEMS, PAYMENTS, REVIEWS, ORDERS, PRODUCTS, SELLERS = (
    f"olist_{name}_dataset.csv"
    for name in "customers geolocation order_items order_payments order_reviews orders products sellers".split()
)
ROWS = {
    "olist": [
        *forms(CUSTOMERS, "customer_city", "customer_unique_id"),
        *forms(SELLERS, "seller_city", "seller_id"),
        *forms(PRODUCTS, "product_category_name", "product_id"),
        Bad(PRODUCTS, "bad_number", "product_weight_g", {"product_id": "new", "product_weight_g": "heavy"}),
        *forms(ORDERS, "order_status", "order_id"),
        *orders(ORDERS, "order_id", "order_purchase_timestamp", [
            ("bad_value", "order_status", "teleported"), ("missing_value", "order_status", ""),
            ("bad_date", "order_delivered_customer_date", "2023-13-01 10:00:00"), ("bad_date", "order_estimated_delivery_date", "-"),
        ]),
        Bad(ORDERS, "duplicate_key", "order_id", {"order_purchase_timestamp": "2001-01-01 00:00:00"}),
        *forms(ITEMS, "shipping_limit_date", "order_id"),
        Bad(ITEMS, "unknown_reference", "order_id", {"order_id": "new 0"}),
        Bad(ITEMS, "unknown_reference", "order_id", {"order_id": "none"}),
        Bad(ITEMS, "unknown_reference", "product_id", {"product_id": "none"}),
        Bad(ITEMS, "unknown_reference", "seller_id", {"seller_id": "none"}),
        Bad(ITEMS, "bad_number", "price", {"price": "12,50"}),
        Bad(ITEMS, "missing_value", "price", {"price": ""}),
        Bad(ITEMS, "negative_price", "price", {"price": "-0.01"}),
        Bad(ITEMS, "bad_number", "freight_value", {"freight_value": "free"}),
        *forms(PAYMENTS, "payment_type", "order_id"),
        Bad(PAYMENTS, "unknown_reference", "order_id", {"order_id": "none"}),
        Bad(PAYMENTS, "missing_value", "payment_value", {"payment_value": "", "payment_sequential": "77"}),
        Bad(PAYMENTS, "bad_number", "payment_installments", {"payment_installments": "many", "payment_sequential": "77"}),
        Bad(PAYMENTS, "duplicate_key", "payment_sequential", {"payment_value": "0.01"}),
        *forms(REVIEWS, "review_comment_message", "review_id"),
        Bad(REVIEWS, "unknown_reference", "order_id", {"order_id": "none"}),
        Bad(REVIEWS, "bad_value", "review_score", {"review_id": "new", "review_score": "0"}),
        Bad(REVIEWS, "bad_value", "review_score", {"review_id": "new", "review_score": "6"}),
        Bad(REVIEWS, "bad_date", "review_creation_date", {"review_id": "new", "review_creation_date": "2023-06-31 00:00:00"}),
        Bad(REVIEWS, "duplicate_key", "review_id", {"review_creation_date": "2001-01-01 00:00:00"}),
    ],
    "superstore": [
        *forms("superstore.csv", "Product Name", "Order ID"),
        Bad("superstore.csv", "bad_encoding", "City", {"City": "Montr{}al"}, byte=b"\x81"),
        Bad("superstore.csv", "missing_key", "Customer ID", {"Customer ID": ""}),
        Bad("superstore.csv", "missing_key", "Product ID", {"Product ID": ""}),
        Bad("superstore.csv", "bad_date", "Ship Date", {"Order ID": "new", "Ship Date": "2/30/2023"}),
        Bad("superstore.csv", "bad_date", "Order Date", {"Order ID": "new", "Order Date": "31/12/2023"}),
        Bad("superstore.csv", "missing_value", "Sales", {"Sales": ""}),
        Bad("superstore.csv", "bad_number", "Profit", {"Profit": "1.2.3"}),
        Bad("superstore.csv", "bad_number", "Quantity", {"Quantity": "two"}),
        Bad("superstore.csv", "bad_value", "Quantity", {"Quantity": "0"}),
        Bad("superstore.csv", "bad_value", "Discount", {"Discount": "1.5"}),
    ],
    "pme": [
        *forms("produits.csv", "nom", "id_produit"),
        Bad("produits.csv", "bad_number", "prix", {"id_produit": "new", "prix": "1,2,3"}),
        Bad("produits.csv", "duplicate_key", "id_produit", {"nom": "Autre chose"}),
        *forms("magasins.csv", "ville", "id_magasin"),
        *forms("ventes.csv", "date_vente", "id_vente"),
        *orders("ventes.csv", "id_vente", "date_vente", [
            ("unknown_reference", "id_produit", "none"), ("unknown_reference", "id_magasin", "none"),
            ("missing_key", "id_produit", ""), ("bad_number", "quantité", "1,5"), ("bad_value", "quantité", "0"),
            ("missing_value", "quantité", ""), ("bad_number", "chiffre_affaires", "douze"),
        ]),
    ],
    "online-retail": [
        *forms("online_retail.csv", "Description", "InvoiceNo"),
        Bad("online_retail.csv", "missing_key", "StockCode", {"StockCode": ""}),
        Bad("online_retail.csv", "bad_date", "InvoiceDate", {"InvoiceNo": "new", "InvoiceDate": "2/29/2023 10:00"}),
        Bad("online_retail.csv", "missing_value", "InvoiceDate", {"InvoiceNo": "new", "InvoiceDate": ""}),
        Bad("online_retail.csv", "bad_number", "UnitPrice", {"UnitPrice": "1,5"}),
        Bad("online_retail.csv", "missing_value", "UnitPrice", {"UnitPrice": ""}),
        Bad("online_retail.csv", "bad_number", "Quantity", {"Quantity": "a dozen"}),
    ],
    "jaffle-shop": [
        *forms("raw_customers.csv", "name", "id"),
        *forms("raw_stores.csv", "name", "id"),
        *forms("raw_products.csv", "description", "sku"),
        Bad("raw_products.csv", "bad_number", "price", {"sku": "new", "price": "$11"}),
        *forms("raw_orders.csv", "customer", "id"),
        *orders("raw_orders.csv", "id", "ordered_at", [("unknown_reference", "customer", "none"), ("unknown_reference", "store_id", "none")]),
        *forms("raw_items.csv", "sku", "order_id"),
        Bad("raw_items.csv", "unknown_reference", "order_id", {"id": "new 1", "order_id": "none"}),
        Bad("raw_items.csv", "unknown_reference", "sku", {"id": "new 2", "sku": "none"}),
    ],
}
TEXTS = {"superstore": SUPERSTORE, "pme": pme.EXCEL, "online-retail": online_retail.FIRST}


def spoil(folder, layout, seed=1):
    """Returns what must be rejected beside what the folder had already: by file and line, the reason and the column."""
    dice = random.Random(f"dirty {layout} {seed}")
    text = TEXTS.get(layout, olist.PLAIN)
    rejects = {}
    for name in sorted({bad.file for bad in ROWS[layout]}):
        header, good = text.read(folder / name)
        records = [text.bytes([header]), *(text.bytes([row]) for row in good)]
        placed = []
        for bad in [bad for bad in ROWS[layout] if bad.file == name]:
            # Behind the row that it is like: the first of two with one key is the good one.
            like = dice.choice(good)
            place = records.index(text.bytes([like]), 1) + 1
            records.insert(place, written(bad, dict(zip(header, like)), text))
            placed.append((bad, records[place]))
        (folder / name).write_bytes(b"".join(records))
        for bad, record in placed:
            at = next(n for n, other in enumerate(records) if other is record)
            line = 1 + b"".join(records[:at]).count(b"\n")
            rejects[name, line] = bad.reason, bad.column
    return rejects


def written(bad, row, text):
    cells = list((row | bad.changes).values())
    cells = cells[: bad.cut] if bad.cut else cells + ["x"] * bad.more
    return text.bytes([cells]).replace(b"{}", bad.byte)
