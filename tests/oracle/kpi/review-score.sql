WITH reviewed AS (
    SELECT score, CASE WHEN delivered_day <= estimated_day THEN 'on_time' WHEN delivered_day > estimated_day THEN 'late' ELSE 'unknown' END AS delivery
    FROM orders JOIN loaded_deliveries USING ("order") WHERE score IS NOT NULL
)
SELECT delivery,
       ratio(sum(score), count(*)) AS review_score,
       sum(score) AS stars,
       count(*) AS reviewed_orders,
       count(*) FILTER (score = 1) AS score_1,
       count(*) FILTER (score = 2) AS score_2,
       count(*) FILTER (score = 3) AS score_3,
       count(*) FILTER (score = 4) AS score_4,
       count(*) FILTER (score = 5) AS score_5,
       ratio(sum(sum(score)) OVER (), sum(count(*)) OVER ()) AS all_review_score,
       sum(sum(score)) OVER () AS all_stars,
       sum(count(*)) OVER () AS all_reviewed_orders
FROM reviewed
GROUP BY delivery
