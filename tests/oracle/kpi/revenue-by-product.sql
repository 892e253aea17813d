SELECT product,
       any_value(p.name) AS name,
       sum(sales) AS sales
FROM lines
LEFT JOIN loaded_products p USING (product)
GROUP BY product
