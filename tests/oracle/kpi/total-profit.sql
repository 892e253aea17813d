SELECT total_profit(profit) AS profit,
       ratio(sum(profit), sum(costed_sales)) AS margin,
       total(costed_sales) AS costed_sales,
       total(sales) AS sales
FROM orders
