SELECT p.type AS payment_type,
       sum(value) AS value,
       ratio(sum(value), sum(sum(value)) OVER ()) AS value_rate,
       sum(sum(value)) OVER () AS all_value,
       count(DISTINCT "order") AS orders,
       count(*) AS payments,
       ratio(sum(installments), count(installments)) AS mean_installments,
       total(installments) AS installments,
       count(installments) AS installment_payments
FROM loaded_payments p
WHERE "order" IN (SELECT "order" FROM orders)
GROUP BY p.type
