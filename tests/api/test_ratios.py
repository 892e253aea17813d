"""Every ratio and every mean stands beside what it was divided by what: from these columns anybody can work it out again, or
add up rows and divide once more. Medians, percentiles and moving means are none."""

import decimal
import json

import pytest

import harness
from oracle.oracle import read_json

DEFINITIONS = {path.stem: json.loads(path.read_text()) for path in (harness.PIPELINES / "kpi").glob("*.json")}
PRODUCT = "units_per_order units orders | discount_rate discount gross"
# name, numerator, denominator; several factors with * between.
RATIOS = {
    "average-discount": "discount_rate discount gross",
    "average-order-value": "average_order_value sales orders",
    "basket-size": "units_per_order units orders | products_per_order products orders",
    "cohort-retention": "retention_rate customers cohort_size",
    "customer-lifetime-value": "mean_lifetime_value sales customers | orders_per_customer orders customers",
    "delivery-distance": "mean_days days delivered_orders | mean_freight freight orders | late_rate late_orders judged_orders",
    "delivery-time": "mean_days days orders",
    "discount-by-product": "discount_rate discount gross",
    "new-vs-returning": "new_orders_rate new_orders orders | new_sales_rate new_sales sales | "
    "returning_customers_rate returning_customers customers",
    "on-time-rate": "on_time_rate on_time_orders judged_orders",
    "order-status": "order_rate orders all_orders | cancellation_rate cancelled_orders all_orders",
    "orders-per-customer": "orders_per_customer orders customers",
    "payment-mix": "value_rate value all_value | mean_installments installments installment_payments",
    "product-abc": "share sales all_sales | cumulative_share cumulative_sales all_sales",
    "product-pairs": "support orders all_orders | confidence_a_to_b orders orders_a | confidence_b_to_a orders orders_b | "
    "lift orders*all_orders orders_a*orders_b",
    "profit-by-region": "margin profit costed_sales",
    "quantity-per-order-by-product": "units_per_order units orders",
    "retention-rate": "retention_rate returning_customers customers",
    "review-score": "review_score stars reviewed_orders | all_review_score all_stars all_reviewed_orders",
    "rfm-segments": "customers_rate customers all_customers | sales_rate sales all_sales | mean_recency_days recency_days customers | "
    "orders_per_customer orders customers | sales_per_customer sales customers",
    "sales-by-category": "margin profit costed_sales",
    "sales-by-customer": "average_order_value sales orders | units_per_order units orders",
    "sales-by-product": PRODUCT,
    "sales-by-subcategory": "margin profit costed_sales",
    "sales-over-time": "sales_change_rate sales_change sales_before",
    "sales-summary": f"margin profit costed_sales | average_order_value sales orders | products_per_order products orders | {PRODUCT}",
    "seasonality": "mean_sales sales months | seasonal_index sales*all_months all_sales*months",
    "seller-performance": "mean_days days delivered_orders | late_rate late_orders judged_orders | "
    "cancellation_rate cancelled_orders all_orders | review_score stars reviewed_orders",
    "time-between-orders": "mean_days days intervals",
    "total-profit": "margin profit costed_sales",
}


def ratios(kpi):
    return [part.split() for part in RATIOS.get(kpi, "").split(" | ") if part]


def product(row, names):
    factors = [row[name] for name in names.split("*")]
    result = decimal.Decimal(1)
    for factor in factors:
        result *= factor
    return result


def test_no_ratio_is_forgotten():
    for kpi, definition in DEFINITIONS.items():
        found = {
            column["name"]
            for column in definition["columns"]
            if column["type"] == "ratio" or column["name"].startswith(("mean_", "average_")) or "_per_" in column["name"]
        }
        assert found <= {name for name, *_ in ratios(kpi)}, kpi
    assert set(RATIOS) <= set(DEFINITIONS)


@pytest.mark.parametrize("kpi", sorted(RATIOS))
def test_every_ratio_is_that_of_its_columns(server, kpi):
    decimals = {column["name"]: 2 if column["type"] == "money" else 6 for column in DEFINITIONS[kpi]["columns"]}
    rows = read_json(server.get(f"/v1/kpis/{kpi}").text)["data"]
    assert rows
    for name, over, under in ratios(kpi):
        known = [row for row in rows if row[name] is not None]
        assert known, name
        for row in known:
            exact = product(row, over) / product(row, under)
            assert row[name] == round(exact, decimals[name]), (name, row)


def test_sales_before_are_those_of_the_row_before(server):
    rows = read_json(server.get("/v1/kpis/sales-over-time?granularity=quarter").text)["data"]
    assert [row["sales_before"] for row in rows] == [None, *(row["sales"] for row in rows[:-1])]
    assert all(row["sales_change"] == row["sales"] - row["sales_before"] for row in rows[1:])


def test_new_and_returning_and_returns_add_up_to_all(server):
    """In the sample every order has a customer."""
    rows = read_json(server.get("/v1/kpis/new-vs-returning").text)["data"]
    for row in rows:
        assert row["orders"] == row["new_orders"] + row["returning_orders"]
        assert row["sales"] == row["new_sales"] + row["returning_sales"]
    (whole,) = read_json(server.get("/v1/kpis/sales-summary").text)["data"]
    assert sum(row["orders"] + row["return_orders"] for row in rows) == whole["orders"]
    assert sum(row["sales"] + row["return_sales"] for row in rows) == whole["sales"]
