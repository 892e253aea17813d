WITH told AS (
    SELECT o.day, o.customer, o.sales,
           CASE WHEN NOT is_purchase(o."order") THEN 'return' WHEN f."order" IS NULL THEN 'later' ELSE 'first' END AS kind
    FROM orders o
    LEFT JOIN first_orders f USING ("order")
    WHERE o.customer IS NOT NULL
),
counts AS (
    SELECT p.period, any_value(p.until) AS until,
           count(*) FILTER (kind = 'first') AS new_orders,
           count(*) FILTER (kind = 'later') AS returning_orders,
           count(*) FILTER (kind = 'return') AS return_orders,
           coalesce(sum(sales) FILTER (kind = 'first'), 0) AS new_sales,
           coalesce(sum(sales) FILTER (kind = 'later'), 0) AS returning_sales,
           coalesce(sum(sales) FILTER (kind = 'return'), 0) AS return_sales,
           count(DISTINCT customer) FILTER (kind = 'first') AS new_customers,
           count(DISTINCT customer) FILTER (kind = 'later') AS returning_customers,
           count(DISTINCT customer) FILTER (kind <> 'return') AS customers
    FROM periods_of(getvariable('granularity')) p
    LEFT JOIN told ON told.day BETWEEN p.period AND p.until
    GROUP BY p.period
)
SELECT period,
       new_orders,
       returning_orders,
       new_orders + returning_orders AS orders,
       ratio(new_orders, new_orders + returning_orders) AS new_orders_rate,
       return_orders,
       new_sales,
       returning_sales,
       new_sales + returning_sales AS sales,
       ratio(new_sales, new_sales + returning_sales) AS new_sales_rate,
       return_sales,
       new_customers,
       returning_customers,
       customers,
       ratio(returning_customers, customers) AS returning_customers_rate,
       coalesce(getvariable('from')::DATE > period, false)
           OR coalesce(getvariable('to')::DATE < until, false)
           OR (SELECT last FROM loaded_days) < until AS partial
FROM counts
