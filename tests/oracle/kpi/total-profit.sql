SELECT total_profit(profit) AS profit, ratio(sum(profit), sum(sales)) AS margin, total(sales) AS sales FROM orders
