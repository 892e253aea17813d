WITH buyers AS (SELECT customer, count(*) AS orders FROM orders WHERE customer IS NOT NULL AND is_purchase("order") GROUP BY customer)
SELECT ratio(count(*) FILTER (orders >= 2), count(*)) AS retention_rate,
       count(*) FILTER (orders >= 2) AS returning_customers,
       count(*) AS customers
FROM buyers
