SELECT total(sales) AS sales,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(costed_sales)) AS margin,
       total(costed_sales) AS costed_sales,
       count(*) AS orders,
       mean_money(sum(sales), count(*)) AS average_order_value,
       total(units) AS units,
       ratio(sum(units), count(*)) AS units_per_order,
       total(products) AS products,
       ratio(sum(products), count(*)) AS products_per_order,
       total(gross) AS gross,
       CASE WHEN count(*) = 0 THEN 0 ELSE told_discount(total(discount)) END AS discount,
       told_discount(ratio(total(discount), sum(gross))) AS discount_rate
FROM orders
