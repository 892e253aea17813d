-- A French chain of shops, three files, as loaded_customers, loaded_products, loaded_orders and loaded_lines. A sale is an
-- order of one line, and is made where the shop is.

CREATE TABLE loaded_customers AS SELECT NULL::VARCHAR AS customer, NULL::VARCHAR AS name, NULL::VARCHAR AS segment WHERE false;

CREATE TABLE loaded_products AS
    SELECT id_produit AS product, nom AS name, NULL::VARCHAR AS category, NULL::VARCHAR AS subcategory, number(prix) AS price
    FROM file('produits');

CREATE TABLE shops_read AS FROM file('magasins');

CREATE TABLE sales_read AS
    FROM file('ventes') UNION ALL BY NAME SELECT NULL::VARCHAR AS chiffre_affaires WHERE false;

CREATE TABLE loaded_orders AS
    SELECT id_vente AS "order", NULL::VARCHAR AS customer, ville AS region, 'France' AS country, NULL::VARCHAR AS state,
           ville AS city, NULL::VARCHAR AS segment, day(date_vente) AS day, NULL::BIGINT AS hour,
           day(date_vente)::TIMESTAMP AS moment, 'delivered' AS status
    FROM sales_read
    LEFT JOIN shops_read USING (id_magasin);

CREATE TABLE loaded_lines AS
    WITH typed AS (
        SELECT id_vente, id_produit, "quantité"::BIGINT AS units, number(chiffre_affaires) AS taken FROM sales_read
    )
    SELECT id_vente AS "order", product, NULL::VARCHAR AS seller, category, subcategory, units AS quantity,
           units * price AS gross,
           units * price - taken AS discount,
           coalesce(taken, units * price) AS sales,
           NULL::DECIMAL(18, 4) AS profit, NULL::DECIMAL(18, 4) AS freight
    FROM typed
    LEFT JOIN loaded_products ON product = id_produit;
