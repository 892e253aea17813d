"""A rank or a share is one among all: a filter on what the rows are of chooses among them, and changes no number."""

import pytest

ROWS = {"product-abc": "product", "order-status": "status"}


def rows_of(server, kpi, **request):
    answer = server.get(f"/v1/kpis/{kpi}", params={"limit": 10000} | request)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("range_", [{}, {"from": "2024", "region": ["West", "East"]}])
@pytest.mark.parametrize("kpi", ROWS)
def test_a_filter_chooses_among_the_rows(server, kpi, range_):
    key = ROWS[kpi]
    whole = rows_of(server, kpi, **range_)
    wanted = [whole[0][key], whole[-1][key], "no such thing"]
    assert rows_of(server, kpi, **range_, **{key: wanted}) == [row for row in whole if row[key] in wanted]
    assert rows_of(server, kpi, **range_, **{key: "no such thing"}) == []


def test_a_product_far_down_keeps_its_class(server):
    last = rows_of(server, "product-abc", sort="-rank", limit=1)[0]
    assert last["class"] == "C"
    assert rows_of(server, "product-abc", product=last["product"]) == [last]


def test_other_filters_say_among_whom_products_are_ranked(server):
    category = server.get("/v1/kpis/sales-by-category?limit=1").json()["data"][0]
    rows = rows_of(server, "product-abc", category=category["category"])
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["all_sales"] == category["sales"]


def test_a_customer_is_found_in_the_segment_among_all(server):
    whole = rows_of(server, "rfm-segments")
    buyers = [row["customer"] for row in rows_of(server, "sales-by-customer") if row["customer"]]
    for customer in (buyers[0], buyers[len(buyers) // 2], buyers[-1]):
        (row,) = rows_of(server, "rfm-segments", customer=customer)
        assert row in whole and row["all_customers"] == len(buyers)
    several = rows_of(server, "rfm-segments", customer=buyers[:3])
    assert several == [row for row in whole if row in several] and 1 <= len(several) <= 3
    assert rows_of(server, "rfm-segments", customer="no such thing") == []


def test_the_share_of_cancelled_orders_is_one_of_all_orders(server):
    whole = {row["status"]: row for row in rows_of(server, "order-status")}
    (row,) = rows_of(server, "order-status", status="cancelled")
    assert row == whole["cancelled"] and 0 < row["order_rate"] == row["cancellation_rate"] < 1
    (row,) = rows_of(server, "order-status", status="delivered")
    assert row["cancelled_orders"] == whole["cancelled"]["orders"]
