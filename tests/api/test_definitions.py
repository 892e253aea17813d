"""The usual mistakes of such APIs, on a shop small enough to work out by hand.

Orders (lines as product × quantity @ price − discount):
  A1  Ann  West  2024-01-10  delivered   desk 1 @ 100, pen 2 @ 5 − 1, pen 1 @ 5     two categories; the pen on two lines
  A2  Ann  West  2024-01-10  delivered   pen 1 @ 5                                  the same day as A1
  B1  Bob  West  2024-02-01  returned    desk 1 @ 100, desk −1 @ 100                a return that undoes the sale
  B2  Bob  East  2024-03-05  delivered   mug 3 @ 10 − 3                             delivered elsewhere; the mug's cost is unknown
  C1  Cat  East  2024-03-06  cancelled   desk 5 @ 100                               out of scope, as are C2 and C3
  C2  Cat  East  2024-03-07  unavailable desk 5 @ 100
  C3  Cat  East  2024-03-08  unpaid      desk 5 @ 100
  D1  Dan  East  2024-03-09  delivered   (no line)
Costs: desk 60, pen 2, mug unknown."""

import pytest

import harness
from oracle.oracle import read_json

FILES = {
    "locations": """location_id,city,state,region,country,postal_code,latitude,longitude
        L1,Westville,Oregon,West,United States,97001,45.0,-122.0
        L2,Eastville,Maine,East,United States,04001,44.0,-70.0""",
    "customers": """customer_id,name,segment,location_id
        ANN,Ann,Consumer,L1
        BOB,Bob,Corporate,L1
        CAT,Cat,Consumer,L2
        DAN,Dan,Consumer,L2
        EVE,Eve,Consumer,L2""",
    "products": """product_id,name,category,subcategory,cost,weight_g
        DESK,Desk,Furniture,Tables,60,20000
        PEN,Pen,Office,Pens,2,10
        MUG,Mug,Kitchen,Cups,,300""",
    "sellers": """seller_id,name,location_id
        S1,One,L1""",
    "orders": """order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode
        A1,ANN,,2024-01-10 09:00:00,,,,delivered,Standard
        A2,ANN,,2024-01-10 23:59:59,,,,delivered,Standard
        B1,BOB,,2024-02-01 00:00:00,,,,returned,Standard
        B2,BOB,L2,2024-03-05 12:00:00,,,,delivered,Standard
        C1,CAT,,2024-03-06 12:00:00,,,,cancelled,Standard
        C2,CAT,,2024-03-07 12:00:00,,,,unavailable,Standard
        C3,CAT,,2024-03-08 12:00:00,,,,unpaid,Standard
        D1,DAN,,2024-03-09 12:00:00,,,,delivered,Standard""",
    "order_items": """order_id,product_id,seller_id,quantity,unit_price,discount,freight
        A1,DESK,S1,1,100,0,7
        A1,PEN,S1,2,5,1,1
        A1,PEN,S1,1,5,0,1
        A2,PEN,S1,1,5,0,1
        B1,DESK,S1,1,100,0,7
        B1,DESK,S1,-1,100,0,0
        B2,MUG,S1,3,10,3,2
        C1,DESK,S1,5,100,0,7
        C2,DESK,S1,5,100,0,7
        C3,DESK,S1,5,100,0,7""",
}


@pytest.fixture(scope="module")
def shop(engine_uri, new_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("by_hand")
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text("".join(line.strip() + "\n" for line in text.splitlines()))
    database = new_database("by_hand")
    harness.load(engine_uri, database, folder)
    with harness.Server(engine_uri, database) as server:
        yield server


@pytest.fixture(scope="module")
def ask(shop):
    def ask(kpi, **request):
        answer = shop.get(f"/v1/kpis/{kpi}", params={name.rstrip("_"): value for name, value in request.items()})
        assert answer.status_code == 200, answer.text
        return read_json(answer.text)["data"]

    return ask


def test_order_count_counts_orders_and_not_lines(ask):
    assert ask("order-count") == [{"orders": 5}]


def test_order_count_leaves_out_what_was_never_a_sale(ask):
    assert ask("order-count", from_="2024-03-06", to="2024-03-08") == [{"orders": 0}]
    assert ask("total-sales", from_="2024-03-06", to="2024-03-08") == [{"sales": 0}]
    assert ask("order-count", status="cancelled") == [{"orders": 0}]


def test_sales_are_net_of_discounts_and_without_freight(ask):
    assert ask("total-sales") == [{"sales": 100 + 9 + 5 + 5 + 0 + 27}]


def test_average_order_value_is_per_order(ask):
    (row,) = ask("average-order-value")
    assert row == {"average_order_value": read_json("29.2"), "median_order_value": 5, "sales": 146, "orders": 5}


def test_an_order_over_two_categories_counts_once_in_a_total_and_in_each_category(ask):
    by_category = {row["category"]: row["orders"] for row in ask("sales-by-category")}
    assert by_category == {"Furniture": 2, "Office": 2, "Kitchen": 1}
    assert ask("order-count", category=["Furniture", "Office"]) == [{"orders": 3}]


def test_a_product_on_two_lines_is_in_one_order(ask):
    pen = next(row for row in ask("sales-by-product") if row["product"] == "PEN")
    assert (pen["orders"], pen["units"], pen["sales"], pen["units_per_order"]) == (2, 4, 19, 2)
    (basket,) = ask("basket-size")
    assert (basket["products"], basket["units"], basket["orders"]) == (5, 8, 5)


def test_a_line_filter_sums_only_the_lines_that_match(ask):
    assert ask("total-sales", product="PEN") == [{"sales": 19}]
    assert ask("order-count", product="PEN") == [{"orders": 2}]
    (row,) = ask("average-order-value", product="PEN")
    assert (row["average_order_value"], row["median_order_value"]) == (read_json("9.5"), read_json("9.5"))


def test_an_order_without_lines_counts_until_lines_are_asked_for(ask):
    assert ask("order-count", customer="DAN") == [{"orders": 1}]
    assert ask("order-count", customer="DAN", category=["Furniture", "Office", "Kitchen"]) == [{"orders": 0}]
    assert ask("total-sales", customer="DAN") == [{"sales": 0}]


def test_a_return_is_negative_and_its_order_still_an_order(ask):
    assert ask("units-sold", status="returned") == [{"units": 0}]
    assert ask("total-sales", status="returned") == [{"sales": 0}]
    assert ask("order-count", status="returned") == [{"orders": 1}]


def test_profit_leaves_out_what_has_no_known_cost(ask):
    (total,) = ask("total-profit")
    assert total["profit"] == 40 + (14 - 6) + (5 - 2) + 0
    assert ask("total-profit", product="MUG") == [{"profit": None, "margin": None, "costed_sales": 0, "sales": 27}]


def test_a_ratio_over_nothing_is_null(ask):
    (row,) = ask("sales-summary", from_="1999", to="1999")
    assert row["margin"] is row["average_order_value"] is row["discount_rate"] is row["units_per_order"] is None
    assert (row["sales"], row["orders"], row["units"], row["gross"]) == (0, 0, 0, 0)


def test_an_order_belongs_to_where_it_was_delivered(ask):
    rows = {row["region"]: (row["sales"], row["orders"], row["customers"]) for row in ask("sales-by-region")}
    assert rows == {"West": (119, 3, 2), "East": (27, 2, 2)}
    assert ask("sales-by-state", state="Maine")[0]["sales"] == 27


def test_a_customer_of_two_regions_is_one_customer(ask):
    assert ask("customer-count") == [{"customers": 3, "known_customers": 5}]
    assert ask("customer-count", region=["West", "East"]) == [{"customers": 3, "known_customers": 5}]


def test_a_customer_who_bought_twice_on_one_day_came_back(ask):
    assert ask("retention-rate", to="2024-01-10") == [{"retention_rate": 1, "returning_customers": 1, "customers": 1}]
    (row,) = ask("time-between-orders")
    assert (row["intervals"], row["mean_days"], row["median_days"]) == (2, read_json("16.5"), read_json("16.5"))


def test_the_last_second_of_a_day_belongs_to_it_and_midnight_to_the_next(ask):
    assert ask("order-count", from_="2024-01-10", to="2024-01-10") == [{"orders": 2}]
    assert ask("order-count", from_="2024-01-11", to="2024-01-31") == [{"orders": 0}]
    assert ask("order-count", from_="2024-02-01", to="2024-02-01") == [{"orders": 1}]


def test_months_without_orders_are_rows_of_a_series(ask):
    rows = ask("sales-over-time", from_="2023-12", to="2024-04")
    assert [(row["period"], row["sales"], row["orders"]) for row in rows] == [
        ("2023-12-01", 0, 0),
        ("2024-01-01", 119, 2),
        ("2024-02-01", 0, 1),
        ("2024-03-01", 27, 2),
        ("2024-04-01", 0, 0),
    ]
    assert [row["partial"] for row in rows] == [False, False, False, True, True]
    assert rows[1]["sales_change_rate"] is None, "over the nothing of December"
    assert rows[0]["profit"] == 0 and rows[4]["profit"] == 0
