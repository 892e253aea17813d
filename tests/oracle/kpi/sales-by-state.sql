SELECT country, state,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       count(*) AS orders,
       sum(units) AS units,
       count(DISTINCT customer) AS customers
FROM orders
GROUP BY country, state
