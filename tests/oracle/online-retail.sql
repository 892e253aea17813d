-- The Online Retail layout, one file with a row for each line of an invoice, as loaded_customers, loaded_products,
-- loaded_orders and loaded_lines. What several lines say of one thing, the first says. An invoice C… is of returned goods;
-- one without a customer is nobody's. Lines of no piece, or of a price below zero, are not loaded.

CREATE TABLE lines_read AS
    SELECT line, coalesce(InvoiceNo, Invoice) AS invoice, StockCode AS product, Description AS name, Quantity::BIGINT AS units,
           number(coalesce(UnitPrice, Price)) AS each, coalesce(CustomerID, "Customer ID") AS customer, Country AS country,
           coalesce(try_strptime(InvoiceDate, '%m/%d/%Y %H:%M'), try_strptime(InvoiceDate, '%Y-%m-%d %H:%M:%S')) AS moment
    FROM (FROM file('online_retail') UNION ALL BY NAME
          SELECT NULL::VARCHAR AS InvoiceNo, NULL::VARCHAR AS Invoice, NULL::VARCHAR AS UnitPrice, NULL::VARCHAR AS Price,
                 NULL::VARCHAR AS CustomerID, NULL::VARCHAR AS "Customer ID" WHERE false)
    WHERE units <> 0 AND each >= 0;

CREATE TABLE loaded_customers AS
    SELECT DISTINCT customer, NULL::VARCHAR AS name, NULL::VARCHAR AS segment FROM lines_read WHERE customer IS NOT NULL;

CREATE TABLE loaded_products AS
    SELECT product, first(name ORDER BY line) AS name, NULL::VARCHAR AS category, NULL::VARCHAR AS subcategory
    FROM lines_read GROUP BY ALL;

CREATE TABLE loaded_orders AS
    SELECT invoice AS "order", first(customer ORDER BY line) AS customer, first(country ORDER BY line) AS region,
           first(country ORDER BY line) AS country, NULL::VARCHAR AS state, NULL::VARCHAR AS city, NULL::VARCHAR AS segment,
           first(moment ORDER BY line)::DATE AS day, hour(first(moment ORDER BY line)) AS hour,
           first(moment ORDER BY line) AS moment,
           CASE WHEN starts_with(invoice, 'C') THEN 'returned' ELSE 'delivered' END AS status
    FROM lines_read GROUP BY invoice;

CREATE TABLE loaded_lines AS
    SELECT invoice AS "order", product, NULL::VARCHAR AS seller, NULL::VARCHAR AS category, NULL::VARCHAR AS subcategory,
           units AS quantity, units * each AS gross, NULL::DECIMAL(18, 4) AS discount, units * each AS sales,
           NULL::DECIMAL(18, 4) AS profit, NULL::DECIMAL(18, 4) AS freight
    FROM lines_read;

