SELECT total(sales) AS sales FROM orders
