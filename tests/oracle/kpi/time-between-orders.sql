WITH intervals AS (
    SELECT day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS days
    FROM orders WHERE customer IS NOT NULL AND is_purchase("order")
),
ranked AS (
    SELECT days, row_number() OVER (ORDER BY days) AS rank, count(*) OVER () AS of FROM intervals WHERE days IS NOT NULL
)
SELECT ratio(sum(days), count(*)) AS mean_days,
       ratio(sum(days) FILTER (2 * rank IN (of, of + 1, of + 2)), count(*) FILTER (2 * rank IN (of, of + 1, of + 2)))
           AS median_days,
       total(days) AS days,
       count(*) AS intervals
FROM ranked
