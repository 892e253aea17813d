-- The Olist layout, nine files, as loaded_customers, loaded_products, loaded_orders and loaded_lines. A row of the customers'
-- file is of one order; the person is customer_unique_id. A row of items is one unit.

CREATE TABLE loaded_customers AS
    SELECT DISTINCT customer_unique_id AS customer, NULL::VARCHAR AS name, NULL::VARCHAR AS segment FROM file('olist_customers_dataset');

CREATE TABLE loaded_products AS
    SELECT product_id AS product, NULL::VARCHAR AS name, coalesce(product_category_name_english, product_category_name) AS category,
           NULL::VARCHAR AS subcategory
    FROM file('olist_products_dataset')
    LEFT JOIN file('product_category_name_translation') USING (product_category_name);

CREATE MACRO region_of(state) AS CASE
    WHEN state IN ('AC', 'AL', 'AM', 'AP', 'BA', 'CE', 'DF', 'ES', 'GO', 'MA', 'MG', 'MS', 'MT', 'PA', 'PB', 'PE', 'PI', 'PR',
                   'RJ', 'RN', 'RO', 'RR', 'RS', 'SC', 'SE', 'SP', 'TO') THEN CASE
        WHEN state IN ('PR', 'RS', 'SC') THEN 'South'
        WHEN state IN ('ES', 'MG', 'RJ', 'SP') THEN 'Southeast'
        WHEN state IN ('DF', 'GO', 'MS', 'MT') THEN 'Central-West'
        WHEN state IN ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') THEN 'North'
        ELSE 'Northeast'
    END
END;

CREATE TABLE loaded_orders AS
    SELECT order_id AS "order", customer_unique_id AS customer, region_of(customer_state) AS region, 'Brazil' AS country,
           customer_state AS state, customer_city AS city, NULL::VARCHAR AS segment,
           order_purchase_timestamp::TIMESTAMP::DATE AS day, hour(order_purchase_timestamp::TIMESTAMP) AS hour,
           CASE order_status WHEN 'approved' THEN 'paid' WHEN 'invoiced' THEN 'processing' WHEN 'canceled' THEN 'cancelled'
                             ELSE order_status END AS status
    FROM file('olist_orders_dataset')
    JOIN file('olist_customers_dataset') USING (customer_id);

CREATE TABLE loaded_lines AS
    SELECT order_id AS "order", product_id AS product, seller_id AS seller, category, subcategory, 1::BIGINT AS quantity,
           number(price) AS gross, 0::DECIMAL(18, 4) AS discount, number(price) AS sales, NULL::DECIMAL(18, 4) AS profit
    FROM file('olist_order_items_dataset')
    LEFT JOIN loaded_products ON product = product_id;

CREATE TABLE loaded_moments AS
    SELECT order_id AS "order", order_purchase_timestamp::TIMESTAMP AS moment FROM file('olist_orders_dataset');

-- A zip is where the first row of the geolocation file says.
CREATE TABLE loaded_points AS
    SELECT order_id AS "order", customer_zip_code_prefix || '|' || customer_city || '|' || customer_state AS location, latitude, longitude
    FROM file('olist_orders_dataset')
    JOIN file('olist_customers_dataset') USING (customer_id)
    JOIN (
        SELECT geolocation_zip_code_prefix AS zip, arg_min(geolocation_lat, line) AS latitude,
               arg_min(geolocation_lng, line) AS longitude
        FROM file('olist_geolocation_dataset') GROUP BY ALL
    ) ON zip = customer_zip_code_prefix;
