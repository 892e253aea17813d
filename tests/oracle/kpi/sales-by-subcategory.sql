SELECT category, subcategory,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(costed(sales, profit))) AS margin,
       total(costed(sales, profit)) AS costed_sales,
       sum(quantity) AS units,
       count(DISTINCT "order") AS orders
FROM lines
GROUP BY category, subcategory
