SELECT product,
       any_value(p.name) AS name,
       told_discount(ratio(total(discount), sum(gross))) AS discount_rate,
       told_discount(total(discount)) AS discount,
       sum(gross) AS gross
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
