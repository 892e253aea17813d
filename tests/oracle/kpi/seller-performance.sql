WITH shares AS ( -- an order and a seller in it
    SELECT seller, "order", any_value(status) AS status, any_value(day) AS day, sum(sales) AS sales, sum(quantity) AS units
    FROM every_line WHERE seller IS NOT NULL GROUP BY seller, "order"
),
sold AS (SELECT * FROM shares JOIN loaded_deliveries USING ("order") WHERE is_counted(status)),
facts AS (
    SELECT seller, sum(sales) AS sales, count(*) AS orders, sum(units) AS units, total(delivered_day - day) AS days,
           count(delivered_day) AS delivered, count(*) FILTER (delivered_day > estimated_day) AS late,
           count(delivered_day - estimated_day) AS judged, total(score) AS stars, count(score) AS reviewed
    FROM sold GROUP BY seller
),
totals AS (SELECT seller, count(*) FILTER (status = 'cancelled') AS cancelled, count(*) AS orders FROM shares GROUP BY seller)
SELECT t.seller,
       s.name,
       coalesce(f.sales, 0) AS sales,
       coalesce(f.orders, 0) AS orders,
       coalesce(f.units, 0) AS units,
       ratio(days, delivered) AS mean_days,
       coalesce(days, 0) AS days,
       coalesce(delivered, 0) AS delivered_orders,
       ratio(late, judged) AS late_rate,
       coalesce(late, 0) AS late_orders,
       coalesce(judged, 0) AS judged_orders,
       ratio(cancelled, t.orders) AS cancellation_rate,
       cancelled AS cancelled_orders,
       t.orders AS all_orders,
       ratio(stars, reviewed) AS review_score,
       coalesce(stars, 0) AS stars,
       coalesce(reviewed, 0) AS reviewed_orders
FROM totals t
LEFT JOIN facts f ON f.seller = t.seller
LEFT JOIN loaded_sellers s ON s.seller = t.seller
