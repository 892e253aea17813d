/* What earlier loads have left in the database, fetched when the rows of this load refer to it: an order's customer
 * that no file of the load names, the order that a late payment belongs to.
 *
 * Keys are asked for once; what is found goes into the dimensions as DIMENSION_STORED. One thread. */
#ifndef KPI_LOADER_STORED_H
#define KPI_LOADER_STORED_H

#include "loader/dimension.h"
#include "loader/store.h"

struct stored {
    const struct store *store;
    struct dimension *dimensions;            /* DIMENSION_COUNT of them */
    struct dimension asked[DIMENSION_COUNT]; /* keys that were asked for, found or not */
    size_t pending[DIMENSION_COUNT];         /* the first of `asked` that is not fetched yet */
};

void stored_init(struct stored *stored, const struct store *store, struct dimension *dimensions);
void stored_release(struct stored *stored);

/* Notes that a row refers to that key, unless it is known. */
void stored_want(struct stored *stored, enum kind kind, struct text key);

/* Whether so many keys wait that it is time to fetch them. */
bool stored_is_full(const struct stored *stored);

/* Fetches what is wanted. */
bool stored_fetch(struct stored *stored, struct error *err);

/* Puts what the database holds in the place of those rows that their files had said already before they changed. A row
 * that the database does not hold stays as its file says. */
bool stored_restore(struct stored *stored, struct error *err);

/* The documents of orders by key: docs[i] is a copy for keys[i], NULL where there is none. The caller destroys them. */
bool stored_orders(struct stored *stored, const struct text *keys, size_t count, bson_t **docs, struct error *err);

#endif
