SELECT country, state,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       sum(costed_sales) AS costed_sales,
       count(*) AS orders,
       sum(units) AS units,
       count(DISTINCT customer) FILTER (is_purchase("order")) AS customers
FROM orders
GROUP BY country, state
