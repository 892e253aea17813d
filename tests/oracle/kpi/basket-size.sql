SELECT ratio(sum(units), count(*)) AS units_per_order,
       ratio(sum(products), count(*)) AS products_per_order,
       total(units) AS units,
       total(products) AS products,
       count(*) AS orders
FROM orders
