-- The native layout, eight files, as loaded_customers, loaded_products, loaded_orders and loaded_lines.

CREATE TABLE loaded_customers AS
    SELECT customer_id AS customer, name, segment, location_id AS location FROM file('customers');

CREATE TABLE loaded_products AS
    SELECT product_id AS product, name, category, subcategory, number(cost) AS cost FROM file('products');

CREATE TABLE loaded_orders AS
    SELECT o.order_id AS "order", o.customer_id AS customer, l.region, l.country, l.state, l.city, c.segment,
           o.ordered_at::TIMESTAMP::DATE AS day, hour(o.ordered_at::TIMESTAMP) AS hour, o.status
    FROM file('orders') o
    LEFT JOIN loaded_customers c ON c.customer = o.customer_id
    LEFT JOIN file('locations') l ON l.location_id = coalesce(o.location_id, c.location);

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT order_id, product_id, seller_id, quantity::BIGINT AS units, number(unit_price) AS price,
               coalesce(number(discount), 0) AS off
        FROM file('order_items')
    )
    SELECT order_id AS "order", product_id AS product, seller_id AS seller, category, subcategory, units AS quantity,
           units * price AS gross,
           off AS discount,
           units * price - off AS sales,
           units * price - off - units * cost AS profit
    FROM typed
    LEFT JOIN loaded_products ON product = product_id;

CREATE TABLE loaded_moments AS SELECT order_id AS "order", ordered_at::TIMESTAMP AS moment FROM file('orders');

CREATE TABLE loaded_points AS
    SELECT order_id AS "order", l.location_id AS location, l.latitude, l.longitude
    FROM file('orders') o
    LEFT JOIN loaded_customers c ON c.customer = o.customer_id
    JOIN file('locations') l ON l.location_id = coalesce(o.location_id, c.location);
