-- The Superstore layout, one file with a row for each order line (given to us in UTF-8), as loaded_customers,
-- loaded_products, loaded_orders and loaded_lines. What several lines say of one thing, the first says.

CREATE TABLE lines_read AS
    SELECT row_number() OVER () AS line, trim(COLUMNS(*)) -- a value is what stands between the spaces
    FROM read_csv(getvariable('folder') || '/superstore.csv', header = true, all_varchar = true, quote = '"', escape = '"',
                  parallel = false);

CREATE TABLE loaded_customers AS
    SELECT "Customer ID" AS customer, arg_min("Customer Name", line) AS name, arg_min("Segment", line) AS segment
    FROM lines_read GROUP BY ALL;

CREATE TABLE loaded_products AS
    SELECT "Product ID" AS product, arg_min("Product Name", line) AS name, arg_min("Category", line) AS category,
           arg_min("Sub-Category", line) AS subcategory
    FROM lines_read GROUP BY ALL;

CREATE TABLE loaded_orders AS
    SELECT "order", o.customer, region, country, state, city, c.segment, day, NULL::BIGINT AS hour, 'shipped' AS status
    FROM (
        SELECT "Order ID" AS "order", arg_min("Customer ID", line) AS customer, arg_min("Region", line) AS region,
               arg_min("Country", line) AS country, arg_min("State", line) AS state, arg_min("City", line) AS city,
               arg_min(strptime("Order Date", '%m/%d/%Y')::DATE, line) AS day
        FROM lines_read GROUP BY ALL
    ) o
    LEFT JOIN loaded_customers c ON c.customer = o.customer;

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT line, "Order ID" AS "order", "Product ID" AS product, "Quantity"::BIGINT AS quantity,
               "Sales"::DECIMAL(18, 4) AS sales, "Discount"::DECIMAL(18, 4) AS rate, "Profit"::DECIMAL(18, 4) AS profit
        FROM lines_read
    ),
    listed AS (
        -- sales = gross × (1 − rate); the division need not come out even
        SELECT *, (divide_half_even(ten_thousandths(sales) * 10000, 10000 - ten_thousandths(rate))::DECIMAL(32, 0) * 0.0001)
                  ::DECIMAL(18, 4) AS gross
        FROM typed
    )
    SELECT "order", product, NULL::VARCHAR AS seller, category, subcategory, quantity, gross, gross - sales AS discount, sales,
           profit
    FROM listed
    LEFT JOIN loaded_products USING (product);
