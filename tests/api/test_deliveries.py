"""The usual mistakes with deliveries, sellers, payments and reviews, on a shop small enough to work out by hand.

Its clock is that of São Paulo, three hours behind UTC. All orders were placed on 2022-03-01; promised and delivered:
  O1  S1, S2  2022-03-10  2022-03-10 23:30, in UTC on the 11th   on time; paid in two types; 111 km from the farther seller
  O2  S1      2022-03-10  2022-03-11 00:30                       late; two reviews, of which the later counts
  O3  S3      2022-03-10  (never)                                overdue; nobody knows where S3 is
  O4  S1      (nothing)   2022-03-05                             neither on time nor late
  O5  S1      2022-03-10  2022-03-20                             cancelled, though it came, and late
  O6  (no one) 2022-03-12 2022-03-12 12:00                       on time; no payment, no review"""

import pytest

import harness
from oracle.oracle import read_json

FILES = {
    "locations": """location_id,city,state,region,country,postal_code,latitude,longitude
        L1,Null Island,,West,,,0,0
        L2,One East,,East,,,0,1
        L3,Nowhere,,East,,,,""",
    "customers": """customer_id,name,segment,location_id
        ANN,Ann,Consumer,L1
        BOB,Bob,Corporate,L1""",
    "products": """product_id,name,category,subcategory,cost,weight_g
        DESK,Desk,Furniture,Tables,60,20000
        PEN,Pen,Office,Pens,2,10""",
    "sellers": """seller_id,name,location_id
        S1,One,L1
        S2,Two,L2
        S3,Three,L3""",
    "orders": """order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode
        O1,ANN,,2022-03-01 22:00:00,,2022-03-11T02:30:00Z,2022-03-10,delivered,
        O2,ANN,,2022-03-01 09:00:00,,2022-03-11 00:30:00,2022-03-10,delivered,
        O3,BOB,,2022-03-01 09:00:00,,,2022-03-10,shipped,
        O4,ANN,,2022-03-01 09:00:00,,2022-03-05,,delivered,
        O5,ANN,,2022-03-01 09:00:00,,2022-03-20 09:00:00,2022-03-10,cancelled,
        O6,ANN,L2,2022-03-01 09:00:00,,2022-03-12 12:00:00,2022-03-12,delivered,""",
    "order_items": """order_id,product_id,seller_id,quantity,unit_price,discount,freight
        O1,DESK,S1,1,90,0,7
        O1,PEN,S2,2,5,0,3
        O2,DESK,S1,1,100,0,5
        O3,DESK,S3,1,40,0,5
        O4,PEN,S1,1,5,0,1
        O5,DESK,S1,1,100,0,7
        O6,PEN,,1,5,0,2""",
    "payments": """order_id,sequence,type,installments,value
        O1,1,credit_card,4,60
        O1,2,voucher,0,30
        O1,3,voucher,,20
        O2,1,credit_card,1,105
        O3,1,,2,45
        O5,1,voucher,1,107""",
    "reviews": """review_id,order_id,score,created_at
        R1,O1,5,2022-03-11 09:00:00
        R2,O2,1,2022-03-09 09:00:00
        R3,O2,2,2022-03-12 09:00:00
        R4,O3,3,2022-03-20 09:00:00
        R5,O5,1,2022-03-20 09:00:00""",
}


@pytest.fixture(scope="module")
def shop(engine_uri, new_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deliveries")
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text("".join(line.strip() + "\n" for line in text.splitlines()))
    database = new_database("deliveries")
    harness.load(engine_uri, database, folder, options=["--timezone", "America/Sao_Paulo"])
    with harness.Server(engine_uri, database) as server:
        yield server


@pytest.fixture(scope="module")
def ask(shop):
    def ask(kpi, **request):
        answer = shop.get(f"/v1/kpis/{kpi}", params=request)
        assert answer.status_code == 200, answer.text
        return read_json(answer.text)["data"]

    return ask


@pytest.fixture(scope="module")
def row(ask):
    def row(kpi, key, value, **request):
        """The one row of a list whose key has the value."""
        (found,) = [row for row in ask(kpi, **request) if row[key] == value]
        return found

    return row


def number(text):
    return read_json(text)


def test_late_is_a_day_after_the_estimated_day_by_the_clock_of_the_shop(ask):
    assert ask("on-time-rate") == [{"on_time_rate": number("0.666667"), "on_time_orders": 2, "late_orders": 1, "judged_orders": 3}]


def test_an_undelivered_order_is_in_neither_numerator_nor_denominator(ask):
    assert ask("on-time-rate", customer="BOB") == [{"on_time_rate": None, "on_time_orders": 0, "late_orders": 0, "judged_orders": 0}]


def test_an_order_that_was_promised_for_no_day_is_neither_on_time_nor_late(ask):
    assert [row["orders"] for row in ask("delivery-time", seller="S1")] == [3]
    assert ask("on-time-rate", seller="S1")[0]["judged_orders"] == 2


def test_days_of_delivery_are_calendar_days(ask, row):
    """9, 10 and 4 days in the West; 11 in the East. Of three the middle one, and nine in ten of three are all three."""
    west = {"region": "West", "mean_days": number("7.666667"), "median_days": 9, "p90_days": 10, "days": 23, "orders": 3}
    east = {"region": "East", "mean_days": 11, "median_days": 11, "p90_days": 11, "days": 11, "orders": 1}
    assert ask("delivery-time") == [west, east]
    assert row("delivery-time", "region", "West", seller="S1", category="Furniture")["median_days"] == number("9.5")


def test_distance_is_from_the_farthest_seller_and_one_that_is_not_known_has_a_row_of_its_own(ask):
    rows = [(row["distance"], row["from_km"], row["to_km"], row["orders"]) for row in ask("delivery-distance")]
    assert rows == [(None, None, None, 2), ("under 50 km", 0, 50, 2), ("100 to 250 km", 100, 250, 1)]


def test_ratios_by_distance_have_denominators_of_their_own(row):
    near = row("delivery-distance", "from_km", 0)
    assert (near["mean_days"], near["delivered_orders"]) == (7, 2)
    assert (near["late_rate"], near["late_orders"], near["judged_orders"]) == (1, 1, 1)
    assert (near["mean_freight"], near["freight"]) == (3, 6)
    unknown = row("delivery-distance", "from_km", None, customer="BOB")
    assert (unknown["mean_days"], unknown["late_rate"], unknown["mean_freight"]) == (None, None, 5)


def test_every_order_has_a_status_also_those_that_do_not_count(ask, row):
    assert [(r["status"], r["counted"], r["orders"]) for r in ask("order-status")] == [
        ("delivered", True, 4), ("cancelled", False, 1), ("shipped", True, 1)]
    cancelled = row("order-status", "status", "cancelled")
    assert (cancelled["sales"], cancelled["order_rate"]) == (100, number("0.166667"))
    assert (cancelled["cancellation_rate"], cancelled["cancelled_orders"], cancelled["all_orders"]) == (number("0.166667"), 1, 6)
    assert ask("total-sales") == [{"sales": 100 + 100 + 40 + 5 + 5}]


def test_an_order_over_two_categories_has_one_status_and_one_delivery(row, ask):
    both = {"category": ["Furniture", "Office"]}
    assert row("order-status", "status", "delivered", **both)["orders"] == 4
    assert row("order-status", "status", "delivered", **both)["sales"] == 210
    assert ask("on-time-rate", **both) == ask("on-time-rate")
    assert ask("payment-mix", **both) == ask("payment-mix")
    assert ask("review-score", **both) == ask("review-score")


def test_an_order_of_two_sellers_counts_once_for_each_with_the_sales_of_each(ask, row):
    assert {r["seller"]: (r["orders"], r["sales"], r["units"]) for r in ask("seller-performance")} == {
        "S1": (3, 195, 3), "S2": (1, 10, 2), "S3": (1, 40, 1)}
    assert row("seller-performance", "seller", "S2")["review_score"] == 5


def test_a_cancelled_order_is_in_the_cancellation_rate_of_its_seller_and_in_nothing_else(row):
    one = row("seller-performance", "seller", "S1")
    assert (one["cancellation_rate"], one["cancelled_orders"], one["all_orders"]) == (number("0.25"), 1, 4)
    assert (one["late_rate"], one["late_orders"], one["judged_orders"]) == (number("0.5"), 1, 2)
    assert (one["mean_days"], one["days"], one["delivered_orders"]) == (number("7.666667"), 23, 3)
    assert (one["review_score"], one["stars"], one["reviewed_orders"]) == (number("3.5"), 7, 2)


def test_a_seller_without_deliveries_or_reviews_has_ratios_of_null(row):
    two = row("seller-performance", "seller", "S3", status=["shipped", "paid"], category="Furniture")
    assert (two["mean_days"], two["late_rate"], two["review_score"]) == (None, None, 3)
    assert row("seller-performance", "seller", "S1", status="cancelled") | {"name": ""} == {
        "seller": "S1", "name": "", "sales": 0, "orders": 0, "units": 0, "mean_days": None, "days": 0, "delivered_orders": 0,
        "late_rate": None, "late_orders": 0, "judged_orders": 0, "cancellation_rate": 1, "cancelled_orders": 1, "all_orders": 1,
        "review_score": None, "stars": 0, "reviewed_orders": 0}


def test_payments_do_not_multiply_sales_and_an_order_counts_once_in_each_type(ask, row):
    assert ask("total-sales", customer="ANN") == [{"sales": 210}]
    card = row("payment-mix", "payment_type", "credit_card")
    assert (card["value"], card["all_value"], card["value_rate"], card["orders"]) == (165, 260, number("0.634615"), 2)
    voucher = row("payment-mix", "payment_type", "voucher")
    assert (voucher["value"], voucher["orders"], voucher["payments"]) == (50, 1, 2)
    assert row("payment-mix", "payment_type", None)["value"] == 45


def test_installments_are_the_mean_of_those_payments_that_have_some(row):
    """0 of them is as good as none."""
    card, voucher = (row("payment-mix", "payment_type", type) for type in ("credit_card", "voucher"))
    assert (card["mean_installments"], card["installments"], card["installment_payments"]) == (number("2.5"), 5, 2)
    assert (voucher["mean_installments"], voucher["installments"], voucher["installment_payments"]) == (None, 0, 0)


def test_a_filter_on_lines_takes_whole_payments_of_the_orders_that_hold_one(ask):
    assert [(r["payment_type"], r["value"], r["orders"]) for r in ask("payment-mix", seller="S2")] == [
        ("credit_card", 60, 1), ("voucher", 50, 1)]


def test_the_review_that_counts_is_the_latest_and_reviews_are_told_apart_by_delivery(ask):
    rows = {r["delivery"]: (r["review_score"], r["reviewed_orders"], [r[f"score_{n}"] for n in range(1, 6)]) for r in ask("review-score")}
    assert rows == {"on_time": (5, 1, [0, 0, 0, 0, 1]), "late": (2, 1, [0, 1, 0, 0, 0]), "unknown": (3, 1, [0, 0, 1, 0, 0])}
    assert {(r["all_review_score"], r["all_stars"], r["all_reviewed_orders"]) for r in ask("review-score")} == {(number("3.333333"), 10, 3)}


LISTS = "delivery-distance delivery-time order-status seller-performance payment-mix review-score".split()


@pytest.mark.parametrize("kpi", LISTS)
def test_nothing_asked_for_is_an_empty_list(ask, kpi):
    assert ask(kpi, region="Atlantis") == []
