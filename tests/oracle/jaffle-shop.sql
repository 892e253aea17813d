-- The raw tables of the jaffle shop, five or six files with money in cents, as loaded_customers, loaded_products,
-- loaded_orders and loaded_lines. An item is one piece; what its supplies cost is known where their file is given.

CREATE TABLE loaded_customers AS
    SELECT id AS customer, name, NULL::VARCHAR AS segment FROM file('raw_customers');

CREATE TABLE supplies_read AS SELECT sku, sum(number(cost)) AS cents FROM file('raw_supplies') GROUP BY sku;

CREATE TABLE loaded_products AS
    SELECT sku AS product, name, type AS category, NULL::VARCHAR AS subcategory, number(price) * 0.01 AS price,
           cents * 0.01 AS cost
    FROM file('raw_products')
    LEFT JOIN supplies_read USING (sku);

CREATE TABLE loaded_orders AS
    SELECT o.id AS "order", o.customer, s.name AS region, NULL::VARCHAR AS country, NULL::VARCHAR AS state, s.name AS city,
           NULL::VARCHAR AS segment, o.ordered_at::TIMESTAMP::DATE AS day, hour(o.ordered_at::TIMESTAMP) AS hour,
           o.ordered_at::TIMESTAMP AS moment, 'delivered' AS status
    FROM file('raw_orders') o
    LEFT JOIN file('raw_stores') s ON s.id = o.store_id;

CREATE TABLE loaded_lines AS
    SELECT order_id AS "order", product, NULL::VARCHAR AS seller, category, subcategory, 1::BIGINT AS quantity,
           price AS gross, NULL::DECIMAL(18, 4) AS discount, price AS sales, price - cost AS profit, NULL::DECIMAL(18, 4) AS freight
    FROM file('raw_items')
    LEFT JOIN loaded_products ON product = sku;

