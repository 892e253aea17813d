SELECT product,
       any_value(p.name) AS name,
       sum(sales) AS sales,
       total_profit(profit) AS profit,
       total(costed(sales, profit)) AS costed_sales,
       sum(quantity) AS units,
       count(DISTINCT "order") AS orders,
       ratio(sum(quantity), count(DISTINCT "order")) AS units_per_order,
       sum(gross) AS gross,
       told_discount(total(discount)) AS discount,
       told_discount(ratio(total(discount), sum(gross))) AS discount_rate
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
