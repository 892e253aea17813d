SELECT total(sales) AS sales,
       total_profit(profit) AS profit,
       ratio(sum(profit), sum(sales)) AS margin,
       count(*) AS orders,
       mean_money(sum(sales), count(*)) AS average_order_value,
       total(units) AS units,
       ratio(sum(units), count(*)) AS units_per_order,
       total(products) AS products,
       ratio(sum(products), count(*)) AS products_per_order,
       total(gross) AS gross,
       total(discount) AS discount,
       ratio(sum(discount), sum(gross)) AS discount_rate
FROM orders
