/* One order on its way to its document: what the database holds of it, then what the files of the load say. */
#ifndef KPI_LOADER_MERGE_H
#define KPI_LOADER_MERGE_H

#include "loader/assemble.h"
#include "loader/order.h"

/* A record that belongs to an order, in a list in the order of arrival. */
struct member {
    struct partition_record record;
    size_t next; /* number + 1, or 0 */
};

/* An order, and the records that belong to it. */
struct entry {
    struct partition_record record; /* its own; when has_record */
    bool has_record;                /* else only parts of it came */
    bool said_before;               /* its file had said the same before it changed */
    struct text key;
    int64_t ordered; /* to sort by */
    size_t arrival;
    size_t first, last; /* members, number + 1, or 0 */
};

struct merge {
    struct assembly *assembly;
    const struct member *members;
    bool own;           /* an earlier attempt at this import has written the order that is put together */
    struct order order; /* reused from order to order */
};

void merge_init(struct merge *merge, struct assembly *assembly);
void merge_release(struct merge *merge);

/* Puts one order together and writes it. stored: its document, or NULL where the database has none; then the entry has
 * a record. */
bool merge_order(struct merge *merge, const struct entry *entry, const bson_t *stored, struct error *err);

/* Rejects a record, naming the column that gives `field` and the value in it. */
bool merge_reject(struct assembly *assembly, const struct partition_record *record, enum reason reason, int field,
                  struct text value, const char *detail, struct error *err);

/* A file says a key again. Its row is counted as unchanged, or rejected when it says otherwise and that is an error. */
bool merge_repeat(struct assembly *assembly, const struct partition_record *record, const struct value *first,
                  const struct value *later, int key, const char *detail, struct error *err);

/* The order of these values is another one than was noted: its customer's first order has to be looked up. */
void merge_doubt_customer(struct assembly *assembly, const struct value *order);

/* Counts the row of an order's record that another file's takes the place of before it was written. */
void merge_count_other(struct assembly *assembly, const struct partition_record *record, enum fate fate);

#endif
