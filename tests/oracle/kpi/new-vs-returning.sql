WITH told AS (
    SELECT o.day, o.customer, o.sales, f."order" IS NOT NULL AS is_first
    FROM orders o
    LEFT JOIN first_orders f USING ("order")
    WHERE o.customer IS NOT NULL
)
SELECT p.period,
       count(*) FILTER (is_first) AS new_orders,
       count(*) FILTER (NOT is_first) AS returning_orders,
       count(customer) AS orders,
       ratio(count(*) FILTER (is_first), count(customer)) AS new_orders_rate,
       coalesce(sum(sales) FILTER (is_first), 0) AS new_sales,
       coalesce(sum(sales) FILTER (NOT is_first), 0) AS returning_sales,
       total(sales) AS sales,
       ratio(coalesce(sum(sales) FILTER (is_first), 0), total(sales)) AS new_sales_rate,
       count(DISTINCT customer) FILTER (is_first) AS new_customers,
       count(DISTINCT customer) FILTER (NOT is_first) AS returning_customers,
       count(DISTINCT customer) AS customers,
       ratio(count(DISTINCT customer) FILTER (NOT is_first), count(DISTINCT customer)) AS returning_customers_rate,
       coalesce(getvariable('from')::DATE > p.period, false)
           OR coalesce(getvariable('to')::DATE < any_value(p.until), false)
           OR (SELECT last FROM loaded_days) < any_value(p.until) AS partial
FROM periods_of(getvariable('granularity')) p
LEFT JOIN told ON told.day BETWEEN p.period AND p.until
GROUP BY p.period
