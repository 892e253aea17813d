/* The native layout: eight tables in UTF-8, with commas, line feeds and a header line each. */
#ifndef SAMPLE_NATIVE_H
#define SAMPLE_NATIVE_H

#include "sample/csv_out.h"
#include "sample/problem.h"
#include "sample/shop.h"

#include <stdbool.h>
#include <stdint.h>

enum native_file {
    LOCATIONS_CSV,
    CUSTOMERS_CSV,
    PRODUCTS_CSV,
    SELLERS_CSV,
    ORDERS_CSV,
    ORDER_ITEMS_CSV,
    PAYMENTS_CSV,
    REVIEWS_CSV,
    NATIVE_FILES
};

extern const char *const native_file_names[NATIVE_FILES];

/* What a run wrote. */
struct tally {
    uint64_t orders;
    uint64_t lines;
};

/* Identifiers as the files spell them, for the thing of a number from 0. */
#define LOCATION_ID(out, number) out_id(out, 'L', (uint64_t)(number) + 1, 5)
#define CUSTOMER_ID(out, number) out_id(out, 'C', (uint64_t)(number) + 1, 7)
#define PRODUCT_ID(out, number)  out_id(out, 'P', (uint64_t)(number) + 1, 5)
#define SELLER_ID(out, number)   out_id(out, 'S', (uint64_t)(number) + 1, 3)
#define ORDER_ID(out, number)    out_id(out, 'O', (uint64_t)(number) + 1, 8)
#define REVIEW_ID(out, number)   out_id(out, 'R', (uint64_t)(number) + 1, 8)

/* Writes all orders of the shop to files added to the folder; the caller commits them.
 * With dirty, rows to reject and odd rows come in between, and dirty.json lists the former: see dirty.h. */
bool native_write(struct shop *shop, struct folder *folder, bool with_dirt, struct tally *tally,
                  struct problem *problem);

#endif
