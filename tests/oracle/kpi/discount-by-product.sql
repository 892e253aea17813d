SELECT product,
       any_value(p.name) AS name,
       ratio(sum(discount), sum(gross)) AS discount_rate,
       sum(discount) AS discount,
       sum(gross) AS gross
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
