WITH sums AS (
    SELECT p.period,
           any_value(p.until) AS until,
           total(o.sales) AS sales,
           CASE WHEN count(o."order") = 0 THEN 0 ELSE sum(o.profit) END AS profit,
           total(o.costed_sales) AS costed_sales,
           told_discount(total(o.discount)) AS discount,
           total(o.gross) AS gross,
           count(o."order") AS orders,
           total(o.units) AS units
    FROM periods_of(getvariable('granularity')) p
    LEFT JOIN orders o ON o.day BETWEEN p.period AND p.until
    GROUP BY p.period
)
SELECT period,
       sales,
       profit,
       costed_sales,
       discount,
       gross,
       orders,
       units,
       CASE WHEN count(*) OVER seven = 7 THEN mean_money(sum(sales) OVER seven, 7) END AS sales_moving_mean,
       sales - lag(sales) OVER (ORDER BY period) AS sales_change,
       lag(sales) OVER (ORDER BY period) AS sales_before,
       ratio(sales - lag(sales) OVER (ORDER BY period), lag(sales) OVER (ORDER BY period)) AS sales_change_rate,
       coalesce(getvariable('from')::DATE > period, false)
           OR coalesce(getvariable('to')::DATE < until, false)
           OR (SELECT last FROM loaded_days) < until AS partial
FROM sums
WINDOW seven AS (ORDER BY period ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
