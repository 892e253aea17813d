-- degrees in millionths, as whole numbers
WITH degrees AS (
    SELECT "order", location, (longitude::DOUBLE * 1000000)::DECIMAL(18, 6)::BIGINT AS longitude, (latitude::DOUBLE * 1000000)::DECIMAL(18, 6)::BIGINT AS latitude
    FROM loaded_points
    WHERE longitude IS NOT NULL AND latitude IS NOT NULL
),
cities AS (
    SELECT country, state, city, count(*) AS orders, sum(sales) AS sales, count(DISTINCT customer) AS customers
    FROM orders
    GROUP BY ALL
),
places AS (SELECT DISTINCT country, state, city, location, longitude, latitude FROM orders JOIN degrees USING ("order")),
points AS (
    SELECT country, state, city, sum(longitude) AS longitudes, sum(latitude) AS latitudes, count(*) AS places
    FROM places
    GROUP BY ALL
)
SELECT (divide_half_even(longitudes, places)::DECIMAL(32, 0) * 0.000001)::DECIMAL(38, 6) AS longitude,
       (divide_half_even(latitudes, places)::DECIMAL(32, 0) * 0.000001)::DECIMAL(38, 6) AS latitude,
       c.city, c.state, c.country, c.sales, c.orders, c.customers,
       (SELECT total(orders) FROM cities) - (sum(c.orders) OVER ()) AS unmapped_orders
FROM cities c
JOIN points p ON c.city = p.city AND c.state IS NOT DISTINCT FROM p.state AND c.country IS NOT DISTINCT FROM p.country
