-- of all customers, whichever was asked for: that chooses among the segments alone
WITH buyers AS (
    SELECT customer, as_of() - max(day) FILTER (is_purchase("order")) AS days,
           count(*) FILTER (is_purchase("order")) AS orders, sum(sales) AS sales
    FROM every_order_whatever('customer')
    WHERE is_counted(status) AND customer IS NOT NULL AND day <= as_of()
    GROUP BY customer
    HAVING count(*) FILTER (is_purchase("order")) > 0
),
-- worse: bought longer ago, less often, for less
scored AS (
    SELECT *,
           1 + 5 * (SELECT count(*) FROM buyers other WHERE other.days > buyers.days) // count(*) OVER () AS r,
           1 + 5 * (SELECT count(*) FROM buyers other WHERE other.orders < buyers.orders) // count(*) OVER () AS f,
           1 + 5 * (SELECT count(*) FROM buyers other WHERE other.sales < buyers.sales) // count(*) OVER () AS m
    FROM buyers
),
-- the segment of each R (rows, 1 to 5) and FM (columns, 1 to 5)
grid AS (
    SELECT [
        ['Hibernating', 'Hibernating', 'At risk', 'At risk', 'Cannot lose'],
        ['Hibernating', 'Hibernating', 'At risk', 'At risk', 'Cannot lose'],
        ['About to sleep', 'About to sleep', 'Need attention', 'Loyal', 'Loyal'],
        ['Promising', 'Potential loyalists', 'Potential loyalists', 'Loyal', 'Loyal'],
        ['New', 'Potential loyalists', 'Potential loyalists', 'Champions', 'Champions']
    ] AS segments
),
named AS (SELECT *, segments[r][(f + m + 1) // 2] AS rfm_segment FROM scored, grid),
whole AS (SELECT count(*) AS customers, sum(sales) AS sales FROM buyers)
SELECT rfm_segment,
       count(*) AS customers,
       w.customers AS all_customers,
       ratio(count(*), w.customers) AS customers_rate,
       sum(n.sales) AS sales,
       w.sales AS all_sales,
       ratio(sum(n.sales), w.sales) AS sales_rate,
       sum(orders) AS orders,
       ratio(sum(days), count(*)) AS mean_recency_days,
       sum(days) AS recency_days,
       ratio(sum(orders), count(*)) AS orders_per_customer,
       mean_money(sum(n.sales), count(*)) AS sales_per_customer
FROM named n, whole w
GROUP BY rfm_segment, w.customers, w.sales
HAVING bool_or(passes('customer', customer))
