-- A coordinate is the number that a double makes of it.
WITH places AS (
    SELECT country, state, city, location, longitude::DOUBLE::VARCHAR::DECIMAL(30, 18) AS longitude,
           latitude::DOUBLE::VARCHAR::DECIMAL(30, 18) AS latitude
    FROM orders JOIN loaded_points USING ("order")
    WHERE longitude IS NOT NULL AND latitude IS NOT NULL
),
cities AS (
    SELECT country, state, city, count(*) AS orders, sum(sales) AS sales, count(DISTINCT customer) FILTER (is_purchase("order")) AS customers
    FROM orders
    GROUP BY ALL
),
points AS (
    SELECT country, state, city, arg_min(longitude, location) AS longitude, arg_min(latitude, location) AS latitude
    FROM places
    GROUP BY ALL
)
SELECT p.longitude, p.latitude,
       c.city, c.state, c.country, c.sales, c.orders, c.customers,
       (SELECT total(orders) FROM cities) - (sum(c.orders) OVER ()) AS unmapped_orders
FROM cities c
JOIN points p ON c.city = p.city AND c.state IS NOT DISTINCT FROM p.state AND c.country IS NOT DISTINCT FROM p.country
