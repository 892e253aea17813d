-- The request on whatever was loaded: its orders, its lines, its range. Variables: from, to, granularity, and a list of
-- values for each filter, or null; as_of is the day asked for, or null.

CREATE MACRO passes(filter, value) AS
    getvariable(filter) IS NULL OR coalesce(list_contains(getvariable(filter)::VARCHAR[], value), false);

CREATE VIEW loaded_days AS SELECT min(day) AS first, max(day) AS last FROM loaded_orders;

CREATE MACRO is_counted(status) AS status NOT IN ('cancelled', 'unavailable', 'unpaid');

-- Where a layout has no time of day, orders are as old as their days; where it has no coordinates, no place has a point.
CREATE TABLE IF NOT EXISTS loaded_moments AS SELECT "order", day::TIMESTAMP AS moment FROM loaded_orders;
CREATE TABLE IF NOT EXISTS loaded_points AS
    SELECT "order", NULL::VARCHAR AS location, NULL::VARCHAR AS latitude, NULL::VARCHAR AS longitude FROM loaded_orders WHERE false;

-- The first counted order of each customer: the earliest, of several at one moment the one with the smallest id.
CREATE TABLE first_orders AS
    SELECT customer, arg_min("order", (moment, "order")) AS "order"
    FROM loaded_orders JOIN loaded_moments USING ("order")
    WHERE is_counted(status) AND customer IS NOT NULL
    GROUP BY customer;

-- What the request is about, as tables: the oracle makes them anew for each request.
CREATE MACRO orders_asked() AS TABLE
    SELECT * FROM loaded_orders
    WHERE is_counted(status)
      AND day >= coalesce(getvariable('from')::DATE, day) AND day <= coalesce(getvariable('to')::DATE, day)
      AND passes('region', region) AND passes('country', country) AND passes('state', state) AND passes('city', city)
      AND passes('segment', segment) AND passes('customer', customer) AND passes('status', status);

CREATE MACRO lines_asked() AS TABLE
    SELECT * FROM loaded_lines
    WHERE passes('category', category) AND passes('subcategory', subcategory) AND passes('product', product)
      AND passes('seller', seller);

-- lines: the order lines that the request is about, with what is known of their orders.
CREATE MACRO make_lines() AS TABLE SELECT * FROM orders_asked() JOIN lines_asked() USING ("order");

-- orders: a row for each order, with the sums of those lines; products are its distinct ones. An order without any line
-- is an order all the same, until lines are asked for.
CREATE MACRO make_orders() AS TABLE
    SELECT o.*, total(i.sales) AS sales, total(i.gross) AS gross, total(i.discount) AS discount, sum(i.profit) AS profit,
           total(i.quantity) AS units, count(DISTINCT i.product) AS products
    FROM orders_asked() o
    LEFT JOIN lines_asked() i USING ("order")
    WHERE i."order" IS NOT NULL
       OR (getvariable('category') IS NULL AND getvariable('subcategory') IS NULL AND getvariable('product') IS NULL
           AND getvariable('seller') IS NULL)
    GROUP BY ALL;

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
