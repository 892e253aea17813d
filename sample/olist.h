/* The olist layout: nine files with the columns and the habits of the Brazilian E-Commerce data set by Olist, about
 * shops and places of our own.
 *
 * Its habits: a customer_id for each order, the person is customer_unique_id; a row for each unit; orders without items
 * and delivered orders without a delivery day; a review_id for two orders, two reviews of one order, messages with
 * line feeds and quotes; products without category, categories without translation; geolocation rows that repeat, with
 * several spellings and states for one zip; payments in many vouchers, of type not_defined and in 0 installments;
 * column names spelt product_name_lenght; a translation file with a byte order mark and CRLF. */
#ifndef SAMPLE_OLIST_H
#define SAMPLE_OLIST_H

#include "sample/native.h"

enum olist_file {
    OLIST_CUSTOMERS,
    OLIST_GEOLOCATION,
    OLIST_ITEMS,
    OLIST_PAYMENTS,
    OLIST_REVIEWS,
    OLIST_ORDERS,
    OLIST_PRODUCTS,
    OLIST_SELLERS,
    OLIST_TRANSLATION,
    OLIST_FILES
};

/* What an identifier of 32 hexadecimal digits is of. */
enum olist_kind { KIND_ORDER, KIND_CUSTOMER, KIND_PERSON, KIND_PRODUCT, KIND_SELLER, KIND_REVIEW, KIND_SECOND_REVIEW };

/* Writes all orders of the shop to files added to the folder; the caller commits them. */
bool olist_write(struct shop *shop, struct folder *folder, struct tally *tally, struct problem *problem);

/* For olist.c and olist_tables.c: the identifier of the nth thing of a kind. */
void olist_id(struct out *out, uint64_t seed, enum olist_kind kind, uint64_t nth);

/* The zip, city and state of a location, with commas between, the city in small letters without accents. */
void olist_place(struct out *out, const struct location *location);

/* Writes the files that do not depend on orders: geolocation, products, sellers, translation. */
void olist_tables(struct out *const files[OLIST_FILES], const struct shop *shop);

#endif
