-- The native layout, eight files, as loaded_customers, loaded_products, loaded_orders and loaded_lines.

CREATE TABLE loaded_customers AS
    SELECT customer_id AS customer, name, segment, location_id AS location FROM file('customers');

CREATE TABLE loaded_products AS
    SELECT product_id AS product, name, category, subcategory, number(cost) AS cost FROM file('products');

CREATE TABLE loaded_orders AS
    SELECT o.order_id AS "order", o.customer_id AS customer, l.region, l.country, l.state, l.city, c.segment,
           o.ordered_at::TIMESTAMP::DATE AS day, hour(o.ordered_at::TIMESTAMP) AS hour,
           o.ordered_at::TIMESTAMP AS moment, o.status
    FROM file('orders') o
    LEFT JOIN loaded_customers c ON c.customer = o.customer_id
    LEFT JOIN file('locations') l ON l.location_id = coalesce(o.location_id, c.location);

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT order_id, product_id, seller_id, quantity::BIGINT AS units, number(unit_price) AS price,
               coalesce(number(discount), 0) AS off, coalesce(number(freight), 0) AS freight
        FROM file('order_items')
    )
    SELECT order_id AS "order", product_id AS product, seller_id AS seller, category, subcategory, units AS quantity,
           units * price AS gross,
           off AS discount,
           units * price - off AS sales,
           units * price - off - units * cost AS profit,
           freight
    FROM typed
    LEFT JOIN loaded_products ON product = product_id;

CREATE TABLE loaded_sellers AS SELECT seller_id AS seller, name FROM file('sellers');

CREATE TABLE loaded_payments AS
    SELECT order_id AS "order", type, installments::BIGINT AS installments, number(value) AS value FROM file('payments');

CREATE TABLE loaded_deliveries AS
    WITH way AS (
        SELECT o.order_id, great_circle_km(f.latitude::DOUBLE, f.longitude::DOUBLE, t.latitude::DOUBLE, t.longitude::DOUBLE) AS km
        FROM file('orders') o
        JOIN file('order_items') i USING (order_id)
        LEFT JOIN file('sellers') s USING (seller_id)
        LEFT JOIN file('locations') f ON f.location_id = s.location_id
        LEFT JOIN loaded_customers c ON c.customer = o.customer_id
        LEFT JOIN file('locations') t ON t.location_id = coalesce(o.location_id, c.location)
    ),
    -- from the farthest seller, where all of them are known
    far AS (SELECT order_id, CASE WHEN count(km) = count(*) THEN max(km) END AS km FROM way GROUP BY order_id),
    latest AS (SELECT order_id, latest_score(score::BIGINT, created_at::TIMESTAMP, review_id) AS score FROM file('reviews') GROUP BY order_id)
    SELECT order_id AS "order", delivered_at::TIMESTAMP::DATE AS delivered_day, estimated_at::TIMESTAMP::DATE AS estimated_day, km, score
    FROM file('orders')
    LEFT JOIN far USING (order_id)
    LEFT JOIN latest USING (order_id);

CREATE TABLE loaded_points AS
    SELECT order_id AS "order", l.location_id AS location, l.latitude, l.longitude
    FROM file('orders') o
    LEFT JOIN loaded_customers c ON c.customer = o.customer_id
    JOIN file('locations') l ON l.location_id = coalesce(o.location_id, c.location);
