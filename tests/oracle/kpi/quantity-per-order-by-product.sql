SELECT product,
       any_value(p.name) AS name,
       ratio(sum(quantity), count(DISTINCT "order")) AS units_per_order,
       sum(quantity) AS units,
       count(DISTINCT "order") AS orders
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
