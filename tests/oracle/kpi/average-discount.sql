SELECT told_discount(ratio(total(discount), sum(gross))) AS discount_rate,
       CASE WHEN count(*) = 0 THEN 0 ELSE told_discount(total(discount)) END AS discount,
       total(gross) AS gross FROM orders
