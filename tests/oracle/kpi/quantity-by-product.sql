SELECT product,
       any_value(p.name) AS name,
       sum(quantity) AS units
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
