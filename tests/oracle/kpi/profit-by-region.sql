SELECT region,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(costed_sales)) AS margin,
       sum(costed_sales) AS costed_sales,
       sum(sales) AS sales,
       count(*) AS orders
FROM orders
GROUP BY region
