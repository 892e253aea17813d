WITH ranked AS (SELECT sales, row_number() OVER (ORDER BY sales) AS rank, count(*) OVER () AS of FROM orders)
SELECT mean_money(sum(sales), count(*)) AS average_order_value,
       -- the middle one, or the two that share the middle
       mean_money(sum(sales) FILTER (2 * rank IN (of, of + 1, of + 2)), count(*) FILTER (2 * rank IN (of, of + 1, of + 2)))
           AS median_order_value,
       total(sales) AS sales,
       count(*) AS orders
FROM ranked
