WITH until AS (SELECT least(as_of(), last) AS day FROM loaded_days),
winners AS (
    SELECT customer, date_trunc('month', orders.day)::DATE AS cohort
    FROM orders JOIN first_orders USING (customer, "order")
    WHERE orders.day <= as_of()
),
-- whatever was asked for: all that counts as a purchase
purchases AS (
    SELECT DISTINCT customer, date_trunc('month', day)::DATE AS month
    FROM loaded_orders
    WHERE is_counted(status) AND day <= as_of() AND is_purchase("order")
),
cohorts AS (SELECT cohort, count(*) AS cohort_size FROM winners GROUP BY cohort),
cells AS (
    SELECT cohort, cohort_size, months_since, (cohort + to_months(months_since::INTEGER))::DATE AS month
    FROM cohorts,
         (SELECT unnest(range(date_diff('month', (SELECT min(cohort) FROM cohorts), (SELECT day FROM until)) + 1)) AS months_since)
)
SELECT cohort,
       months_since,
       CASE WHEN month <= until.day THEN count(p.customer) END AS customers,
       cohort_size,
       CASE WHEN month <= until.day THEN ratio(count(p.customer), cohort_size) END AS retention_rate,
       CASE WHEN month <= until.day THEN until.day < (month + to_months(1) - INTERVAL 1 DAY)::DATE END AS partial
FROM cells
JOIN winners w USING (cohort)
LEFT JOIN purchases p USING (customer, month)
CROSS JOIN until
GROUP BY cohort, months_since, cohort_size, month, until.day
