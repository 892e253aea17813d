-- of all products, whichever was asked for: that chooses among the pairs alone
WITH bought AS (
    SELECT DISTINCT "order", product
    FROM orders_asked() JOIN lines_whatever('product') USING ("order")
    WHERE is_counted(status) AND is_purchase("order")
),
single AS (SELECT product, count(*) AS orders FROM bought GROUP BY product),
whole AS (SELECT count(DISTINCT "order") AS orders FROM bought),
pairs AS (
    SELECT a.product AS a, b.product AS b, count(*) AS orders
    FROM bought a JOIN bought b ON b."order" = a."order" AND a.product < b.product
    GROUP BY ALL
    HAVING count(*) > 1
)
SELECT a AS product_a,
       (SELECT name FROM loaded_products WHERE product = a) AS name_a,
       b AS product_b,
       (SELECT name FROM loaded_products WHERE product = b) AS name_b,
       pairs.orders,
       sa.orders AS orders_a,
       sb.orders AS orders_b,
       whole.orders AS all_orders,
       ratio(pairs.orders, whole.orders) AS support,
       ratio(pairs.orders, sa.orders) AS confidence_a_to_b,
       ratio(pairs.orders, sb.orders) AS confidence_b_to_a,
       ratio(pairs.orders * whole.orders, sa.orders * sb.orders) AS lift
FROM pairs
JOIN single sa ON sa.product = a
JOIN single sb ON sb.product = b
CROSS JOIN whole
WHERE passes('product', a) OR passes('product', b)
