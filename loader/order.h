/* An order that is put together from its parts (lines, payments, reviews), those that earlier loads left in the
 * database and those of the files of this load; and its items and totals.
 *
 * Every part knows the file that said it last. What one file says twice of one part is a repetition; what a later file
 * says replaces what was known. Parts are told apart by
 *   line      its `line`, where the layout has one; else its product and seller: such lines of one file are summed
 *   payment   its sequence; without one by its content, as often as one file says it
 *   review    its _id
 *
 * The struct is reused from order to order. Texts belong to the records that it is made of. One thread. */
#ifndef KPI_LOADER_ORDER_H
#define KPI_LOADER_ORDER_H

#include "core/error.h"
#include "loader/cleaning.h"
#include "loader/dimension.h"
#include "loader/fate.h"
#include "loader/schema.h"
#include "loader/value.h"
#include "loader/zone.h"

/* How the number of a line begins that was rejected, mended and loaded: it goes with the lines of its product and
 * seller that have none, until the file that they are from says otherwise. */
#define MENDED_LINE "rejected "

enum { FROM_DATABASE = UINT16_MAX }; /* the file of what was there before the load */

struct order_line {
    struct value values[ITEM_FIELDS]; /* references as numbers of dimension rows */
    struct value before[ITEM_FIELDS]; /* what was known before its file said it */
    bool known_before;
    bool changed; /* it was known before, with other values */
    uint16_t file;
    uint32_t rows; /* of that file that are counted with it */
};

/* Lines of one product and seller, summed. */
struct order_item {
    struct value values[ITEM_FIELDS];
    size_t line_count;
    size_t first_line; /* its number in `lines` */
};

struct order_payment {
    struct value values[PAYMENT_FIELDS];
    uint16_t file;
};

struct order_review {
    struct value values[REVIEW_FIELDS];
    uint16_t file;
};

struct order_totals {
    struct value gross, sales, profit, discount, freight;
    struct value units;
    struct value products; /* distinct ones */
};

struct order {
    const struct zone *zone;            /* of the shop; not owned; set by the caller */
    const struct dimension *dimensions; /* what references are numbers of; not owned; set by the caller */
    struct value values[ORDER_FIELDS];
    struct order_line *lines;
    size_t line_count, line_room;
    struct order_item *items; /* made by order_add_up() */
    size_t item_count, item_room;
    struct order_payment *payments;
    size_t payment_count, payment_room;
    struct order_review *reviews;
    size_t review_count, review_room;
    struct order_totals totals;
    struct row_counter counter; /* where rows are counted; set by the caller */
};

/* Forgets the parts. */
void order_clear(struct order *order);
void order_release(struct order *order);

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

/* A part that `file` says. `counted`: the row is counted with this part, as inserted, updated or unchanged; that of a
 * line by order_add_up(). *first: what was there, unless added. */
enum order_result order_add_item(struct order *order, const struct value line[ITEM_FIELDS], uint16_t file, bool counted,
                                 struct cleaning *cleaning, const struct value **first);
enum order_result order_add_payment(struct order *order, const struct value payment[PAYMENT_FIELDS], uint16_t file,
                                    bool counted, const struct value **first);
enum order_result order_add_review(struct order *order, const struct value review[REVIEW_FIELDS], uint16_t file,
                                   bool counted, const struct value **first);

/* Brings the parts into an order that does not depend on when each of them came, makes the items of the lines and sums
 * them. Profit is that of the items whose profit is known, null when none is.
 * Counts the lines' rows. False: too large. */
bool order_add_up(struct order *order, struct cleaning *cleaning);

/* A moment of the order that is known, such as ORDER_ORDERED, by the shop's clock in milliseconds since the epoch; of a
 * day without a time, its midnight. */
int64_t order_wall_time(const struct order *order, int field);

/* The score of the latest review, of several at one time that with the greatest _id; or null. */
struct value order_review_score(const struct order *order);

#endif
