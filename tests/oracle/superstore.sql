-- The Superstore layout, one file with a row for each order line, as loaded_customers, loaded_products, loaded_orders and
-- loaded_lines. What several lines say of one thing, the first says.

CREATE TABLE lines_read AS
    SELECT *, coalesce("Country", "Country/Region") AS land
    FROM (FROM file('superstore') UNION ALL BY NAME SELECT NULL::VARCHAR AS "Country", NULL::VARCHAR AS "Country/Region" WHERE false);

CREATE TABLE loaded_customers AS
    SELECT "Customer ID" AS customer, arg_min("Customer Name", line) AS name, arg_min("Segment", line) AS segment
    FROM lines_read GROUP BY ALL;

CREATE TABLE loaded_products AS
    SELECT "Product ID" AS product, arg_min("Product Name", line) AS name, arg_min("Category", line) AS category,
           arg_min("Sub-Category", line) AS subcategory
    FROM lines_read GROUP BY ALL;

CREATE TABLE loaded_orders AS
    SELECT "order", o.customer, region, country, state, city, c.segment, day, NULL::BIGINT AS hour, day::TIMESTAMP AS moment,
           'shipped' AS status
    FROM (
        SELECT "Order ID" AS "order", arg_min("Customer ID", line) AS customer, arg_min("Region", line) AS region,
               arg_min(land, line) AS country, arg_min("State", line) AS state, arg_min("City", line) AS city,
               arg_min(day("Order Date"), line) AS day
        FROM lines_read GROUP BY ALL
    ) o
    LEFT JOIN loaded_customers c ON c.customer = o.customer;

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT line, "Order ID" AS "order", "Product ID" AS product, "Quantity"::BIGINT AS quantity,
               number("Sales") AS sales, number("Discount") AS rate, number("Profit") AS profit
        FROM lines_read
    ),
    -- sales = gross × (1 − rate); the division need not come out even
    listed AS (SELECT *, quotient(sales, 1 - rate) AS gross FROM typed)
    SELECT "order", product, NULL::VARCHAR AS seller, category, subcategory, quantity, gross, gross - sales AS discount, sales,
           profit, NULL::DECIMAL(18, 4) AS freight
    FROM listed
    LEFT JOIN loaded_products USING (product);
