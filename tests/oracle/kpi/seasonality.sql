WITH months AS (
    SELECT p.period, total(o.sales) AS sales
    FROM periods_of('month') p
    LEFT JOIN orders o ON o.day BETWEEN p.period AND p.until
    WHERE p.until >= (SELECT first FROM loaded_days) AND p.period <= (SELECT last FROM loaded_days)
    GROUP BY p.period
),
whole AS (SELECT sum(sales) AS sales, count(*) AS months FROM months)
SELECT month(period) AS month_of_year,
       -- (sales / months) / (all sales / all months), in one division
       ratio(sum(m.sales) * any_value(w.months), any_value(w.sales) * count(*)) AS seasonal_index,
       mean_money(sum(m.sales), count(*)) AS mean_sales,
       sum(m.sales) AS sales,
       count(*) AS months,
       any_value(w.sales) AS all_sales,
       any_value(w.months) AS all_months
FROM months m, whole w
GROUP BY month(period)
