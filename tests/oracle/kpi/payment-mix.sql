SELECT p.type AS payment_type,
       sum(value) AS value,
       ratio(sum(value), sum(sum(value)) OVER ()) AS value_rate,
       sum(sum(value)) OVER () AS all_value,
       count(DISTINCT "order") AS orders,
       count(*) AS payments,
       ratio(sum(p.parts), count(p.parts)) AS mean_installments,
       total(p.parts) AS installments,
       count(p.parts) AS installment_payments
FROM (SELECT *, CASE WHEN installments > 0 THEN installments END AS parts FROM loaded_payments) p
WHERE "order" IN (SELECT "order" FROM orders)
GROUP BY p.type
