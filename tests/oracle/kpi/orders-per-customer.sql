SELECT ratio(count(*), count(DISTINCT customer)) AS orders_per_customer,
       count(*) AS orders,
       count(DISTINCT customer) AS customers
FROM orders
WHERE customer IS NOT NULL AND is_purchase("order")
