SELECT product,
       any_value(p.name) AS name,
       count(DISTINCT "order") AS orders
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
