-- of all products, whichever was asked for: that chooses among the rows alone
WITH sold AS (
    SELECT product, sum(sales) AS sales FROM orders_asked() JOIN lines_whatever('product') USING ("order")
    WHERE is_counted(status) GROUP BY product
),
ranked AS (
    SELECT *, row_number() OVER best AS rank, sum(sales) OVER best AS upto, sum(sales) OVER () AS whole
    FROM sold
    WINDOW best AS (ORDER BY sales DESC, product ROWS UNBOUNDED PRECEDING)
)
SELECT product,
       p.name,
       rank,
       sales,
       CASE WHEN whole > 0 THEN ratio(sales, whole) END AS share,
       upto AS cumulative_sales,
       CASE WHEN whole > 0 THEN ratio(upto, whole) END AS cumulative_share,
       whole AS all_sales,
       CASE WHEN whole <= 0 THEN NULL
            WHEN rank = 1 OR upto * 100 <= whole * 80 THEN 'A'
            WHEN upto * 100 <= whole * 95 THEN 'B'
            ELSE 'C'
       END AS class
FROM ranked
LEFT JOIN loaded_products p USING (product)
WHERE passes('product', product)
