-- The request on whatever was loaded: its orders, its lines, its range. Variables: from, to, granularity, and a list of
-- values for each filter, or null; as_of is the day asked for, or null.

CREATE MACRO passes(filter, value) AS
    getvariable(filter) IS NULL OR coalesce(list_contains(getvariable(filter)::VARCHAR[], value), false);

CREATE VIEW loaded_days AS SELECT min(day) AS first, max(day) AS last FROM loaded_orders;

CREATE MACRO is_counted(status) AS status NOT IN ('cancelled', 'unavailable', 'unpaid');

-- Returns, whatever the request: orders whose lines, all of them together, have fewer than 0 units.
CREATE VIEW returns AS SELECT "order" FROM loaded_lines GROUP BY "order" HAVING sum(quantity) < 0;
CREATE MACRO is_purchase(number) AS number NOT IN (SELECT "order" FROM returns);

-- The first order of each customer, whatever the request: of those that count and are no returns the earliest, of several at
-- one moment the one with the smallest number.
CREATE VIEW first_orders AS
    SELECT "order", customer, day
    FROM loaded_orders
    WHERE is_counted(status) AND customer IS NOT NULL AND is_purchase("order")
    QUALIFY row_number() OVER (PARTITION BY customer ORDER BY moment, "order") = 1;

-- What layouts without such files do not tell: on what calendar day an order came and should have come, how far it went (in
-- km, to the metre), the score of its latest review; who sells; what was paid for an order.
CREATE TABLE IF NOT EXISTS loaded_deliveries AS
    SELECT "order", NULL::DATE AS delivered_day, NULL::DATE AS estimated_day, NULL::DECIMAL(18, 3) AS km, NULL::BIGINT AS score
    FROM loaded_orders;
CREATE TABLE IF NOT EXISTS loaded_sellers AS SELECT NULL::VARCHAR AS seller, NULL::VARCHAR AS name WHERE false;
CREATE TABLE IF NOT EXISTS loaded_payments AS
    SELECT NULL::VARCHAR AS "order", NULL::VARCHAR AS type, NULL::BIGINT AS installments, NULL::DECIMAL(18, 4) AS value WHERE false;
-- Where a layout has no coordinates, no place has a point.
CREATE TABLE IF NOT EXISTS loaded_points AS
    SELECT "order", NULL::VARCHAR AS location, NULL::VARCHAR AS latitude, NULL::VARCHAR AS longitude FROM loaded_orders WHERE false;

-- What the request is about, as tables: the oracle makes them anew for each request. The filter of that name, which a KPI
-- applies to its rows, is passed over; '' is none.
CREATE MACRO orders_whatever(name) AS TABLE
    SELECT * FROM loaded_orders
    WHERE day >= coalesce(getvariable('from')::DATE, day) AND day <= coalesce(getvariable('to')::DATE, day)
      AND passes('region', region) AND passes('country', country) AND passes('state', state) AND passes('city', city)
      AND passes('segment', segment) AND (name = 'customer' OR passes('customer', customer))
      AND (name = 'status' OR passes('status', status));

CREATE MACRO lines_whatever(name) AS TABLE
    SELECT * FROM loaded_lines
    WHERE passes('category', category) AND passes('subcategory', subcategory) AND (name = 'product' OR passes('product', product))
      AND passes('seller', seller);

CREATE MACRO orders_asked() AS TABLE FROM orders_whatever('');
CREATE MACRO lines_asked() AS TABLE FROM lines_whatever('');

-- every_line: the order lines that the request is about, with what is known of their orders; lines: those of orders that
-- count as sales.
CREATE MACRO make_every_line() AS TABLE SELECT * FROM orders_asked() JOIN lines_asked() USING ("order");

-- every_order: a row for each order, with the sums of those lines; products are its distinct ones. An order without any line
-- is an order all the same, until lines are asked for. orders: those that count as sales.
CREATE MACRO every_order_whatever(name) AS TABLE
    SELECT o.*, total(i.sales) AS sales, total(i.gross) AS gross, total(i.discount) AS discount, sum(i.profit) AS profit,
           total(costed(i.sales, i.profit)) AS costed_sales,
           total(i.quantity) AS units, total(i.freight) AS freight, count(DISTINCT i.product) AS products
    FROM orders_whatever(name) o
    LEFT JOIN lines_asked() i USING ("order")
    WHERE i."order" IS NOT NULL
       OR (getvariable('category') IS NULL AND getvariable('subcategory') IS NULL AND getvariable('product') IS NULL
           AND getvariable('seller') IS NULL)
    GROUP BY ALL;
CREATE MACRO make_every_order() AS TABLE FROM every_order_whatever('');

-- What no line of the shop's files tells is not 0 but unknown.
CREATE MACRO told_discount(x) AS CASE WHEN (SELECT count(discount) FROM loaded_lines) > 0 THEN x END;
CREATE MACRO told_freight(x) AS CASE WHEN (SELECT count(freight) FROM loaded_lines) > 0 THEN x END;

-- The day that an answer counts back from.
CREATE MACRO as_of() AS coalesce(getvariable('as_of')::DATE, (SELECT last FROM loaded_days));

-- The first day of every period from the first day of the range to the last, with its last day.
CREATE MACRO period_of(length, day) AS date_trunc(length, day::DATE)::DATE;

CREATE MACRO periods_of(length) AS TABLE
    WITH span AS (
        SELECT coalesce(getvariable('from')::DATE, first) AS first, coalesce(getvariable('to')::DATE, last) AS last FROM loaded_days
    ),
    starts AS (
        SELECT DISTINCT period_of(length, unnest(generate_series(first, last, INTERVAL 1 DAY))) AS period
        FROM span WHERE first <= last
    )
    SELECT period, (period + to_months(CASE length WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 ELSE 0 END)
                    + to_days(CASE length WHEN 'day' THEN 1 WHEN 'week' THEN 7 ELSE 0 END) - INTERVAL 1 DAY)::DATE AS until
    FROM starts;
