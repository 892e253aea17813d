-- of all statuses, whichever was asked for: that chooses among the rows alone
SELECT * FROM (
    SELECT status,
           is_counted(status) AS counted,
           count(*) AS orders,
           ratio(count(*), sum(count(*)) OVER ()) AS order_rate,
           sum(sales) AS sales,
           ratio(sum(count(*) FILTER (status = 'cancelled')) OVER (), sum(count(*)) OVER ()) AS cancellation_rate,
           sum(count(*) FILTER (status = 'cancelled')) OVER () AS cancelled_orders,
           sum(count(*)) OVER () AS all_orders
    FROM every_order_whatever('status')
    GROUP BY status
) WHERE passes('status', status)
