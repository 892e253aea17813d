SELECT count(DISTINCT customer) FILTER (is_purchase("order")) AS customers,
       (SELECT count(*) FROM loaded_customers) AS known_customers
FROM orders
