WITH judged AS (
    SELECT d.delivered_day <= d.estimated_day AS on_time
    FROM orders JOIN loaded_deliveries d USING ("order")
    WHERE d.delivered_day IS NOT NULL AND d.estimated_day IS NOT NULL
)
SELECT ratio(count(*) FILTER (on_time), count(*)) AS on_time_rate,
       count(*) FILTER (on_time) AS on_time_orders,
       count(*) FILTER (NOT on_time) AS late_orders,
       count(*) AS judged_orders
FROM judged
