WITH classes(distance, from_km, to_km) AS (
    VALUES ('under 50 km', 0, 50), ('50 to 100 km', 50, 100), ('100 to 250 km', 100, 250), ('250 to 500 km', 250, 500),
           ('500 to 1000 km', 500, 1000), ('1000 to 2500 km', 1000, 2500), ('2500 km or more', 2500, NULL)
)
SELECT from_km, to_km, distance,
       count(*) AS orders,
       ratio(sum(delivered_day - day), count(delivered_day)) AS mean_days,
       total(delivered_day - day) AS days,
       count(delivered_day) AS delivered_orders,
       told_freight(mean_money(sum(freight), count(*))) AS mean_freight,
       told_freight(sum(freight)) AS freight,
       ratio(count(*) FILTER (delivered_day > estimated_day), count(delivered_day - estimated_day)) AS late_rate,
       count(*) FILTER (delivered_day > estimated_day) AS late_orders,
       count(delivered_day - estimated_day) AS judged_orders
FROM orders
JOIN loaded_deliveries USING ("order")
LEFT JOIN classes ON km >= from_km AND (km < to_km OR to_km IS NULL)
GROUP BY ALL
