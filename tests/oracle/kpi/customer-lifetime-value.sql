WITH buyers AS (
    SELECT customer, count(*) FILTER (is_purchase("order")) AS orders, sum(sales) AS sales
    FROM orders
    WHERE customer IS NOT NULL AND day <= as_of()
    GROUP BY customer
    HAVING count(*) FILTER (is_purchase("order")) > 0
),
ranked AS (SELECT *, row_number() OVER (ORDER BY sales) AS rank, count(*) OVER () AS of FROM buyers)
SELECT mean_money(sum(sales), count(*)) AS mean_lifetime_value,
       mean_money(sum(sales) FILTER (2 * rank IN (of, of + 1, of + 2)), count(*) FILTER (2 * rank IN (of, of + 1, of + 2)))
           AS median_lifetime_value,
       -- number ceil(0.9 × of)
       sum(sales) FILTER (rank = (9 * of + 9) // 10) AS p90_lifetime_value,
       total(sales) AS sales,
       count(*) AS customers,
       ratio(sum(orders), count(*)) AS orders_per_customer,
       total(orders) AS orders
FROM ranked
