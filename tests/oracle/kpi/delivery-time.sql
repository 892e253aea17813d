WITH waited AS (
    SELECT region, d.delivered_day - day AS days FROM orders JOIN loaded_deliveries d USING ("order") WHERE d.delivered_day IS NOT NULL
),
lists AS (SELECT region, list(days ORDER BY days) AS days, count(*) AS n FROM waited GROUP BY region)
SELECT region,
       ratio(list_sum(days), n) AS mean_days,
       -- of an even number the middle one and the next
       ratio(days[(n + 1) // 2] + days[n // 2 + 1], 2) AS median_days,
       -- the place from which on nine in ten are not after it
       days[(9 * n + 9) // 10] AS p90_days,
       list_sum(days) AS days,
       n AS orders
FROM lists
