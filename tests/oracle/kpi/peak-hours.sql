SELECT isodow(day) AS weekday, hour, count(*) AS orders, sum(sales) AS sales
FROM orders
WHERE hour IS NOT NULL
GROUP BY isodow(day), hour
