SELECT category,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(sales)) AS margin,
       sum(quantity) AS units,
       count(DISTINCT "order") AS orders
FROM lines
GROUP BY category
