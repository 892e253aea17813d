SELECT ratio(sum(discount), sum(gross)) AS discount_rate, total(discount) AS discount, total(gross) AS gross FROM orders
