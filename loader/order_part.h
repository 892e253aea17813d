/* One part of an order, a line, a payment or a review: which file says it, and what becomes of it when it is said
 * again. One thread. */
#ifndef KPI_LOADER_ORDER_PART_H
#define KPI_LOADER_ORDER_PART_H

#include "loader/fate.h"
#include "loader/schema.h"
#include "loader/value.h"

enum { FROM_DATABASE = UINT16_MAX }; /* the file of what was there before the load */

/* Who says a part. */
struct order_word {
    uint16_t file;
    bool counted;    /* the row is counted with this part */
    uint64_t digest; /* of the record, as file_records.h has it */
};

/* What is known of a part besides its values. Zeroed but for the first file's word: order_part_first(). */
struct order_part {
    uint16_t file;
    bool known_before;
    bool changed;    /* it was known before, with other values */
    uint32_t rows;   /* of the file that are counted with it */
    uint64_t digest; /* the sum of those of the file's records that are summed here */
};

/* What became of a part. */
enum order_result {
    ORDER_ADDED,    /* it is new in the order */
    ORDER_SAME,     /* it was known, in the same words */
    ORDER_REPEATED, /* the same file has said it already, in the same words */
    ORDER_CHANGED,  /* a later file says otherwise: what it says replaces what was known */
    ORDER_SUMMED,   /* added to the line of the same product and seller that the same file has said */
    ORDER_AGAIN, /* the first of a file for a part without a key that was known: the end tells whether it is the same */
    ORDER_DIFFERS,  /* the same file says otherwise: nothing was changed, and the row is not counted */
    ORDER_OVERFLOW, /* the sum does not fit: nothing was changed, and the row is not counted */
};

/* Where it is asked whether a file has said the same before it changed, and noted that it does so now. NULL: it has
 * not. */
struct order_memory {
    bool (*said)(void *context, uint16_t file, uint64_t digest);
    /* Whether a place such as "orders.csv:7" is a line of the file that was rejected, this time too. NULL: none is. */
    bool (*rejects)(void *context, uint16_t file, struct text place);
    void *context;
};

/* What is to be done with the values of one sort of part. */
struct order_part_sort {
    size_t fields;
    bool (*same)(const struct value *a, const struct value *b);
};

/* A part and its values while a word on it is taken in. */
struct order_said {
    const struct order_part_sort *sort;
    struct order_part *part;
    struct value *values, *before; /* before: what was known when the part's file came to it */
    const struct row_counter *counter;
    const struct order_memory *memory;
};

/* A part that nothing was known of. */
struct order_part order_part_first(const struct order_word *word);

/* The end of what the part's file says of it: counts its rows. What the file had said already before it changed is no
 * news, and what has been known since stays. */
void order_part_settle(const struct order_said *said);

/* Another file than the part's says it: its values replace what was known, which is settled. */
enum order_result order_part_replace(const struct order_said *said, const struct value *now,
                                     const struct order_word *word);

/* A file says a part with a key of its own that is there: once more in the same words, or in others, or after another
 * file, whose word it replaces. */
enum order_result order_part_repeat(const struct order_said *said, const struct value *now,
                                    const struct order_word *word);

/* Counts rows of a file at once. */
void order_part_count(const struct row_counter *counter, uint16_t file, enum fate fate, uint32_t rows);

#endif
