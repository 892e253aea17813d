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
           order_purchase_timestamp::TIMESTAMP AS moment,
           CASE order_status WHEN 'approved' THEN 'paid' WHEN 'invoiced' THEN 'processing' WHEN 'canceled' THEN 'cancelled'
                             ELSE order_status END AS status
    FROM file('olist_orders_dataset')
    JOIN file('olist_customers_dataset') USING (customer_id);

CREATE TABLE loaded_lines AS
    SELECT order_id AS "order", product_id AS product, seller_id AS seller, category, subcategory, 1::BIGINT AS quantity,
           number(price) AS gross, NULL::DECIMAL(18, 4) AS discount, number(price) AS sales, NULL::DECIMAL(18, 4) AS profit,
           number(freight_value) AS freight
    FROM file('olist_order_items_dataset')
    LEFT JOIN loaded_products ON product = product_id;

CREATE TABLE loaded_payments AS
    SELECT order_id AS "order", payment_type AS type, payment_installments::BIGINT AS installments, number(payment_value) AS value
    FROM file('olist_order_payments_dataset');

CREATE TABLE loaded_reviews AS
    SELECT order_id AS "order", review_id AS review, review_creation_date::TIMESTAMP AS moment, review_score::BIGINT AS score
    FROM file('olist_order_reviews_dataset');

CREATE TABLE loaded_deliveries AS
    WITH points AS ( -- of a zip the first row
        SELECT geolocation_zip_code_prefix AS zip, arg_min(geolocation_lat, line)::DOUBLE AS latitude,
               arg_min(geolocation_lng, line)::DOUBLE AS longitude
        FROM file('olist_geolocation_dataset') GROUP BY ALL
    ),
    way AS (
        SELECT o.order_id, great_circle_km(f.latitude, f.longitude, t.latitude, t.longitude) AS km
        FROM file('olist_orders_dataset') o
        JOIN file('olist_customers_dataset') USING (customer_id)
        JOIN file('olist_order_items_dataset') USING (order_id)
        LEFT JOIN file('olist_sellers_dataset') USING (seller_id)
        LEFT JOIN points f ON f.zip = seller_zip_code_prefix
        LEFT JOIN points t ON t.zip = customer_zip_code_prefix
    ),
    -- from the farthest seller, where all of them are known
    far AS (SELECT order_id, CASE WHEN count(km) = count(*) THEN max(km) END AS km FROM way GROUP BY order_id),
    latest AS (SELECT "order" AS order_id, latest_score(score, moment, review) AS score FROM loaded_reviews GROUP BY ALL)
    SELECT order_id AS "order", order_delivered_customer_date::TIMESTAMP::DATE AS delivered_day,
           order_estimated_delivery_date::TIMESTAMP::DATE AS estimated_day, km, score
    FROM file('olist_orders_dataset')
    LEFT JOIN far USING (order_id)
    LEFT JOIN latest USING (order_id);

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
