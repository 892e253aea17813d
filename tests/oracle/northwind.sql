-- Northwind's columns, five or six files, as loaded_customers, loaded_products, loaded_orders and loaded_lines. NULL is no
-- value, and a supplier is known where there is a file of them. An order goes where its own columns say; a region is that of the place or, for want of one, its country.

CREATE MACRO table_of(name) AS TABLE
    SELECT line, CASE WHEN COLUMNS(* EXCLUDE line) <> 'NULL' THEN COLUMNS(* EXCLUDE line) END FROM file(name);

CREATE TABLE loaded_customers AS
    SELECT customer_id AS customer, company_name AS name, NULL::VARCHAR AS segment FROM table_of('customers');

CREATE TABLE loaded_products AS
    SELECT product_id AS product, product_name AS name, category_name AS category, NULL::VARCHAR AS subcategory,
           s.supplier_id AS seller
    FROM table_of('products') p
    LEFT JOIN table_of('categories') USING (category_id)
    LEFT JOIN table_of('suppliers') s ON s.supplier_id = p.supplier_id;

CREATE TABLE loaded_orders AS
    SELECT order_id AS "order", customer_id AS customer, coalesce(ship_region, ship_country) AS region, ship_country AS country,
           ship_region AS state, ship_city AS city, NULL::VARCHAR AS segment, day(order_date) AS day, NULL::BIGINT AS hour,
           day(order_date)::TIMESTAMP AS moment,
           CASE WHEN shipped_date IS NULL THEN 'processing' ELSE 'shipped' END AS status
    FROM table_of('orders');

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT order_id, product_id, quantity::BIGINT AS units, quantity::BIGINT * number(unit_price) AS gross,
               number(discount) AS rate
        FROM table_of('order_details')
    )
    SELECT order_id AS "order", product, seller, category, subcategory, units AS quantity, gross,
           share(gross, rate) AS discount, gross - share(gross, rate) AS sales, NULL::DECIMAL(18, 4) AS profit, NULL::DECIMAL(18, 4) AS freight
    FROM typed
    LEFT JOIN loaded_products ON product = product_id;

CREATE TABLE loaded_sellers AS SELECT supplier_id AS seller, company_name AS name FROM table_of('suppliers');

CREATE TABLE loaded_deliveries AS
    SELECT order_id AS "order", NULL::DATE AS delivered_day, day(required_date) AS estimated_day, NULL::DECIMAL(18, 3) AS km,
           NULL::BIGINT AS score
    FROM table_of('orders');
