SELECT region,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(sales)) AS margin,
       sum(sales) AS sales,
       count(*) AS orders
FROM orders
GROUP BY region
