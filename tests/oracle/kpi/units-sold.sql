SELECT total(units) AS units FROM orders
