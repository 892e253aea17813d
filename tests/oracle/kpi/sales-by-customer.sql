SELECT o.customer,
       any_value(c.name) AS name,
       any_value(c.segment) AS segment,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       sum(costed_sales) AS costed_sales,
       count(*) AS orders,
       sum(units) AS units,
       mean_money(sum(sales), count(*)) AS average_order_value,
       ratio(sum(units), count(*)) AS units_per_order
FROM orders o
LEFT JOIN loaded_customers c ON c.customer = o.customer
WHERE o.customer IS NOT NULL
GROUP BY o.customer
