SELECT count(DISTINCT customer) AS customers, (SELECT count(*) FROM loaded_customers) AS known_customers FROM orders
