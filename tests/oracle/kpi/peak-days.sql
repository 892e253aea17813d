SELECT day, isodow(day) AS weekday, sum(sales) AS sales, count(*) AS orders, sum(units) AS units FROM orders GROUP BY day
