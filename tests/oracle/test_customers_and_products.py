"""What the KPIs of customers, products and the map say of shops that are small enough to be worked out by hand."""

import collections
import contextlib
import csv

import pytest

import harness

Order = collections.namedtuple("Order", "customer day items status location", defaults=["delivered", ""])
CATEGORIES = {"B": "Books", "T": "Toys"}
CENTS = "{:.2f}".format


def table(folder, name, header, rows):
    with open(folder / f"{name}.csv", "w", newline="") as file:
        csv.writer(file).writerows([header.split(), *rows])


def write(folder, orders, places):
    """A shop in the native layout. Items are product, quantity, price and perhaps seller; a product's category is told by its
    first letter; places are city, state, region, latitude and longitude by id, and the first is where customers live."""
    products, customers, sellers, lines = {}, {}, {}, []
    for number, order in enumerate(orders, 1):
        customers[order.customer] = True
        for product, quantity, price, *seller in order.items:
            products[product] = True
            sellers.update(dict.fromkeys(seller))
            lines.append([f"O{number}", product, *(seller or [""]), quantity, CENTS(price), "0.00", "0.00"])
    place, *_ = places
    table(folder, "locations", "location_id city state region country postal_code latitude longitude",
          [[id, city, state, region, "Utopia", id, *point] for id, (city, state, region, *point) in places.items()])
    table(folder, "customers", "customer_id name segment location_id", [[id, f"Mx {id}", "Consumer", place] for id in customers])
    table(folder, "products", "product_id name category subcategory cost weight_g",
          [[id, f"The {id}", CATEGORIES.get(id[0], "Other"), "", "", ""] for id in products])
    table(folder, "sellers", "seller_id name location_id", [[id, f"{id} Ltd", place] for id in sellers])
    table(folder, "orders", "order_id customer_id location_id ordered_at shipped_at delivered_at estimated_at status ship_mode",
          [[f"O{n}", o.customer, o.location, f"{o.day} 12:00:00", "", "", "", o.status, ""] for n, o in enumerate(orders, 1)])
    table(folder, "order_items", "order_id product_id seller_id quantity unit_price discount freight", lines)


HOME = {"HOME": ("Home", "Homeland", "North", "10", "20")}


@pytest.fixture
def ask(engine_uri, mongo, new_database, tmp_path):
    """Loads a shop and gives a function that asks a KPI and returns its rows."""
    with contextlib.ExitStack() as stack:

        def open_shop(orders, places=HOME):
            database = new_database("by_hand")
            stack.callback(mongo.drop_database, database)
            write(tmp_path, orders, places)
            harness.load(engine_uri, database, tmp_path)
            server = stack.enter_context(harness.Server(engine_uri, database))

            def ask(kpi, member="data", **request):
                answer = server.get(f"/v1/kpis/{kpi}", params={name.rstrip("_"): value for name, value in request.items()})
                assert answer.status_code == 200, answer.text
                return answer.json().get(member)

            return ask

        yield open_shop


def select(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def bought(customer, day, price=10, **more):
    return Order(customer, day, [("B1", 1, price)], **more)


# New and returning


RETURNING = [bought("Ann", "2024-01-10", 100), bought("Ann", "2024-03-05", 40), bought("Bob", "2024-03-06", 60)]


def test_returning_is_judged_by_the_order_not_by_what_the_customer_is_today(ask):
    """Ann came back in March; her order of January stays that of a new customer."""
    rows = ask(RETURNING)("new-vs-returning")
    assert select(rows, "period", "new_orders", "returning_orders", "new_sales", "returning_sales", "new_sales_rate") == [
        ("2024-01-01", 1, 0, 100, 0, 1),
        ("2024-02-01", 0, 0, 0, 0, None),
        ("2024-03-01", 1, 1, 60, 40, 0.6),
    ]


def test_an_order_is_later_also_where_the_range_leaves_the_first_out(ask):
    (row,) = ask(RETURNING)("new-vs-returning", from_="2024-03", to="2024-03", customer="Ann")
    assert (row["new_customers"], row["returning_customers"], row["customers"], row["returning_customers_rate"]) == (0, 1, 1, 1)


def test_a_customer_with_a_first_and_a_later_order_in_a_period_is_one_customer(ask):
    (row,) = ask([bought("Ann", "2024-01-10"), bought("Ann", "2024-01-20")])("new-vs-returning")
    assert (row["new_customers"], row["returning_customers"], row["customers"]) == (1, 1, 1)


def test_a_cancelled_order_is_no_first_one(ask):
    shop = ask([bought("Ann", "2024-01-10", status="cancelled"), bought("Ann", "2024-02-10"), bought("Bob", "2024-01-01")])
    assert select(shop("new-vs-returning"), "new_orders", "returning_orders") == [(1, 0), (1, 0)]
    assert {(row["cohort"], row["cohort_size"]) for row in shop("cohort-retention")} == {("2024-01-01", 1), ("2024-02-01", 1)}
    assert shop("customer-lifetime-value")[0]["orders"] == 2


def test_an_order_of_several_categories_is_one_order_of_each_and_one_of_all(ask):
    shop = ask([Order("Ann", "2024-01-10", [("B1", 1, 10), ("B2", 1, 20), ("T1", 1, 5)])])
    for request, sales in (({}, 35), ({"category": ["Books"]}, 30), ({"category": ["Books", "Toys"]}, 35)):
        assert select(shop("new-vs-returning", **request), "new_orders", "orders", "sales") == [(1, 1, sales)]
        assert select(shop("sales-map", **request), "orders", "customers", "sales") == [(1, 1, sales)]


def back(customer, day, price=10):
    return Order(customer, day, [("B1", -1, price)], status="returned")


RETURNS = [
    bought("Ann", "2024-01-10", 50),
    back("Ann", "2024-02-05", 50),
    back("Dan", "2024-02-06", 8),  # who has bought nothing, as far as is known
    back("Cleo", "2024-02-07", 7),  # before the first purchase that is known
    Order("Cleo", "2024-02-10", [("B1", -1, 10), ("T1", 1, 30)]),  # an exchange
    bought("Ann", "2024-02-20", 5),
]


def test_a_return_is_neither_new_nor_returning(ask):
    shop = ask(RETURNS)
    rows = shop("new-vs-returning")
    assert select(rows, "new_orders", "returning_orders", "orders", "return_orders") == [(1, 0, 1, 0), (1, 1, 2, 3)]
    assert select(rows, "new_sales", "returning_sales", "sales", "return_sales") == [(50, 0, 50, 0), (20, 5, 25, -65)]
    assert select(rows, "new_customers", "returning_customers", "customers") == [(1, 0, 1), (1, 1, 2)]
    assert sum(row["sales"] + row["return_sales"] for row in rows) == shop("total-sales")[0]["sales"]
    (row,) = shop("new-vs-returning", customer="Dan", from_="2024-02")
    assert (row["orders"], row["customers"], row["new_orders_rate"], row["return_orders"]) == (0, 0, None, 1)


def test_an_exchange_is_a_purchase_also_where_only_what_came_back_is_asked_for(ask):
    row = ask(RETURNS)("new-vs-returning", category="Books")[1]
    assert (row["new_orders"], row["new_sales"], row["return_orders"], row["return_sales"]) == (1, -10, 3, -65)


def test_who_only_brings_back_is_in_no_cohort(ask):
    rows = ask(RETURNS)("cohort-retention")
    assert cohorts(rows) == {"2024-01-01": [1, 1], "2024-02-01": [1, None]}


def test_a_return_is_no_purchase_in_what_is_said_of_customers(ask):
    """Ann bought twice, 41 days apart; Cleo once; Dan never."""
    shop = ask(RETURNS)
    assert select(shop("retention-rate"), "retention_rate", "returning_customers", "customers") == [(0.5, 1, 2)]
    assert select(shop("orders-per-customer"), "orders_per_customer", "orders", "customers") == [(1.5, 3, 2)]
    assert select(shop("time-between-orders"), "mean_days", "median_days", "days", "intervals") == [(41, 41, 41, 1)]
    assert select(shop("customer-count"), "customers", "known_customers") == [(2, 3)]
    names = "mean_lifetime_value", "sales", "customers", "orders_per_customer", "orders"
    assert select(shop("customer-lifetime-value"), *names) == [(9, 5 + 13, 2, 1.5, 3)]
    segments = shop("rfm-segments")
    assert {(row["all_customers"], row["all_sales"]) for row in segments} == {(2, 18)}
    assert [sum(row[name] for row in segments) for name in ("customers", "orders", "recency_days")] == [2, 3, 10]
    # What is said of orders counts them all.
    for kpi in "sales-by-region", "sales-by-state", "sales-by-city":
        assert select(shop(kpi), "orders", "sales", "customers") == [(6, 10, 2)]
    assert shop("order-count") == [{"orders": 6}]
    assert select(shop("average-order-value"), "average_order_value", "sales", "orders") == [(1.67, 10, 6)]


def test_who_only_has_returns_in_range_is_no_customer_of_it(ask):
    shop = ask(RETURNS)
    assert select(shop("retention-rate", to="2024-02-06"), "customers") == [(1,)]
    assert select(shop("orders-per-customer", from_="2024-02", to="2024-02-07"), "orders_per_customer", "customers") == [(None, 0)]
    assert shop("rfm-segments", from_="2024-02", to="2024-02-07") == []
    assert select(shop("customer-lifetime-value", customer="Dan"), "mean_lifetime_value", "sales", "customers") == [(None, 0, 0)]
    assert select(shop("sales-by-customer", customer="Dan"), "sales", "orders") == [(-8, 1)]


def test_the_last_purchase_is_what_recency_counts_from(ask):
    shop = ask([bought("Ann", "2024-01-10", 50), back("Ann", "2024-02-01", 10), bought("Bob", "2024-01-31", 40)])
    rows = shop("rfm-segments", customer="Ann")
    assert select(rows, "recency_days", "orders", "sales") in ([(22, 1, 40)], [(23, 2, 80)])
    assert sum(row["recency_days"] for row in shop("rfm-segments")) == 22 + 1


def test_what_comes_back_together_is_no_pair(ask):
    both = lambda quantity: [("B1", quantity, 10), ("B2", quantity, 10)]
    orders = [Order("Ann", "2024-01-10", both(1)), Order("Bob", "2024-01-11", both(2)), Order("Bob", "2024-01-12", both(-1), status="returned")]
    rows = ask(orders)("product-pairs")
    assert select(rows, "product_a", "product_b", "orders", "all_orders") == [("B1", "B2", 2, 2)]


# Cohorts


MOVES = [
    bought("Ann", "2024-01-10", location="HOME"),
    bought("Ann", "2024-03-31", location="AWAY"),
    bought("Bob", "2024-01-20", location="AWAY"),
    bought("Cleo", "2024-02-29", location="HOME"),
    bought("Cleo", "2024-04-10", location="HOME"),
]
PLACES = HOME | {"AWAY": ("Away", "Abroad", "South", "", "")}


def cohorts(rows):
    found = collections.defaultdict(list)
    for row in rows:
        assert row["months_since"] == len(found[row["cohort"]])
        found[row["cohort"]].append(row["customers"])
    return found


def test_months_not_yet_reached_are_null_and_months_in_which_nobody_bought_0(ask):
    rows = ask(MOVES, PLACES)("cohort-retention")
    assert cohorts(rows) == {"2024-01-01": [2, 0, 1, 0], "2024-02-01": [1, 0, 1, None]}
    assert select(rows, "retention_rate", "partial")[-2:] == [(1, True), (None, None)]
    assert [row["retention_rate"] for row in rows[:4]] == [1, 0, 0.5, 0]


def test_the_last_month_is_partial_until_its_last_day(ask):
    shop = ask(MOVES, PLACES)
    assert [row["partial"] for row in shop("cohort-retention", as_of="2024-03-30")] == [False, False, True, False, True, None]
    assert [row["partial"] for row in shop("cohort-retention", as_of="2024-03-31")] == [False, False, False, False, False, None]


def test_cohorts_of_a_past_day_know_nothing_that_came_later(ask):
    shop = ask(MOVES, PLACES)
    assert cohorts(shop("cohort-retention", as_of="2024-03-30")) == {"2024-01-01": [2, 0, 0], "2024-02-01": [1, 0, None]}
    assert cohorts(shop("cohort-retention", as_of="2024-01-15")) == {"2024-01-01": [1]}


def test_no_month_after_the_data_is_reached(ask):
    shop = ask(MOVES, PLACES)
    assert shop("cohort-retention", as_of="2025-12-31") == shop("cohort-retention")


def test_range_and_filters_choose_first_orders_and_what_follows_counts_wherever(ask):
    """Ann was won at home and bought again away; Bob was won away, and is in no cohort of the North."""
    shop = ask(MOVES, PLACES)
    assert cohorts(shop("cohort-retention", region="North")) == {"2024-01-01": [1, 0, 1, 0], "2024-02-01": [1, 0, 1, None]}
    assert cohorts(shop("cohort-retention", to="2024-01-15")) == {"2024-01-01": [1, 0, 1, 0]}
    assert cohorts(shop("cohort-retention", category="Books", from_="2024-02")) == {"2024-02-01": [1, 0, 1]}
    assert shop("cohort-retention", from_="2024-03") == []


def test_what_is_brought_back_is_no_purchase(ask):
    rows = ask([bought("Ann", "2024-01-10"), back("Ann", "2024-03-01"), bought("Bob", "2024-03-02")])("cohort-retention")
    assert cohorts(rows)["2024-01-01"] == [1, 0, 0]


# RFM


def test_equal_customers_have_equal_scores(ask):
    """Ten customers of one order each on the same day for the same price: whoever is listed first is no better."""
    rows = ask([bought(f"C{n}", "2024-01-10") for n in range(10)])("rfm-segments")
    assert select(rows, "rfm_segment", "customers", "customers_rate") == [("Hibernating", 10, 1)]


def test_scores_tell_what_share_of_customers_is_worse(ask):
    """C1 to C5, each later, more often and for more than the one before: 1 1 1 to 5 5 5. The day is the 131st of the year."""
    orders = [bought(f"C{n}", f"2024-0{n}-0{day}", n) for n in range(1, 6) for day in range(1, n + 1)]
    rows = ask(orders)("rfm-segments", as_of="2024-05-10")
    assert {row["rfm_segment"]: (row["customers"], row["sales"], row["mean_recency_days"]) for row in rows} == {
        "Hibernating": (2, 1 + 4, (131 - 1 + 131 - 33) / 2),
        "Need attention": (1, 9, 131 - 63),
        "Loyal": (1, 16, 131 - 95),
        "Champions": (1, 25, 5),
    }


def test_one_time_buyers_get_no_credit_for_being_many(ask):
    """Nine bought once and one twice: those nine are new or hibernating, not loyal."""
    orders = [bought(f"C{n}", f"2024-01-0{n}", n) for n in range(1, 10)] + [bought("C9", "2024-01-09", 1), bought("D", "2024-01-01", 1)]
    found = {row["rfm_segment"]: row["customers"] for row in ask(orders)("rfm-segments")}
    assert sum(found.values()) == 10 and not found.keys() & {"Loyal", "Cannot lose"}
    assert found["Champions"] == 1


def test_segments_of_a_past_day_know_nothing_that_came_later(ask):
    shop = ask([bought("Ann", "2024-01-10", 10), bought("Ann", "2024-06-10", 90)])
    (row,) = shop("rfm-segments", as_of="2024-01-31")
    assert (row["orders"], row["sales"], row["mean_recency_days"]) == (1, 10, 21)
    (row,) = shop("customer-lifetime-value", as_of="2024-01-31")
    assert (row["orders"], row["sales"]) == (1, 10)


def test_shares_of_no_sales_are_null(ask):
    shop = ask([bought("Ann", "2024-01-10", 0)])
    assert select(shop("rfm-segments"), "sales_rate", "customers_rate") == [(None, 1)]
    assert select(shop("product-abc"), "share", "cumulative_share", "class") == [(None, None, None)]


def test_a_customer_is_found_in_the_segment_that_it_has_among_all(ask):
    shop = ask([bought(f"C{n}", f"2024-0{n}-0{day}", n) for n in range(1, 6) for day in range(1, n + 1)])
    for customer, segment in ("C1", "Hibernating"), ("C3", "Need attention"), ("C5", "Champions"):
        (row,) = shop("rfm-segments", customer=customer)
        assert row["rfm_segment"] == segment and row["all_customers"] == 5
        assert row in shop("rfm-segments")


# Lifetime value


@pytest.mark.parametrize("customers, median, p90", [(1, 1, 1), (2, 1.5, 2), (9, 5, 9), (10, 5.5, 9), (11, 6, 10), (20, 10.5, 18), (21, 11, 19)])
def test_the_90th_percentile_is_the_first_customer_by_whom_nine_tenths_are_reached(ask, customers, median, p90):
    (row,) = ask([bought(f"C{n}", "2024-01-10", n) for n in range(customers, 0, -1)])("customer-lifetime-value")
    assert (row["median_lifetime_value"], row["p90_lifetime_value"], row["customers"]) == (median, p90, customers)


def test_nobodys_lifetime_value_is_null(ask):
    (row,) = ask([bought("Ann", "2024-01-10")])("customer-lifetime-value", from_="2030")
    assert row == {"mean_lifetime_value": None, "median_lifetime_value": None, "p90_lifetime_value": None, "sales": 0,
                   "customers": 0, "orders_per_customer": None, "orders": 0}


# ABC


def classes(shop, **request):
    return {row["product"]: row["class"] for row in shop("product-abc", **request)}


def one_order(**prices):
    return [Order("Ann", "2024-01-10", [(product, 1 if price >= 0 else -1, abs(price)) for product, price in prices.items()])]


def test_a_is_up_to_80_percent_and_b_up_to_95_both_inclusive(ask):
    shop = ask(one_order(B1=50, B2=30, B3=15, B4=5))
    assert classes(shop) == {"B1": "A", "B2": "A", "B3": "B", "B4": "C"}
    assert select(shop("product-abc"), "cumulative_share", "rank") == [(0.5, 1), (0.8, 2), (0.95, 3), (1, 4)]


def test_classes_are_told_before_rounding(ask):
    """80.000000004 % is more than 80 %."""
    shop = ask(one_order(B1=199999999.99, B2=200000000.03, B3=99999999.98))
    assert classes(shop) == {"B2": "A", "B1": "B", "B3": "C"}
    assert select(shop("product-abc", limit=2), "cumulative_share")[1] == (0.8,)


def test_a_product_that_is_asked_for_keeps_its_rank_among_all(ask):
    shop = ask(one_order(B1=50, B2=30, T1=15, T2=5))
    assert select(shop("product-abc", product="T1"), "rank", "share", "cumulative_share", "class") == [(3, 0.15, 0.95, "B")]
    assert select(shop("product-abc", product="T1", category="Toys"), "rank", "share", "class") == [(1, 0.75, "A")]
    assert shop("product-abc", product="T1", category="Books") == []


def test_the_best_product_is_a_whatever_its_share(ask):
    assert classes(ask(one_order(B1=97, B2=3))) == {"B1": "A", "B2": "C"}


def test_products_of_which_more_came_back_are_c(ask):
    shop = ask(one_order(B1=50, B2=30, B3=40, B4=-20))
    assert classes(shop) == {"B1": "A", "B3": "B", "B2": "C", "B4": "C"}
    assert select(shop("product-abc"), "cumulative_share")[-2:] == [(1.2,), (1,)]


def test_classes_are_those_of_what_was_asked_for(ask):
    shop = ask(one_order(B1=50, B2=30, T1=15, T2=5))
    assert classes(shop, category="Toys") == {"T1": "A", "T2": "C"}


def test_another_order_of_rows_changes_no_class(ask):
    shop = ask(one_order(B1=50, B2=30, B3=15, B4=5))
    assert shop("product-abc", sort="sales") == shop("product-abc")[::-1]
    assert shop("product-abc", limit=1, offset=2) == shop("product-abc")[2:3]


# Pairs


BASKETS = [
    Order("Ann", "2024-01-10", [("B1", 5, 10), ("B2", 1, 10), ("T1", 1, 10)]),
    Order("Bob", "2024-01-11", [("B1", 1, 10), ("B2", 1, 10)]),
    Order("Bob", "2024-01-12", [("B2", 1, 10)]),
    Order("Bob", "2024-01-13", [("T1", 1, 10)]),
    Order("Bob", "2024-01-13", [("T1", 1, 10)]),
    Order("Cleo", "2024-01-14", [("B1", 1, 10), ("T1", 1, 10)]),
    Order("Bob", "2024-01-15", [("B1", 1, 10), ("T1", 1, 10)], status="cancelled"),
]


def test_pairs_are_told_once_with_support_confidence_and_lift(ask):
    """B2 and T1 are together in one order only."""
    rows = ask(BASKETS)("product-pairs")
    names = "product_a product_b orders orders_a orders_b all_orders support confidence_a_to_b confidence_b_to_a lift".split()
    assert select(rows, *names) == [
        ("B1", "B2", 2, 3, 3, 6, 0.333333, 0.666667, 0.666667, 1.333333),
        ("B1", "T1", 2, 3, 4, 6, 0.333333, 0.666667, 0.5, 1),
    ]
    assert select(rows, "name_a", "name_b")[1] == ("The B1", "The T1")


def test_pairs_of_a_category_are_of_its_lines_alone(ask):
    rows = ask(BASKETS)("product-pairs", category="Books")
    assert select(rows, "product_a", "product_b", "orders", "all_orders", "lift") == [("B1", "B2", 2, 4, 0.888889)]


def test_pairs_of_a_product_are_those_with_it_and_say_the_same(ask):
    shop = ask(BASKETS)
    rows = shop("product-pairs")
    assert shop("product-pairs", product="T1") == rows[1:]
    assert shop("product-pairs", product=["B1", "T1"]) == rows
    assert shop("product-pairs", product="$product_a") == []
    assert shop("product-pairs", product="B2", category="Books") == shop("product-pairs", category="Books")


def test_a_product_of_two_sellers_is_no_pair_with_itself(ask):
    lines = [("B1", 1, 10, "S1"), ("B1", 1, 10, "S2"), ("B1", 1, 10, "S2"), ("B2", 1, 10, "S1")]
    rows = ask([Order("Ann", "2024-01-10", lines), Order("Ann", "2024-01-11", lines)])("product-pairs")
    assert select(rows, "product_a", "product_b", "orders", "support") == [("B1", "B2", 2, 1)]


# Map


CITY = {
    "P1": ("Port", "Coast", "South", "", ""),
    "P2": ("Port", "Coast", "South", "-10.000001", "20.5"),
    "P3": ("Port", "Coast", "South", "-10.000004", "-20.25"),
    "N1": ("Nowhere", "Inland", "South", "", ""),
    "U1": ("", "Inland", "South", "1", "2"),
    "U2": ("", "Inland", "South", "3", "4"),
    "P4": ("Port", "Inland", "South", "50", "60"),
}


def test_a_city_is_one_point_that_of_its_first_place_that_has_one(ask):
    """Ann bought at three places of the city, and is one customer of it; a place without a point is mapped with its city."""
    orders = [bought("Ann", "2024-01-10", location=place) for place in ("P3", "P3", "P1", "P2")]
    orders += [bought("Bob", "2024-01-10", location="P4"), bought("Bob", "2024-01-10", location="P2", status="unpaid")]
    rows = ask(orders, CITY)("sales-map")
    assert select(rows, "longitude", "latitude", "state", "orders", "customers", "sales", "unmapped_orders") == [
        (20.5, -10.000001, "Coast", 4, 1, 40, 0),
        (60, 50, "Inland", 1, 1, 10, 0),
    ]


def test_orders_without_a_point_are_counted_beside_the_map(ask):
    orders = [bought("Ann", "2024-01-10", location=place) for place in ("N1", "N1", "P2")]
    shop = ask(orders, CITY)
    assert select(shop("sales-map"), "city", "orders", "unmapped_orders") == [("Port", 1, 2)]
    assert shop("sales-map", city="Nowhere") == []


def test_a_map_without_any_point_says_why_it_is_empty(ask):
    shop = ask([bought("Ann", "2024-01-10", location="N1")], CITY)
    assert shop("sales-map") == []
    assert any("coordinates" in note for note in shop("sales-map", "notes"))


def test_a_map_that_a_filter_has_emptied_blames_no_data(ask):
    shop = ask([bought("Ann", "2024-01-10", location=place) for place in ("N1", "P2")], CITY)
    assert (shop("sales-map", city="Nowhere"), shop("sales-map", "notes", city="Nowhere")) == ([], None)


def test_places_of_unknown_cities_are_not_thrown_together(ask):
    orders = [bought("Ann", "2024-01-10", price, location=place) for price, place in ((1, "U1"), (2, "U2"), (4, "U2"))]
    assert select(ask(orders, CITY)("sales-map"), "longitude", "latitude", "city", "orders") == [(4, 3, None, 2), (2, 1, None, 1)]


# Seasons


def test_only_months_that_the_data_reach_have_a_season(ask):
    """January 30, nothing in February, March 60: the mean is 30, whatever years are asked for."""
    shop = ask([bought("Ann", "2024-01-20", 30), bought("Bob", "2024-03-10", 60)])
    expected = [(1, 1, 1, 90, 3), (2, 0, 1, 90, 3), (3, 2, 1, 90, 3)]
    for request in {}, {"from_": "2024", "to": "2024"}, {"from_": "2020", "to": "2030"}, {"as_of": "2026-05-05"}:
        rows = shop("seasonality", **request)
        assert select(rows, "month_of_year", "seasonal_index", "months", "all_sales", "all_months") == expected, request
    assert shop("seasonality", from_="2024-04", to="2024-12") == []
    assert select(shop("seasonality", as_of="2024-02-10"), "month_of_year", "seasonal_index", "all_months") == [(1, 2, 2), (2, 0, 2)]
